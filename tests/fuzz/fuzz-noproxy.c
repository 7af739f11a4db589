/* transport/noproxy.h: a line with a host, a line with exceptions */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "lib/base/noproxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *host = strndup((const char *)data, size);
	char *list = host != NULL ? strchr(host, '\n') : NULL;

	MUST(host != NULL);
	if (list != NULL)
		*list++ = '\0';
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
