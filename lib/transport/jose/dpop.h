/* SPDX-License-Identifier: MIT */
/*
 * dpop.h - proofs that a client has a key: DPoP (RFC 9449)
 */
#ifndef FT_TRANSPORT_DPOP_H
#define FT_TRANSPORT_DPOP_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"

#define FT_DPOP_NONCE_MAX 256	/* bytes */

/* The strings are the caller's. */
struct ft_dpop {
	const char *key;	/* private, of P-256: 32 bytes in base64url; NULL: no proof */
	const char *nonce;	/* the server's, for the next proof; NULL: none is known */
};

/*
 * Adds "DPoP: …", a proof for one request: ES256, with 128 random bits as its jti. now: seconds
 * since the epoch. FT_UNTRUSTED: a key that is none, with a text that has nothing of it;
 * FT_NO_MEMORY; FT_SYSTEM: no random bytes.
 */
int ft_dpop_add(const struct ft_dpop *dpop, const char *method, const char *url, int64_t now,
		struct ft_buf *ret, struct ft_error *err);

/* Whether a text may be a nonce (section 8.1). */
bool ft_dpop_is_nonce(const char *text);

#endif
