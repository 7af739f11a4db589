/* SPDX-License-Identifier: MIT */
/*
 * evp.h - keys and the signatures of RFC 7518 section 3, by libcrypto
 *
 * The only file that includes openssl/… is evp.c.
 */
#ifndef FT_TRANSPORT_EVP_H
#define FT_TRANSPORT_EVP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/transport/jose/jwk.h"

/* Signatures with a shared secret (RFC 7518 section 3.2). They are not among the algorithms of
 * jwk.h, so that a published key can never be taken for a secret. */
enum ft_hmac { FT_HMAC_HS256, FT_HMAC_HS384, FT_HMAC_HS512, FT_HMAC_COUNT };

/* By its name in JOSE; FT_HMAC_COUNT: none of these. */
enum ft_hmac ft_hmac_find(const char *name);

/* Bytes of the hash, and the fewest of a secret. */
size_t ft_hmac_size(enum ft_hmac hmac);

/* Whether the signature is the secret's of the data. */
bool ft_hmac_verify(enum ft_hmac hmac, const char *secret, const struct ft_buf *signature,
		    const char *data, size_t len);

/* A key with the algorithm that it is for. */
struct ft_evp_key;

/* Of a JWK that ft_jwk_check found good for the algorithm. FT_UNTRUSTED: its parts make no key;
 * FT_NO_MEMORY. */
int ft_evp_import(struct json_object *jwk, enum ft_alg alg, bool private, struct ft_evp_key **ret);

/* Of a certificate, SHA-256 in base64url; "": there is none. */
#define FT_EVP_THUMBPRINT 44

/* The first private key in a PEM text: RSA (for RS256; for PS256 where there is a certificate, as
 * who asks for that wants), EC (for its curve's ES256, ES384 or ES512), or Ed25519; and the first
 * certificate, which is the key's.
 * FT_UNTRUSTED with a text that begins with "the key"; FT_NO_MEMORY. */
int ft_evp_read_pem(const char *pem, enum ft_alg *ret_alg, struct ft_evp_key **ret,
		    char ret_thumbprint[FT_EVP_THUMBPRINT], struct ft_error *err);

/* A certificate that a client shows, and its key, both in PEM. FT_UNTRUSTED with a text that
 * begins with the name of the configuration's key that is to be changed: it is none, it has
 * expired (now: seconds), they do not belong together. FT_NO_MEMORY. */
int ft_evp_check_pair(const char *certificate, const char *key, int64_t now, struct ft_error *err);

#define FT_EVP_P256_BYTES 32

/* x and y of the public half of a private key on P-256. FT_UNTRUSTED: it is one of the few numbers
 * of that size that are no key; FT_NO_MEMORY. */
int ft_evp_p256_point(const char *secret, char ret[2 * FT_EVP_P256_BYTES]);

void ft_evp_free(struct ft_evp_key *key);

/* 0: it is the key's signature of the data; a private key has its public half with it.
 * FT_UNTRUSTED: it is not; FT_NO_MEMORY. */
int ft_evp_verify(const struct ft_evp_key *key, const struct ft_buf *signature, const char *data,
		  size_t len);

/* Adds the signature to ret. The key must be private. FT_UNTRUSTED: its parts do not belong
 * together; not every algorithm notices that, so verify the signature. FT_NO_MEMORY. */
int ft_evp_sign(const struct ft_evp_key *key, const char *data, size_t len, struct ft_buf *ret);

#endif
