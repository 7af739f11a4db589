/* SPDX-License-Identifier: MIT */
/*
 * standing.h - decides what a directory's answer about a person means (FT_REQUEST_PERSON)
 *
 * The result lets a person in, or keeps the person out even while the directory is down later. So
 * an answer that does not plainly say whom it is about is FT_STANDING_UNSAID.
 */
#ifndef FT_STANDING_H
#define FT_STANDING_H

#include "lib/exchange/facts.h"
#include "lib/provider/profile.h"

enum ft_standing {
	FT_STANDING_UNSAID,	/* the answer does not tell */
	FT_STANDING_ACTIVE,
	FT_STANDING_INACTIVE,
	FT_STANDING_GONE,	/* there is no such person */
	FT_STANDING_REFUSED,	/* the token that asked is not accepted (401) */
	FT_STANDING_BUSY,	/* too many requests (429); this says nothing about the person */
	FT_STANDING_LOCAL,	/* this machine could not ask */
	FT_STANDING_DOWN,	/* no answer, or a failure of the directory (5xx) */
	FT_STANDING_COUNT
};

/* person: the subject that was asked about. *ret_why describes the answer, with the directory's own
 * words as `foreign`. */
enum ft_standing ft_standing_judge(const struct ft_profile *profile, const struct ft_facts *facts,
				   const char *person, struct ft_error *ret_why);

#endif
