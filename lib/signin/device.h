/* SPDX-License-Identifier: MIT */
/*
 * device.h - signing in on another device: RFC 8628
 *
 * Two steps; the time in between is the caller's, and so is showing the code.
 */
#ifndef FT_DEVICE_H
#define FT_DEVICE_H

#include "lib/signin/signin.h"

struct ft_device {
	struct ft_secret device_code;
	char *user_code;	/* printable ASCII, at most 64 bytes */
	char *uri; /* http or https, printable ASCII without blanks, at most 400 bytes */
	char *uri_complete;	/* likewise, with the code in it; NULL: not given */
	int64_t expires_in;	/* seconds from begin on */
	int64_t interval;	/* seconds to wait before the next poll; grows */
	/* How it ended where the person decided; expiry may also be the caller's to notice. */
	enum { FT_DEVICE_OPEN, FT_DEVICE_DENIED, FT_DEVICE_EXPIRED } end;
};

/* Asks for a code. FT_CONFIG: the service does not offer this; FT_TEMPORARY, FT_LOGIN_NEEDED
 * (it refused), FT_UNTRUSTED (an answer that cannot be shown), FT_SYSTEM, FT_NO_MEMORY. */
int ft_device_begin(struct ft_service *service, struct ft_device *ret, struct ft_error *err);

/*
 * Asks whether it was approved. 0: signed in; FT_BUSY: not yet; FT_TEMPORARY: the question did
 * not get through, ask again after `interval` (section 3.5: it is longer from then on);
 * FT_LOGIN_NEEDED: denied or expired; others as ft_signin_exchange, all of which end it.
 */
int ft_device_poll(struct ft_service *service, struct ft_device *device, struct ft_signin *ret,
		   struct ft_error *err);
void ft_device_release(struct ft_device *device);

#endif
