/* SPDX-License-Identifier: MIT */
/* date.h: a text is one point in time or none, and numbers are read exactly */
#include "config.h"

#include <string.h>

#include "lib/base/date.h"
#include "fuzz.h"

/* The last millisecond of the year 9999, a day east of Greenwich. */
#define MAX_MS (INT64_C(253402300799) * 1000 + 999 + INT64_C(86400) * 1000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), again[32];
	int64_t number = 0;
	bool zone = false;

	MUST(text != NULL);
	int64_t ms = ft_date_parse(text, &zone), http = ft_http_date(text);

	MUST(ms >= -1 && ms <= MAX_MS && http >= -1 && http <= MAX_MS / 1000);
	MUST(http < 0 || ms == http * 1000);
	if (ms >= 0 && ms < INT64_C(253402300800) * 1000) {
		ft_date_format(ms, again);
		MUST(ft_date_parse(again, &zone) == ms - ms % 1000 && zone);
	}
	if (ft_number_parse(text, &number))
		MUST(strspn(text, "-+.eE 0123456789") == strlen(text) &&
		     strpbrk(text, "0123456789") != NULL);
	free(text);
	return 0;
}
