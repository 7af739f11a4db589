/* SPDX-License-Identifier: MIT */
/*
 * revoke.h - the end of a sign-in: its tokens revoked where the service can, then forgotten
 *
 * RFC 7009, or what a profile's [revoke] says. The refresh token goes first: most
 * services end with it all that was issued for it.
 *
 * What holds, whoever is killed and whenever
 *  - All of it happens under the account's lock: a refresh in flight is awaited, and
 *    none begins. What a killed one has left is settled first, so that it is the
 *    newest refresh token that is revoked.
 *  - Before anything is sent, the record says that a sign-out has begun. From then on
 *    nothing is handed out or refreshed; who signs out again finishes it.
 *  - The record goes last. Whatever the service says, in the end it is forgotten here.
 *  - The network takes no longer than one `timeout` of the account, and a little more; with
 *    a refresh before that, one for that as well.
 *
 * Some services answer 200 and revoke nothing. So where the service offers introspection
 * (RFC 7662), it is asked before and after: what was active and is no more is confirmed, what
 * still is was not revoked. Some are known to do it where the access token has expired: for
 * them the profile has refresh_first; and where it has expired and introspection calls the refresh
 * token not active, a refresh tells whether that is so.
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
	FT_REVOKED_NOT,		/* it can, and did not; `why` says why */
};

struct freshtoken;

struct ft_revocation {
	enum ft_revoked state;
	bool confirmed;		/* FT_REVOKED: it was active before, and is no more */
	struct ft_error why;	/* for people, without secrets */
};

struct ft_signed_out {
	bool signed_in;		/* there was a sign-in */
	struct ft_revocation refresh_token, access_token;
	struct ft_revocation client;	/* that was registered for the account (RFC 7592) */
	int64_t access_left;	/* seconds that the access token had; -1: unknown */
	bool access_jwt;	/* it looks like one that others check without asking the service */
};

/*
 * Ends the account's sign-in. For a person's command: it waits, and proxies are the
 * environment's. What the service did not do is in *ret, no error.
 * Errors: FT_NOT_FOUND (no such account), FT_TEMPORARY (somebody has the lock for too long),
 * FT_SYSTEM and FT_UNTRUSTED (it could not be removed), FT_NO_MEMORY.
 */
int ft_revoke_sign_in(struct freshtoken *ft, const char *account, struct ft_signed_out *ret,
		      struct ft_error *err);

#endif
