/* SPDX-License-Identifier: MIT */
/*
 * parts.h - the parts of a request; internal to lib/exchange
 *
 * Each function appends to a buffer. Errors: FT_CONFIG "KEY: …"; missing memory is only noted in
 * the buffer, for ft_buf_check.
 */
#ifndef FT_REQUEST_PARTS_H
#define FT_REQUEST_PARTS_H

#include "lib/base/buffer.h"
#include "lib/exchange/request.h"
#include "lib/provider/profile.h"
#include "lib/provider/template.h"

/* What the parts of one request share. */
struct ft_request_work {
	const struct ft_account *account;
	const struct ft_profile *profile;
	const struct ft_request_template *request;
	struct ft_request_template own;	/* a template made for this request; owns only its form */
	enum ft_client_auth client_auth;
	enum ft_format format;
	struct ft_secret client_secret;	/* or the private key of private_key_jwt and tls */
	struct ft_secret client_cert;	/* the certificate of tls */
	const struct ft_metadata *metadata;	/* NULL: none is known */
	const struct ft_route *route;	/* NULL: the account's own */
	const char *keys;	/* a JWK set; NULL: none */
	const char *nonce;	/* that an ID token must have; NULL: none */
	const char *id;		/* NULL: none */
	const char *seal;	/* NULL: none */
	bool by_date;	/* an ID token's times are compared with the answer's Date, not our clock */
	const char *dpop_key, *dpop_nonce;	/* NULL: none */
	bool by_secret;	/* an ID token may be signed with client_secret */
	int64_t now;	/* … its times are compared with this, seconds; 0: not */
	char default_scope[32];
	struct ft_scope scope;
	struct ft_buf url, body, header;	/* header: one at a time */
};

#define FT_REQUEST_WORK_INIT(TO) \
	{ .account = (TO)->account, .profile = (TO)->profile, \
	  .metadata = (TO)->metadata, .route = (TO)->route, .url = FT_BUF_INIT(8192), \
	  .body = FT_BUF_INIT(FT_MESSAGE_MAX), .header = FT_BUF_INIT(FT_MESSAGE_MAX) }
void ft_request_work_release(struct ft_request_work *work);

/* Fills work with all that the message needs. Errors as ft_request_render. */
int ft_request_prepare(struct ft_request_work *work, enum ft_request_kind kind,
		       const struct ft_variables *variables, struct ft_error *err);

/* The account's client_auth, else the profile's; else, for a request with ${client_secret}, the way
 * that services must support. But a client_secret_file that signs for a grant is never sent. */
enum ft_client_auth ft_request_choose_auth(const struct ft_request_work *work);
/* Puts the secret, key or certificate of work's client_auth into work; FT_CLIENT_AUTH_NONE becomes
 * the client_auth of a request in which no client authenticates. */
int ft_request_find_secret(struct ft_request_work *work, enum ft_request_kind kind,
			   const struct ft_variables *variables, struct ft_error *err);
/* RFC 7521 section 4.2: a client assertion is sent as two form parameters, so work's format has to
 * be a form. */
int ft_request_check_assertion(const struct ft_request_work *work, struct ft_error *err);

/* Reads the file of a client's secret, key or certificate. Errors begin with "KEY FILE: ". */
int ft_request_read_proof(const char *key, const char *file, struct ft_secret *ret,
			  struct ft_error *err);

/*
 * The audience of a client assertion (RFC 7523 section 3): the token endpoint if it is sent there,
 * else the issuer. Never an endpoint that it is not sent to: a hostile service could name another
 * service's endpoint in its metadata, and use the assertion there (CVE-2025-27370).
 */
const char *ft_request_assertion_audience(const struct ft_request_work *work,
					  enum ft_request_kind kind);

/* Fills work's url: server and path, or the endpoint, and the query. For a client that presents a
 * certificate some services have other endpoints (RFC 8705 section 5). */
int ft_request_url(struct ft_request_work *work, const char *server, struct ft_error *err);

/* The body in one format. */
int ft_request_body(const struct ft_request_template *request, enum ft_format format,
		    const struct ft_scope *scope, struct ft_buf *out, struct ft_error *err);

/* name=value&…, without what an unset ${x?} drops. */
int ft_request_pairs(const char *key, const struct ft_strings *pairs,
		     const struct ft_scope *scope, struct ft_buf *out, struct ft_error *err);

/* The whole message, after ft_request_prepare. FT_CONFIG "account NAME: …", FT_NO_MEMORY. */
int ft_request_message(struct ft_request_work *work, enum ft_request_kind kind,
		       struct ft_buf *out, struct ft_error *err);
/* The messages below have work's url. */
int ft_request_discovery_message(const struct ft_request_work *work,
				 const struct ft_strings *headers, struct ft_buf *out,
				 struct ft_error *err);

/* The index-th URL where metadata may be, with `slash` followed by "/"; FT_NOT_FOUND past the
 * last. */
int ft_request_discovery_url(const struct ft_profile *profile, const char *server,
			     unsigned index, bool slash, struct ft_buf *out);

/* Asks for a JWK set, and verifies an access token with it, which must be for this audience
 * alone. */
int ft_request_access_token_message(const struct ft_request_work *work,
				    const struct ft_secret *token, const char *audience,
				    struct ft_buf *out, struct ft_error *err);
/* Asks for a JWK set, and verifies an ID token with it; NULL: only the set. */
int ft_request_keys_message(const struct ft_request_work *work, const struct ft_secret *id_token,
			    struct ft_buf *out, struct ft_error *err);

/* Moves the result into the caller's buffer if r is 0; else releases it and leaves the buffer. */
void ft_request_hand_over(int r, struct ft_buf *made, struct ft_buf *ret);

#endif
