/* SPDX-License-Identifier: MIT */
/* fleet/decide.h and fleet/value.h: the next step of a host, and the records in the store. */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/fingerprint.h"
#include "lib/fleet/decide.h"
#include "tests/unit/unit.h"

#define S INT64_C(1000)
#define NOW (1700000000 * S)
#define PLACE "freshtoken/work"

static const unsigned char key[FT_BOX_KEY] = "thirty-two bytes of a fleet's ky";
static const struct ft_fleet_clock clock_now = { { NOW + 60 * S, 9000 * S, "here" }, NOW,
						 NOW + 999 };
static struct ft_record here;
static struct ft_value there;
static struct ft_error err;

static void set(struct ft_record *record, uint64_t generation, const char *refresh)
{
	ft_record_release(record);
	record->account = strdup("work");
	record->provider = strdup("oauth2");
	record->server = strdup("https://sso.example.com");
	record->generation = generation;
	record->lifetime = 3600 * S;
	record->verdict = FT_FRESH;
	record->issued = (struct ft_moment){ NOW + 50 * S, 8990 * S, "here" };
	ft_secret_set(&record->access_token, "at", 2);
	ft_secret_set(&record->refresh_token, refresh, strlen(refresh));
	record->fleet.used = true;
}

/* The store has a generation, this host another one, of which it knows that the store has `known`. */
static enum ft_fleet_step compare(uint64_t store, const char *store_token, uint64_t ours,
				  const char *our_token, uint64_t known)
{
	ft_value_release(&there);
	if (store != 0)
		set(&there.record, store, store_token);
	there.generation = store;
	set(&here, ours, our_token);
	here.fleet.generation = known;
	return ft_fleet_compare(&here, &there);
}

static void teardown(void)
{
	ft_record_release(&here);
	ft_value_release(&there);
}

START_TEST(newer_is_adopted_and_older_spends_nothing)
{
	ck_assert_int_eq(compare(5, "r5", 5, "r5", 5), FT_STEP_SAME);
	ck_assert_int_eq(compare(6, "r6", 5, "r5", 5), FT_STEP_ADOPT);
	ck_assert_int_eq(compare(4, "r4", 5, "r5", 5), FT_STEP_OLDER);
	ck_assert_int_eq(compare(5, "other", 5, "r5", 5), FT_STEP_ADOPT);
	ck_assert_int_eq(compare(0, "", 5, "r5", 5), FT_STEP_NOBODY);
}
END_TEST

START_TEST(late_successor_counts_as_long_as_nothing_came_after)
{
	ck_assert_int_eq(compare(5, "r5", 6, "r6", 5), FT_STEP_PUSH);
	/* It got there, and its answer was lost. */
	ck_assert_int_eq(compare(6, "r6", 6, "r6", 5), FT_STEP_SAME);
	/* Another host has brought one, of the same number or a later one. */
	ck_assert_int_eq(compare(6, "x6", 6, "r6", 5), FT_STEP_ADOPT);
	ck_assert_int_eq(compare(8, "x8", 6, "r6", 5), FT_STEP_ADOPT);
	/* The store is behind what it had. */
	ck_assert_int_eq(compare(4, "r4", 6, "r6", 5), FT_STEP_OLDER);
	ck_assert_int_eq(compare(0, "", 6, "r6", 5), FT_STEP_PUSH);
}
END_TEST

START_TEST(sign_in_and_sign_out)
{
	(void)compare(9, "r9", 3, "new", 2);
	here.fleet.login = true;
	ck_assert_int_eq(ft_fleet_compare(&here, &there), FT_STEP_PUSH);
	there.signed_out = true;
	ck_assert_int_eq(ft_fleet_compare(&here, &there), FT_STEP_PUSH);
	here.fleet.login = false;
	ck_assert_int_eq(ft_fleet_compare(&here, &there), FT_STEP_OUT);
	/* A token that was on its way then. */
	here.generation = 9, here.fleet.generation = 8;
	ck_assert_int_eq(ft_fleet_compare(&here, &there), FT_STEP_OUT);
	/* Who has no tokens takes what there is. */
	there.signed_out = false;
	ft_secret_release(&here.access_token);
	ft_secret_release(&here.refresh_token);
	here.generation = here.fleet.generation = 12;
	ck_assert_int_eq(ft_fleet_compare(&here, &there), FT_STEP_ADOPT);
}
END_TEST

START_TEST(sign_out_is_believed_unless_it_is_old)
{
	(void)compare(5, "r5", 5, "r5", 5);
	there.signed_out = true;
	ck_assert_int_eq(ft_fleet_compare(&here, &there), FT_STEP_OUT);
	there.generation = 4;
	ck_assert_int_eq(ft_fleet_compare(&here, &there), FT_STEP_OLDER);
	/* One of the two tokens is enough to know better. */
	ft_secret_release(&here.access_token);
	ck_assert_int_eq(ft_fleet_compare(&here, &there), FT_STEP_OLDER);
	ft_secret_release(&here.refresh_token);
	ck_assert_int_eq(ft_fleet_compare(&here, &there), FT_STEP_OUT);
}
END_TEST

START_TEST(both_tokens_are_compared)
{
	(void)compare(5, "r5", 5, "r5", 5);
	ft_secret_release(&here.refresh_token);
	ck_assert_int_eq(ft_fleet_compare(&here, &there), FT_STEP_ADOPT);
	ft_secret_release(&there.record.refresh_token);
	ck_assert_int_eq(ft_fleet_compare(&here, &there), FT_STEP_SAME);
	ft_secret_release(&there.record.access_token);
	ck_assert_int_eq(ft_fleet_compare(&here, &there), FT_STEP_ADOPT);
}
END_TEST

static struct ft_fleet_clock later(int64_t ms, int64_t store_ms)
{
	struct ft_fleet_clock clock = clock_now;

	clock.here.boot += ms;
	clock.here.real += ms;
	clock.least += store_ms;
	clock.most += store_ms;
	return clock;
}

/* The refresh token was sent 20 s ago, and again just now. */
START_TEST(window_counts_from_the_first_time)
{
	const struct ft_want want = { 0 }, rejected = { .rejected = 5 };
	struct ft_moment now = clock_now.here;

	set(&here, 5, "r5");
	ck_assert_int_eq(ft_claim_first(&here, &clock_now), NOW);
	ck_assert_int_eq(ft_claim_deadline(&here, &want, 600, &now), now.boot + FT_CLAIM_SEND_MAX);
	here.journal = (struct ft_journal){ .present = true, .settled = true, .replay = 30 * S,
					    .moment = now, .first = now };
	here.journal.first.boot -= 20 * S;
	ft_fingerprint(&here.refresh_token, here.journal.fingerprint);
	ck_assert_int_eq(ft_claim_first(&here, &clock_now), NOW - 20 * S);
	ck_assert_int_eq(ft_claim_deadline(&here, &want, 600, &now), now.boot + 10 * S);
	ck_assert_int_eq(ft_claim_deadline(&here, &want, 3, &now), now.boot + 3 * S);
	/* There is nothing left to protect. */
	ck_assert_int_eq(ft_claim_deadline(&here, &rejected, 600, &now),
			 now.boot + FT_CLAIM_SEND_MAX);
	here.journal.replay = FT_REPLAY_WINDOW_ALWAYS;
	ck_assert_int_eq(ft_claim_deadline(&here, &want, 600, &now), now.boot + FT_CLAIM_SEND_MAX);
	/* Another refresh token was not sent yet. */
	here.journal.fingerprint[0] ^= 1;
	ck_assert_int_eq(ft_claim_first(&here, &clock_now), NOW);
}
END_TEST

START_TEST(claim_lapses_by_our_own_clock)
{
	const int64_t length = ft_claim_length(5);
	struct ft_fleet_clock clock = clock_now;

	ck_assert_int_eq(length, 5 * S + 5 * S + FT_CLAIM_GRACE);
	ck_assert_int_eq(ft_claim_send(600), FT_CLAIM_SEND_MAX);
	set(&here, 5, "r5");
	ck_assert_int_eq(ft_fleet_hold(&here, &there, &clock, false), FT_HOLD_FREE);
	there.claim = (struct ft_claim){ .present = true, .nonce = "theirs", .since = NOW,
					 .first = NOW, .until = NOW + length };
	ck_assert_int_eq(ft_fleet_hold(&here, &there, &clock, false), FT_HOLD_OTHER);
	/* A store whose clock is a minute ahead makes it no earlier. */
	clock = later(0, length + 60 * S);
	ck_assert_int_eq(ft_fleet_hold(&here, &there, &clock, false), FT_HOLD_OTHER);
	clock = later(0, length + FT_CLAIM_SKEW);
	ck_assert_int_eq(ft_fleet_hold(&here, &there, &clock, false), FT_HOLD_LAPSED);
	strcpy(here.fleet.held.nonce, "theirs");
	here.fleet.held.seen = clock_now.here;
	clock = later(length - 1, 0);
	ck_assert_int_eq(ft_fleet_hold(&here, &there, &clock, false), FT_HOLD_OTHER);
	clock = later(length, 0);
	ck_assert_int_eq(ft_fleet_hold(&here, &there, &clock, false), FT_HOLD_LAPSED);
	/* A claim of no length, which nobody writes, lapses by the store's time alone. */
	there.claim.until = there.claim.since;
	ck_assert_int_eq(ft_fleet_hold(&here, &there, &clock, false), FT_HOLD_OTHER);
	there.claim.until = there.claim.since + length;
	/* A paused holder may still bring what nobody else can get. */
	clock = later(length + FT_CLAIM_PATIENCE - 1, 0);
	ck_assert_int_eq(ft_fleet_hold(&here, &there, &clock, true), FT_HOLD_OTHER);
	clock = later(length + FT_CLAIM_PATIENCE, 0);
	ck_assert_int_eq(ft_fleet_hold(&here, &there, &clock, true), FT_HOLD_LAPSED);
	/* What was seen was another one. */
	strcpy(here.fleet.held.nonce, "before");
	ck_assert_int_eq(ft_fleet_hold(&here, &there, &clock, false), FT_HOLD_OTHER);
	strcpy(here.fleet.nonce, "theirs");
	ck_assert_int_eq(ft_fleet_hold(&here, &there, &clock, false), FT_HOLD_OURS);
}
END_TEST

START_TEST(all_claims_of_a_host_are_its_own)
{
	char first[17];

	set(&here, 5, "r5");
	here.fleet.nonce[0] = '\0';
	there.claim = (struct ft_claim){ .present = true, .since = NOW, .first = NOW,
					 .until = NOW + 10 * S };
	ck_assert(!ft_claim_is_ours(&here.fleet, &there.claim));
	ck_assert_int_eq(ft_claim_name(&here.fleet, &err), 0);
	ck_assert_uint_eq(strlen(here.fleet.nonce), 16);
	memcpy(first, here.fleet.nonce, sizeof first);
	memcpy(there.claim.nonce, first, sizeof first);
	/* However many it has sent since, until the numbers are used up. */
	for (int i = 1; i < 256; i++) {
		ck_assert_int_eq(ft_claim_name(&here.fleet, &err), 0);
		ck_assert_str_ne(here.fleet.nonce, first);
		ck_assert_int_eq(ft_fleet_hold(&here, &there, &clock_now, false), FT_HOLD_OURS);
	}
	ck_assert_int_eq(ft_claim_name(&here.fleet, &err), 0);
	ck_assert(!ft_claim_is_ours(&here.fleet, &there.claim));
	/* To whoever watches each is another one. */
	set(&here, 5, "r5");
	here.fleet.nonce[0] = '\0';
	memcpy(here.fleet.held.nonce, first, sizeof first);
	here.fleet.held.nonce[15] = 'f';
	ck_assert_int_eq(ft_fleet_hold(&here, &there, &clock_now, false), FT_HOLD_OTHER);
}
END_TEST

START_TEST(a_copy_of_the_folder_has_no_claims)
{
	int locks[2] = { memfd_create("lock", MFD_CLOEXEC), memfd_create("copy", MFD_CLOEXEC) };
	struct ft_moment now;
	char boot;

	set(&here, 5, "r5");
	ft_claim_keep_own(&here.fleet, locks[0]);
	ft_moment_now(&now);
	ck_assert_int_eq(strncmp(here.fleet.owner, now.boot_id, strlen(now.boot_id)), 0);
	ck_assert_uint_gt(strlen(now.boot_id), 0);
	ck_assert_int_eq(ft_claim_name(&here.fleet, &err), 0);
	strcpy(here.fleet.held.nonce, "theirs");
	ft_claim_keep_own(&here.fleet, locks[0]);
	ck_assert_uint_eq(strlen(here.fleet.nonce), 16);
	ck_assert_str_eq(here.fleet.held.nonce, "theirs");
	ft_claim_keep_own(&here.fleet, locks[1]);
	ck_assert_str_eq(here.fleet.nonce, "");
	ck_assert_str_eq(here.fleet.held.nonce, "");
	/* After a reboot. */
	ck_assert_int_eq(ft_claim_name(&here.fleet, &err), 0);
	boot = here.fleet.owner[0];
	here.fleet.owner[0] = boot == '0' ? '1' : '0';
	ft_claim_keep_own(&here.fleet, locks[1]);
	ck_assert_str_eq(here.fleet.nonce, "");
	ck_assert_int_eq(here.fleet.owner[0], boot);
	/* Without a lock that can be looked at nothing is known, not even that it is the same. */
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(ft_claim_name(&here.fleet, &err), 0);
		ft_claim_keep_own(&here.fleet, -1);
		ck_assert_str_eq(here.fleet.nonce, "");
		ck_assert_str_eq(here.fleet.owner, "");
	}
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(close(locks[i]), 0);
}
END_TEST

#ifdef HAVE_SODIUM
static int open_as(const struct ft_buf *bytes, const char *place, struct ft_value *ret)
{
	return ft_value_open(key, place, "work", bytes, ret, &err);
}

START_TEST(value_opens_in_its_place_alone)
{
	struct ft_buf bytes = FT_BUF_INIT(FT_FLEET_VALUE_MAX);
	struct ft_value opened = FT_VALUE_INIT;

	set(&there.record, 12, "secret-refresh");
	there.generation = 12;
	strcpy(there.host, "a");
	there.at = NOW;
	there.claim = (struct ft_claim){ .present = true, .host = "b", .nonce = "n",
					 .fingerprint = "f", .since = 1, .first = 2, .until = 3 };
	ck_assert_int_eq(ft_value_close(key, PLACE, &there, &bytes, &err), 0);
	ck_assert(memcmp(bytes.data, "freshtoken-fleet 1 12\n", 22) == 0);
	ck_assert_ptr_null(memmem(bytes.data, bytes.len, "secret", 6));
	ck_assert_int_eq(open_as(&bytes, PLACE, &opened), 0);
	ck_assert_uint_eq(opened.generation, 12);
	ck_assert_str_eq(opened.record.refresh_token.data, "secret-refresh");
	ck_assert_str_eq(opened.claim.nonce, "n");
	ck_assert_int_eq(opened.claim.first, 2);
	ck_assert_int_eq(opened.claim.until, 3);
	ft_value_release(&opened);
	ck_assert_int_eq(open_as(&bytes, "freshtoken/other", &opened), FT_UNTRUSTED);
	/* Every byte of it counts: none may be another one, and none be missing. */
	for (size_t i = 0; i < bytes.len; i++) {
		bytes.data[i] ^= 1;
		ck_assert_int_ne(open_as(&bytes, PLACE, &opened), 0);
		bytes.data[i] ^= 1;
		struct ft_buf some = FT_BUF_INIT(FT_FLEET_VALUE_MAX);

		ft_buf_add(&some, bytes.data, i);
		ck_assert_int_ne(open_as(&some, PLACE, &opened), 0);
		ft_buf_release(&some);
	}
	ft_buf_release(&bytes);
}
END_TEST

/* What `there` is after it was in the store. */
static int reopened(struct ft_value *ret)
{
	struct ft_buf bytes = FT_BUF_INIT(FT_FLEET_VALUE_MAX);

	ck_assert_int_eq(ft_value_close(key, PLACE, &there, &bytes, &err), 0);
	int r = open_as(&bytes, PLACE, ret);

	ft_buf_release(&bytes);
	return r;
}

START_TEST(sign_out_has_no_record)
{
	struct ft_value opened = FT_VALUE_INIT;

	there.generation = 13;
	there.signed_out = true;
	ck_assert_int_eq(reopened(&opened), 0);
	ck_assert_uint_eq(opened.generation, 13);
	ck_assert(opened.signed_out && !opened.claim.present);
	ft_value_release(&opened);
}
END_TEST

START_TEST(record_of_another_generation_is_refused)
{
	struct ft_value opened = FT_VALUE_INIT;

	set(&there.record, 12, "r12");
	there.generation = 13;
	ck_assert_int_eq(reopened(&opened), FT_UNTRUSTED);
}
END_TEST

/* What answers are sealed with is no secret of the fleet. */
START_TEST(answer_is_no_value)
{
	unsigned char address[FT_BOX_ADDRESS];
	struct ft_buf bytes = FT_BUF_INIT(FT_FLEET_VALUE_MAX), text = FT_BUF_INIT(64);
	struct ft_value opened = FT_VALUE_INIT;

	ft_buf_adds(&bytes, "freshtoken-fleet 1 12\n");
	ck_assert_int_eq(open_as(&bytes, PLACE, &opened), FT_UNTRUSTED);
	ck_assert_int_eq(ft_box_address(key, address, &err), 0);
	ft_buf_adds(&text, "{\"host\":\"a\",\"at\":1,\"signed_out\":true}\n");
	ck_assert_int_eq(ft_box_close_answer(address, &text, &bytes, &err), 0);
	ck_assert_int_eq(open_as(&bytes, PLACE, &opened), FT_UNTRUSTED);
	ft_buf_release(&text);
	ft_buf_release(&bytes);
}
END_TEST
#endif

START_TEST(generation_is_a_plain_number)
{
	static const struct { const char *text; uint64_t number; } lines[] = {
		{ "freshtoken-fleet 1 9\n", 9 },
		{ "freshtoken-fleet 1 1099\n", 1099 },
		{ "freshtoken-fleet 1 9223372036854775807\n", INT64_MAX },
		{ "freshtoken-fleet 1 9223372036854775808\n", 0 },
		{ "freshtoken-fleet 1 99999999999999999999999\n", 0 },
		{ "freshtoken-fleet 1 09\n", 0 }, { "freshtoken-fleet 1 0\n", 0 },
		{ "freshtoken-fleet 1 \n", 0 }, { "freshtoken-fleet 1 9", 0 },
		{ "freshtoken-fleet 1 9 \n", 0 }, { "freshtoken-fleet 1 -9\n", 0 },
		{ "freshtoken-fleet 2 9\n", 0 }, { "freshtoken-fleet", 0 }, { "", 0 },
	};

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct ft_buf bytes = FT_BUF_INIT(64);
		uint64_t number = 0;

		ft_buf_adds(&bytes, lines[i].text);
		ck_assert_uint_eq(ft_value_head(&bytes, &number),
				  lines[i].number > 0 ? bytes.len : 0);
		ck_assert_uint_eq(number, lines[i].number);
		ft_buf_release(&bytes);
	}
}
END_TEST

START_TEST(times_are_of_the_store)
{
	struct ft_record stored = FT_RECORD_INIT;
	/* A host whose clock is an hour behind, and that has booted just now. */
	const struct ft_fleet_clock other = { { NOW - 3600 * S, 3 * S, "there" }, NOW + 20 * S,
					      NOW + 21 * S };
	struct ft_moment now = other.here;

	set(&here, 3, "r3");
	here.disbelief.n = 1;
	here.rejected = true;
	ck_assert_int_eq(ft_value_record_for_store(&here, &clock_now, &stored, &err), 0);
	/* It was issued 10 s ago here. */
	ck_assert_int_eq(stored.issued.real, NOW - 10 * S);
	ck_assert_str_eq(stored.issued.boot_id, "");
	ck_assert(!stored.rejected && !stored.fleet.used && stored.disbelief.n == 0);
	ft_value_record_from_store(&stored, &other);
	/* 30 s old, and never younger than it is. */
	ck_assert_int_eq(ft_moment_since(&now, &stored.issued), 31 * S);
	ck_assert_int_eq(ft_freshness_left(&stored, &now), 3600 * S - 31 * S);
	/* What the store's time calls the future is as new as can be. */
	stored.issued = (struct ft_moment){ .real = NOW + 900 * S };
	ft_value_record_from_store(&stored, &other);
	ck_assert_int_eq(ft_moment_since(&now, &stored.issued), 0);
	ft_record_release(&stored);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		newer_is_adopted_and_older_spends_nothing,
		late_successor_counts_as_long_as_nothing_came_after, sign_in_and_sign_out,
		sign_out_is_believed_unless_it_is_old, both_tokens_are_compared,
		window_counts_from_the_first_time, claim_lapses_by_our_own_clock, all_claims_of_a_host_are_its_own,
		a_copy_of_the_folder_has_no_claims,
#ifdef HAVE_SODIUM
		value_opens_in_its_place_alone, sign_out_has_no_record,
		record_of_another_generation_is_refused, answer_is_no_value,
#endif
		generation_is_a_plain_number, times_are_of_the_store, NULL
	};

	return unit_run_with("fleet", tests, NULL, teardown);
}
