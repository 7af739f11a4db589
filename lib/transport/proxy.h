/* SPDX-License-Identifier: MIT */
/*
 * proxy.h - the proxy that an exchange goes through
 *
 * libcurl gets its parts, never the text, so that the text is parsed in one way only.
 */
#ifndef FT_TRANSPORT_PROXY_H
#define FT_TRANSPORT_PROXY_H

#include "lib/base/secret.h"
#include "lib/transport/peer.h"

enum ft_proxy_kind { FT_PROXY_HTTP, FT_PROXY_HTTPS, FT_PROXY_SOCKS };

struct ft_proxy {
	struct ft_peer peer;	/* its host is NULL: there is none */
	enum ft_proxy_kind kind;
	struct ft_secret user, password;	/* data NULL: none */
};

/* Parses "[http://|https://|socks5h://][USER[:PASSWORD]@]HOST[:PORT][/]"; NULL and "": no proxy.
 * Errors do not quote the text, which may have a password. FT_CONFIG, FT_NO_MEMORY. */
int ft_proxy_parse(const char *text, struct ft_proxy *ret, struct ft_error *err);
void ft_proxy_release(struct ft_proxy *proxy);

#endif
