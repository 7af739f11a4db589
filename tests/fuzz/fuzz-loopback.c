/* SPDX-License-Identifier: MIT */
/* Requests to the port to which a browser returns: ft_loopback_parse. */
#include "config.h"
#include "fuzz.h"

#include <string.h>

#include "helper/login/loopback.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *query = NULL;
	size_t len = 0;
	int status = ft_loopback_parse(text, size, "127.0.0.1:4711", "/callback", &query, &len);

	MUST(status == 0 || (status >= 200 && status < 500));
	/* The query lies within, and has nothing that ends a line. */
	if (status == 200) {
		MUST(query >= text && query + len <= text + size);
		MUST(memchr(query, '\n', len) == NULL && memchr(query, ' ', len) == NULL);
	}
	return 0;
}
