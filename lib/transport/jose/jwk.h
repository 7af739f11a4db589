/* SPDX-License-Identifier: MIT */
/*
 * jwk.h - keys as JSON (RFC 7517), and which of them fit an algorithm
 */
#ifndef FT_TRANSPORT_JWK_H
#define FT_TRANSPORT_JWK_H

#include <stdbool.h>
#include "lib/base/error.h"
#include "lib/data/json.h"

#define FT_JWKS_KEYS_MAX 64		/* keys that are reported or tried */
#define FT_JWKS_TEXT_MAX (64 * 1024)	/* bytes of the keys that are reported */

/* The accepted algorithms; never HMAC or "none". */
enum ft_alg {
	FT_ALG_RS256, FT_ALG_RS384, FT_ALG_RS512, FT_ALG_PS256, FT_ALG_PS384, FT_ALG_PS512,
	FT_ALG_ES256, FT_ALG_ES384, FT_ALG_ES512, FT_ALG_EDDSA, FT_ALG_COUNT
};
extern const char *const ft_alg_names[FT_ALG_COUNT];

/* Finds an algorithm by its name in JOSE, which has only one spelling; FT_ALG_COUNT: another
 * name. */
enum ft_alg ft_alg_find(const char *name);

/* Checks that a key can verify (a public one) or sign (a private one) with an algorithm: type,
 * curve, size, the parts that this needs, and its alg, use and key_ops. FT_UNTRUSTED with a text
 * that continues "the key: "; FT_NO_MEMORY. */
int ft_jwk_check(struct json_object *jwk, enum ft_alg alg, bool sign, struct ft_error *err);

/* Checks that an RSA key is neither too small nor too large. Errors as above. */
int ft_jwk_check_bits(size_t bits, enum ft_alg alg, struct ft_error *err);

/* The algorithm that a key is for: EC and OKP keys by their curve, RSA keys by their alg, else
 * RS256. FT_ALG_COUNT: none that is supported. */
enum ft_alg ft_jwk_algorithm(struct json_object *jwk);

/* The array of keys in a set; NULL: it is not a set. */
struct json_object *ft_jwks_list(struct json_object *set);

/* Copies the part of a set that may be stored and passed on: keys that can verify, each once, with
 * only the members that this needs. FT_UNTRUSTED: it is not a set; FT_NO_MEMORY. The caller puts
 * the object. */
int ft_jwks_clean(struct json_object *set, struct json_object **ret);

#endif
