/* SPDX-License-Identifier: MIT */
/*
 * quota.h - how long a service asks not to be sent requests, by any header that says so
 *
 * These are Retry-After (RFC 9110 section 10.2.3); RateLimit and RateLimit-Remaining/-Reset of all
 * drafts of the IETF on rate limits; X-RateLimit- and X-Rate-Limit-Remaining/-Reset; and
 * Auth0-Client-Quota-Limit. Their times are seconds from now or since the epoch, or dates.
 */
#ifndef FT_TRANSPORT_QUOTA_H
#define FT_TRANSPORT_QUOTA_H

#include "lib/transport/response.h"

struct ft_quota {
	int64_t wait;	/* seconds, 0 to INT32_MAX, the longest of the headers; -1: none says it */
	bool used_up;	/* a header says that nothing is left, and the status is not a success */
};

/* date: the answer's own time; -1: none, then now is used, this machine's time. */
struct ft_quota ft_quota_of(const struct ft_response *response, int64_t date, int64_t now);

#endif
