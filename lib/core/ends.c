/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/core/ends.h"

#define AHEAD (3 * INT64_C(86400) * 1000)
/* ms by which two answers may differ about the same end: exchanges take time. */
#define SAME 60000

void ft_ends_take(const struct ft_judgement *judgement, const struct ft_moment *sent, bool rotated,
		  struct ft_record *record)
{
	const int64_t before = record->refresh_ends, life = judgement->refresh_lifetime;

	/* The same token without a stated life: its end is the one known before. */
	if (life < 0 && !rotated)
		return;
	record->refresh_ends = life > 0 ? sent->real + life : 0;
	record->refresh_moves = before > 0 && record->refresh_ends > before + SAME;
}

int64_t ft_ends_at(const struct ft_record *record)
{
	return record->refresh_moves ? 0 : record->refresh_ends;
}

bool ft_ends_soon(const struct ft_record *record, int64_t now)
{
	const int64_t end = ft_ends_at(record), whole = end - record->signed_in;
	int64_t ahead = AHEAD;

	if (end == 0)
		return false;
	if (record->signed_in > 0 && whole > 0 && whole / 4 < ahead)
		ahead = whole / 4;
	return end > now && end - now <= ahead;
}
