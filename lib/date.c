#include "config.h"
#include "date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "httpdate.h"

/* What a date may say: years 1 to 9999. */
#define MAX_SECONDS INT64_C(253402300799)

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int64_t append(int64_t value, int digit)
{
	return value > (INT64_MAX - digit) / 10 ? INT64_MAX : value * 10 + digit;
}

/* The exponent that a number ends with; false where it is none. Beyond a thousand all are alike. */
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
	/* Towards zero: no doubles, which lose the last digits of big ones. */
	int64_t places = (int64_t)n_whole + exponent;

	for (int64_t i = 0; i < places && value < INT64_MAX; i++) {
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

/* Exactly n digits; -1 else. */
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

/* timegm turns 31 February into March; a date that does not come back as it was is none. */
static int64_t seconds(int year, int month, int day, int hour, int minute, int second)
{
	struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day,
			 .tm_hour = hour, .tm_min = minute, .tm_sec = second > 59 ? 59 : second };

	if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 ||
	    minute < 0 || minute > 59 || second < 0 || second > 60)
		return INT64_MIN;
	time_t t = timegm(&tm);

	return tm.tm_mday != day ? INT64_MIN : (int64_t)t;
}

static int64_t parse_iso(const char *s, bool *ret_zone)
{
	int year = digits(&s, 4);
	int month = literal(&s, "-") ? digits(&s, 2) : -1;
	int day = literal(&s, "-") ? digits(&s, 2) : -1;

	if (*s != 'T' && *s != 't' && *s != ' ')
		return -1;
	s++;
	int hour = digits(&s, 2);
	int minute = literal(&s, ":") ? digits(&s, 2) : -1;
	int second = literal(&s, ":") ? digits(&s, 2) : -1;
	int64_t value = seconds(year, month, day, hour, minute, second), ms = 0;

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

void ft_date_format(int64_t ms, char out[32])
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(out, 32, "-");
}
