/*
 * revoke.h - the end of a sign-in: its tokens revoked where the service can, then forgotten
 *
 * RFC 7009, or what a profile's [revoke] says. The refresh token goes first: most
 * services end with it all that was issued for it.
 *
 * What holds, whoever is killed and whenever
 *  - All of it happens under the account's lock: a refresh in flight is awaited, and
 *    none begins. What a killed one left behind is settled first, so that it is the
 *    newest refresh token that is revoked.
 *  - Before anything is sent, the record says that a sign-out has begun. From then on
 *    nothing is handed out or refreshed; who signs out again finishes it.
 *  - The record goes last. Whatever the service says, in the end it is forgotten here.
 *  - The network takes no longer than one `timeout` of the account, and a little more.
 */
#ifndef FT_REVOKE_H
#define FT_REVOKE_H

#include <stdbool.h>
#include <stdint.h>
#include "error.h"

enum ft_revoked {
	FT_REVOKED_NOTHING,	/* there was no such token, or it had ended by itself */
	FT_REVOKED,		/* the service said so */
	FT_REVOKED_NEVER,	/* the service offers no way to revoke it */
	FT_REVOKED_NOT,		/* it can, and did not; `why` says why */
};

struct ft_revocation {
	enum ft_revoked state;
	char why[FT_ERROR_TEXT];	/* for people, without secrets */
};

struct ft_signed_out {
	bool signed_in;		/* there was a sign-in */
	struct ft_revocation refresh_token, access_token;
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
