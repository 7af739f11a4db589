/* SPDX-License-Identifier: MIT */
/* seal.c - seals everything that is stored, or stores it in clear, under the locks of the programs
 * that write it */
#include "config.h"
#include "helper/cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "lib/core/context.h"
#include "lib/store/credentials.h"

enum { REMOVE };

struct work {
	struct freshtoken *ft;
	bool remove;
	size_t changed, failed;
};

/* Rewrites a record in the form that it should have now. */
static int rewrite_record(struct work *work, const char *slot, size_t *ret_n, struct ft_error *err)
{
	const struct freshtoken *ft = work->ft;
	struct ft_buf text = FT_BUF_INIT(FT_RECORD_MAX);
	char version[FT_STORE_VERSION_SIZE];
	struct ft_prepared *prepared = NULL;
	const size_t opened = ft_seals_opened(ft->seals);
	int r = ft->ops->read(ft->store, slot, &text, version, err);
	const bool sealed = ft_seals_opened(ft->seals) > opened;

	if (r == 0 && sealed != ft_seals_apply(ft->seals, slot)) {
		r = ft->ops->prepare(ft->store, slot, "next", &prepared, err);
		if (r == 0)
			r = ft->ops->commit(prepared, version, &text, version, err);
		*ret_n += r == 0;
	}
	ft_buf_release(&text);
	return r == FT_NOT_FOUND ? 0 : r;
}

static int rewrite_account(struct work *work, const struct ft_account *account, size_t *ret_n,
			   struct ft_error *err)
{
	const char *name = account->name;
	char login[FT_ACCOUNT_NAME_MAX + sizeof "~login"];
	int lock = -1;
	int r = ft_context_lock(work->ft, name, ft_context_patience(account), &lock, err);

	(void)snprintf(login, sizeof login, "%s~login", name);
	if (r == 0)
		r = rewrite_record(work, name, ret_n, err);
	if (r == 0)
		r = rewrite_record(work, login, ret_n, err);
	if (r == 0)
		r = ft_host_rewrite(work->ft->host, name, ret_n, err);
	if (r == 0)
		r = ft_host_rewrite(work->ft->host, login, ret_n, err);
	if (lock >= 0)
		(void)close(lock);
	return r;
}

static const char *now(const struct work *work)
{
	return work->remove ? "in clear" : "sealed";
}

static void say(struct work *work, const char *what, size_t n)
{
	if (n > 0)
		ft_say("%s: %s now (%zu file%s)", what, now(work), n, n > 1 ? "s" : "");
	else
		ft_say("%s: everything that is stored was %s already", what, now(work));
	work->changed += n;
}

static void all_accounts(struct work *work)
{
	const struct ft_accounts *accounts = &work->ft->accounts;

	for (size_t i = 0; i < accounts->n; i++) {
		const struct ft_account *account = &accounts->list[i];
		char what[FT_ACCOUNT_NAME_MAX + sizeof "account "];
		struct ft_error err;
		size_t n = 0;

		(void)snprintf(what, sizeof what, "account %s", account->name);
		/* No seal line applies to its file, so what is stored stays as it is. */
		if (ft_accounts_seal(accounts, account->name) == NULL)
			continue;
		const int r = rewrite_account(work, account, &n, &err);

		if (r == FT_LOGIN_NEEDED && err.remedy[0] == '\0')
			(void)ft_error_remedy(&err, r, "bring the key back, or run: "
					      "freshtoken %s %s", ft_account_derives(account) ?
					      "refresh" : "login", account->name);
		if (r != 0) {
			ft_error_prefix(&err, "%s", what);
			ft_say_error(&err);
			work->failed++;
		} else {
			say(work, what, n);
		}
	}
}

static void all_hosts(struct work *work)
{
	static const enum ft_credentials_kind kinds[] = { FT_CREDENTIALS_GIT,
							  FT_CREDENTIALS_DOCKER };
	static const char *const names[] = { "git's other hosts", "docker's other registries" };
	const struct ft_credentials_place place = { work->ft->places.state, work->ft->seals };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct ft_error err;
		size_t n = 0;

		if (ft_credentials_rewrite(&place, kinds[i], &n, &err) != 0) {
			ft_say_error(&err);
			work->failed++;
		}
		if (n > 0)
			say(work, names[i], n);
	}
}

/* The key stays, because a process that has it in memory may be about to write a file. */
static void say_what_is_left(const struct ft_accounts *accounts)
{
	for (size_t i = 0; i < 2; i++)
		if (accounts->seals[i] != NULL && !accounts->seals[i]->broken)
			ft_say("the next program that writes seals again; to have it stored in "
			       "clear, take the seal line out of %s", accounts->seals[i]->file);
}

static int run(const struct ft_args *args)
{
	struct work work = { .remove = FT_OPTION_GIVEN(args, REMOVE) };
	struct ft_error err;
	int r = ft_open(&work.ft);

	if (r != FT_EXIT_DONE)
		return r;
	if (work.ft->seals == NULL) {
		(void)ft_error_set(&err, FT_CONFIG, "no [store] says which source has the key"
				   FT_REMEDY "put \"seal = keyring\" under [store] of "
				   "%s/freshtoken.conf; freshtoken.conf(5) has what it means",
				   work.ft->places.user_config);
		r = ft_fail(&err);
	} else {
		if (work.remove)
			ft_seals_clear(work.ft->seals);
		all_accounts(&work);
		all_hosts(&work);
		if (work.remove && work.failed == 0)
			say_what_is_left(&work.ft->accounts);
		r = work.failed > 0 ? FT_EXIT_FAILED : FT_EXIT_DONE;
	}
	ft_context_close(work.ft);
	return r;
}

const struct ft_command ft_command_seal = {
	.name = "seal",
	.operands = "",
	.summary = "seal what is stored, or store it in clear again",
	.help =
"Seals all that is stored and holds secrets: sign-ins, and credentials of hosts\n"
"that no account matches. It is done under the locks, so that nothing that is in\n"
"use is lost. \"seal\" of [store] in freshtoken.conf(5) names the source of the\n"
"key; without this command too everything is sealed when it is next written.\n"
"\n"
"With --remove all of it is stored in clear; then take the line out. The key\n"
"stays where it is. What cannot be opened stays as it is: the exit status is 1.\n",
	.options = {
		[REMOVE] = { "--remove", "store it in clear" },
	},
	.run = run,
};
