/* SPDX-License-Identifier: MIT */
/*
 * idtoken.h - the ID token of an account that keeps it (id_token = yes)
 *
 * An answer to a refresh need not have an ID token (OpenID Connect Core section 12.2). The old one
 * is kept then until it expires, and is no reason for another refresh: with a service that never
 * sends one, each call would refresh.
 */
#ifndef FT_CORE_IDTOKEN_H
#define FT_CORE_IDTOKEN_H

#include "lib/exchange/judge.h"
#include "lib/store/record.h"

/* Moves a good answer's ID token into the record; or notes that there was none, also in
 * judgement->why if that is empty. Removes the record's if the account keeps none. */
void ft_id_token_take(const struct ft_account *account, struct ft_judgement *judgement,
		      const struct ft_moment *sent, struct ft_record *record);

/* The error when the access token is good, but there is no good ID token: FT_LOGIN_NEEDED. */
int ft_id_token_missing(const struct ft_account *account, const struct ft_record *record,
			struct ft_error *err);

/* 0 if the account keeps ID tokens, else FT_CONFIG. */
int ft_id_token_kept(const struct ft_account *account, struct ft_error *err);

#endif
