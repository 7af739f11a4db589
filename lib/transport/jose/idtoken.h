/* SPDX-License-Identifier: MIT */
/*
 * idtoken.h - whether an ID token may be believed (OpenID Connect Core section 3.1.3.7, RFC 8725),
 * or an access token that is a JWT (RFC 9068 section 4)
 *
 * The rules are in docs/transport-messages.md. One pure function: time is a
 * parameter, keys are given, nothing that the token names is fetched.
 */
#ifndef FT_TRANSPORT_IDTOKEN_H
#define FT_TRANSPORT_IDTOKEN_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/error.h"
#include "lib/data/json.h"

#define FT_IDTOKEN_MAX (32 * 1024)	/* bytes */
#define FT_IDTOKEN_LEEWAY 60		/* seconds between the issuer's clock and ours */

/* What the caller demands. The strings and the keys are its own. */
struct ft_idtoken_rules {
	const char *issuer, *client_id;
	bool access_token; /* it has to be one, for the audience client_id and no other */
	const char *nonce;		/* NULL: not looked at */
	unsigned algorithms;		/* bit i: ft_alg i of jwk.h is allowed */
	/* The client's own, with which an ID token may be signed as well (HS…); it is never a key
	 * of the set, and no key of the set is ever a secret. NULL: none. */
	const char *secret;
	unsigned hmacs;			/* bit i: ft_hmac i of evp.h is allowed, with the secret */
	struct json_object *keys;	/* the issuer's JWK set; NULL: none at hand */
};

/*
 * now: seconds since the epoch. FT_UNTRUSTED; FT_NOT_FOUND: nothing is wrong
 * but that no key fits, so that newer keys may help. Both with a text that
 * reads on after "the ID token: " and quotes what the token says of its
 * issuer, audience and algorithm (ASCII only up to where it was cut: whoever
 * passes it on looks after that). FT_NO_MEMORY. The caller puts the claims.
 */
int ft_idtoken_verify(const char *token, size_t len, const struct ft_idtoken_rules *rules,
		      int64_t now, struct json_object **ret_claims, struct ft_error *err);

#endif
