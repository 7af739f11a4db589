/* SPDX-License-Identifier: MIT */
/*
 * freshness.h - how long a token is still good, and what to do about it
 *
 * Pure functions of record, clock and need; the numbers and their reasons are
 * in docs/how-it-works.md.
 */
#ifndef FT_FRESHNESS_H
#define FT_FRESHNESS_H

#include "lib/base/moment.h"
#include "lib/store/record.h"

/* What a caller needs of a token. */
struct ft_want {
	int64_t min_lifetime;	/* ms that it must still live */
	uint64_t rejected;	/* the generation that a server refused; 0: none */
	uint64_t seen;	/* generation before a wait for another process's refresh; 0: none */
	int64_t unknown_life;	/* ms after which a token of unknown life is renewed; 0: never */
	bool force;		/* refresh whatever the record says */
	bool derived; /* no refresh token is needed here: a machine account, or a fleet's store may
		       * have the sign-in */
	bool id_token;		/* an ID token is needed too; the account keeps it */
	bool settle; /* no refresh: only settle one that was cut off (freshtoken-refresh) */
};

enum ft_action {
	FT_USE,			/* good: hand it out */
	FT_USE_AND_REFRESH,	/* hand it out, and start a refresh without waiting */
	FT_REFRESH_OR_USE,	/* refresh and wait; if that fails, hand it out */
	FT_REFRESH,		/* refresh and wait; there is nothing to hand out */
	FT_COOLING,		/* nothing to hand out, and the service failed a moment ago */
	FT_LOGIN		/* nothing to hand out, and only a person can help */
};

/* ms that the access token still lives; -1: unknown; 0: expired, or its age is unknown. */
int64_t ft_freshness_left(const struct ft_record *record, const struct ft_moment *now);

/* Likewise the ID token; 0 also without one. */
int64_t ft_freshness_id_left(const struct ft_record *record, const struct ft_moment *now);

/* Whether there is an access token that has not expired and was not refused; and, if it is wanted,
 * an ID token that has not expired. */
bool ft_freshness_alive(const struct ft_record *record, const struct ft_want *want,
			const struct ft_moment *now);

/* The two windows, as ms of remaining life, for a token of `lifetime` ms. spread: 0…65535, fixed
 * for a machine and account. */
int64_t ft_freshness_mandatory(int64_t lifetime, int64_t min_lifetime);
int64_t ft_freshness_advisory(int64_t lifetime, int64_t min_lifetime, unsigned spread);
unsigned ft_freshness_spread(const char *account);

enum ft_action ft_freshness_decide(const struct ft_record *record, const struct ft_want *want,
				   const struct ft_moment *now);

/* How long to leave alone what failed: `usual` (ms), or less within a replay window. A spent
 * refresh token whose answer was lost must be sent again while the service still answers it, so the
 * pause is not longer than the time since the token was first sent, nor than half of what is
 * left. */
int64_t ft_freshness_pause(const struct ft_record *record, const struct ft_moment *now,
			   int64_t usual);

/* Whether to believe a server's refusal of this generation: not if it was itself fetched because of
 * a refusal less than 60 s ago. */
bool ft_freshness_believes_rejection(const struct ft_record *record, const struct ft_moment *now);

#endif
