/* date.h: the forms in which services write points in time. */
#include "config.h"

#include <check.h>
#include <stdlib.h>

#include "date.h"
#include "unit.h"

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
	ck_assert(ft_number_parse("9223372036854775808", &value) && value == INT64_MAX);
	ck_assert(!ft_number_parse("", &value));
	ck_assert(!ft_number_parse("-", &value));
	ck_assert(ft_number_parse("3600.0", &value) && value == 3600);
	ck_assert(ft_number_parse("3599.9", &value) && value == 3599);
	ck_assert(ft_number_parse("-3.9", &value) && value == -3);
	ck_assert(ft_number_parse("3.6e3", &value) && value == 3600);
	ck_assert(ft_number_parse("36000E-1", &value) && value == 3600);
	ck_assert(ft_number_parse("0.036e+5", &value) && value == 3600);
	ck_assert(ft_number_parse("1e-999999999999", &value) && value == 0);
	ck_assert(ft_number_parse("1e999999999999", &value) && value == INT64_MAX);
	ck_assert(ft_number_parse("0e999999999999", &value) && value == 0);
	ck_assert(ft_number_parse("9223372036854775807", &value) && value == INT64_MAX);
	ck_assert(ft_number_parse("9007199254740993.9", &value) && value == INT64_C(9007199254740993));
	ck_assert(ft_number_parse("-99999999999999999999", &value) && value == -INT64_MAX);
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

int main(void)
{
	const TTest *const tests[] = { dates, numbers_saturate, prints_utc, NULL };

	return unit_run("date", tests);
}
