/* SPDX-License-Identifier: MIT */
/*
 * stored.h - an account's sign-in as it is stored: is it there, is it of this account, is it due
 *
 * Three questions with one answer, for whoever hands a token out, refreshes it, or says how it
 * is. Whose tokens come from another account's (derive.h) is asked in the same way.
 */
#ifndef FT_STORED_H
#define FT_STORED_H

#include "lib/core/context.h"

struct ft_stored {
	struct ft_record record;
	enum ft_action action;	/* what to do about it, for what is wanted … */
	bool due;		/* … and whether that is a refresh, now or soon */
	struct ft_moment now;	/* when that was decided */
	/* Of an account without a sign-in: what is stored is no record, and is to be set aside
	 * before one is written; the record above is a blank one. */
	bool damaged;
};
#define FT_STORED_INIT { .record = FT_RECORD_INIT }

/*
 * server is the account's or its profile's. want may be NULL: a token that is good for now.
 * ret is FT_STORED_INIT before, or what was read before, which is replaced.
 * Errors: FT_NOT_FOUND (nobody has signed in), FT_LOGIN_NEEDED (it was made with another server,
 * provider, client_id or source, or what is stored is no record), FT_CONFIG (written by a newer
 * version), FT_UNTRUSTED (a file that must not be touched), FT_SYSTEM, FT_NO_MEMORY.
 */
int ft_stored_read(const struct freshtoken *ft, const struct ft_account *account,
		   const char *server, const struct ft_want *want, struct ft_stored *ret,
		   struct ft_error *err);
/* For whoever cannot do without: where nobody has signed in FT_LOGIN_NEEDED, or FT_CONFIG with what
 * would keep a sign-in from working. */
int ft_stored_need(const struct freshtoken *ft, const struct ft_account *account,
		   const char *server, const struct ft_want *want, struct ft_stored *ret,
		   struct ft_error *err);
void ft_stored_release(struct ft_stored *stored);

#endif
