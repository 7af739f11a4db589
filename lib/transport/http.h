/* SPDX-License-Identifier: MIT */
/*
 * http.h - one exchange with libcurl
 *
 * The only file that includes curl/curl.h is http.c. Everything that opens a
 * file, looks up a name or makes a connection happens before ft_http_perform,
 * so that a sandbox can close in between:
 *
 *	ft_http_init, ft_http_prepare, ft_http_peer, ft_resolve, ft_connect,
 *	ft_http_connected, ft_sandbox_close, ft_http_perform
 */
#ifndef FT_TRANSPORT_HTTP_H
#define FT_TRANSPORT_HTTP_H

#include "lib/base/standstill.h"
#include "lib/transport/message.h"
#include "lib/transport/resolve.h"
#include "lib/transport/response.h"

#define FT_HTTP_CONNECT_MS 5000	/* until the connection and its TLS are up */

struct ft_http;

/* libcurl and its cryptography, which is half of what this program costs: to be done while
 * the caller still prepares its request. FT_SYSTEM. */
int ft_http_init(struct ft_error *err);

/*
 * The exchange, which has to live as long as the result, as libcurl wants it.
 * FT_CONFIG: a URL that is not to be asked; FT_UNTRUSTED: a proxy or ca_file
 * that cannot be used; FT_NO_MEMORY; FT_SYSTEM.
 */
int ft_http_prepare(const struct ft_exchange *exchange, struct ft_http **ret,
		    struct ft_error *err);
void ft_http_free(struct ft_http *http);

/* Whom the connection goes to: the server, or the proxy. A name or an address. */
void ft_http_peer(const struct ft_http *http, const char **ret_host, unsigned *ret_port);

/* Why nobody there was reached, with whom. */
void ft_http_unreached(const struct ft_http *http, struct ft_error *err);

/* The one connection of this exchange: a socket, taken over, to that address of the peer, and
 * what is left of a connection's time for its TLS. FT_NO_MEMORY, FT_SYSTEM. */
int ft_http_connected(struct ft_http *http, int fd, const struct ft_address *address, long left_ms,
		      struct ft_error *err);

/* The same request once more, over the same connection, with new proofs, one with this nonce.
 * ft_http_perform comes next. Errors as ft_http_prepare. */
int ft_http_again(struct ft_http *http, const char *nonce, struct ft_error *err);

/* Always leaves a response, whatever happened. seen: looks at the clock while it waits. */
void ft_http_perform(struct ft_http *http, long timeout_ms, struct ft_standstill *seen,
		     struct ft_response *response);

#endif
