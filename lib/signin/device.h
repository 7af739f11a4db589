/* SPDX-License-Identifier: MIT */
/*
 * device.h - signing in on another device: RFC 8628
 *
 * Two steps. The caller shows the code, and waits between the polls.
 */
#ifndef FT_DEVICE_H
#define FT_DEVICE_H

#include "lib/signin/signin.h"

struct ft_device {
	struct ft_secret device_code;
	char *user_code;	/* printable ASCII, at most 64 bytes */
	char *uri; /* http or https, printable ASCII without blanks, at most 400 bytes */
	char *uri_complete;	/* likewise, with the code in it; NULL: not given */
	int64_t expires_in;	/* seconds after ft_device_begin */
	int64_t interval;	/* seconds to wait before the next poll; grows */
	/* How the service says it ended; the caller must also watch expires_in. */
	enum { FT_DEVICE_OPEN, FT_DEVICE_DENIED, FT_DEVICE_EXPIRED } end;
};

/* Asks for a code. FT_CONFIG: the service does not offer this; FT_TEMPORARY, FT_LOGIN_NEEDED
 * (it refused), FT_UNTRUSTED (an answer that cannot be shown), FT_SYSTEM, FT_NO_MEMORY. */
int ft_device_begin(struct ft_service *service, struct ft_device *ret, struct ft_error *err);

/*
 * Asks whether the code was approved. 0: signed in; FT_BUSY: not yet; FT_TEMPORARY: the service did
 * not answer, ask again after `interval`, which is longer from then on (section 3.5);
 * FT_LOGIN_NEEDED: denied or expired. Other errors, as of ft_signin_exchange, end the sign-in.
 */
int ft_device_poll(struct ft_service *service, struct ft_device *device, struct ft_signin *ret,
		   struct ft_error *err);
void ft_device_release(struct ft_device *device);

#endif
