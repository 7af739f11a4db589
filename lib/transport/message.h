/* SPDX-License-Identifier: MIT */
/*
 * message.h - one request in, one answer out: docs/transport-messages.md
 */
#ifndef FT_TRANSPORT_MESSAGE_H
#define FT_TRANSPORT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/base/box.h"
#include "lib/base/error.h"
#include "lib/data/json.h"
#include "lib/data/path.h"
#include "lib/exchange/facts.h"
#include "lib/transport/jose/assertion.h"
#include "lib/transport/jose/dpop.h"
#include "lib/transport/jose/idtoken.h"

#define FT_EXCHANGE_FIELDS 32	/* more are refused */
#define FT_EXCHANGE_PATHS 32
#define FT_EXCHANGE_ID 16	/* bytes */

struct ft_exchange_field {
	const char *name;
	struct ft_path *paths;
	size_t n;
};

/* What to do. The strings belong to the tree, so that no secret is copied. */
struct ft_exchange {
	struct json_object *tree;
	const char *method;
	const char *id;		/* NULL: none; letters and digits */
	const char *url;	/* checked by http.h */
	struct json_object *headers;	/* array of checked strings; NULL: none */
	struct json_object *headers_seen; /* likewise: names, to be looked for in the answer */
	const char *body;	/* NULL: none */
	size_t body_len;
	struct ft_exchange_field *fields;
	size_t n_fields;
	struct ft_exchange_field entries;	/* to be counted; no name: nothing is */
	bool metadata, jwt, jwks, sandbox;
	struct ft_idtoken_rules id_token;	/* no issuer: none is to be verified */
	bool keep_id_token;	/* the answer gets the verified ID token, with its end */
	bool by_date;		/* its times are compared with the answer's own Date */
	int64_t id_token_now;	/* seconds that they are compared with, not our clock; -1: none */
	const char *id_token_text;	/* to be verified instead of the body's; NULL: none */
	struct ft_assertion assertion;
	struct ft_dpop dpop;		/* no key: no proof */
	struct ft_signing signing;	/* no key: it is a request; else all there is to do */
	const char *certificate, *key;	/* PEM, that this client shows; NULL: none */
	const char *given;		/* the body … */
	size_t given_len;
	struct ft_buf form;		/* … once an assertion is added to it */
	enum ft_untyped untyped;
	const char *ca_file, *proxy, *no_proxy;	/* NULL: none */
	unsigned timeout;	/* seconds */
	int64_t deadline;	/* ms of CLOCK_BOOTTIME, after which nothing is sent; 0: none */
	int64_t deadline_real;	/* what time that is, in ms since the epoch; 0: by our clock */
	bool seals;		/* the answer is for nobody else than … */
	unsigned char seal[FT_BOX_ADDRESS];
};

/* FT_CONFIG: not a valid request; FT_NO_MEMORY. */
int ft_exchange_parse(const char *text, size_t len, struct ft_exchange *ret,
		      struct ft_error *err);
void ft_exchange_release(struct ft_exchange *exchange);

/* Prepares the client's proof, each time before sending: adds an assertion to the body if the
 * request asks for one; checks the client's certificate, if it has one. Errors: assertion.h,
 * evp.h. */
int ft_exchange_sign(struct ft_exchange *exchange, int64_t now, struct ft_error *err);

/* Whether its deadline has passed: then it must not be sent. */
bool ft_exchange_is_late(const struct ft_exchange *exchange);

/* Writes text, in one call unless the system splits it, and ends a regular file there.
 * Async-signal-safe where err is NULL, like the next one. FT_SYSTEM. */
int ft_answer_write(int fd, const char *text, size_t len, struct ft_error *err);
/* Syncs it to the disk, if it is a regular file. */
int ft_answer_keep(int fd, struct ft_error *err);

#endif
