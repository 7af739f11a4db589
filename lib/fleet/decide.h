/* SPDX-License-Identifier: MIT */
/*
 * decide.h - what a host does next, given its own record and the value in the fleet's store
 *
 * Pure functions. A host sends a refresh token only after its claim has replaced the very revision
 * that it passed to these functions.
 */
#ifndef FT_FLEET_DECIDE_H
#define FT_FLEET_DECIDE_H

#include "lib/fleet/value.h"
#include "lib/store/freshness.h"

/* ms. A refresh is sent at most ft_claim_send after its claim. A claim lasts ft_claim_length: that,
 * the time that the exchange may take, and FT_CLAIM_GRACE for writing the answer. timeout: the
 * account's, in seconds. */
#define FT_CLAIM_SEND_MAX INT64_C(20000)
#define FT_CLAIM_GRACE INT64_C(5000)
/* ms. If the service never answers a spent refresh token again, a claim that ended without a token
 * is respected for so much longer: its holder may have been paused and still bring the token, and
 * sending the spent one would end the sign-in. */
#define FT_CLAIM_PATIENCE INT64_C(30000)
int64_t ft_claim_send(unsigned timeout);
int64_t ft_claim_length(unsigned timeout);
/* When the record's refresh token may have been sent for the first time, by the store's clock. */
int64_t ft_claim_first(const struct ft_record *here, const struct ft_fleet_clock *clock);
/* When it may be sent at the latest (CLOCK_BOOTTIME, ms). While the access token is good, a replay
 * window limits this, counted from the first time that it was sent. */
int64_t ft_claim_deadline(const struct ft_record *here, const struct ft_want *want,
			  unsigned timeout, const struct ft_moment *now);
/* ms by which the clocks of two members may differ, for a claim that is first seen much later. */
#define FT_CLAIM_SKEW INT64_C(300000)

enum ft_fleet_step {
	FT_STEP_SAME,		/* both have the same */
	FT_STEP_ADOPT,		/* the store's is newer, or of another sign-in: take it */
	FT_STEP_PUSH,		/* ours is newer: write it to the store before anything else */
	FT_STEP_OUT,		/* the sign-in was ended on some host */
	FT_STEP_NOBODY,		/* the store has none, and we have none that is new to it */
	FT_STEP_OLDER		/* the store has an older one than before: it was restored */
};
/* here: this host's record; one without tokens counts as none. */
enum ft_fleet_step ft_fleet_compare(const struct ft_record *here, const struct ft_value *there);

/* The name of a claim (nonce) has two parts: one that all claims of this host over one revision of
 * the store share, and a number. A claim whose answer did not arrive may still be written later, as
 * long as the store has that revision, even if its sender was killed. So a host takes each claim
 * with its own first part for its own. Other hosts compare the whole name: to them each is another
 * claim, which they watch for its whole time. */
#define FT_CLAIM_OWN 14
bool ft_claim_is_ours(const struct ft_record_fleet *here, const struct ft_claim *claim);
/* Forgets the names of claims that were made, and the claims that were seen, before a reboot or
 * under another lock. So a copy of the state folder, on a cloned machine for example, takes no
 * claim for its own, and nothing is measured by a clock that has started again. */
void ft_claim_keep_own(struct ft_record_fleet *here, int lock_fd);
/* here->nonce becomes the name of the next claim. FT_SYSTEM. */
int ft_claim_name(struct ft_record_fleet *here, struct ft_error *err);

enum ft_fleet_hold {
	FT_HOLD_FREE,		/* nobody has claimed it */
	FT_HOLD_OURS,		/* this host has; not in use, because this process has the lock */
	FT_HOLD_OTHER,		/* another host has, and may send or have sent a refresh */
	FT_HOLD_LAPSED		/* another host has, but every exchange of it is over by now */
};
/*
 * Whose claim the value has. strict: the service never answers a spent refresh token again
 * (FT_CLAIM_PATIENCE). Another host's claim lapses by this host's own clock, counted from
 * when it first saw that claim (here->fleet.held, which the caller sets): a wrong clock elsewhere
 * cannot make that too early. A claim that is long over by the store's own time has lapsed at once.
 */
enum ft_fleet_hold ft_fleet_hold(const struct ft_record *here, const struct ft_value *there,
				 const struct ft_fleet_clock *clock, bool strict);

#endif
