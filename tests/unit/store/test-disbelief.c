/* SPDX-License-Identifier: MIT */
/* disbelief.h: which programs are told to stop asking, and which are not. */
#include "config.h"

#include <check.h>

#include "lib/store/disbelief.h"
#include "tests/unit/unit.h"

#define T0 INT64_C(1700000000000)

START_TEST(three_refusals_and_a_while)
{
	struct ft_disbelief d = { 0 };

	for (unsigned i = 1; i <= 3; i++) {
		ck_assert(!ft_disbelief_stops(&d, 7, T0));
		ck_assert_uint_eq(ft_disbelief_add(&d, 7, T0), i);
		ck_assert(ft_disbelief_open(&d));
	}
	ck_assert(ft_disbelief_stops(&d, 7, T0));
	ck_assert(ft_disbelief_stops(&d, 7, T0 + FT_DISBELIEF_MS));
	ck_assert(!ft_disbelief_stops(&d, 7, T0 + FT_DISBELIEF_MS + 1));
	/* The clock was set back: better served than kept out for hours. */
	ck_assert(!ft_disbelief_stops(&d, 7, T0 - 1));
	ck_assert(!ft_disbelief_stops(&d, 8, T0));
	ck_assert(ft_disbelief_tell(&d, 7));
	ck_assert(!ft_disbelief_tell(&d, 7));
	ck_assert(ft_disbelief_tell(&d, 8));
	ck_assert(ft_disbelief_tell(&d, 8));
	ck_assert_uint_eq(d.n, 1);
	/* After that while it is counted, and told, anew. */
	ck_assert_uint_eq(ft_disbelief_add(&d, 7, T0 + FT_DISBELIEF_MS + 1), 1);
	ck_assert(ft_disbelief_tell(&d, 7));
	ck_assert_uint_eq(ft_disbelief_add(&d, 7, T0 - 5), 1);
	ck_assert_uint_eq(d.n, 1);
}
END_TEST

START_TEST(two_that_loop_do_not_hide_each_other)
{
	struct ft_disbelief d = { 0 };

	for (unsigned i = 1; i <= 3; i++) {
		ck_assert_uint_eq(ft_disbelief_add(&d, 7, T0 + i), i);
		ck_assert_uint_eq(ft_disbelief_add(&d, 8, T0 + i), i);
	}
	ck_assert(ft_disbelief_stops(&d, 7, T0 + 3));
	ck_assert(ft_disbelief_stops(&d, 8, T0 + 3));
}
END_TEST

START_TEST(it_works_for_some)
{
	struct ft_disbelief d = { 0 };

	ck_assert(!ft_disbelief_works(&d, 7));
	ck_assert(!ft_disbelief_open(&d));
	for (int i = 0; i < 3; i++) {
		(void)ft_disbelief_add(&d, 7, T0);
		(void)ft_disbelief_add(&d, 8, T0);
	}
	/* Somebody else's success is news once, and frees nobody. */
	ck_assert(ft_disbelief_works(&d, 9));
	ck_assert(!ft_disbelief_works(&d, 9));
	ck_assert(!ft_disbelief_works(&d, 10));
	ck_assert(!ft_disbelief_open(&d));
	ck_assert(ft_disbelief_stops(&d, 7, T0));
	/* One's own does. */
	ck_assert(ft_disbelief_works(&d, 7));
	ck_assert(!ft_disbelief_stops(&d, 7, T0));
	ck_assert(ft_disbelief_stops(&d, 8, T0));
	ck_assert(!ft_disbelief_open(&d));
	/* A refusal after that is open again. */
	ck_assert_uint_eq(ft_disbelief_add(&d, 7, T0), 1);
	ck_assert(ft_disbelief_open(&d));
	ck_assert(ft_disbelief_works(&d, 7));
	ck_assert(ft_disbelief_works(&d, 8));
	ck_assert_uint_eq(d.n, 0);
	ck_assert(!d.works);
}
END_TEST

/* However many go on at once, in turn: each has its end. The bound is what is tested. */
static unsigned asked_by(unsigned clients)
{
	struct ft_disbelief d = { 0 };
	bool ended[200] = { false };
	unsigned asked = 0, left = clients;

	for (int64_t now = T0; left > 0 && now < T0 + 3600000; now += 1000)
		for (unsigned i = 0; i < clients; i++) {
			if (ended[i])
				continue;
			if (ft_disbelief_stops(&d, 1000 + i, now)) {
				ended[i] = true;
				left--;
			} else {
				asked++;
				(void)ft_disbelief_add(&d, 1000 + i, now);
				ck_assert_uint_le(d.n, FT_DISBELIEF_CLIENTS);
			}
		}
	ck_assert_uint_eq(left, 0);
	return asked;
}

START_TEST(a_crowd_that_loops_ends)
{
	ck_assert_uint_eq(asked_by(1), FT_DISBELIEF_MAX);
	ck_assert_uint_eq(asked_by(FT_DISBELIEF_CLIENTS), FT_DISBELIEF_CLIENTS * FT_DISBELIEF_MAX);
	(void)asked_by(200);
}
END_TEST

/* Who gets the place of whom. */
START_TEST(full)
{
	struct ft_disbelief d = { 0 }, copy;
	const int last = FT_DISBELIEF_CLIENTS - 1;

	for (int i = 0; i <= last; i++)
		(void)ft_disbelief_add(&d, 100 + i, T0 + i);
	copy = d;
	/* That of the newest. */
	ck_assert_uint_eq(ft_disbelief_add(&d, 1, T0 + 100), 1);
	ck_assert_uint_eq(ft_disbelief_add(&d, 100 + last - 1, T0 + 100), 2);
	ck_assert_uint_eq(ft_disbelief_add(&d, 100 + last, T0 + 100), 1);
	ck_assert_uint_eq(d.n, FT_DISBELIEF_CLIENTS);
	/* That of one whose refusals are long ago. */
	d = copy;
	(void)ft_disbelief_add(&d, 1, T0 + FT_DISBELIEF_MS + 1);
	ck_assert_int_eq(d.clients[0].client, 101);
	ck_assert_int_eq(d.clients[last].client, 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		three_refusals_and_a_while, two_that_loop_do_not_hide_each_other, it_works_for_some,
		a_crowd_that_loops_ends, full, NULL
	};

	return unit_run("disbelief", tests);
}
