/* SPDX-License-Identifier: MIT */
/*
 * idtoken.h - the ID token of an account that keeps it (id_token = yes)
 *
 * An answer to a refresh may have none (OpenID Connect Core section 12.2). Then the one that is
 * there stays for as long as it lives, and nobody refreshes for its sake: where the service never
 * sends one, that would be a refresh at each call.
 */
#ifndef FT_CORE_IDTOKEN_H
#define FT_CORE_IDTOKEN_H

#include "lib/exchange/judge.h"
#include "lib/store/record.h"

/* Takes a good answer's ID token over into the record, or notes that there was none, which
 * judgement->why then says where it has nothing else to say. Of an account that keeps none what is
 * there goes. */
void ft_id_token_take(const struct ft_account *account, struct ft_judgement *judgement,
		      const struct ft_moment *sent, struct ft_record *record);

/* Why there is none to hand out although the access token is good: FT_LOGIN_NEEDED with the
 * remedy. */
int ft_id_token_missing(const struct ft_account *account, const struct ft_record *record,
			struct ft_error *err);

/* FT_CONFIG, with the remedy, where the account does not keep ID tokens. */
int ft_id_token_kept(const struct ft_account *account, struct ft_error *err);

#endif
