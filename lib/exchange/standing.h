/* SPDX-License-Identifier: MIT */
/*
 * standing.h - what a directory's answer about a person means
 *
 * The answer to FT_REQUEST_PERSON, and the profile's [person]. Somebody is let in, or kept out also
 * while the directory is down, for what comes of it: whatever does not say plainly whom it is about
 * is FT_STANDING_UNSAID.
 */
#ifndef FT_STANDING_H
#define FT_STANDING_H

#include "lib/exchange/facts.h"
#include "lib/provider/profile.h"

enum ft_standing {
	FT_STANDING_UNSAID,	/* it cannot be told */
	FT_STANDING_ACTIVE,
	FT_STANDING_INACTIVE,
	FT_STANDING_GONE,	/* there is no such person */
	FT_STANDING_REFUSED,	/* the token that asked is not accepted (401) */
	FT_STANDING_BUSY,	/* too many questions (429); nothing is said of the person */
	FT_STANDING_LOCAL,	/* this machine could not ask */
	FT_STANDING_DOWN,	/* nobody answers, or something that is out of order (5xx) */
	FT_STANDING_COUNT
};

/* person is the subject that was asked about; why is about the answer, with the directory's own
 * words apart. */
enum ft_standing ft_standing_judge(const struct ft_profile *profile, const struct ft_facts *facts,
				   const char *person, struct ft_error *ret_why);

#endif
