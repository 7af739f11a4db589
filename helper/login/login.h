/* SPDX-License-Identifier: MIT */
/*
 * login.h - the ways to sign in; each is one file, and ends in the same way
 */
#ifndef FT_LOGIN_H
#define FT_LOGIN_H

#include "helper/cli/command.h"
#include "lib/signin/signin.h"

struct ft_login {
	struct freshtoken *ft;
	const struct ft_account *account;
	struct ft_service service;
};

/* Each signs in, says so, and returns an exit status. */
int ft_login_device(struct ft_login *login);	/* RFC 8628 */
int ft_login_browser(struct ft_login *login);	/* RFC 6749 section 4.1, RFC 8252 */
int ft_login_password(struct ft_login *login);	/* a profile's [login] */
int ft_login_token(struct ft_login *login);	/* a refresh token on stdin */

/* Keeps it and says so. Returns an exit status. */
int ft_login_keep(struct ft_login *login, struct ft_signin *signin);
/* The way that was asked for is not offered: adds what to run instead. */
void ft_login_advise(const struct ft_login *login, struct ft_error *err);
/* "account NAME: " in front, on stderr. Returns the exit status of its code. */
int ft_login_fail(const struct ft_login *login, struct ft_error *err);

/* Lines of stdin that are secrets, at most two; the second may be missing. What they are is said
 * where there are more, and what is missing where there are none. */
int ft_login_read_lines(const char *what, const char *missing, struct ft_secret *first,
			struct ft_secret *second, struct ft_error *err);

#endif
