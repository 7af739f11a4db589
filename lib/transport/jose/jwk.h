/* SPDX-License-Identifier: MIT */
/*
 * jwk.h - keys as JSON (RFC 7517), and which of them fit an algorithm
 */
#ifndef FT_TRANSPORT_JWK_H
#define FT_TRANSPORT_JWK_H

#include <stdbool.h>
#include "lib/base/error.h"
#include "lib/data/json.h"

#define FT_JWKS_KEYS_MAX 64		/* that are reported or tried … */
#define FT_JWKS_TEXT_MAX (64 * 1024)	/* … and bytes of what is reported */

/* The accepted algorithms; never HMAC or "none". */
enum ft_alg {
	FT_ALG_RS256, FT_ALG_RS384, FT_ALG_RS512, FT_ALG_PS256, FT_ALG_PS384, FT_ALG_PS512,
	FT_ALG_ES256, FT_ALG_ES384, FT_ALG_ES512, FT_ALG_EDDSA, FT_ALG_COUNT
};
extern const char *const ft_alg_names[FT_ALG_COUNT];

/* By its name in JOSE, which has one spelling; FT_ALG_COUNT: none of these. */
enum ft_alg ft_alg_find(const char *name);

/*
 * Whether a key may verify (a public one) or sign (a private one) with an
 * algorithm: type, curve and size, every part that this takes, and its own alg,
 * use and key_ops. FT_UNTRUSTED with a text that reads on after "the key: ";
 * FT_NO_MEMORY.
 */
int ft_jwk_check(struct json_object *jwk, enum ft_alg alg, bool sign, struct ft_error *err);

/* Whether an RSA key is neither too small nor too large; else as above. */
int ft_jwk_check_bits(size_t bits, enum ft_alg alg, struct ft_error *err);

/* What a key is for: by its curve, and an RSA key by its alg, RS256 without one. FT_ALG_COUNT:
 * nothing that is known. */
enum ft_alg ft_jwk_algorithm(struct json_object *jwk);

/* The keys of a set; NULL where it is none. */
struct json_object *ft_jwks_list(struct json_object *set);

/*
 * The part of a set that may be stored and passed on: keys that can verify, each
 * once, with only the members that this needs. FT_UNTRUSTED: no set;
 * FT_NO_MEMORY. The caller puts the object.
 */
int ft_jwks_clean(struct json_object *set, struct json_object **ret);

#endif
