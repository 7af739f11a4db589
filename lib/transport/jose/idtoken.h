/* SPDX-License-Identifier: MIT */
/*
 * idtoken.h - verifies an ID token (OpenID Connect Core section 3.1.3.7, RFC 8725), or an access
 * token that is a JWT (RFC 9068 section 4)
 *
 * The rules are in docs/transport-messages.md. This is a pure function: time and keys are
 * parameters, and nothing that the token names is fetched.
 */
#ifndef FT_TRANSPORT_IDTOKEN_H
#define FT_TRANSPORT_IDTOKEN_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/error.h"
#include "lib/data/json.h"

#define FT_IDTOKEN_MAX (32 * 1024)	/* bytes */
#define FT_IDTOKEN_LEEWAY 60		/* seconds by which the issuer's clock may differ */

/* What the caller requires. The strings and keys belong to the caller. */
struct ft_idtoken_rules {
	const char *issuer, *client_id;
	bool access_token; /* it must be an access token, only for the audience client_id */
	const char *nonce;		/* NULL: not checked */
	unsigned algorithms;		/* bit i: ft_alg i of jwk.h is allowed */
	/* The client's secret, which may also sign an ID token (HS…). It is never used as a key of
	 * the set, nor a key of the set as a secret. NULL: none. */
	const char *secret;
	unsigned hmacs;			/* bit i: ft_hmac i of evp.h is allowed, with the secret */
	struct json_object *keys;	/* the issuer's JWK set; NULL: none is known */
};

/* now: seconds since the epoch. FT_UNTRUSTED; FT_NOT_FOUND: only a key is missing, so newer keys
 * may help. The text of both continues "the ID token: ", and quotes the token's issuer, audience
 * and algorithm; the caller makes it printable. FT_NO_MEMORY. The caller puts the claims. */
int ft_idtoken_verify(const char *token, size_t len, const struct ft_idtoken_rules *rules,
		      int64_t now, struct json_object **ret_claims, struct ft_error *err);

#endif
