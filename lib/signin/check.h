/* SPDX-License-Identifier: MIT */
/*
 * check.h - asks the service whether a sign-in is still good, without spending anything
 *
 * Asks about the refresh token, and about an access token that has not expired, by
 * introspection (RFC 7662). If this client may not use that, UserInfo is asked with the
 * access token.
 *
 * "Not active" can also mean that this client may not ask about the token (section 2.2). So
 *  - a refresh token that is not active is shown as "sign in again", and nothing is stored:
 *    only a refused refresh is a verdict
 *  - an access token that is not active is marked as refused, as git's erase does, only if
 *    the service has just called the refresh token active, and the access token is no JWT:
 *    some services do not store JWTs, and so do not know them
 *  - UserInfo's refusal marks it too, but only a token that has no other audience.
 */
#ifndef FT_CHECK_H
#define FT_CHECK_H

#include "lib/signin/signin.h"

/*
 * Updates the status that ft_signin_status gave with what the service says now; if the service
 * cannot be asked, status->why says why. Only for a person's command: it waits up to the account's
 * `timeout` for each question, and takes proxies from the environment.
 */
void ft_check(struct freshtoken *ft, const char *account, struct ft_status *status);

#endif
