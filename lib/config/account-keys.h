/* SPDX-License-Identifier: MIT */
/* account-keys.h - the tables of freshtoken.conf's keys, and checks of their values */
#ifndef FT_ACCOUNT_KEYS_H
#define FT_ACCOUNT_KEYS_H

#include "lib/config/account.h"
#include "lib/config/values.h"

struct ft_store_section {
	struct ft_strings sources;
	char *seal;
	int64_t seal_keep;	/* -1: not set */
};

extern const struct ft_key ft_account_keys[];	/* of a struct ft_account */
extern const struct ft_key ft_pam_keys[];	/* of a struct ft_pam_defaults */
extern const struct ft_key ft_store_keys[];	/* of a struct ft_store_section */
extern const size_t ft_account_keys_count, ft_pam_keys_count, ft_store_keys_count;

/* checker.c: whether check, checker and person_rate fit each other and the account that they name.
 * FT_CONFIG. */
int ft_account_check_checker(const struct ft_accounts *accounts, const struct ft_account *a,
			     struct ft_error *err);

/* fleet-section.c: finds the section [fleet] for an account with `store = fleet`, and checks it.
 * FT_CONFIG: the account cannot be shared, or the section is missing or incomplete;
 * FT_NO_MEMORY. */
int ft_account_finish_fleet(const struct ft_accounts *accounts, struct ft_account *a,
			    struct ft_error *err);

/* Whether a value is a valid name: 0, or FT_CONFIG with what is expected. */
int ft_account_check_name(const char *value, struct ft_error *err);
/* Likewise, a valid `from`. */
int ft_account_check_from(const char *value, struct ft_error *err);

/* token-file.c: what token_file and token_file_mode may be. */
int ft_account_check_token_file(const char *value, struct ft_error *err);
int ft_account_check_token_file_mode(const char *value, struct ft_error *err);
/* token-file.c: sets the members that depend on both keys. FT_CONFIG. */
int ft_account_finish_token_file(struct ft_account *a, struct ft_error *err);
/* token-file.c: whether an earlier account has the same file; returns the account whose token_file
 * must change, with an FT_CONFIG error, or NULL. */
struct ft_account *ft_accounts_token_file_twice(const struct ft_accounts *accounts,
						const struct ft_account *a, struct ft_error *err);

/* audience.c: whether an account would get tokens for another account's login_audience:
 * FT_CONFIG. */
int ft_account_check_audience(const struct ft_account *a, const struct ft_account *login,
			      struct ft_error *err);

#endif
