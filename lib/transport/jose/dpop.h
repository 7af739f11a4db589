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

/* The strings belong to the caller. */
struct ft_dpop {
	const char *key;	/* private, on P-256: 32 bytes in base64url; NULL: no proof */
	const char *nonce;	/* the server's, for this proof; NULL: none is known */
};

/* Appends "DPoP: " and a proof for one request: signed with ES256, with 128 random bits as its jti.
 * now: seconds since the epoch. FT_UNTRUSTED: the key is not valid; the text contains nothing of
 * it. FT_NO_MEMORY; FT_SYSTEM: no random bytes. */
int ft_dpop_add(const struct ft_dpop *dpop, const char *method, const char *url, int64_t now,
		struct ft_buf *ret, struct ft_error *err);

/* Whether a text is a valid nonce (section 8.1). */
bool ft_dpop_is_nonce(const char *text);

#endif
