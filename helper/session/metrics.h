/* SPDX-License-Identifier: MIT */
/*
 * metrics.h - the accounts' states as numbers for monitoring: OpenMetrics 1.0 text
 *
 * Only gauges and counters are used, so that programs that read Prometheus' older text format, such
 * as node_exporter, read it the same way. It contains no secret, person or server.
 */
#ifndef FT_METRICS_H
#define FT_METRICS_H

#include "lib/core/context.h"
#include "lib/signin/signin.h"

struct ft_metrics_row {
	const char *account;
	bool known;		/* false: the state is unknown */
	struct ft_status status;
};

/* Adds all metrics, and "# EOF". For root also those that freshtoken-pam has about persons. */
void ft_metrics_add(struct ft_buf *buf, const struct freshtoken *ft,
		    const struct ft_metrics_row *rows, size_t n);

#endif
