/* SPDX-License-Identifier: MIT */
/* freshtoken config check - checks a configuration file before it is used */
#include "config.h"
#include "helper/cli/command.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/wiring/pam-check.h"
#include "lib/core/context.h"
#include "lib/signin/ready.h"

#define NAME "freshtoken.conf"

static bool asks_pam(const struct freshtoken *ft, const struct ft_account *account)
{
	const char *for_pam = ft->accounts.pam.account;

	return account->users != NULL || ft_account_checks(account, "person") ||
	       (for_pam != NULL && strcmp(for_pam, account->name) == 0);
}

/* Accounts that map users are for logins. */
static int check_pam(const struct freshtoken *ft, const struct ft_account *account,
		     struct ft_error *err)
{
	struct ft_buf conf = FT_BUF_INIT(PATH_MAX + 8), name = FT_BUF_INIT(64);
	struct ft_pam_report report;
	struct ft_error warning;
	size_t at = 0;

	/* The module never gets a file of conf.d alone. */
	if (ft->places.system_file != NULL)
		ft_buf_addf(&conf, "conf=%s", account->file);
	ft_buf_addf(&name, "account=%s", account->name);
	int r = ft_buf_check(&conf, account->file, err);

	if (r == 0)
		r = ft_buf_check(&name, account->name, err);
	if (r == 0) {
		const char *const options[] = { name.data, conf.len > 0 ? conf.data : NULL, NULL };

		r = ft_pam_ask(ft, options, &report, err);
		while (r == 0 && ft_pam_report_warning(&report, &at, &warning))
			ft_say("warning: %s", warning.text);
		ft_pam_report_release(&report);
	}
	ft_buf_release(&conf);
	ft_buf_release(&name);
	return r;
}

/* Only a warning: tokens may come from elsewhere. */
static int check_ways(const struct ft_service *service, struct ft_error *err)
{
	const struct ft_account *account = service->account;

	/* A directory need not be the service that people sign in to. */
	if (!ft_account_checks(account, "refresh") &&
	    !service->profile.requests[FT_REQUEST_REFRESH].present)
		return 0;
	int r = ft_ready_check(service, FT_WAY_PASSWORD, err);

	if (r == 0)
		r = ft_ready_check(service, FT_WAY_TOKEN, err);
	/* With only check = person, nobody has to sign in. */
	if (r == 0 && (ft_account_checks(account, "refresh") || account->auth.n > 0) &&
	    ft_ready_check(service, FT_WAYS_OF_PEOPLE, err) != 0) {
		ft_error_prefix(err,
				"warning: %s:%u: account %s: nobody can sign in by code or browser",
				account->file, account->line, account->name);
		ft_say_error(err);
	}
	return r;
}

static int check_account(const struct freshtoken *ft, const struct ft_account *account,
			 struct ft_error *err)
{
	struct ft_service service;
	int r = ft_service_init(ft, account, &service, err);

	if (r == 0) {
		r = !ft_account_derives(account) ? check_ways(&service, err) :
			ft_ready_request(&service, FT_REQUEST_GRANT, err);
		ft_service_release(&service);
	}
	if (r != 0) {
		ft_error_prefix(err, "%s:%u: account %s", account->file, account->line,
				account->name);
		return r;
	}
	/* A login uses all of the file or nothing: after an error this would repeat it. */
	return asks_pam(ft, account) && ft->accounts.n_problems == 0 ?
		       check_pam(ft, account, err) : 0;
}

/* The file replaces the system's. Accounts of the user's own file do not matter. */
static int open_file(struct freshtoken *ft, const char *file, struct ft_error *err)
{
	int r = ft_places_from_environment(&ft->places, err);

	if (r != 0)
		return r;
	if (file != NULL) {
		free(ft->places.system_file);
		ft->places.system_file = realpath(file, NULL);
		if (ft->places.system_file == NULL)
			return ft_error_errno(err, FT_SYSTEM, errno, "%s", file);
	}
	free(ft->places.user_config);
	ft->places.user_config = NULL;
	return ft_accounts_load_checked(&ft->places, &ft->accounts, err);
}

static int check(const char *file)
{
	struct freshtoken ft = { .store = NULL };
	/* An error about a checker concerns two accounts. */
	char said[FT_ERROR_TEXT] = "";
	struct ft_error err;
	bool wrong = false;
	int r = open_file(&ft, file, &err);

	if (r == 0 && !ft.accounts.any_file)
		r = ft_error_set(
			&err, FT_NOT_FOUND,
			"%s/" NAME
			" does not exist; to check another file, run: freshtoken config "
			"check FILE",
			ft.places.system_config);
	wrong = r != 0 || ft.accounts.n_problems > 0;
	if (r != 0)
		(void)ft_fail(&err);
	ft_say_problems(&ft, true, NULL);
	for (size_t i = 0; r == 0 && i < ft.accounts.n; i++)
		if (!ft.accounts.list[i].broken &&
		    check_account(&ft, &ft.accounts.list[i], &err) != 0) {
			if (strcmp(said, err.text) != 0)
				(void)ft_fail(&err);
			(void)snprintf(said, sizeof said, "%s", err.text);
			wrong = true;
		}
	if (!wrong)
		ft_say("%s: nothing is wrong", ft.accounts.files[0]);
	ft_accounts_release(&ft.accounts);
	ft_places_release(&ft.places);
	return wrong ? FT_EXIT_FAILED : FT_EXIT_DONE;
}

static int run(const struct ft_args *args)
{
	return check(args->n > 0 ? args->operands[0] : NULL);
}

static int run_config(const struct ft_args *args)
{
	if (strcmp(args->operands[0], "check") != 0)
		return ft_usage(args, "config %s: expected check", args->operands[0]);
	return check(args->n > 1 ? args->operands[1] : NULL);
}

const struct ft_command ft_command_config = {
	.name = "config",
	.operands = "check [FILE]",
	.min = 1, .max = 2,
	.summary = "check a configuration file before it is used",
	.help =
"Reads FILE as if it were the system's freshtoken.conf, with the profiles and\n"
"the files of users that it names, and says everything that is wrong, with file,\n"
"line and key. A file of conf.d, or one for a user, is checked in the same way.\n"
"For an account that logins use it also says whether one would work. Nobody is\n"
"asked, and nothing is changed. Without FILE it is the system's own, with its\n"
"conf.d. Exit status 0: nothing is wrong; 1: something is.\n",
	.run = run_config,
};

const struct ft_command ft_command_check = {
	.name = "check",
	.operands = "[FILE]",
	.max = 1,
	.summary = "the same as \"config check\"",
	.help =
"Does what \"freshtoken config check\" does.\n",
	.run = run,
};
