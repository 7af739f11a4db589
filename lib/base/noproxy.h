/* SPDX-License-Identifier: MIT */
/*
 * noproxy.h - whether a host is reached without the proxy
 *
 * libcurl would decide this when it connects, inside the sandbox, where the one host name must be
 * resolved already. So it is decided here beforehand, by the rules of CURLOPT_NOPROXY(3), and
 * libcurl gets the result.
 */
#ifndef FT_TRANSPORT_NOPROXY_H
#define FT_TRANSPORT_NOPROXY_H

#include <stdbool.h>

/* list: the value of no_proxy; may be NULL. host: a name or an address, without brackets. */
bool ft_no_proxy(const char *list, const char *host);

#endif
