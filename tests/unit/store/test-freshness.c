/* SPDX-License-Identifier: MIT */
/* moment.h and freshness.h: how long a token is valid, and what to do with it. */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/store/freshness.h"
#include "tests/unit/unit.h"

#define S INT64_C(1000)
#define YEAR (365 * 86400 * S)

static const struct ft_moment start = { 1700000000 * S, 5000 * S, "boot-a" };

static struct ft_moment after(int64_t ms)
{
	struct ft_moment now = start;

	now.real += ms;
	now.boot += ms;
	return now;
}

static struct ft_record record_of(int64_t lifetime)
{
	struct ft_record record = { .generation = 7, .lifetime = lifetime, .issued = start,
				    .checked = start, .verdict = FT_FRESH };

	record.account = strdup("work");
	ft_secret_set(&record.access_token, "at", 2);
	ft_secret_set(&record.refresh_token, "rt", 2);
	return record;
}

static enum ft_action at(const struct ft_record *record, int64_t ms)
{
	struct ft_want want = { 0 };
	struct ft_moment now = after(ms);

	return ft_freshness_decide(record, &want, &now);
}

START_TEST(age_survives_clock_steps)
{
	struct ft_moment now = after(10 * S);

	ck_assert_int_eq(ft_moment_since(&now, &start), 10 * S);
	now.real += YEAR;
	ck_assert_int_eq(ft_moment_since(&now, &start), 10 * S);
	now.real -= 2 * YEAR;
	ck_assert_int_eq(ft_moment_since(&now, &start), 10 * S);
	/* After a reboot the wall clock is what is left; if it lies, nothing is known. */
	strcpy(now.boot_id, "boot-b");
	ck_assert_int_eq(ft_moment_since(&now, &start), -1);
	now.real = start.real + 20 * S;
	now.boot = 3;
	ck_assert_int_eq(ft_moment_since(&now, &start), 20 * S);
	/* Two unknown boots are not one. */
	struct ft_moment a = { 5 * S, 1, "" }, b = { 9 * S, 2, "" };
	ck_assert_int_eq(ft_moment_since(&b, &a), 4 * S);
}
END_TEST

START_TEST(a_clock_step_makes_no_dead_token_fresh)
{
	struct ft_record record = record_of(3600 * S);
	struct ft_want want = { 0 };
	struct ft_moment now = after(3601 * S);

	now.real -= YEAR;
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_REFRESH);
	strcpy(now.boot_id, "boot-b");
	ck_assert_int_eq(ft_freshness_left(&record, &now), 0);
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_REFRESH);
	/* And a step forward does not kill a living one within a boot. */
	now = after(60 * S);
	now.real += YEAR;
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_USE);
	ft_record_release(&record);
}
END_TEST

START_TEST(windows_follow_the_lifetime)
{
	static const struct {
		int64_t lifetime, ask, mandatory, advisory_max, advisory_min;
	} table[] = {
		{ 3600, 0, 60, 360, 260 },
		{ 3600, 600, 600, 900, 800 },
		{ 300, 0, 15, 90, 65 },
		{ 60, 0, 10, 40, 30 },
		{ 2, 0, 1, 1, 1 },
		{ 86400, 0, 60, 360, 260 },
		{ 100, 3600, 50, 75, 70 },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		int64_t l = table[i].lifetime * S, ask = table[i].ask * S;

		ck_assert_int_eq(ft_freshness_mandatory(l, ask), table[i].mandatory * S);
		ck_assert_int_eq(ft_freshness_advisory(l, ask, 0) / S, table[i].advisory_max);
		ck_assert_int_eq(ft_freshness_advisory(l, ask, 65535) / S, table[i].advisory_min);
	}
}
END_TEST

/* By machine and account: a fleet with one account does not come back in one minute. */
START_TEST(spread_is_of_machine_and_account)
{
	struct utsname machine;
	uint32_t hash = 2166136261u;
	char text[2 * sizeof machine.nodename];

	ck_assert_int_eq(uname(&machine), 0);
	(void)snprintf(text, sizeof text, "%s%s", machine.nodename, "work");
	for (const char *c = text; *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	ck_assert_uint_eq(ft_freshness_spread("work"), (hash >> 16 ^ hash) & 0xffff);
}
END_TEST

START_TEST(decides_by_what_is_left)
{
	struct ft_record record = record_of(3600 * S);

	ck_assert_int_eq(at(&record, 0), FT_USE);
	ck_assert_int_eq(at(&record, 3230 * S), FT_USE);
	ck_assert_int_eq(at(&record, 3345 * S), FT_USE_AND_REFRESH);
	ck_assert_int_eq(at(&record, 3545 * S), FT_REFRESH_OR_USE);
	ck_assert_int_eq(at(&record, 3600 * S), FT_REFRESH);
	/* The spread is fixed and lies between its ends. */
	ck_assert_uint_eq(ft_freshness_spread("work"), ft_freshness_spread("work"));
	ck_assert_uint_ne(ft_freshness_spread("work"), ft_freshness_spread("home"));
	ck_assert_uint_le(ft_freshness_spread("work"), 65535);
	ft_record_release(&record);
}
END_TEST

/* Each window is open below its end, and not at it. */
START_TEST(edges_of_the_windows)
{
	struct ft_record record = record_of(3600 * S);
	int64_t mandatory = ft_freshness_mandatory(3600 * S, 0);
	int64_t advisory = ft_freshness_advisory(3600 * S, 0, ft_freshness_spread("work"));

	ck_assert_int_eq(mandatory, 60 * S);
	ck_assert_int_eq(at(&record, 3600 * S - advisory), FT_USE);
	ck_assert_int_eq(at(&record, 3600 * S - advisory + 1), FT_USE_AND_REFRESH);
	ck_assert_int_eq(at(&record, 3600 * S - mandatory), FT_USE_AND_REFRESH);
	ck_assert_int_eq(at(&record, 3600 * S - mandatory + 1), FT_REFRESH_OR_USE);
	ck_assert_int_eq(at(&record, 3600 * S - 1), FT_REFRESH_OR_USE);
	ck_assert_int_eq(at(&record, 3600 * S), FT_REFRESH);
	/* Within the widest window, and not in this machine's: nothing happens yet. */
	if (ft_freshness_spread("work") > 0)
		ck_assert_int_eq(at(&record, 3600 * S - ft_freshness_advisory(3600 * S, 0, 0) + 1), FT_USE);
	/* A token of no length is none. */
	record.lifetime = 0;
	ck_assert_int_eq(at(&record, 0), FT_REFRESH);
	record.lifetime = 1;
	ck_assert_int_ne(at(&record, 0), FT_REFRESH);
	ck_assert_int_eq(at(&record, 1), FT_REFRESH);
	ft_record_release(&record);
}
END_TEST

START_TEST(edges_of_a_pause)
{
	struct ft_record record = record_of(3600 * S);
	struct ft_moment now = start;

	/* A service that failed just now is left alone, and asked again when its time is over. */
	record.verdict = FT_UNREACHABLE;
	record.cooldown = 30 * S;
	record.checked = after(3550 * S);
	ck_assert_int_eq(at(&record, 3550 * S - 1), FT_REFRESH_OR_USE);
	ck_assert_int_eq(at(&record, 3550 * S), FT_USE);
	ck_assert_int_eq(at(&record, 3580 * S - 1), FT_USE);
	ck_assert_int_eq(at(&record, 3580 * S), FT_REFRESH_OR_USE);
	record.cooldown = 0;
	ck_assert_int_eq(at(&record, 3550 * S), FT_REFRESH_OR_USE);
	/* The end of a sign-in that is not quite certain: asked about again when its time is over. */
	static const enum ft_verdict over[] = { FT_NEEDS_LOGIN, FT_DISABLED };

	for (size_t i = 0; i < 2; i++) {
		record.verdict = over[i];
		record.cooldown = 600 * S;
		ck_assert_int_eq(at(&record, 3550 * S), FT_USE);
		ck_assert_int_eq(at(&record, 3600 * S), FT_LOGIN);
		ck_assert_int_eq(at(&record, 4150 * S - 1), FT_LOGIN);
		ck_assert_int_eq(at(&record, 4150 * S), FT_REFRESH);
		record.cooldown = 1;
		ck_assert_int_eq(at(&record, 3551 * S), FT_REFRESH_OR_USE);
		record.cooldown = 0;
		ck_assert_int_eq(at(&record, 3551 * S), FT_USE);
		ck_assert_int_eq(at(&record, 4150 * S), FT_LOGIN);
	}
	record.verdict = FT_UNREACHABLE;
	/* The window in which a spent token may be sent again. */
	record.journal = (struct ft_journal){ .present = true, .settled = true, .replay = 20 * S,
					      .first = after(3550 * S) };
	ck_assert_int_eq(at(&record, 3550 * S - 1), FT_USE);
	ck_assert_int_eq(at(&record, 3550 * S), FT_REFRESH_OR_USE);
	ck_assert_int_eq(at(&record, 3570 * S - 1), FT_REFRESH_OR_USE);
	ck_assert_int_eq(at(&record, 3570 * S), FT_USE);
	/* The minute in which refusals of what was fetched for a refusal are not believed. */
	record.after_rejection = true;
	ck_assert(!ft_freshness_believes_rejection(&record, &now));
	now = after(60 * S - 1);
	ck_assert(!ft_freshness_believes_rejection(&record, &now));
	now = after(60 * S);
	ck_assert(ft_freshness_believes_rejection(&record, &now));
	/* Issued in the future: its age is not known. */
	now = after(-1);
	ck_assert(ft_freshness_believes_rejection(&record, &now));
	ft_record_release(&record);
}
END_TEST

START_TEST(unknown_lifetime_is_good_until_rejected)
{
	struct ft_record record = record_of(-1);

	ck_assert_int_eq(at(&record, 10 * YEAR), FT_USE);
	record.rejected = true;
	ck_assert_int_eq(at(&record, 1), FT_REFRESH);
	ft_record_release(&record);
}
END_TEST

START_TEST(unknown_lifetime_ends_for_who_cannot_reject)
{
	struct ft_record record = record_of(-1);
	const struct ft_want want = { .unknown_life = 3600 * S };
	struct ft_moment now = after(3599 * S);

	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_USE);
	now = after(3600 * S);
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_REFRESH_OR_USE);
	now = start;
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_USE);
	/* Who knows how old it is, after the clock was set back across a reboot. */
	now = after(-10 * S);
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_REFRESH_OR_USE);
	/* A stated life is another matter. */
	record.lifetime = 10 * 3600 * S;
	now = after(3700 * S);
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_USE);
	ft_record_release(&record);
}
END_TEST

START_TEST(rejection_names_a_generation)
{
	struct ft_record record = record_of(3600 * S);
	struct ft_want want = { .rejected = 6 };
	struct ft_moment now = after(S);

	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_USE);
	want.rejected = 7;
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_REFRESH);
	/* Fetched for a rejection itself: not believed for a minute. */
	record.after_rejection = true;
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_USE);
	now = after(60 * S);
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_REFRESH);
	ft_record_release(&record);
}
END_TEST

START_TEST(a_dead_service_is_left_alone)
{
	struct ft_record record = record_of(3600 * S);

	record.verdict = FT_UNREACHABLE;
	record.cooldown = 30 * S;
	record.checked = after(3550 * S);
	ck_assert_int_eq(at(&record, 3560 * S), FT_USE);
	ck_assert_int_eq(at(&record, 3581 * S), FT_REFRESH_OR_USE);
	record.checked = after(3600 * S);
	ck_assert_int_eq(at(&record, 3610 * S), FT_COOLING);
	ck_assert_int_eq(at(&record, 3630 * S), FT_REFRESH);

	struct ft_want force = { .force = true };
	struct ft_moment now = after(3610 * S);

	ck_assert_int_eq(ft_freshness_decide(&record, &force, &now), FT_REFRESH);
	ft_record_release(&record);
}
END_TEST

START_TEST(a_spent_token_is_not_sent_again_while_there_is_something_to_lose)
{
	struct ft_record record = record_of(3600 * S);

	record.journal = (struct ft_journal){ .present = true, .settled = true,
					      .first = after(3500 * S) };
	ck_assert_int_eq(at(&record, 3590 * S), FT_USE);
	ck_assert_int_eq(at(&record, 3600 * S), FT_REFRESH);
	record.journal.replay = FT_REPLAY_WINDOW_ALWAYS;
	ck_assert_int_eq(at(&record, 3590 * S), FT_REFRESH_OR_USE);
	record.journal.replay = 60 * S;
	ck_assert_int_eq(at(&record, 3555 * S), FT_REFRESH_OR_USE);
	ck_assert_int_eq(at(&record, 3561 * S), FT_USE);
	/* To send it again does not open the window again. */
	record.journal.moment = after(3555 * S);
	ck_assert_int_eq(at(&record, 3561 * S), FT_USE);
	/* A refresh that was killed: somebody looks after it, nobody waits. */
	record.journal.settled = false;
	ck_assert_int_eq(at(&record, 10), FT_USE_AND_REFRESH);
	ft_record_release(&record);
}
END_TEST

START_TEST(a_pause_leaves_room_in_the_window)
{
	static const struct { int64_t age, usual, pause; } rows[] = {
		{ 0, 30, 2 }, { 1, 30, 2 }, { 5, 30, 5 }, { 20, 30, 20 }, { 20, 10, 10 },
		{ 40, 60, 10 }, { 58, 60, 1 }, { 60, 30, 30 }, { 61, 30, 30 }, { -1, 30, 30 },
	};
	struct ft_record record = record_of(3600 * S);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct ft_moment now = after((100 + rows[i].age) * S);

		record.journal = (struct ft_journal){ .present = true, .settled = true,
						      .replay = 60 * S, .first = after(100 * S) };
		ck_assert_int_eq(ft_freshness_pause(&record, &now, rows[i].usual * S),
				 rows[i].pause * S);
		record.journal.present = false;
		ck_assert_int_eq(ft_freshness_pause(&record, &now, rows[i].usual * S),
				 rows[i].usual * S);
		record.journal = (struct ft_journal){ .present = true, .settled = true,
						      .first = after(100 * S) };
		ck_assert_int_eq(ft_freshness_pause(&record, &now, rows[i].usual * S),
				 rows[i].usual * S);
	}
	ft_record_release(&record);
}
END_TEST

START_TEST(only_a_person_helps)
{
	struct ft_record record = record_of(3600 * S);

	record.verdict = FT_NEEDS_LOGIN;
	ck_assert_int_eq(at(&record, 3590 * S), FT_USE);
	ck_assert_int_eq(at(&record, 3600 * S), FT_LOGIN);
	record.verdict = FT_DISABLED;
	ck_assert_int_eq(at(&record, 3600 * S), FT_LOGIN);
	record.verdict = FT_FRESH;
	ft_secret_release(&record.refresh_token);
	ck_assert_int_eq(at(&record, 3600 * S), FT_LOGIN);

	struct ft_want force = { .force = true };
	struct ft_moment now = after(3600 * S);

	ck_assert_int_eq(ft_freshness_decide(&record, &force, &now), FT_LOGIN);
	ft_record_release(&record);
}
END_TEST

START_TEST(a_derived_token_needs_no_refresh_token)
{
	struct ft_record record = record_of(3600 * S);
	struct ft_want want = { .derived = true }, own = { 0 };
	struct ft_moment now = after(3610 * S);

	ft_secret_release(&record.refresh_token);
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_REFRESH);
	ck_assert_int_eq(ft_freshness_decide(&record, &own, &now), FT_LOGIN);
	now = after(3590 * S);
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_REFRESH_OR_USE);
	ck_assert_int_eq(ft_freshness_decide(&record, &own, &now), FT_USE);
	now = after(3345 * S);
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_USE_AND_REFRESH);
	now = after(S);
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_USE);
	want.force = true;
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_REFRESH_OR_USE);
	/* Where the source needs a person: what lives is used, then only that person helps. */
	want.force = false;
	record.verdict = FT_NEEDS_LOGIN;
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_USE);
	now = after(3600 * S);
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_LOGIN);
	/* Nothing cached yet. */
	record.verdict = FT_REFRESHABLE;
	ft_secret_release(&record.access_token);
	record.lifetime = -1;
	record.generation = 1;
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_REFRESH);
	record.verdict = FT_UNREACHABLE;
	record.cooldown = 30 * S;
	record.checked = after(3590 * S);
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_COOLING);
	ft_record_release(&record);
}
END_TEST

START_TEST(who_waited_takes_what_came)
{
	struct ft_record record = record_of(2 * S);
	struct ft_want want = { .seen = 7 };
	struct ft_moment now = after(1500);

	/* Nobody has refreshed meanwhile. */
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_REFRESH_OR_USE);
	record.generation = 8;
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_USE);
	want.force = true;
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_USE);
	want.seen = 8;
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_REFRESH_OR_USE);
	/* What is dead is not handed out, whoever brought it. */
	want = (struct ft_want){ .seen = 7 };
	now = after(2 * S);
	ck_assert_int_eq(ft_freshness_decide(&record, &want, &now), FT_REFRESH);
	ft_record_release(&record);
}
END_TEST

static void keep_id(struct ft_record *record, int64_t lifetime)
{
	record->id.issued = start;
	record->id.lifetime = lifetime;
	ck_assert_int_eq(ft_secret_set(&record->id.token, "e.e.e", 5), 0);
}

static enum ft_action id_at(const struct ft_record *record, int64_t ms)
{
	struct ft_want want = { .id_token = true };
	struct ft_moment now = after(ms);

	return ft_freshness_decide(record, &want, &now);
}

START_TEST(the_lesser_of_both_lives)
{
	struct ft_record record = record_of(3600 * S);
	struct ft_moment now = after(600 * S);

	keep_id(&record, 600 * S);
	ck_assert_int_eq(at(&record, 0), FT_USE);
	ck_assert_int_eq(id_at(&record, 0), FT_USE);
	ck_assert_int_eq(at(&record, 580 * S), FT_REFRESH_OR_USE);
	ck_assert_int_eq(id_at(&record, 580 * S), FT_REFRESH_OR_USE);
	/* Who wants no ID token gets the access token, whatever becomes of the refresh. */
	ck_assert_int_eq(at(&record, 600 * S), FT_REFRESH_OR_USE);
	ck_assert_int_eq(id_at(&record, 600 * S), FT_REFRESH);
	ck_assert_int_eq(ft_freshness_left(&record, &now), 3000 * S);
	ck_assert_int_eq(ft_freshness_id_left(&record, &now), 0);
	/* One that lives longer changes nothing. */
	keep_id(&record, 7200 * S);
	ck_assert_int_eq(at(&record, 600 * S), FT_USE);
	ck_assert_int_eq(at(&record, 3600 * S), FT_REFRESH);
	/* Of an access token of unknown life it is the one that is known. */
	record.lifetime = -1;
	ck_assert_int_eq(at(&record, 3600 * S), FT_USE);
	ck_assert_int_eq(at(&record, 7200 * S), FT_REFRESH_OR_USE);
	ft_record_release(&record);
}
END_TEST

START_TEST(no_refresh_for_an_id_token_that_does_not_come)
{
	struct ft_record record = record_of(3600 * S);

	/* Kept since a moment ago: who wants one has it fetched. */
	ck_assert_int_eq(at(&record, 0), FT_USE);
	ck_assert_int_eq(id_at(&record, 0), FT_REFRESH);
	record.id.unrenewed = true;
	ck_assert_int_eq(id_at(&record, 0), FT_LOGIN);
	keep_id(&record, 600 * S);
	ck_assert_int_eq(at(&record, 599 * S), FT_USE);
	ck_assert_int_eq(id_at(&record, 599 * S), FT_USE);
	ck_assert_int_eq(at(&record, 601 * S), FT_USE);
	ck_assert_int_eq(id_at(&record, 601 * S), FT_LOGIN);
	/* A refresh that there is anyway may bring one. */
	ck_assert_int_eq(id_at(&record, 3600 * S), FT_REFRESH);
	ft_record_release(&record);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		age_survives_clock_steps, a_clock_step_makes_no_dead_token_fresh,
		windows_follow_the_lifetime, decides_by_what_is_left, edges_of_the_windows,
		spread_is_of_machine_and_account,
		edges_of_a_pause, unknown_lifetime_is_good_until_rejected,
		unknown_lifetime_ends_for_who_cannot_reject, rejection_names_a_generation,
		a_dead_service_is_left_alone,
		a_spent_token_is_not_sent_again_while_there_is_something_to_lose,
		a_pause_leaves_room_in_the_window, only_a_person_helps, a_derived_token_needs_no_refresh_token,
		who_waited_takes_what_came, the_lesser_of_both_lives,
		no_refresh_for_an_id_token_that_does_not_come, NULL
	};

	return unit_run("freshness", tests);
}
