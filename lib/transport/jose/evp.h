/* SPDX-License-Identifier: MIT */
/*
 * evp.h - keys, and the signatures of RFC 7518 section 3, with libcrypto
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

/* Finds an algorithm by its name in JOSE; FT_HMAC_COUNT: another name. */
enum ft_hmac ft_hmac_find(const char *name);

/* The bytes of the hash, which a secret must have at least. */
size_t ft_hmac_size(enum ft_hmac hmac);

/* Whether the data's signature was made with the secret. */
bool ft_hmac_verify(enum ft_hmac hmac, const char *secret, const struct ft_buf *signature,
		    const char *data, size_t len);

/* A key with the algorithm that it is for. */
struct ft_evp_key;

/* Imports a JWK that ft_jwk_check has accepted for the algorithm. FT_UNTRUSTED: its parts are not a
 * valid key; FT_NO_MEMORY. */
int ft_evp_import(struct json_object *jwk, enum ft_alg alg, bool private, struct ft_evp_key **ret);

/* Size of a certificate's SHA-256 in base64url, with a NUL; "": no certificate. */
#define FT_EVP_THUMBPRINT 44

/* Reads the first private key of a PEM text, and the certificate that may come with it. The
 * algorithm is RS256 for RSA, or PS256 if there is a certificate or the key is for RSA-PSS; for EC
 * that of its curve (ES256, ES384, ES512); EdDSA for Ed25519. FT_UNTRUSTED: no such key, or the
 * certificate is another key's; FT_NO_MEMORY. */
int ft_evp_read_pem(const char *pem, enum ft_alg *ret_alg, struct ft_evp_key **ret,
		    char ret_thumbprint[FT_EVP_THUMBPRINT], struct ft_error *err);

/* Checks a client's certificate and its key, both in PEM. FT_UNTRUSTED: one of them is not valid,
 * the certificate has expired (now: seconds since the epoch), or they do not belong together; the
 * text begins with the name of the key in the configuration. FT_NO_MEMORY. */
int ft_evp_check_pair(const char *certificate, const char *key, int64_t now, struct ft_error *err);

#define FT_EVP_P256_BYTES 32

/* Computes x and y of the public half of a private key on P-256. FT_UNTRUSTED: it is one of the few
 * numbers of that size that are not valid keys; FT_NO_MEMORY. */
int ft_evp_p256_point(const char *secret, char ret[2 * FT_EVP_P256_BYTES]);

void ft_evp_free(struct ft_evp_key *key);

/* 0: the key made the data's signature. A private key verifies with its public half. FT_UNTRUSTED:
 * it did not; FT_NO_MEMORY. */
int ft_evp_verify(const struct ft_evp_key *key, const struct ft_buf *signature, const char *data,
		  size_t len);

/* Appends the signature of the data by a private key. FT_UNTRUSTED: the key's parts do not belong
 * together. Not every algorithm notices that, so the caller must verify the signature.
 * FT_NO_MEMORY. */
int ft_evp_sign(const struct ft_evp_key *key, const char *data, size_t len, struct ft_buf *ret);

#endif
