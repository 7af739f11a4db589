/* SPDX-License-Identifier: MIT */
/*
 * ends.h - when a sign-in ends, where its service tells
 *
 * Some services say how long a refresh token lives (refresh_expires_in). Where each refresh moves
 * that end, the sign-in does not end while it is used; where it stays, people can be told ahead.
 */
#ifndef FT_ENDS_H
#define FT_ENDS_H

#include "lib/exchange/judge.h"
#include "lib/store/record.h"

/* Notes what a good answer says; rotated: it brought another refresh token. */
void ft_ends_take(const struct ft_judgement *judgement, const struct ft_moment *sent, bool rotated,
		  struct ft_record *record);

/* The end that is known and will not be moved: ms since the epoch; 0: none. */
int64_t ft_ends_at(const struct ft_record *record);
/* Whether to tell people: in its last three days, or the last quarter of a shorter sign-in. */
bool ft_ends_soon(const struct ft_record *record, int64_t now);

#endif
