/* SPDX-License-Identifier: MIT */
/*
 * ends.h - when a sign-in ends, if its service says so
 *
 * Some services state how long a refresh token is good (refresh_expires_in). If each refresh moves
 * that end, the sign-in does not end while it is used; if not, people can be told in advance.
 */
#ifndef FT_ENDS_H
#define FT_ENDS_H

#include "lib/exchange/judge.h"
#include "lib/store/record.h"

/* Notes the end that a good answer states. rotated: the answer had another refresh token. */
void ft_ends_take(const struct ft_judgement *judgement, const struct ft_moment *sent, bool rotated,
		  struct ft_record *record);

/* The end, if it is known and no refresh moves it: ms since the epoch; else 0. */
int64_t ft_ends_at(const struct ft_record *record);
/* Whether to tell people: in its last three days, or the last quarter of a shorter sign-in. */
bool ft_ends_soon(const struct ft_record *record, int64_t now);

#endif
