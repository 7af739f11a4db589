/* SPDX-License-Identifier: MIT */
/* lib/base/noproxy.h: a line with a host, a line with exceptions; transport/proxy.h: the first line
 */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "lib/base/noproxy.h"
#include "lib/transport/proxy.h"

static void read_proxy(const char *text)
{
	struct ft_proxy proxy = { .kind = FT_PROXY_HTTP };
	struct ft_error err = FT_ERROR_INIT;

	if (ft_proxy_parse(text, &proxy, &err) != 0) {
		MUST(proxy.peer.host == NULL && strncmp(err.text, "the proxy: ", 11) == 0);
	} else if (proxy.peer.host != NULL) {
		MUST(proxy.peer.port > 0 && proxy.peer.port <= 65535);
		MUST(strpbrk(proxy.peer.host, "@/?# \t\r\n") == NULL);
	} else {
		MUST(text[0] == '\0');
	}
	ft_proxy_release(&proxy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *host = strndup((const char *)data, size);
	char *list = host != NULL ? strchr(host, '\n') : NULL;

	MUST(host != NULL);
	if (list != NULL)
		*list++ = '\0';
	read_proxy(host);
	bool found = ft_no_proxy(list, host);

	MUST(!found || list != NULL);
	MUST(ft_no_proxy("a.example, *", host) && !ft_no_proxy(" ,\t", host) &&
	     !ft_no_proxy(NULL, host));
	if (list != NULL) {
		char *longer = NULL;

		/* One exception more takes none away. */
		MUST(asprintf(&longer, "%s,x.example", list) > 0);
		MUST(!found || ft_no_proxy(longer, host));
		free(longer);
		MUST(asprintf(&longer, "x.example %s", list) > 0);
		MUST(!found || ft_no_proxy(longer, host));
		free(longer);
	}
	/* A host is its own exception, and what is below it. */
	size_t len = strlen(host);

	if (len > 0 && len < 200 && strspn(host, "abcdefghijklmnopqrstuvwxyz-") == len) {
		char below[256];

		(void)snprintf(below, sizeof below, "w.%s", host);
		MUST(ft_no_proxy(host, host) && ft_no_proxy(host, below) &&
		     !ft_no_proxy(below, host));
	}
	free(host);
	return 0;
}
