/* SPDX-License-Identifier: MIT */
/*
 * connect.h - a connection to the first of several addresses that answers
 *
 * Made before the sandbox closes, because nothing inside it can make one.
 */
#ifndef FT_TRANSPORT_CONNECT_H
#define FT_TRANSPORT_CONNECT_H

#include <stdbool.h>
#include "lib/transport/resolve.h"

/*
 * As RFC 8305 says: the families alternate, each address is tried 250 ms before the next, or
 * shorter if it refuses, and the first that answers is taken. *ret_fd is non-blocking, so that for
 * the libcurl versions that connect it once more Linux says that it is connected; *ret_address is
 * its peer. FT_TEMPORARY with the reason of the last failure; FT_SYSTEM: this machine could not try
 * an address (no port, descriptor or memory; not allowed).
 */
int ft_connect(const struct ft_addresses *addresses, long timeout_ms, int *ret_fd,
	       const struct ft_address **ret_address, struct ft_error *err);

/* Whether an errno is an error of this machine, not of the network or the peer. */
bool ft_connect_is_local(int cause);

#endif
