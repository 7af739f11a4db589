/* SPDX-License-Identifier: MIT */
/*
 * metrics.h - accounts as numbers for a monitor: OpenMetrics 1.0 text
 *
 * Of its types only gauge and counter, so that whoever reads the older text format of Prometheus,
 * as node_exporter does, reads the same. No secret, no person, no server is in it.
 */
#ifndef FT_METRICS_H
#define FT_METRICS_H

#include "lib/core/context.h"
#include "lib/signin/signin.h"

struct ft_metrics_row {
	const char *account;
	bool known;		/* false: the state could not be told */
	struct ft_status status;
};

/* All families, and "# EOF". As root what freshtoken-pam knows of persons, too. */
void ft_metrics_add(struct ft_buf *buf, const struct freshtoken *ft,
		    const struct ft_metrics_row *rows, size_t n);
/* A label's value with what would end it escaped; what is no UTF-8 becomes "?". */
void ft_metrics_label(struct ft_buf *buf, const char *name, const char *value);

#endif
