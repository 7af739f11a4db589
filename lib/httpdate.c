#include "config.h"
#include "httpdate.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

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
static bool match(const char *text, const char *form, struct tm *tm)
{
	for (; *form != '\0'; form++) {
		bool good;

		switch (*form) {
		case 'w':
			for (good = false; (*text | 32) >= 'a' && (*text | 32) <= 'z'; text++)
				good = true;
			break;
		case 'd':
			good = number(&text, 2, &tm->tm_mday);
			break;
		case 'e':	/* a blank for the first digit */
			good = *text != ' ' ? number(&text, 2, &tm->tm_mday) :
				(text++, number(&text, 1, &tm->tm_mday));
			break;
		case 'b':
			good = month(&text, &tm->tm_mon);
			break;
		case 'Y':
			good = number(&text, 4, &tm->tm_year);
			tm->tm_year -= 1900;
			break;
		case 'y':
			good = number(&text, 2, &tm->tm_year);
			tm->tm_year += tm->tm_year < 70 ? 100 : 0;
			break;
		case 'h':
			good = number(&text, 2, &tm->tm_hour);
			break;
		case 'm':
			good = number(&text, 2, &tm->tm_min);
			break;
		case 's':
			good = number(&text, 2, &tm->tm_sec);
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
		struct tm tm = { .tm_mday = 0 };

		if (!match(text, forms[i], &tm))
			continue;
		/* 60 is a leap second. */
		if (tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60 || tm.tm_mday < 1)
			return -1;
		int day = tm.tm_mday, second = tm.tm_sec;

		tm.tm_sec = 0;
		int64_t seconds = timegm(&tm);

		/* The 31st of February has become a day of March. */
		return tm.tm_mday != day || seconds < 0 ? -1 : seconds + second;
	}
	return -1;
}
