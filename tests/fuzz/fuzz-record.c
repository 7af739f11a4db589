/* SPDX-License-Identifier: MIT */
/* record.h, freshness.h: an edited record is refused, or its verdict can be determined */
#include "config.h"

#include <string.h>

#include "lib/store/freshness.h"
#include "fuzz.h"

static void decide(const struct ft_record *record)
{
	static const struct ft_moment nows[] = {
		{ INT64_C(1700000000000), 5000, "b" }, { 0, 0, "" },
		{ INT64_C(253402300799000), INT64_C(1) << 50, "c" },
	};
	static const struct ft_want wants[] = {
		{ .min_lifetime = 0 }, { .min_lifetime = INT64_C(1) << 50 }, { .rejected = 1 },
		{ .force = true }, { .derived = true },
	};

	for (size_t i = 0; i < sizeof nows / sizeof *nows; i++)
		for (size_t j = 0; j < sizeof wants / sizeof *wants; j++) {
			enum ft_action action = ft_freshness_decide(record, &wants[j], &nows[i]);
			int64_t left = ft_freshness_left(record, &nows[i]);

			MUST(left >= -1 && left <= (record->lifetime > 0 ? record->lifetime : 0));
			/* Never an expired token. */
			if (action == FT_USE || action == FT_USE_AND_REFRESH ||
			    action == FT_REFRESH_OR_USE)
				MUST(record->access_token.data != NULL && left != 0 &&
				     !record->rejected);
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ft_record record, again;
	struct ft_buf text = FT_BUF_INIT(FT_RECORD_MAX), twice = FT_BUF_INIT(FT_RECORD_MAX);
	struct ft_error err = FT_ERROR_INIT;
	int r = ft_record_parse((const char *)data, size, "work", &record, &err);

	if (r != 0) {
		MUST((r == FT_UNTRUSTED || r == FT_CONFIG) && err.text[0] != '\0');
		return 0;
	}
	MUST(strcmp(record.account, "work") == 0 && record.server != NULL &&
	     record.provider != NULL);
	MUST(record.access_token.data == NULL || strpbrk(record.access_token.data, "\r\n") == NULL);
	decide(&record);
	if (ft_record_format(&record, &text, &err) == 0) {
		MUST(ft_record_parse(text.data, text.len, "work", &again, &err) == 0);
		MUST(ft_record_format(&again, &twice, &err) == 0);
		MUST(text.len == twice.len && memcmp(text.data, twice.data, text.len) == 0);
		ft_record_release(&again);
	}
	ft_buf_release(&text);
	ft_buf_release(&twice);
	ft_record_release(&record);
	return 0;
}
