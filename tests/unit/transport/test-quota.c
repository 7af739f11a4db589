/* SPDX-License-Identifier: MIT */
/* How long a service wants to be left alone: valid headers, and invalid ones. */
#include "config.h"

#include <check.h>
#include <string.h>

#include "lib/transport/quota.h"
#include "tests/unit/unit.h"

/* Tue, 14 Nov 2023 22:13:20 GMT */
#define NOW 1700000000
#define MUCH INT32_MAX

static struct ft_quota quota_of(int status, int64_t date, const char *header)
{
	struct ft_response response;

	ft_response_init(&response);
	response.status = status;
	for (const char *line = header; *line != '\0';) {
		size_t len = strcspn(line, "\n");

		ft_response_add_line(&response, line, len);
		line += len + (line[len] != '\0');
	}
	struct ft_quota quota = ft_quota_of(&response, date, NOW);

	ft_response_release(&response);
	return quota;
}

struct row {
	const char *header;
	int64_t wait;
	bool used_up;
};

static void compare(int status, const struct row *table, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct ft_quota quota = quota_of(status, -1, table[i].header);

		ck_assert_msg(quota.wait == table[i].wait && quota.used_up == table[i].used_up,
			      "%s: %lld, %d", table[i].header, (long long)quota.wait,
			      quota.used_up);
	}
}

/* As documents show it. */
START_TEST(headers_of_services)
{
	static const struct row table[] = {
		/* GitHub, Okta: since the epoch. GitLab, without the X-. */
		{ "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1700003600", 3600, true },
		{ "x-rate-limit-remaining: 0\nx-rate-limit-reset: 1700000060", 60, true },
		{ "RateLimit-Remaining: 0\nRateLimit-Reset: 1700000007", 7, true },
		/* Vault: seconds. */
		{ "X-Ratelimit-Remaining: 0\nX-Ratelimit-Reset: 9", 9, true },
		/* The drafts, from -00 to -06, -07, and since -08. */
		{ "RateLimit-Limit: 10\nRateLimit-Remaining: 0\nRateLimit-Reset: 50", 50, true },
		{ "RateLimit: limit=100, remaining=0, reset=50", 50, true },
		{ "RateLimit: limit=100, remaining=50, reset=50", -1, false },
		{ "RateLimit: \"default\";r=0;t=30", 30, true },
		{ "RateLimit: \"default\";t=30;r=0", 30, true },
		{ "RateLimit: \"a\";r=7;t=999, \"b\";r=0;t=30", 30, true },
		{ "RateLimit: \"a\";r=0;t=8, \"b\";r=0;t=30", 30, true },
		{ "RateLimit: \"a\";r=0;t=30\nRateLimit: \"b\";r=0;t=8", 30, true },
		{ "Auth0-Client-Quota-Limit: b=per_hour;q=10;r=0;t=3540,b=per_day;q=50;r=47;t=43200",
		  3540, true },
		{ "Auth0-Client-Quota-Limit: b=per_hour;q=10;r=7;t=3540,b=per_day;q=50;r=47;t=43200",
		  -1, false },
		/* The longest counts. */
		{ "Retry-After: 5\nX-RateLimit-Remaining: 0\nX-RateLimit-Reset: 60", 60, true },
		{ "Retry-After: 90\nX-RateLimit-Remaining: 0\nX-RateLimit-Reset: 60", 90, true },
		/* What has something left does not say when the other thing ends. */
		{ "Retry-After: 5\nX-RateLimit-Remaining: 9\nX-RateLimit-Reset: 60", 5, false },
	};

	compare(403, table, sizeof table / sizeof *table);
	compare(429, table, sizeof table / sizeof *table);
	compare(503, table, sizeof table / sizeof *table);
	/* What a success says is about later. */
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		ck_assert(!quota_of(200, -1, table[i].header).used_up);
	ck_assert_int_eq(quota_of(200, -1, table[0].header).wait, -1);
	ck_assert_int_eq(quota_of(299, -1, table[0].header).wait, -1);
	ck_assert_int_eq(quota_of(300, -1, table[0].header).wait, 3600);
}
END_TEST

/* The service's own clock, where it tells its time. */
START_TEST(by_the_date_of_the_answer)
{
	ck_assert_int_eq(quota_of(429, 1700003590, "X-RateLimit-Reset: 1700003600").wait, 10);
	ck_assert_int_eq(quota_of(429, 1700003601, "X-RateLimit-Reset: 1700003600").wait, 0);
	ck_assert_int_eq(quota_of(429, 0, "X-RateLimit-Reset: 1700003600").wait, 1700003600);
}
END_TEST

START_TEST(without_a_word_of_what_is_left)
{
	static const struct row alone[] = {
		{ "X-RateLimit-Reset: 60", 60, false },
		{ "RateLimit: \"default\";t=30", 30, false },
		{ "X-RateLimit-Remaining: soon\nX-RateLimit-Reset: 60", 60, false },
		{ "X-RateLimit-Remaining: 0", -1, true },
	};
	static const struct row elsewhere[] = {
		{ "X-RateLimit-Reset: 60", -1, false },
		{ "RateLimit: \"default\";t=30", -1, false },
	};

	compare(429, alone, sizeof alone / sizeof *alone);
	compare(403, elsewhere, sizeof elsewhere / sizeof *elsewhere);
}
END_TEST

START_TEST(hostile_values)
{
	static const struct row table[] = {
		{ "X-RateLimit-Reset: -1", -1, false },
		{ "X-RateLimit-Reset: -1700003600", -1, false },
		{ "X-RateLimit-Reset: NaN", -1, false },
		{ "X-RateLimit-Reset: inf", -1, false },
		{ "X-RateLimit-Reset: 0x10", -1, false },
		{ "X-RateLimit-Reset: ", -1, false },
		{ "X-RateLimit-Reset: 1 2", -1, false },
		{ "X-RateLimit-Reset: 10, 20", -1, false },
		{ "X-RateLimit-Reset: 0", 0, false },
		{ "X-RateLimit-Reset: 3600.0", 3600, false },
		{ "X-RateLimit-Reset: 3.6e3", 3600, false },
		{ "X-RateLimit-Reset: 1700003600.25", 3600, false },
		{ "X-RateLimit-Reset: 999999999", 999999999, false },
		{ "X-RateLimit-Reset: 1000000000", 0, false },
		{ "X-RateLimit-Reset: 1700003600000", MUCH, false },
		{ "X-RateLimit-Reset: 9223372036854775807", MUCH, false },
		{ "X-RateLimit-Reset: 99999999999999999999999999", MUCH, false },
		{ "X-RateLimit-Reset: 1e400", MUCH, false },
		{ "X-RateLimit-Reset: Tue, 14 Nov 2023 22:14:20 GMT", 60, false },
		{ "X-RateLimit-Reset: 2023-11-14T22:14:20Z", 60, false },
		{ "X-RateLimit-Reset: 2023-11-14T22:14:20", -1, false },
		{ "X-RateLimit-Reset: Thu, 01 Jan 1970 00:00:00 GMT", 0, false },
		{ "X-RateLimit-Reset: Wed, 31 Dec 1969 23:59:59 GMT", -1, false },
		{ "X-RateLimit-Reset: Fri, 31 Dec 9999 23:59:59 GMT", MUCH, false },
		{ "X-RateLimit-Reset: 10\nX-RateLimit-Reset: 20", 10, false },
		{ "X-RateLimit-Reset:\nX-RateLimit-Reset: 20", 20, false },
		{ "X-RateLimit-Reset-After: 20", -1, false },
		{ "X-RateLimit-Remaining: -5\nX-RateLimit-Reset: 20", 20, true },
		{ "X-RateLimit-Remaining: 99999999999999999999\nX-RateLimit-Reset: 20", -1, false },
		{ "X-RateLimit-Remaining: 0.0\nX-RateLimit-Reset: 20", 20, true },
		{ "RateLimit: ", -1, false },
		{ "RateLimit: ;;,,;=;r;t", -1, false },
		{ "RateLimit: r=0", -1, true },
		{ "RateLimit: \"a;r=0;t=5", -1, false },
		{ "RateLimit: \"r=0\";t=5", 5, false },
		{ "RateLimit: \"a\";r=0;t=-5", -1, true },
		{ "RateLimit: \"a\";r=0;t=99999999999999999999999999999999999", -1, true },
		{ "RateLimit: \"a\";r=0;t=9999999999999999999", MUCH, true },
		{ "RateLimit: \"a\";r=0;r=9;t=5", -1, false },
		{ "RateLimit-Policy: \"a\";q=0;w=60;r=0;t=60", -1, false },
	};

	compare(429, table, sizeof table / sizeof *table);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { headers_of_services, by_the_date_of_the_answer,
				       without_a_word_of_what_is_left, hostile_values, NULL };

	return unit_run("quota", tests);
}
