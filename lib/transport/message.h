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

/* The request. The strings belong to the tree, so that no secret is copied. */
struct ft_exchange {
	struct json_object *tree;
	const char *method;
	const char *id;		/* letters and digits; NULL: none */
	const char *url;	/* checked by http.h */
	struct json_object *headers;	/* array of checked strings; NULL: none */
	struct json_object *headers_seen; /* likewise: names that are looked for in the answer */
	const char *body;	/* NULL: none */
	size_t body_len;
	struct ft_exchange_field *fields;
	size_t n_fields;
	struct ft_exchange_field entries;	/* to be counted; no name: nothing is */
	bool metadata, jwt, jwks, sandbox;
	struct ft_idtoken_rules id_token;	/* no issuer: none is to be verified */
	bool keep_id_token;	/* the answer gets the verified ID token and its expiry */
	bool by_date;		/* its times are compared with the answer's Date */
	int64_t id_token_now;	/* seconds, used instead of this machine's clock; -1: none */
	const char *id_token_text;	/* is verified instead of the one in the body; NULL: none */
	struct ft_assertion assertion;
	struct ft_dpop dpop;		/* its key NULL: no proof */
	struct ft_signing signing;	/* its key not NULL: signing it is all there is to do */
	const char *certificate, *key;	/* PEM of the client's certificate; NULL: none */
	const char *given;		/* the body … */
	size_t given_len;
	struct ft_buf form;		/* the body with an assertion; what is sent */
	enum ft_untyped untyped;
	const char *ca_file, *proxy, *no_proxy;	/* NULL: none */
	unsigned timeout;	/* seconds */
	int64_t deadline;	/* ms of CLOCK_BOOTTIME; nothing is sent after it; 0: none */
	int64_t deadline_real;	/* the same, ms since the epoch; 0: by this machine's clock */
	bool seals;		/* the answer is sealed for … */
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
/* Syncs a regular file to the disk. */
int ft_answer_keep(int fd, struct ft_error *err);

#endif
