/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/peer.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* Copies the host without the brackets of an IPv6 address. */
static char *bare_host(const char *host)
{
	return host[0] == '[' ? strndup(host + 1, strcspn(host + 1, "]")) : strdup(host);
}

int ft_peer_set(struct ft_peer *peer, const char *host, unsigned long port, struct ft_error *err)
{
	struct ft_peer new = { .port = (unsigned)port };
	struct in6_addr in6;
	struct in_addr in;

	if (port == 0 || port > 65535)
		return ft_error_set(err, FT_CONFIG, "has no port that can be reached");
	new.bare = bare_host(host);
	new.host = strdup(host);
	if (new.bare == NULL || new.host == NULL) {
		ft_peer_release(&new);
		return ft_error_memory(err);
	}
	if (inet_pton(AF_INET, new.bare, &in) == 1) {
		new.literal = true;
		new.loopback = ntohl(in.s_addr) >> 24 == 127;
	} else if (inet_pton(AF_INET6, new.bare, &in6) == 1) {
		new.literal = true;
		new.loopback = IN6_IS_ADDR_LOOPBACK(&in6);
	}
	*peer = new;
	return 0;
}

void ft_peer_release(struct ft_peer *peer)
{
	free(peer->host);
	free(peer->bare);
	*peer = (struct ft_peer){ .host = NULL };
}
