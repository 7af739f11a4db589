/* SPDX-License-Identifier: MIT */
/* date.h: the forms in which services write points in time. */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <time.h>

#include "lib/base/date.h"
#include "tests/unit/unit.h"

START_TEST(dates)
{
	static const struct {
		const char *text;
		int64_t ms;
		bool zone;
	} table[] = {
		{ "2025-01-10T05:13:39.7555575-03:00", 1736496819755, true },
		{ "2024-11-21T08:42:50.8590439+00:00", 1732178570859, true },
		{ "2024-11-21T08:42:50.8590439Z", 1732178570859, true },
		{ "2024-11-21T08:42:50.8590439", 1732178570859, false },
		{ "2024-11-21T08:42:50", 1732178570000, false },
		{ "2024-11-21 08:42:50.5Z", 1732178570500, true },
		{ "2024-11-21T08:42:50+0130", 1732173170000, true },
		{ "2024-02-29T00:00:00Z", 1709164800000, true },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777000, true },
		{ "1732178570", 1732178570000, true },
		{ "0", 0, true },
		{ "9223372036854775807", 253402300799000, true },
		{ "99999999999999999999999999", 253402300799000, true },
		{ "-1", -1, true },
		{ "2023-02-29T00:00:00Z", -1, true },
		{ "2024-11-21", -1, true },
		{ "2024-11-21T08:42", -1, true },
		{ "2024-11-21T25:00:00Z", -1, true },
		{ "2024-11-21T08:42:50.Z", -1, true },
		{ "2024-11-21T08:42:50.1234567890Z", -1, true },
		{ "2024-11-21T08:42:50Zx", -1, true },
		{ "2024-11-21T08:42:50+99:00", -1, true },
		{ "tomorrow", -1, true },
		{ "", -1, true },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		bool zone = !table[i].zone;
		int64_t ms = ft_date_parse(table[i].text, &zone);

		ck_assert_msg(ms == table[i].ms, "%s: %lld", table[i].text, (long long)ms);
		if (ms >= 0)
			ck_assert_msg(zone == table[i].zone, "%s", table[i].text);
	}
}
END_TEST

START_TEST(numbers_saturate)
{
	int64_t value = 5;

	ck_assert(ft_number_parse("3600", &value) && value == 3600);
	ck_assert(ft_number_parse("-7", &value) && value == -7);
	ck_assert(ft_number_parse("9223372036854775808", &value) && value == FT_NUMBER_MAX);
	ck_assert(!ft_number_parse("", &value));
	ck_assert(!ft_number_parse("-", &value));
	ck_assert(ft_number_parse("3600.0", &value) && value == 3600);
	ck_assert(ft_number_parse("3599.9", &value) && value == 3599);
	ck_assert(ft_number_parse("-3.9", &value) && value == -3);
	ck_assert(ft_number_parse("3.6e3", &value) && value == 3600);
	ck_assert(ft_number_parse("36000E-1", &value) && value == 3600);
	ck_assert(ft_number_parse("0.036e+5", &value) && value == 3600);
	ck_assert(ft_number_parse("1e-999999999999", &value) && value == 0);
	ck_assert(ft_number_parse("1e999999999999", &value) && value == FT_NUMBER_MAX);
	ck_assert(ft_number_parse("0e999999999999", &value) && value == 0);
	ck_assert(ft_number_parse("9223372036854775807", &value) && value == FT_NUMBER_MAX);
	ck_assert(ft_number_parse("9007199254740993.9", &value) &&
		  value == INT64_C(9007199254740993));
	ck_assert(ft_number_parse("-99999999999999999999", &value) && value == -FT_NUMBER_MAX);
	ck_assert(ft_number_parse("9223372036854775", &value) && value == FT_NUMBER_MAX);
	ck_assert(ft_number_parse("9223372036854774", &value) && value == FT_NUMBER_MAX - 1);
	ck_assert(ft_number_parse("9223372036854776", &value) && value == FT_NUMBER_MAX);
	ck_assert(ft_number_parse(" 3600 ", &value) && value == 3600);
	ck_assert(!ft_number_parse("3600s", &value));
	ck_assert(!ft_number_parse("3600.", &value));
	ck_assert(!ft_number_parse(".5", &value));
	ck_assert(!ft_number_parse("3e", &value));
	ck_assert(!ft_number_parse("3 600", &value));
	ck_assert(!ft_number_parse("0x10", &value));
	ck_assert(!ft_number_parse("true", &value));
	ck_assert(!ft_number_parse("+3", &value));
}
END_TEST

START_TEST(prints_utc)
{
	char text[32];

	ft_date_format(1732178570859, text);
	ck_assert_str_eq(text, "2024-11-21T08:42:50Z");
}
END_TEST

/* The calendar against the C library's. */
START_TEST(every_year)
{
	const int64_t last = INT64_C(253402300799), step = 13 * 86400 + 12345;

	for (int64_t seconds = 0; seconds <= last;
	     seconds += seconds < last && seconds + step > last ? last - seconds : step) {
		const time_t t = (time_t)seconds;
		char text[32], expected[32];
		struct tm tm;
		bool zone;

		ck_assert_ptr_nonnull(gmtime_r(&t, &tm));
		ck_assert_uint_gt(strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &tm),
				  0);
		ft_date_format(seconds * 1000 + 999, text);
		ck_assert_str_eq(text, expected);
		ck_assert_int_eq(ft_date_parse(text, &zone), seconds * 1000);
	}
	char text[32];

	ft_date_format((last + 1) * 1000, text);
	ck_assert_str_eq(text, "-");
	ft_date_format(-1, text);
	ck_assert_str_eq(text, "-");
}
END_TEST

START_TEST(dates_of_http)
{
	static const struct {
		const char *text;
		int64_t want;
	} table[] = {
		/* The examples of RFC 9110 */
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
		{ "Sun Nov  6 08:49:37 1994", 784111777 },
		{ "Wed Nov 16 08:49:37 1994", 784975777 },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Tue, 29 Feb 2000 12:00:00 GMT", 951825600 },
		{ "Tue, 19 Jan 2038 03:14:08 GMT", 2147483648 },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799 },
		{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },
		{ "Monday, 01-Jan-24 00:00:00 GMT", 1704067200 },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		ck_assert_msg(ft_http_date(table[i].text) == table[i].want, "%s is %lld",
			      table[i].text, (long long)ft_http_date(table[i].text));
}
END_TEST

START_TEST(no_dates_of_http)
{
	static const char *const bad[] = {
		"", " ", "0", "784111777", "Sun", "Sun, ", "Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994 08:49:37 GMT ",
		" Sun, 06 Nov 1994 08:49:37 GMT", ", 06 Nov 1994 08:49:37 GMT",
		"Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
		"Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 29 Feb 2001 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov -994 08:49:37 GMT",
		"Sun, 06 Nov 1969 08:49:37 GMT", "Sun Nov 06 08:49:37", "Sun Nov  6 08:49:37 94",
		"1994-11-06T08:49:37Z", "Sun, 06 Nov 19941 08:49:37 GMT",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(ft_http_date(bad[i]) == -1, "\"%s\" is %lld", bad[i],
			      (long long)ft_http_date(bad[i]));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { dates,	      numbers_saturate, prints_utc, every_year,
				       dates_of_http, no_dates_of_http, NULL };

	return unit_run("date", tests);
}
