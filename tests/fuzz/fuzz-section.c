/* SPDX-License-Identifier: MIT */
/* helper/account/section.h: an accepted value is read back unchanged, and other lines stay */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "helper/account/section.h"
#include "lib/base/url.h"
#include "lib/config/inifile.h"

#define FIELDS 8

/* Fields with NULs between them; an empty one is NULL. The last one goes to the end. */
static void split(char *text, size_t len, char *fields[FIELDS], size_t *ret_last)
{
	char *end = text + len;

	for (size_t i = 0; i < FIELDS; i++) {
		char *stop = i + 1 < FIELDS ? memchr(text, '\0', (size_t)(end - text)) : end;

		fields[i] = text;
		text = stop == NULL || stop == end ? end : stop + 1;
		*ret_last = (size_t)((stop != NULL ? stop : end) - fields[i]);
	}
}

static const char *value(const char *field)
{
	return *field != '\0' ? field : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char nowhere[] = "/nonexistent/system", users[] = "/nonexistent/user";
	static const char file[] = "/nonexistent/user/freshtoken.conf";
	const struct ft_places places = { .system_config = nowhere, .user_config = users };
	struct ft_accounts before = { .n = 0 }, after = { .n = 0 };
	struct ft_buf text = FT_BUF_INIT(2 * FT_INI_MAX);
	char *copy = malloc(size + 1), *fields[FIELDS];
	const char *match[3];
	struct ft_error err;
	size_t len = 0;

	MUST(copy != NULL);
	if (size > 0)
		memcpy(copy, data, size);
	copy[size] = '\0';
	split(copy, size, fields, &len);
	const char *old = fields[FIELDS - 1];

	/* As add does it. */
	ft_url_trim_server(fields[2]);
	struct ft_section section = {
		.account = fields[0], .provider = value(fields[1]), .server = value(fields[2]),
		.client_id = value(fields[3]), .match = match,
	};

	for (size_t i = 0; i < 3; i++)
		if (*fields[4 + i] != '\0')
			match[section.n_match++] = fields[4 + i];
	if (ft_section_check(&section, &err) == 0 &&
	    ft_accounts_try(&places, file, old, len, &before, &err) == 0) {
		ft_section_append(&section, old, len, &text);
		MUST(text.failed == 0);
		MUST(text.len > len && memcmp(text.data, old, len) == 0);
		int r = ft_accounts_try(&places, file, text.data, text.len, &after, &err);

		if (ft_accounts_find(&before, section.account) != NULL) {
			MUST(r == FT_CONFIG && strstr(err.text, "there are two sections") != NULL);
		} else {
			MUST(r == 0 && after.n == before.n + 1);
			MUST(ft_section_is(&section, ft_accounts_find(&after, section.account)));
		}
	}
	ft_accounts_release(&before);
	ft_accounts_release(&after);
	ft_buf_release(&text);
	free(copy);
	return 0;
}
