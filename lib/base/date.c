/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/base/date.h"

#include <stddef.h>
#include <string.h>

/* The last second of the year 9999. */
#define MAX_SECONDS INT64_C(253402300799)

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int64_t append(int64_t value, int digit)
{
	return value > (FT_NUMBER_MAX - digit) / 10 ? FT_NUMBER_MAX : value * 10 + digit;
}

/* Reads an optional exponent; false if it is malformed. It saturates above 1000, because a larger
 * one makes no difference to an int64_t. */
static bool parse_exponent(const char **text, int *ret)
{
	bool minus = false;
	int value = 0;

	if (**text != 'e' && **text != 'E')
		return true;
	++*text;
	if (**text == '-' || **text == '+')
		minus = *(*text)++ == '-';
	if (!is_digit(**text))
		return false;
	for (; is_digit(**text); ++*text)
		value = value > 1000 ? value : value * 10 + (**text - '0');
	*ret = minus ? -value : value;
	return true;
}

bool ft_number_parse(const char *text, int64_t *ret)
{
	const char *whole, *fraction = "";
	size_t n_whole, n_fraction = 0;
	int64_t value = 0;
	int exponent = 0;

	while (*text == ' ')
		text++;
	bool minus = *text == '-';

	text += minus;
	for (whole = text; is_digit(*text); text++)
		;
	n_whole = (size_t)(text - whole);
	if (n_whole > 0 && *text == '.') {
		for (fraction = ++text; is_digit(*text); text++)
			;
		n_fraction = (size_t)(text - fraction);
		if (n_fraction == 0)
			return false;
	}
	if (n_whole == 0 || !parse_exponent(&text, &exponent))
		return false;
	while (*text == ' ')
		text++;
	if (*text != '\0')
		return false;
	/* Rounds towards zero. A double would lose the last digits of large numbers. */
	int64_t places = (int64_t)n_whole + exponent;

	for (int64_t i = 0; i < places && value < FT_NUMBER_MAX; i++) {
		size_t at = (size_t)i;
		int digit = at < n_whole ? whole[at] - '0' :
			    at - n_whole < n_fraction ? fraction[at - n_whole] - '0' : 0;

		if (value == 0 && digit == 0 && at >= n_whole + n_fraction)
			break;
		value = append(value, digit);
	}
	*ret = minus ? -value : value;
	return true;
}

/* Reads exactly n digits; -1 if there are fewer. */
static int digits(const char **text, int n)
{
	int value = 0;

	for (int i = 0; i < n; i++, (*text)++) {
		if (**text < '0' || **text > '9')
			return -1;
		value = value * 10 + (**text - '0');
	}
	return value;
}

static bool literal(const char **text, const char *expected)
{
	size_t len = strlen(expected);

	if (strncmp(*text, expected, len) != 0)
		return false;
	*text += len;
	return true;
}

/* --- the calendar. timegm and gmtime would read the time zone's file, which a sandboxed process
 * cannot. ------------------------------------------------------------------------------- */

struct date {
	int year, month, day, hour, minute, second;	/* January is 1 */
};

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01 to the first of a month. */
static int64_t days_before(int64_t year, int month)
{
	static const int before[12] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int64_t past = year - 1;

	return year * 365 + past / 4 - past / 100 + past / 400 - 719527 +
		before[month - 1] + (month > 2 && is_leap(year));
}

static int64_t days_in(int64_t year, int month)
{
	return month == 12 ? 31 : days_before(year, month + 1) - days_before(year, month);
}

/* Seconds since the epoch; INT64_MIN if there is no such day or time. Second 60 is accepted as a
 * leap second. */
static int64_t seconds_of(const struct date *date)
{
	if (date->year < 1 || date->month < 1 || date->month > 12 || date->day < 1 ||
	    date->day > days_in(date->year, date->month) || date->hour < 0 || date->hour > 23 ||
	    date->minute < 0 || date->minute > 59 || date->second < 0 || date->second > 60)
		return INT64_MIN;
	return (days_before(date->year, date->month) + date->day - 1) * 86400 + date->hour * 3600 +
	       date->minute * 60 + date->second;
}

/* seconds: since the epoch, not negative. */
static struct date date_of(int64_t seconds)
{
	const int64_t days = seconds / 86400;
	const int rest = (int)(seconds % 86400);
	/* A first guess, as if every year had 366 days: never too late, and corrected below. */
	struct date date = { .year = (int)(1970 + days / 366), .month = 1, .hour = rest / 3600,
			     .minute = rest / 60 % 60, .second = rest % 60 };

	while (days_before(date.year + 1, 1) <= days)
		date.year++;
	while (date.month < 12 && days_before(date.year, date.month + 1) <= days)
		date.month++;
	date.day = (int)(days - days_before(date.year, date.month)) + 1;
	return date;
}

/* --- ISO 8601 -------------------------------------------------------------------------- */

static int64_t parse_iso(const char *s, bool *ret_zone)
{
	struct date date = { .year = digits(&s, 4) };

	date.month = literal(&s, "-") ? digits(&s, 2) : -1;
	date.day = literal(&s, "-") ? digits(&s, 2) : -1;
	if (*s != 'T' && *s != 't' && *s != ' ')
		return -1;
	s++;
	date.hour = digits(&s, 2);
	date.minute = literal(&s, ":") ? digits(&s, 2) : -1;
	date.second = literal(&s, ":") ? digits(&s, 2) : -1;
	int64_t value = seconds_of(&date), ms = 0;

	if (value == INT64_MIN)
		return -1;
	if (*s == '.' || *s == ',') {
		int n = 0;

		for (s++; *s >= '0' && *s <= '9'; s++, n++)
			if (n < 3)
				ms = ms * 10 + (*s - '0');
		if (n < 1 || n > 9)
			return -1;
		for (; n < 3; n++)
			ms *= 10;
	}
	*ret_zone = *s != '\0';
	if (*s == 'Z' || *s == 'z') {
		s++;
	} else if (*s == '+' || *s == '-') {
		int sign = *s == '+' ? -1 : 1;

		s++;
		int hours = digits(&s, 2);

		(void)literal(&s, ":");
		int minutes = digits(&s, 2);

		if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
			return -1;
		value += sign * (hours * 60 + minutes) * 60;
	}
	return *s == '\0' && value >= 0 ? value * 1000 + ms : -1;
}

/* --- HTTP ------------------------------------------------------------------------------- */

static bool number(const char **text, int n, int *ret)
{
	*ret = digits(text, n);
	return *ret >= 0;
}

/* The names are case-sensitive. */
static bool month(const char **text, int *ret)
{
	static const char names[12][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun",
		"Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
	};

	for (int i = 0; i < 12; i++)
		if (strncmp(*text, names[i], 3) == 0) {
			*text += 3;
			*ret = i + 1;
			return true;
		}
	return false;
}

/* Compares a text with a form: each of the letters below is a part of the date, every other
 * character matches itself. */
static bool match(const char *text, const char *form, struct date *date)
{
	for (; *form != '\0'; form++) {
		bool good;

		switch (*form) {
		case 'w':
			for (good = false; (*text | 32) >= 'a' && (*text | 32) <= 'z'; text++)
				good = true;
			break;
		case 'd':
			good = number(&text, 2, &date->day);
			break;
		case 'e':	/* the first digit may be a blank */
			good = *text != ' ' ? number(&text, 2, &date->day) :
				(text++, number(&text, 1, &date->day));
			break;
		case 'b':
			good = month(&text, &date->month);
			break;
		case 'Y':
			good = number(&text, 4, &date->year);
			break;
		case 'y':
			good = number(&text, 2, &date->year);
			date->year += date->year < 70 ? 2000 : 1900;
			break;
		case 'h':
			good = number(&text, 2, &date->hour);
			break;
		case 'm':
			good = number(&text, 2, &date->minute);
			break;
		case 's':
			good = number(&text, 2, &date->second);
			break;
		default:
			good = *text == *form;
			text += good;
		}
		if (!good)
			return false;
	}
	return *text == '\0';
}

int64_t ft_http_date(const char *text)
{
	static const char *const forms[] = {
		"w, d b Y h:m:s GMT",
		"w, d-b-y h:m:s GMT",
		"w b e h:m:s Y",
	};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct date date = { .year = 0 };

		if (!match(text, forms[i], &date))
			continue;
		const int64_t seconds = seconds_of(&date);

		return date.year < 1970 || seconds == INT64_MIN ? -1 : seconds;
	}
	return -1;
}

int64_t ft_date_parse(const char *text, bool *ret_zone)
{
	int64_t value;

	*ret_zone = true;
	if (ft_number_parse(text, &value))
		return value < 0 ? -1 : value > MAX_SECONDS ? MAX_SECONDS * 1000 : value * 1000;
	if (text[0] >= '0' && text[0] <= '9')
		return parse_iso(text, ret_zone);
	value = ft_http_date(text);
	return value < 0 ? -1 : value * 1000;
}

/* Writes `n` digits and the character `after`; returns where the next one goes. */
static char *add_digits(char *out, int64_t value, size_t n, char after)
{
	for (size_t i = n; i > 0; i--, value /= 10)
		out[i - 1] = (char)('0' + value % 10);
	out[n] = after;
	return out + n + 1;
}

/* Without printf (see ft_buf_add_number): some callers hand out a good token. */
void ft_date_format(int64_t ms, char out[32])
{
	if (ms < 0 || ms / 1000 > MAX_SECONDS) {
		memcpy(out, "-", 2);
		return;
	}
	const struct date date = date_of(ms / 1000);

	out = add_digits(out, date.year, 4, '-');
	out = add_digits(out, date.month, 2, '-');
	out = add_digits(out, date.day, 2, 'T');
	out = add_digits(out, date.hour, 2, ':');
	out = add_digits(out, date.minute, 2, ':');
	*add_digits(out, date.second, 2, 'Z') = '\0';
}
