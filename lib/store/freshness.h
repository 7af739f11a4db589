/* SPDX-License-Identifier: MIT */
/*
 * freshness.h - how much longer a token is good for, and what to do about it
 *
 * Pure functions of record, clock and need; the numbers and their reasons are
 * in docs/how-it-works.md.
 */
#ifndef FT_FRESHNESS_H
#define FT_FRESHNESS_H

#include "lib/base/moment.h"
#include "lib/store/record.h"

/* What a caller wants of a token. */
struct ft_want {
	int64_t min_lifetime;	/* ms */
	uint64_t rejected;	/* generation a server refused; 0: none */
	uint64_t seen;	/* generation before somebody else's refresh was waited for; 0: no such */
	int64_t unknown_life;	/* ms after which a token of unknown life is renewed; 0: never */
	bool force;		/* refresh whatever the record says */
	bool derived; /* without a sign-in of its own, or with one that a fleet's store may have: no
		       * refresh token is needed here */
	bool id_token;		/* an ID token is needed too, of an account that keeps it */
	bool settle; /* no refresh: only the end of what was cut off (freshtoken-refresh) */
};

enum ft_action {
	FT_USE,			/* good: hand it out */
	FT_USE_AND_REFRESH,	/* hand it out; somebody should refresh, nobody waits */
	FT_REFRESH_OR_USE,	/* refresh and wait; if that fails it still can be used */
	FT_REFRESH,		/* refresh and wait; there is nothing to hand out */
	FT_COOLING,		/* nothing to hand out, and the service failed a moment ago */
	FT_LOGIN		/* nothing to hand out, and only a person can help */
};

/* ms that are left; -1: unknown; 0: expired, or its age cannot be told. */
int64_t ft_freshness_left(const struct ft_record *record, const struct ft_moment *now);

/* Likewise of the ID token; 0 also where there is none. */
int64_t ft_freshness_id_left(const struct ft_record *record, const struct ft_moment *now);

/* Whether the access token can be handed out at all: there, unexpired, not refused; and the ID
 * token, where that is wanted. */
bool ft_freshness_alive(const struct ft_record *record, const struct ft_want *want,
			const struct ft_moment *now);

/* The two windows in ms of remaining life, for a token of `lifetime` ms.
 * spread is 0…65535, fixed per machine and account. */
int64_t ft_freshness_mandatory(int64_t lifetime, int64_t min_lifetime);
int64_t ft_freshness_advisory(int64_t lifetime, int64_t min_lifetime, unsigned spread);
unsigned ft_freshness_spread(const char *account);

enum ft_action ft_freshness_decide(const struct ft_record *record, const struct ft_want *want,
				   const struct ft_moment *now);

/* Whether a server's refusal of this generation is to be believed: not when it was fetched
 * for a refusal less than 60 s ago. */
bool ft_freshness_believes_rejection(const struct ft_record *record, const struct ft_moment *now);

#endif
