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
 * As RFC 8305 has it: the families take turns, each address has a head start of 250 ms over
 * the next, one that refuses none, and the first that answers is taken. *ret_fd does not
 * block (and so the libcurls that connect it once more are told by Linux, too, that it is up);
 * *ret_address is where it leads. FT_TEMPORARY with the reason, that of the last one; FT_SYSTEM
 * where this machine could not try one of them (no port, descriptor or memory; not allowed).
 */
int ft_connect(const struct ft_addresses *addresses, long timeout_ms, int *ret_fd,
	       const struct ft_address **ret_address, struct ft_error *err);

/* Whether an errno is this machine's own trouble. */
bool ft_connect_is_local(int cause);

#endif
