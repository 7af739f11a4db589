/* SPDX-License-Identifier: MIT */
/*
 * check.h - whether a sign-in is still good at its service, by asking it; nothing is spent
 *
 * The refresh token tells most, and introspection (RFC 7662) tells about it; the access
 * token is asked about where it has not expired, and UserInfo takes the place of
 * introspection where this client may not ask.
 *
 * "Not active" has two meanings: over, or not yours to ask about (section 2.2). Hence
 *  - a refresh token that is not active is shown as "sign in again", and nothing is written:
 *    only a refresh that is refused is a verdict
 *  - an access token that is not active is marked as refused, as git's erase does, only
 *    where the same service has just called the refresh token active, and where it is no
 *    JWT: some services keep none of those, and know none
 *  - UserInfo's refusal marks it too, but only a token that is for no other audience.
 */
#ifndef FT_CHECK_H
#define FT_CHECK_H

#include "lib/signin/signin.h"

/*
 * Changes what ft_signin_status said of the account by what its service says now; where it
 * could not be asked, reason says why. For a person's command: it waits, up to the account's
 * `timeout` for each question, and proxies are the environment's.
 */
void ft_check(struct freshtoken *ft, const char *account, struct ft_status *status);

#endif
