/*
 * evp.h - what libcrypto has to do itself, as cjose cannot: Ed25519, and keys in PEM
 *
 * The only file that includes openssl/… is evp.c.
 */
#ifndef FT_TRANSPORT_EVP_H
#define FT_TRANSPORT_EVP_H

#include <stdbool.h>
#include <stddef.h>
#include "error.h"
#include "json.h"

#define FT_ED25519_KEY 32	/* bytes of either key */
#define FT_ED25519_SIGNATURE 64

/* False also where memory ran out: what cannot be verified is not. */
bool ft_ed25519_verify(const unsigned char key[FT_ED25519_KEY],
		       const unsigned char signature[FT_ED25519_SIGNATURE],
		       const char *data, size_t len);
/* False: no memory. */
bool ft_ed25519_sign(const unsigned char private_key[FT_ED25519_KEY], const char *data, size_t len,
		     unsigned char ret_signature[FT_ED25519_SIGNATURE]);

/*
 * The first private key in a PEM text as a JWK: RSA, EC on the curve P-256, or
 * Ed25519. FT_UNTRUSTED with a text that begins with "the key"; FT_NO_MEMORY.
 * The caller puts the object.
 */
int ft_pem_read(const char *pem, struct json_object **ret, struct ft_error *err);

#endif
