/* SPDX-License-Identifier: MIT */
/* freshtoken login --password: with user name and password, if the profile has [login] */
#include "config.h"
#include "helper/login/login.h"

#include <stdio.h>
#include <unistd.h>

#include "helper/cli/terminal.h"

static int ask(const struct ft_login *login, struct ft_variables *ret, struct ft_error *err)
{
	char prompt[256];
	int r;

	if (!isatty(STDIN_FILENO)) {
		r = ft_login_read_lines(
			"the user name and, in a second line, the password",
			"stdin has to have the user name and, in a second line, the password",
			&ret->username, &ret->password, err);
		return r != 0 || ret->password.len > 0 ? r :
		       ft_error_set(err, FT_CONFIG, "stdin has no second line with the password");
	}
	(void)snprintf(prompt, sizeof prompt, "User name at %.180s: ", login->service.server);
	r = ft_terminal_ask(prompt, false, &ret->username, err);
	if (r == 0)
		r = ft_terminal_ask("Password (not shown): ", true, &ret->password, err);
	return r;
}

int ft_login_password(struct ft_login *login)
{
	struct ft_variables variables = { 0 };
	struct ft_signin signin = FT_SIGNIN_INIT;
	struct ft_error err;
	int r = 0;

	if (!login->service.profile.requests[FT_REQUEST_LOGIN].present) {
		r = ft_error_set(
			&err, FT_CONFIG,
			"its service has no sign-in with a password: the profile %s has no [login]",
			login->account->provider);
		ft_login_advise(login, &err);
	}
	if (r == 0)
		r = ask(login, &variables, &err);
	ft_terminal_progress("asking %s", login->service.server);
	if (r == 0)
		r = ft_service_discover(&login->service, NULL, &err);
	if (r == 0)
		ft_service_prepare_keys(&login->service);
	if (r == 0)
		r = ft_signin_exchange(&login->service, FT_REQUEST_LOGIN, &variables, &signin,
				       &err);
	ft_terminal_progress_end();
	r = r != 0 ? ft_login_fail(login, &err) : ft_login_keep(login, &signin);
	ft_signin_release(&signin);
	ft_variables_release(&variables);
	return r;
}
