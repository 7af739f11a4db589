/*
 * jws.h - signatures in the compact form of RFC 7515
 *
 * The only file that includes cjose/… is jws.c. Keys are JWKs that
 * ft_jwk_check found good for the algorithm.
 */
#ifndef FT_TRANSPORT_JWS_H
#define FT_TRANSPORT_JWS_H

#include "buffer.h"
#include "jwk.h"

/* Whether the key made the signature of HEADER.PAYLOAD.SIGNATURE, all of it base64url, whose
 * header's alg is this one. FT_UNTRUSTED: no, or the key is no key after all; FT_NO_MEMORY. */
int ft_jws_verify(const char *token, size_t len, enum ft_alg alg, struct json_object *jwk);

/*
 * HEADER.PAYLOAD.SIGNATURE into ret, which is empty, with alg, typ JWT and the key's kid in
 * the header. It verifies with the key's public half. FT_UNTRUSTED:
 * the parts of the key do not belong together; FT_NO_MEMORY.
 */
int ft_jws_sign(const char *payload, size_t len, enum ft_alg alg, struct json_object *jwk,
		struct ft_buf *ret);

#endif
