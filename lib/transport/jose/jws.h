/* SPDX-License-Identifier: MIT */
/*
 * jws.h - signatures in the compact form of RFC 7515
 *
 * JWKs must have been accepted by ft_jwk_check for the algorithm.
 */
#ifndef FT_TRANSPORT_JWS_H
#define FT_TRANSPORT_JWS_H

#include "lib/base/buffer.h"
#include "lib/transport/jose/evp.h"

/* Whether the key made the signature of HEADER.PAYLOAD.SIGNATURE, all of it base64url.
 * FT_UNTRUSTED: it did not, or it is not a valid key; FT_NO_MEMORY. */
int ft_jws_verify(const char *token, size_t len, enum ft_alg alg, struct json_object *jwk);

/* Header members by which the verifier finds the key: kid, and x5t#S256 of its certificate. NULL:
 * not present. */
struct ft_jws_names {
	const char *kid, *thumbprint;
};

/* Writes HEADER.PAYLOAD.SIGNATURE into the empty ret; the header has alg, typ JWT and these names.
 * The key must be a private one for the algorithm; the signature is verified with its public half.
 * FT_UNTRUSTED: the key's parts do not belong together; FT_NO_MEMORY. */
int ft_jws_sign(const char *payload, size_t len, enum ft_alg alg, const struct ft_evp_key *key,
		const struct ft_jws_names *names, struct ft_buf *ret);

/* Likewise with the caller's header, which must name the key's algorithm. */
int ft_jws_sign_as(struct json_object *header, const char *payload, size_t len,
		   const struct ft_evp_key *key, struct ft_buf *ret);

/* Adds a jti of 128 random bits, so that a second use of the JWT is noticed. FT_SYSTEM,
 * FT_NO_MEMORY. */
int ft_jws_add_id(struct json_object *claims, struct ft_error *err);

#endif
