/* SPDX-License-Identifier: MIT */
/*
 * metrics.h - accounts as numbers for monitoring: OpenMetrics 1.0 text
 *
 * Only the types gauge and counter are used, so that programs that read the older text format of
 * Prometheus, as node_exporter does, read the same. It has no secret, no person and no server in
 * it.
 */
#ifndef FT_METRICS_H
#define FT_METRICS_H

#include "lib/core/context.h"
#include "lib/signin/signin.h"

struct ft_metrics_row {
	const char *account;
	bool known;		/* false: the state could not be determined */
	struct ft_status status;
};

/* All metrics, and "# EOF". As root also those that freshtoken-pam keeps about persons. */
void ft_metrics_add(struct ft_buf *buf, const struct freshtoken *ft,
		    const struct ft_metrics_row *rows, size_t n);
/* A label's value, with the characters escaped that would end it; invalid UTF-8 becomes "?". */
void ft_metrics_label(struct ft_buf *buf, const char *name, const char *value);

#endif
