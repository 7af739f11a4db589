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

/* Initialises libcurl and its cryptography, which takes half of this program's time: call it while
 * the caller still prepares its request. FT_SYSTEM. */
int ft_http_init(struct ft_error *err);

/*
 * Prepares the exchange for libcurl; exchange must live as long as the result.
 * FT_CONFIG: a URL that must not be asked; FT_UNTRUSTED: a proxy or ca_file
 * that cannot be used; FT_NO_MEMORY; FT_SYSTEM.
 */
int ft_http_prepare(const struct ft_exchange *exchange, struct ft_http **ret,
		    struct ft_error *err);
void ft_http_free(struct ft_http *http);

/* The peer of the connection: the server, or the proxy. A name or an address. */
void ft_http_peer(const struct ft_http *http, const char **ret_host, unsigned *ret_port);

/* Completes the error of a connection that failed, with the peer's name. */
void ft_http_unreached(const struct ft_http *http, struct ft_error *err);

/* Takes over the exchange's only connection: a socket to that address of the peer. left_ms: what is
 * left of FT_HTTP_CONNECT_MS, for TLS. FT_NO_MEMORY, FT_SYSTEM. */
int ft_http_connected(struct ft_http *http, int fd, const struct ft_address *address, long left_ms,
		      struct ft_error *err);

/* Prepares the same request again, over the same connection, with new proofs; the DPoP proof gets
 * this nonce. ft_http_perform comes next. Errors as ft_http_prepare. */
int ft_http_again(struct ft_http *http, const char *nonce, struct ft_error *err);

/* Always fills the response, also after an error. seen: notices if this process stands still. */
void ft_http_perform(struct ft_http *http, long timeout_ms, struct ft_standstill *seen,
		     struct ft_response *response);

#endif
