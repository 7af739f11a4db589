/* SPDX-License-Identifier: MIT */
/*
 * derive.h - machine accounts: accounts that get tokens without a sign-in of their own
 *
 * An account with a `grant` does not sign in. It authenticates as a client (RFC 6749 section 4.4),
 * or exchanges what its `from` names, as another account's token (RFC 8693). Its record is a cache
 * of an access token. There is no refresh token, because the account can simply ask again; nothing
 * is spent, so there is no journal, and nothing to recover after a kill.
 *
 * A cached token is used as long as
 *  - the configuration is the one that it was made with: grant, from, audience, resource, scope,
 *    parameters and key, and server, provider and client_id as with every record; likewise of the
 *    machine accounts that it comes from
 *  - the caller has the same value in the environment variable that it comes from, or none at all
 *  - the sign-in that it comes from, if any, is still the stored one. Signing out ends derived
 *    tokens, and after signing in as another person the tokens of the person before must not be
 *    used. That sign-in is the one of the last account in the chain of `from`s.
 */
#ifndef FT_DERIVE_H
#define FT_DERIVE_H

#include "lib/core/context.h"

/*
 * For stored.h: reads the record of a machine account. It has no token if the stored one must not
 * be used. If the source's sign-in is over, so is *ret, and its reason says so.
 * *ret_damaged: the file holds no record; set it aside before writing one.
 * Errors: FT_NOT_FOUND (nobody has signed in to the source), FT_LOGIN_NEEDED (the source's record
 * cannot be used), FT_CONFIG, FT_UNTRUSTED, FT_SYSTEM, FT_NO_MEMORY.
 */
int ft_derive_read(const struct freshtoken *ft, const struct ft_account *account,
		   const char *server, struct ft_record *ret, bool *ret_damaged,
		   struct ft_error *err);

/* 0 if people sign in to the account; else FT_CONFIG, with the account to sign in to, or the
 * command to run instead. */
int ft_derive_signs_in(const struct freshtoken *ft, const struct ft_account *account,
		       struct ft_error *err);

#endif
