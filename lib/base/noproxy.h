/* SPDX-License-Identifier: MIT */
/*
 * noproxy.h - whether a host goes without the proxy
 *
 * libcurl would decide it when it connects, inside a sandbox in which no other
 * name can be looked up any more. So it is decided here, the way curl does
 * (CURLOPT_NOPROXY(3)), and libcurl is told the result.
 */
#ifndef FT_TRANSPORT_NOPROXY_H
#define FT_TRANSPORT_NOPROXY_H

#include <stdbool.h>

/* host: a name or an address, without brackets. list may be NULL. */
bool ft_no_proxy(const char *list, const char *host);

#endif
