/* SPDX-License-Identifier: MIT */
/*
 * derive.h - accounts whose tokens are got without a sign-in of their own
 *
 * An account with a `grant` does not sign in: it shows that it is this client (RFC 6749
 * section 4.4), or gives what its `from` brings, as another account's token (RFC 8693). Its record
 * caches an access token; there is no refresh token, for the same can be asked again. That spends
 * nothing, so there is no journal, and nothing to settle after a kill.
 *
 * A cached token is of use as long as
 *  - the account is what the token was made for: grant, from, audience, resource, scope,
 *    parameters and key, and server, provider and client_id as with every record; and so are the
 *    accounts without a sign-in that it comes from
 *  - who asks has the same in the variable that it comes from, or nothing at all
 *  - the sign-in that it comes from, if any, is still the one that is stored. Signing out ends
 *    derived tokens, and signing in as somebody else must not leave those of the one
 *    before. That is looked up where the sign-in is: at the last of a chain of `from`s.
 */
#ifndef FT_DERIVE_H
#define FT_DERIVE_H

#include "lib/core/context.h"

/*
 * For stored.h: the record of such an account, as far as it is of use: without a token
 * where there is none, or none that is. Where the sign-in itself needs a person, so does *ret, and
 * its reason says so.
 * *ret_damaged: what is there is no record, and is to be set aside before it is written.
 * Errors: FT_NOT_FOUND (nobody is signed in at the source), FT_LOGIN_NEEDED (what is stored
 * there is of no use), FT_CONFIG, FT_UNTRUSTED, FT_SYSTEM, FT_NO_MEMORY.
 */
int ft_derive_read(const struct freshtoken *ft, const struct ft_account *account,
		   const char *server, struct ft_record *ret, bool *ret_damaged,
		   struct ft_error *err);

/* Nobody signs in to such an account: FT_CONFIG, with the account to sign in to, or what to run. */
int ft_derive_signs_in(const struct freshtoken *ft, const struct ft_account *account,
		       struct ft_error *err);

#endif
