/* SPDX-License-Identifier: MIT */
/*
 * section.h - writes and removes an account's section in a file that people edit
 *
 * The other bytes of the file stay as they are: comments, order, blank lines, line ends. A value
 * that cannot be written in a line is refused, never changed, so every value is read back as it was
 * given.
 */
#ifndef FT_SECTION_H
#define FT_SECTION_H

#include "lib/base/buffer.h"
#include "lib/config/account.h"

/* Owns nothing. NULL: the key is not written. */
struct ft_section {
	const char *account;
	const char *provider, *server, *client_id, *client_auth, *client_secret_file, *scope,
		*grant, *from, *audience, *redirect_uri, *username;
	bool register_client;
	const char *const *params;	/* "NAME=VALUE" */
	size_t n_params;
	const char *const *match;
	size_t n_match;
};

/* Checks that the values can be written. FT_CONFIG "KEY: what is wrong", FT_NO_MEMORY. */
int ft_section_check(const struct ft_section *section, struct ft_error *err);

/* ties.c: FT_CONFIG: another account matches as well as the new one, so neither would be used. */
int ft_section_check_ties(const struct ft_section *section, const struct ft_accounts *before,
			  const struct ft_accounts *after, struct ft_error *err);

/* Writes a file's text with the section at the end, with the line ends that the file has. */
void ft_section_append(const struct ft_section *section, const char *text, size_t len,
		       struct ft_buf *ret);

/* Writes a file's text without the account's section, which ends at the next section; comments
 * right above that stay. false: there is no such section. */
bool ft_section_remove(const char *account, const char *text, size_t len, struct ft_buf *ret);

/* Whether the values that were read back are those that were given: a check before the file is
 * replaced. */
bool ft_section_is(const struct ft_section *section, const struct ft_account *account);

#endif
