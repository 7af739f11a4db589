/* SPDX-License-Identifier: MIT */
/*
 * freshtoken remove - signs out of an account, and removes its section from its file
 *
 * Errors that this would cause in other accounts are found before anything is done.
 */
#include "config.h"
#include "helper/cli/command.h"
#include "helper/commands.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/account/config-file.h"
#include "helper/account/section.h"
#include "helper/cli/terminal.h"
#include "lib/base/moment.h"
#include "lib/config/inifile.h"
#include "lib/core/context.h"

#define PATIENCE_MS 60000

/* Makes the file's new text, and checks it: another account may need this one. */
static int plan(const struct ft_places *places, const char *path, const char *name,
		const struct ft_config_file *file, struct ft_buf *ret, struct ft_error *err)
{
	struct ft_accounts after = { .n = 0 };
	int r = ft_section_remove(name, file->text, file->len, ret) ? 0 :
		ft_error_set(err, FT_CONFIG, "%s: [account %s] is not found there any more"
			     FT_REMEDY "run it again", path, name);

	if (r == 0)
		r = ft_buf_check(ret, path, err);
	if (r == 0)
		r = ft_accounts_try(places, path, ret->data, ret->len, &after, err);
	if (r == 0)
		ft_accounts_release(&after);
	return r;
}

static int check(const struct freshtoken *ft, const struct ft_account *account,
		 struct ft_error *err)
{
	struct ft_config_file file = FT_CONFIG_FILE_INIT;
	struct ft_buf text = FT_BUF_INIT(FT_INI_MAX);
	int r = account->system && geteuid() != 0 ?
			ft_error_set(err, FT_SYSTEM, "account %s is in %s" FT_REMEDY
				     "run it as root", account->name, account->file) :
			ft_config_file_peek(account->file, &file, err);

	if (r == 0)
		r = plan(&ft->places, account->file, account->name, &file, &text, err);
	ft_config_file_release(&file);
	ft_buf_release(&text);
	return r;
}

static int take_out(const struct freshtoken *ft, const struct ft_account *account,
		    struct ft_error *err)
{
	struct ft_config_file file = FT_CONFIG_FILE_INIT;
	struct ft_buf text = FT_BUF_INIT(FT_INI_MAX);
	int r = ft_config_file_open(account->file, account->system, ft_monotonic_ms() + PATIENCE_MS,
				    &file, err);

	if (r == 0)
		r = plan(&ft->places, account->file, account->name, &file, &text, err);
	if (r == 0)
		r = ft_config_file_commit(&file, &text, err);
	ft_config_file_release(&file);
	ft_buf_release(&text);
	return r;
}

static bool agrees(const struct ft_account *account)
{
	struct ft_buf question = FT_BUF_INIT(8192);
	bool yes = false;

	if (isatty(STDIN_FILENO) == 0 || isatty(STDERR_FILENO) == 0)
		return true;
	ft_buf_addf(&question, "Sign out of account %s, and take it out of %s?", account->name,
		    account->file);
	yes = question.failed == 0 && ft_terminal_agrees(question.data);
	ft_buf_release(&question);
	return yes;
}

static int run(const struct ft_args *args)
{
	char dashes[] = "--";
	char *logout[] = { dashes, args->operands[0], NULL };
	const struct ft_account *account = NULL;
	struct freshtoken *ft = NULL;
	struct ft_error err;
	int r = ft_open(&ft), out;

	if (r != FT_EXIT_DONE)
		return r;
	r = ft_context_account(ft, args->operands[0], &account, &err);
	if (r == 0)
		r = check(ft, account, &err);
	if (r != 0) {
		if (r != FT_NOT_FOUND)
			ft_error_prefix(&err, "nothing is removed");
		out = ft_fail(&err);
	} else if (!agrees(account)) {
		ft_say("nothing is removed");
		out = FT_EXIT_FAILED;
	} else {
		/* What cannot be revoked is reported and forgotten. */
		out = ft_args_run(&ft_command_logout, NULL, 2, logout);
		if (take_out(ft, account, &err) != 0)
			out = ft_fail(&err);
		else
			ft_say("account %s: removed from %s", account->name, account->file);
	}
	ft_context_close(ft);
	return out;
}

const struct ft_command ft_command_remove = {
	.name = "remove",
	.operands = "ACCOUNT",
	.min = 1, .max = 1,
	.summary = "sign out, and take an account out of the configuration",
	.help =
"Signs out of ACCOUNT as \"freshtoken logout\" does, and takes its section out of\n"
"the file that it is in; one of the system's needs root. All else in the file\n"
"stays as it is, to the byte. Where another account gets its tokens from it\n"
"nothing is done. At a terminal you are asked first. What git, docker and others\n"
"were told stays: \"freshtoken setup PROGRAM --remove\" takes that out.\n",
	.run = run,
};
