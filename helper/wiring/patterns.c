/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/wiring/patterns.h"

#include <string.h>

int ft_patterns_visit(const struct freshtoken *ft,
		      int (*visit)(void *context, const struct ft_account *account,
				   const char *text, const struct ft_pattern *pattern),
		      void *context)
{
	for (size_t i = 0; i < ft->accounts.n; i++) {
		const struct ft_account *account = &ft->accounts.list[i];

		for (size_t m = 0; !account->pam_only && m < account->match.n; m++) {
			struct ft_pattern pattern;
			int r = ft_pattern_parse(account->match.list[m], &pattern, NULL);

			if (r == 0)
				r = visit(context, account, account->match.list[m], &pattern);
			if (r != 0)
				return r;
		}
	}
	return 0;
}

void ft_patterns_add_host(struct ft_buf *buf, const struct ft_url *url)
{
	bool brackets = strchr(url->host, ':') != NULL;

	ft_buf_addf(buf, "%s%s%s", brackets ? "[" : "", url->host, brackets ? "]" : "");
	if (url->port != 0)
		ft_buf_addf(buf, ":%u", url->port);
}
