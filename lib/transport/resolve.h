/* SPDX-License-Identifier: MIT */
/*
 * resolve.h - names to addresses, before the sandbox closes
 *
 * The resolver loads modules and opens files and sockets of its own.
 */
#ifndef FT_TRANSPORT_RESOLVE_H
#define FT_TRANSPORT_RESOLVE_H

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#include "lib/base/error.h"

#define FT_ADDRESSES_MAX 16	/* all of them together have the time of one connection */

/* An address of IPv4 or IPv6, with a port. */
struct ft_address {
	struct sockaddr_storage data;
	socklen_t len;
};

struct ft_addresses {
	struct ft_address list[FT_ADDRESSES_MAX];
	size_t count;
};

/* Gets the addresses of a name, or a literal address, in the order to try them. FT_TEMPORARY with
 * the resolver's reason; FT_SYSTEM: this machine could not ask; FT_NO_MEMORY. */
int ft_resolve(const char *host, unsigned port, struct ft_addresses *ret, struct ft_error *err);

/* As in a URL: an IPv6 address in brackets. */
#define FT_ADDRESS_TEXT (INET6_ADDRSTRLEN + 2)
void ft_address_text(const struct ft_address *address, char ret[FT_ADDRESS_TEXT]);

#endif
