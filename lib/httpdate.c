#include "config.h"
#include "httpdate.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct date {
	int year, month, day, hour, minute, second;	/* January is 0 */
};

static bool number(const char **text, size_t digits, int *ret)
{
	int value = 0;

	for (; digits > 0; digits--, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		value = value * 10 + (**text - '0');
	}
	*ret = value;
	return true;
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
			*ret = i;
			return true;
		}
	return false;
}

/* In a form, a letter is a part of the date and everything else stands for itself. */
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
		case 'e':	/* a blank for the first digit */
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

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01 to the first of a month; timegm would read the time zone's file,
 * which a sandboxed process cannot. */
static int64_t days_before(int64_t year, int month0)
{
	static const int before[12] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int64_t past = year - 1;

	return year * 365 + past / 4 - past / 100 + past / 400 - 719527 +
		before[month0] + (month0 > 1 && is_leap(year));
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
		int64_t first = days_before(date.year, date.month), next = date.month == 11 ?
			days_before(date.year + 1, 0) : days_before(date.year, date.month + 1);

		/* 60 is a leap second. */
		if (date.year < 1970 || date.day < 1 || date.day > next - first ||
		    date.hour > 23 || date.minute > 59 || date.second > 60)
			return -1;
		return (first + date.day - 1) * 86400 + date.hour * 3600 + date.minute * 60 +
			date.second;
	}
	return -1;
}
