/* SPDX-License-Identifier: MIT */
/*
 * revoke.h - ends a sign-in: revokes its tokens if the service can, then removes them here
 *
 * By RFC 7009, or as the profile's [revoke] says. The refresh token is revoked first:
 * most services then end everything that was issued for it.
 *
 * Whichever process is killed at whatever time:
 *  - Everything happens under the account's lock: it waits for a running refresh, and no
 *    other begins. What a killed refresh has left is settled first, so that the newest
 *    refresh token is revoked.
 *  - Before anything is sent, the record says that a sign-out has begun. From then on
 *    nothing is handed out or refreshed; another sign-out completes it.
 *  - The record is removed last, whatever the service has answered.
 *  - The network takes at most one `timeout` of the account and a little more; a refresh
 *    before that takes one more.
 *
 * Some services answer 200 and revoke nothing. So introspection (RFC 7662), if the service
 * offers it, is asked before and after: a token that was active and is not any more is
 * confirmed as revoked; one that is still active was not revoked. Some services revoke
 * nothing once the access token has expired: their profiles have refresh_first. Without
 * refresh_first, if the access token has expired and introspection says that the refresh
 * token is not active, a refresh shows whether that is true.
 */
#ifndef FT_REVOKE_H
#define FT_REVOKE_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/error.h"

enum ft_revoked {
	FT_REVOKED_NOTHING,	/* there was no such token, or it had ended by itself */
	FT_REVOKED,		/* the service said so */
	FT_REVOKED_ENDED,	/* the service said that it had ended already */
	FT_REVOKED_NEVER,	/* the service offers no way to revoke it */
	FT_REVOKED_NOT,		/* the service offers a way, but it failed; `why` says why */
};

struct freshtoken;

struct ft_revocation {
	enum ft_revoked state;
	bool confirmed;		/* FT_REVOKED: it was active before, and is not any more */
	struct ft_error why;	/* for people, without secrets */
};

struct ft_signed_out {
	bool signed_in;		/* there was a sign-in */
	struct ft_revocation refresh_token, access_token;
	struct ft_revocation client;	/* the account's registered client (RFC 7592) */
	int64_t access_left;	/* seconds that the access token still lives; -1: unknown */
	bool access_jwt;	/* a JWT: servers may accept it without asking the service */
};

/*
 * Ends the account's sign-in. Only for a person's command: it waits for the network, and takes
 * proxies from the environment. What the service did not do is in *ret, and is no error.
 * Errors: FT_NOT_FOUND (no such account), FT_TEMPORARY (somebody has the lock for too long),
 * FT_SYSTEM and FT_UNTRUSTED (it could not be removed), FT_NO_MEMORY.
 */
int ft_revoke_sign_in(struct freshtoken *ft, const char *account, struct ft_signed_out *ret,
		      struct ft_error *err);

#endif
