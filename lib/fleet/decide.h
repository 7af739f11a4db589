/* SPDX-License-Identifier: MIT */
/*
 * decide.h - what a host does next with what it has and what the fleet's store has
 *
 * Pure functions. Nothing is sent to a service but by a host whose claim was written over the
 * revision that these were asked about.
 */
#ifndef FT_FLEET_DECIDE_H
#define FT_FLEET_DECIDE_H

#include "lib/fleet/value.h"

/* A claim is good for T: nothing is sent later than that after it. Then the answer may take as long
 * as an exchange may, and a moment more to be written. ms. */
#define FT_CLAIM_SEND_MAX INT64_C(20000)
#define FT_CLAIM_GRACE INT64_C(5000)
int64_t ft_claim_send(unsigned timeout);
int64_t ft_claim_length(unsigned timeout);
/* What the clocks of two members may differ by, for a claim that is first seen long after. */
#define FT_CLAIM_SKEW INT64_C(300000)

enum ft_fleet_step {
	FT_STEP_SAME,		/* both have the same */
	FT_STEP_ADOPT,		/* the store's is newer, or other */
	FT_STEP_PUSH,		/* ours is newer: it goes there before anything else */
	FT_STEP_OUT,		/* the sign-in was ended, by somebody on some host */
	FT_STEP_NOBODY,		/* the store has none, and we have none that it has not had */
	FT_STEP_OLDER		/* the store has an older one than it had: it was set back */
};
/* here: this host's record; without tokens it is none. */
enum ft_fleet_step ft_fleet_compare(const struct ft_record *here, const struct ft_value *there);

enum ft_fleet_hold {
	FT_HOLD_FREE,		/* nobody has claimed it */
	FT_HOLD_OURS,		/* this host has, and does nothing by it now: its lock is ours */
	FT_HOLD_OTHER,		/* another one has, and may be about to send */
	FT_HOLD_LAPSED		/* another one has, and nothing it sent is under way any more */
};
/*
 * Whose claim is there. Whether it has lapsed is measured by this host's own clock since it first
 * saw that claim (here->fleet.held, which is set for it): no clock that is set wrong makes that
 * early. One that the store's own time says is long over need not be watched.
 */
enum ft_fleet_hold ft_fleet_hold(const struct ft_record *here, const struct ft_value *there,
				 const struct ft_fleet_clock *clock);

#endif
