/* SPDX-License-Identifier: MIT */
/* match.h, url.h: a line with a pattern, a line with a requested URL */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "lib/config/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	char *asked = text != NULL ? strchr(text, '\n') : NULL;
	struct ft_error err = FT_ERROR_INIT;
	struct ft_request_target target, again;
	struct ft_pattern pattern;

	MUST(text != NULL);
	if (asked != NULL)
		*asked++ = '\0';
	else
		asked = text;
	int r = ft_pattern_parse(text, &pattern, &err);

	MUST(r == 0 || (r == FT_CONFIG && err.text[0] != '\0'));
	(void)ft_url_check_service(text, NULL);
	if (ft_target_parse(asked, &target) == 0 && r == 0 &&
	    ft_pattern_match(&pattern, &target) > 0) {
		/* The glance is never wrong in this direction. */
		MUST(ft_pattern_worth_parsing(text, &target));
		/* Without a wildcard the very host was asked for. */
		if (strchr(pattern.url.host, '*') == NULL)
			MUST(strcmp(pattern.url.host, target.url.host) == 0);
		MUST(ft_url_port(&pattern.url) == ft_url_port(&target.url));
		MUST((pattern.url.scheme == FT_SCHEME_HTTP) ==
		     (target.url.scheme == FT_SCHEME_HTTP));
		MUST(strncmp(target.path[0] != '\0' ? target.path : "/", pattern.path,
			     strlen(pattern.path)) == 0);
		/* The normal form is one. */
		if (target.path[0] != '\0') {
			char url[FT_HOST_SIZE + FT_MATCH_PATH_SIZE];

			snprintf(url, sizeof url, "https://h%s", target.path);
			MUST(ft_target_parse(url, &again) == 0);
			MUST(strcmp(again.path, target.path) == 0);
		}
	}
	free(text);
	return 0;
}
