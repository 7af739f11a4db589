/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/cli/command.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/core/context.h"
#include "lib/core/tokenfile.h"
#include "lib/signin/signin.h"

enum { DUE };

/* Of two exit statuses, the one that a person must look at first. */
static int worse(int a, int b)
{
	static const int rank[] = {
		[FT_EXIT_DONE] = 0, [FT_EXIT_TEMPORARY] = 1, [FT_EXIT_LOGIN] = 2,
		[FT_EXIT_NO_ACCOUNT] = 3, [FT_EXIT_FAILED] = 4, [FT_EXIT_USAGE] = 5,
	};

	return rank[a] >= rank[b] ? a : b;
}

static int refresh(struct freshtoken *ft, const char *account, bool due)
{
	struct ft_error err;

	if (ft_context_refresh(ft, account, due, 0, &err) != 0)
		return ft_fail(&err);
	if (ft_token_file_ensure(ft, account, &err) != 0) {
		ft_context_prefix(ft, account, &err);
		return ft_fail(&err);
	}
	/* Only at a terminal: a timer's mail should not report success. */
	const struct ft_account *known = ft_accounts_find(&ft->accounts, account);

	if (isatty(STDERR_FILENO))
		ft_tell(ft, account, known != NULL && ft_account_derives(known) ?
					     "it has a token" : "signed in");
	return FT_EXIT_DONE;
}

/* A timer should not report each time that nobody has signed in. */
static bool is_signed_out(struct freshtoken *ft, const char *account)
{
	struct ft_status status;

	return ft_signin_status(ft, account, &status, NULL) == 0 &&
	       status.verdict == FT_SIGNED_OUT;
}

/* Whether the account's source is a variable that is not set, as in a timer: it belongs to a job,
 * so this is no error. */
static bool is_of_a_job(const struct freshtoken *ft, const char *name)
{
	const struct ft_account *account = ft_accounts_find(&ft->accounts, name);
	const enum ft_from from = account != NULL ? ft_account_from(account) : FT_FROM_NOTHING;

	return from == FT_FROM_ENVIRONMENT ? getenv(ft_account_from_what(account)) == NULL :
	       from == FT_FROM_GITHUB_ACTIONS &&
		       getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN") == NULL;
}

static int run(const struct ft_args *args)
{
	bool due = FT_OPTION_GIVEN(args, DUE);
	struct freshtoken *ft = NULL;
	const char *account;
	int r = args->n > 0 ? ft_open_for(&ft, args->operands[0]) : ft_open_each(&ft);

	if (r != FT_EXIT_DONE)
		return r;
	r = args->n > 0 ? refresh(ft, args->operands[0], due) : ft_all_known(ft);
	if (args->n == 0)
		for (size_t i = 0; (account = ft_context_list(ft, i)) != NULL; i++)
			if (!is_of_a_job(ft, account) && (!due || !is_signed_out(ft, account)))
				r = worse(r, refresh(ft, account, due));
	ft_context_close(ft);
	return r;
}

const struct ft_command ft_command_refresh = {
	.name = "refresh",
	.operands = "[ACCOUNT]",
	.max = 1,
	.summary = "get new tokens now",
	.help =
"Refreshes the tokens of ACCOUNT, or of all accounts, and waits for the result.\n"
"It tries even where an earlier answer was that a new sign-in is needed. With\n"
"several accounts the exit status is that of the worst result. Without ACCOUNT\n"
"it skips accounts whose \"from\" is a variable that is not set, or GitHub Actions\n"
"outside of a job.\n",
	.options = {
		[DUE] = { "--due", "only where a program would have to wait for it otherwise" },
	},
	.run = run,
};
