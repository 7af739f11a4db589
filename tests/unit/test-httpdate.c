/* httpdate.h */
#include "config.h"

#include <check.h>

#include "httpdate.h"
#include "unit.h"

START_TEST(reads_the_three_forms)
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

START_TEST(refuses_others)
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
	const TTest *const tests[] = { reads_the_three_forms, refuses_others, NULL };

	return unit_run("httpdate", tests);
}
