/* SPDX-License-Identifier: MIT */
/*
 * peer.h - a host and port that a connection can go to
 */
#ifndef FT_TRANSPORT_PEER_H
#define FT_TRANSPORT_PEER_H

#include <stdbool.h>
#include "lib/base/error.h"

struct ft_peer {
	char *host;	/* as in a URL, an IPv6 address in brackets; NULL: none */
	char *bare;	/* without the brackets */
	unsigned port;
	bool literal;	/* an address, not a name */
	bool loopback;	/* one of 127.0.0.0/8, or [::1] */
};

/* FT_CONFIG: no port that can be reached; FT_NO_MEMORY. */
int ft_peer_set(struct ft_peer *peer, const char *host, unsigned long port, struct ft_error *err);
void ft_peer_release(struct ft_peer *peer);

#endif
