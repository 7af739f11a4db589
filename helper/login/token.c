/* SPDX-License-Identifier: MIT */
/*
 * freshtoken login --token: takes over a sign-in that was made elsewhere
 *
 * The refresh token comes on stdin, never in argv, which every user of the machine can read.
 */
#include "config.h"
#include "helper/login/login.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "helper/cli/terminal.h"

/* NUL would cut the string; other invalid bytes are found later. */
static int check(const struct ft_secret *token, struct ft_error *err)
{
	if (token->len > 0 && memchr(token->data, '\0', token->len) != NULL)
		return ft_error_set(err, FT_CONFIG, "it has a NUL byte, which a token cannot have");
	return 0;
}

static int ask(const struct ft_login *login, const char *what, struct ft_secret *ret,
	       struct ft_error *err)
{
	char prompt[128];

	(void)snprintf(prompt, sizeof prompt, "%s of %s (not shown): ", what, login->account->name);
	return ft_terminal_ask(prompt, true, ret, err);
}

int ft_login_token(struct ft_login *login)
{
	struct ft_secret refresh = { NULL, 0 }, access = { NULL, 0 };
	bool at_terminal = isatty(STDIN_FILENO) != 0;
	char missing[256];
	struct ft_error err;

	(void)snprintf(
		missing, sizeof missing,
		"no refresh token on stdin" FT_REMEDY
		"give it like this: freshtoken login %s --token <FILE",
		login->account->name);
	int r = at_terminal ? ask(login, "Refresh token", &refresh, &err) :
			      ft_login_read_lines("the refresh token, and the old access token "
						  "where the service needs it",
						  missing, &refresh, &access, &err);

	if (r == 0 && at_terminal &&
	    ft_request_needs_access_token(login->account, &login->service.profile,
					  FT_REQUEST_REFRESH))
		r = ask(login, "Old access token", &access, &err);
	if (r == 0)
		r = check(&refresh, &err);
	if (r == 0)
		r = check(&access, &err);
	if (r != 0)
		ft_error_prefix(&err, "account %s", login->account->name);
	ft_terminal_progress("asking %s", login->service.server);
	if (r == 0)
		r = ft_signin_store(login->ft, login->account->name, refresh.data,
				    access.len > 0 ? access.data : NULL, 0, &err);
	ft_terminal_progress_end();
	ft_secret_release(&refresh);
	ft_secret_release(&access);
	/* ft_signin_store puts the account into its message. */
	if (r != 0)
		return ft_fail(&err);
	ft_tell(login->ft, login->account->name, "signed in");
	return FT_EXIT_DONE;
}
