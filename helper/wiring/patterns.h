/* SPDX-License-Identifier: MIT */
/* patterns.h - the accounts' patterns in the forms that other programs need */
#ifndef FT_PATTERNS_H
#define FT_PATTERNS_H

#include "lib/config/match.h"
#include "lib/core/context.h"

/* Calls visit for each pattern of each account that this user may use. A result other than 0 stops,
 * and is returned. */
int ft_patterns_visit(const struct freshtoken *ft,
		      int (*visit)(void *context, const struct ft_account *account,
				   const char *text, const struct ft_pattern *pattern),
		      void *context);

/* Adds "host", "[address]" or either with ":port" if it has one. */
void ft_patterns_add_host(struct ft_buf *buf, const struct ft_url *url);

#endif
