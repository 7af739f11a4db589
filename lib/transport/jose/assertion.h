/* SPDX-License-Identifier: MIT */
/* assertion.h - signs JWTs: a client's assertion instead of a secret, private_key_jwt (RFC 7523
 * section 3, OpenID Connect Core section 9), and others */
#ifndef FT_TRANSPORT_ASSERTION_H
#define FT_TRANSPORT_ASSERTION_H

#include <stdint.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/data/json.h"

#define FT_ASSERTION_SECONDS 60	/* the longest life of an assertion */

/* A JWT that is signed without sending a request. Key and claims belong to the caller. */
struct ft_signing {
	const char *key;	/* private: PEM, or a JWK; NULL: none is to be signed */
	struct json_object *claims;	/* gets a jti */
};

/* Writes HEADER.PAYLOAD.SIGNATURE. Errors as below, but the text does not begin with "client
 * assertion". */
int ft_assertion_sign(const struct ft_signing *signing, struct ft_buf *ret, struct ft_error *err);

/* The strings belong to the caller. */
struct ft_assertion {
	const char *key;	/* private: PEM, or a JWK; NULL: no assertion */
	const char *client_id, *audience;
	int64_t seconds;	/* its life, at most FT_ASSERTION_SECONDS; 0: that */
};

/* Adds the two parameters to a form. now: seconds since the epoch. FT_UNTRUSTED: the key cannot be
 * used; the text begins with "client assertion" and contains nothing of the key. FT_NO_MEMORY;
 * FT_SYSTEM: no random bytes. */
int ft_assertion_add(const struct ft_assertion *assertion, int64_t now, struct ft_buf *form,
		     struct ft_error *err);

#endif
