/* SPDX-License-Identifier: MIT */
/*
 * section.h - an account's section as text, put after what a person wrote
 *
 * The file's own bytes stay as they are: comments, order, blank lines, ends of
 * lines. What is accepted here is read back as it was given, whichever values
 * these are: a value that a line cannot hold is refused, never changed.
 */
#ifndef FT_SECTION_H
#define FT_SECTION_H

#include "lib/base/buffer.h"
#include "lib/config/account.h"

/* Owns nothing. NULL: the key is left out. */
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

/* FT_CONFIG "KEY: what is wrong", FT_NO_MEMORY. */
int ft_section_check(const struct ft_section *section, struct ft_error *err);

/* ties.c: FT_CONFIG where another account matches as well as the new one, so that neither would be
 * used. */
int ft_section_check_ties(const struct ft_section *section, const struct ft_accounts *before,
			  const struct ft_accounts *after, struct ft_error *err);

/* A file's text with the section at its end, in that file's way to end lines. */
void ft_section_append(const struct ft_section *section, const char *text, size_t len,
		       struct ft_buf *ret);

/* A file's text without the account's section: from its line to the next section's; comments right
 * above the next section stay with that. false: there is no such section. */
bool ft_section_remove(const char *account, const char *text, size_t len, struct ft_buf *ret);

/* Whether the values read back are those that were given; other builds of inih may treat more as
 * comments. */
bool ft_section_is(const struct ft_section *section, const struct ft_account *account);

#endif
