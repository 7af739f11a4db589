/* SPDX-License-Identifier: MIT */
/* login.h - the ways to sign in, each in a file of its own, and their common end */
#ifndef FT_LOGIN_H
#define FT_LOGIN_H

#include "helper/cli/command.h"
#include "lib/signin/signin.h"

struct ft_login {
	struct freshtoken *ft;
	const struct ft_account *account;
	struct ft_service service;
};

/* Each signs in, reports the result, and returns an exit status. */
int ft_login_device(struct ft_login *login);	/* RFC 8628 */
int ft_login_browser(struct ft_login *login);	/* RFC 6749 section 4.1, RFC 8252 */
int ft_login_password(struct ft_login *login);	/* a profile's [login] */
int ft_login_token(struct ft_login *login);	/* a refresh token on stdin */

/* Stores the sign-in and reports it. Returns an exit status. */
int ft_login_keep(struct ft_login *login, struct ft_signin *signin);
/* The service does not offer the requested way: adds the command to run instead. */
void ft_login_advise(const struct ft_login *login, struct ft_error *err);
/* Prints "account NAME: " and the error on stderr. Returns the exit status of its code. */
int ft_login_fail(const struct ft_login *login, struct ft_error *err);

/* Reads secrets from stdin, at most two lines; the second may be missing. Messages use `what` if
 * there are more lines, and `missing` if there are none. */
int ft_login_read_lines(const char *what, const char *missing, struct ft_secret *first,
			struct ft_secret *second, struct ft_error *err);

#endif
