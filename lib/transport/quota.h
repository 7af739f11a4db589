/* SPDX-License-Identifier: MIT */
/*
 * quota.h - how long a service asks not to be sent requests, by any header that says so
 *
 * Retry-After (RFC 9110 section 10.2.3); RateLimit and RateLimit-Remaining/-Reset of the IETF's
 * drafts on rate limits, of all ages; X-RateLimit- and X-Rate-Limit-Remaining/-Reset; and
 * Auth0-Client-Quota-Limit. Their times are seconds from now or since the epoch, or dates.
 */
#ifndef FT_TRANSPORT_QUOTA_H
#define FT_TRANSPORT_QUOTA_H

#include "lib/transport/response.h"

struct ft_quota {
	int64_t wait;	/* seconds, 0 to INT32_MAX, the longest that is said; -1: none is */
	bool used_up;	/* a header says that nothing is left, and the answer is no success */
};

/* date is the answer's own time, -1 where it has none; then now counts, this machine's. */
struct ft_quota ft_quota_of(const struct ft_response *response, int64_t date, int64_t now);

#endif
