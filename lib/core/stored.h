/* SPDX-License-Identifier: MIT */
/*
 * stored.h - an account's record: whether it is there, belongs to this account, and is due
 *
 * Used for handing out a token, for refreshing and for the status; also for machine accounts
 * (derive.h).
 */
#ifndef FT_STORED_H
#define FT_STORED_H

#include "lib/core/context.h"

struct ft_stored {
	struct ft_record record;
	enum ft_action action;	/* what to do, given what is wanted … */
	bool due;		/* … and whether that is a refresh, now or soon */
	struct ft_moment now;	/* when that was decided */
	/* For a machine account: the file holds no record and must be set aside before one is
	 * written; `record` has no token. */
	bool damaged;
};
#define FT_STORED_INIT { .record = FT_RECORD_INIT }

/*
 * server: the account's or its profile's. want: NULL for any token that is good now. ret:
 * FT_STORED_INIT, or an earlier result, which is replaced.
 * Errors: FT_NOT_FOUND (nobody has signed in), FT_LOGIN_NEEDED (the record was made with another
 * server, provider, client_id or source, or the file holds no record), FT_CONFIG (written by a
 * newer version), FT_UNTRUSTED (a file that must not be touched), FT_SYSTEM, FT_NO_MEMORY.
 */
int ft_stored_read(const struct freshtoken *ft, const struct ft_account *account,
		   const char *server, const struct ft_want *want, struct ft_stored *ret,
		   struct ft_error *err);
/* Likewise, but if nobody has signed in: FT_LOGIN_NEEDED, or FT_CONFIG with what would prevent a
 * sign-in. */
int ft_stored_need(const struct freshtoken *ft, const struct ft_account *account,
		   const char *server, const struct ft_want *want, struct ft_stored *ret,
		   struct ft_error *err);
void ft_stored_release(struct ft_stored *stored);

#endif
