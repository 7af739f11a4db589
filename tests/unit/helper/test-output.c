/* SPDX-License-Identifier: MIT */
/* helper/cli/command.h: the output for people and scripts */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "helper/cli/command.h"
#include "tests/unit/unit.h"

START_TEST(json_strings)
{
	static const char *const table[][2] = {
		{ "", "\"\"" },
		{ "a\"b\\c/", "\"a\\\"b\\\\c/\"" },
		{ "\x01\x1b\x7f\n", "\"\\u0001\\u001b\\u007f\\n\"" },
		{ "\xc3\xa9", "\"\xc3\xa9\"" },
		{ "a\xff\"\xc3", "\"a\xef\xbf\xbd\\\"\xef\xbf\xbd\"" },
		/* What turns the direction or has no width is the same to a parser, and nothing to a terminal. */
		{ "a\xe2\x80\xae" "b\xe2\x80\x8b", "\"a\\u202eb\\u200b\"" },
		{ "\xc2\x9b" "2J\xc3\xa9\xef\xbb\xbf", "\"\\u009b2J\xc3\xa9\\ufeff\"" },
		{ "\xf3\xa0\x81\x81!", "\"\\udb40\\udc41!\"" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_buf buf = FT_BUF_INIT(256);

		ft_output_json(&buf, table[i][0]);
		ck_assert_str_eq(buf.data, table[i][1]);
		ft_buf_release(&buf);
	}
}
END_TEST

START_TEST(times)
{
	static const struct {
		int64_t time;
		const char *text;
	} table[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 951782400, "2000-02-29T00:00:00Z" },
		{ 4102444799, "2099-12-31T23:59:59Z" },
		{ INT64_C(253402300800), "9999-12-31T23:59:59Z" },
		{ INT64_MAX, "9999-12-31T23:59:59Z" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_buf buf = FT_BUF_INIT(256);

		ft_output_time(&buf, table[i].time);
		ck_assert_str_eq(buf.data, table[i].text);
		ft_buf_release(&buf);
	}
}
END_TEST

START_TEST(durations)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} table[] = {
		{ -1, "0 s" }, { -90000, "0 s" },
		{ 0, "0 s" }, { 119, "119 s" }, { 120, "2 min" }, { 7199, "119 min" }, { 7200, "2 h" },
		{ 172799, "47 h" }, { 172800, "2 days" }, { INT64_C(9223372036854775), "106751991167 days" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_buf buf = FT_BUF_INIT(256);

		ft_output_duration(&buf, table[i].seconds);
		ck_assert_str_eq(buf.data, table[i].text);
		ft_buf_release(&buf);
	}
}
END_TEST

START_TEST(cells)
{
	static const struct {
		const char *text;
		size_t width;
		bool pad;
		const char *cell;
	} table[] = {
		{ "abc", 0, false, "abc" }, { "abc", 3, true, "abc" }, { "abc", 5, true, "abc  " },
		{ "abc", 5, false, "abc" }, { "abcd", 3, true, "ab\xe2\x80\xa6" }, { "", 3, true, "-  " },
		{ "\x1b[2J\n\x7f", 0, false, "?[2J??" },
		{ "\xc3\xa9\xc3\xa9", 3, true, "\xc3\xa9\xc3\xa9 " },
		{ "\xc3\xa9\xc3\xa9\xc3\xa9", 2, true, "\xc3\xa9\xe2\x80\xa6" },
		{ "abc", 1, true, "\xe2\x80\xa6" },
		{ "\xa9\xa9", 1, false, "\xa9\xa9" },
		{ "a\xc2\x9b" "2J\xc2\x80", 6, true, "a?2J? " },
		{ "a\xe2\x80\xae" "b\xe2\x80\x8b" "c\xe2\x81\xa6" "d\xef\xbb\xbf" "e\xd8\x9c" "f\xc2\xad", 0, false,
		  "a?b?c?d?e?f?" },
		{ "\xf3\xa0\x81\x81" "a\xe1\xa0\x8e", 3, true, "?a?" },
		{ "\xc2\x9b" "abc", 2, true, "?\xe2\x80\xa6" },
		{ "\xc2\xa0\xc2", 0, false, "\xc2\xa0\xc2" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_buf buf = FT_BUF_INIT(256);

		ft_output_cell(&buf, table[i].text, table[i].width, table[i].pad);
		ck_assert_str_eq(buf.data, table[i].cell);
		ft_buf_release(&buf);
	}
}
END_TEST

START_TEST(exit_statuses)
{
	static const struct {
		int code, status;
	} table[] = {
		{ FT_OK, 0 }, { FT_NOT_FOUND, 3 }, { FT_LOGIN_NEEDED, 4 }, { FT_TEMPORARY, 5 }, { FT_BUSY, 5 },
		{ FT_CONFIG, 1 }, { FT_UNTRUSTED, 1 }, { FT_NO_MEMORY, 1 }, { FT_SYSTEM, 1 },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		ck_assert_int_eq(ft_exit_status(table[i].code), table[i].status);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		json_strings, times, durations, cells, exit_statuses, NULL
	};

	return unit_run("output", tests);
}
