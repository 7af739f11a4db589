/* SPDX-License-Identifier: MIT */
/*
 * assertion.h - a client that signs instead of sending a secret: private_key_jwt
 * (RFC 7523 section 3, OpenID Connect Core section 9)
 */
#ifndef FT_TRANSPORT_ASSERTION_H
#define FT_TRANSPORT_ASSERTION_H

#include <stdint.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/data/json.h"

#define FT_ASSERTION_SECONDS 60	/* as long as an assertion is good */

/* A JWT to be signed without sending a request. Key and claims belong to the caller. */
struct ft_signing {
	const char *key;	/* private: PEM, or a JWK; NULL: nothing is asked for */
	struct json_object *claims;	/* gets a jti */
};

/* HEADER.PAYLOAD.SIGNATURE. Errors as below, without the words before them. */
int ft_assertion_sign(const struct ft_signing *signing, struct ft_buf *ret, struct ft_error *err);

/* The strings are the caller's. */
struct ft_assertion {
	const char *key;	/* private: PEM, or a JWK; NULL: no assertion is asked for */
	const char *client_id, *audience;
	int64_t seconds;	/* that it is good for, FT_ASSERTION_SECONDS at most; 0: as long */
};

/*
 * Adds the two parameters to a form. now: seconds since the epoch. FT_UNTRUSTED:
 * a key that cannot be used, with a text that begins with "client assertion"
 * and has nothing of the key; FT_NO_MEMORY; FT_SYSTEM: no random bytes.
 */
int ft_assertion_add(const struct ft_assertion *assertion, int64_t now, struct ft_buf *form,
		     struct ft_error *err);

#endif
