/* SPDX-License-Identifier: MIT */
/*
 * jws.h - signatures in the compact form of RFC 7515
 *
 * JWKs are those that ft_jwk_check found good for the algorithm.
 */
#ifndef FT_TRANSPORT_JWS_H
#define FT_TRANSPORT_JWS_H

#include "lib/base/buffer.h"
#include "lib/transport/jose/evp.h"

/* Whether the key made the signature of HEADER.PAYLOAD.SIGNATURE, all of it base64url.
 * FT_UNTRUSTED: no, or the key is no key after all; FT_NO_MEMORY. */
int ft_jws_verify(const char *token, size_t len, enum ft_alg alg, struct json_object *jwk);

/* Names of the key for the verifier: kid, and x5t#S256 of its certificate. NULL: left out. */
struct ft_jws_names {
	const char *kid, *thumbprint;
};

/*
 * HEADER.PAYLOAD.SIGNATURE into ret, which is empty, with alg, typ JWT and these names in the
 * header. The key is a private one for the algorithm, and verifies it with its public
 * half. FT_UNTRUSTED: its parts do not belong together; FT_NO_MEMORY.
 */
int ft_jws_sign(const char *payload, size_t len, enum ft_alg alg, const struct ft_evp_key *key,
		const struct ft_jws_names *names, struct ft_buf *ret);

/* Likewise with a header of the caller's, which names the key's algorithm. */
int ft_jws_sign_as(struct json_object *header, const char *payload, size_t len,
		   const struct ft_evp_key *key, struct ft_buf *ret);

/* Adds a jti of 128 random bits, so that a second use of the JWT is noticed. FT_SYSTEM,
 * FT_NO_MEMORY. */
int ft_jws_add_id(struct json_object *claims, struct ft_error *err);

#endif
