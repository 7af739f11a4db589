/* SPDX-License-Identifier: MIT */
/*
 * request.h - renders a profile's template into a message for freshtoken-transport
 *
 * Values are substituted into a parsed JSON template, percent-encoded into a form, path or query,
 * and escaped into XML: a token can never change the structure of a request.
 * docs/transport-messages.md describes the messages.
 */
#ifndef FT_REQUEST_H
#define FT_REQUEST_H

#include "lib/base/buffer.h"
#include "lib/base/secret.h"
#include "lib/config/account.h"
#include "lib/provider/profile.h"

/* The variables of one exchange. A secret that is not set is a variable that is not set. */
struct ft_variables {
	struct ft_secret refresh_token, access_token, username, password;
	struct ft_secret client_secret;	/* unset: read from the account's client_secret_file */
	struct ft_secret token;		/* to introspect, show or revoke */
	struct ft_secret source;	/* of a grant: what the account's `from` names */
	struct ft_secret jwt;		/* of a grant: the JWT that was signed for it */
	struct ft_secret device_code, code, redirect_uri, code_verifier, code_challenge, state,
		nonce, prompt, device_grant, person;
	const char *id;		/* the answer repeats it; NULL: none. Not owned */
	const char *seal;	/* the answer is sealed for this address (lib/store/seal.h); NULL:
				 * it is not. Not owned */
	bool by_date;	/* an ID token's times are compared with the Date of its answer */
	struct ft_secret dpop_key;	/* requests for tokens prove its possession (RFC 9449) */
	const char *dpop_nonce;	/* goes into that proof; NULL: none. Not owned */
	bool by_secret;	/* an ID token may be signed with the client secret, if metadata say so */
};
void ft_variables_release(struct ft_variables *variables);

/* Endpoints by name ("token_endpoint"), from discovery; may be empty. */
struct ft_metadata {
	struct ft_param *list;
	size_t n;
};

void ft_metadata_release(struct ft_metadata *metadata);

/* Proxies for accounts that name none, and the limit of time. */
struct ft_route {
	const char *http_proxy, *https_proxy, *no_proxy;	/* NULL: not set */
	unsigned timeout;	/* seconds; 0: the account's */
};

/* Which service a request is for, and the way there. Nothing is owned. */
struct ft_recipient {
	const struct ft_account *account;
	const struct ft_profile *profile;
	const struct ft_metadata *metadata;	/* NULL: none is known */
	const struct ft_route *route;	/* NULL: no proxies but the account's, and its timeout */
};

/* The server an account talks to: its own, else the profile's; FT_CONFIG if neither. */
int ft_request_server(const struct ft_account *account, const struct ft_profile *profile,
		      const char **ret, struct ft_error *err);

/* An endpoint by its RFC 8414 name, from the profile's [metadata] or the service's; NULL: none. */
const char *ft_request_endpoint(const struct ft_profile *profile,
				const struct ft_metadata *metadata, const char *name);

/* Whether a list separated by blanks (scopes_supported of metadata, or a scope) has the word. list
 * may be NULL. */
bool ft_request_lists(const char *list, const char *word);

/* How a client secret is sent if neither account nor profile says: basic, which every service must
 * support (RFC 6749 section 2.3.1), unless its metadata list only post. */
enum ft_client_auth ft_request_secret_auth(const struct ft_profile *profile,
					   const struct ft_metadata *metadata);

/* Whether the endpoint of this request is known only from discovery. */
bool ft_request_needs_discovery(const struct ft_profile *profile, enum ft_request_kind kind);

/* Whether the request needs the old access token, as formulacerta's refresh does. */
bool ft_request_needs_access_token(const struct ft_account *account,
				   const struct ft_profile *profile, enum ft_request_kind kind);

/* Whether the account's grant needs a signed JWT: ${jwt}, or ${jwt?} without a `from`. */
bool ft_request_wants_jwt(const struct ft_account *account, const struct ft_profile *profile);
/*
 * A message that lets freshtoken-transport sign the JWT for the account's grant, without sending
 * anything: the facts have the JWT, or why not. now: seconds since the epoch. Errors as
 * ft_request_render.
 */
int ft_request_jwt(const struct ft_recipient *to, const struct ft_variables *variables,
		   int64_t now, struct ft_buf *ret_message, struct ft_error *err);
/* Whether the account has a key to sign that JWT with. FT_CONFIG with what to set. */
int ft_request_check_key(const struct ft_account *account, struct ft_error *err);

/* Whether the account keeps the ID token, or the profile reads a claim of it. */
bool ft_request_wants_id_token(const struct ft_account *account, const struct ft_profile *profile);

/*
 * Renders a request. keys: the JWK set to verify an ID token with, or NULL. Errors: FT_CONFIG with
 * key and remedy (the caller names the account); FT_UNTRUSTED (the file of the client secret, or an
 * endpoint that metadata name); FT_LOGIN_NEEDED (the registered client has expired); FT_NO_MEMORY.
 */
int ft_request_render(const struct ft_recipient *to, enum ft_request_kind kind,
		      const struct ft_variables *variables, const char *keys,
		      struct ft_buf *ret_message, struct ft_error *err);

/* Adds a deadline to a message, after which its request is not sent: in ms of CLOCK_BOOTTIME. real:
 * the same moment in ms since the epoch, by a better clock than this machine's. */
void ft_request_set_deadline(struct ft_buf *message, int64_t boottime, int64_t real);

/* The profile's link of [device] with the device_code. Errors as ft_request_render. */
int ft_request_link(const struct ft_recipient *to, const struct ft_variables *variables,
		    struct ft_buf *ret, struct ft_error *err);

/* The URL of FT_REQUEST_AUTHORIZE. request_uri, if not NULL, replaces its parameters, which were
 * pushed before (RFC 9126 section 4). Errors as ft_request_render. */
int ft_request_authorize_url(const struct ft_recipient *to,
			     const struct ft_variables *variables,
			     const struct ft_secret *request_uri, struct ft_buf *ret,
			     struct ft_error *err);

/* Requests the service's JWK set; and with id_token, which may be NULL, its verification. nonce may
 * be NULL. now: what the token's times are compared with, seconds since the epoch; 0: our clock.
 * FT_CONFIG: the service has no JWK set. */
int ft_request_keys(const struct ft_recipient *to, const struct ft_secret *id_token,
		    const char *nonce, int64_t now, struct ft_buf *ret_message,
		    struct ft_error *err);

/* Requests the service's JWK set and the verification of an access token that is a JWT: whether it
 * is for this audience and for no other. FT_CONFIG: the service has no JWK set, or no issuer. */
int ft_request_access_token(const struct ft_recipient *to, const struct ft_secret *token,
			    const char *audience, struct ft_buf *ret_message,
			    struct ft_error *err);

/* A GET without any secret, which tells whether a server can be reached and how the transport is
 * sandboxed. */
int ft_request_probe(const struct ft_account *account, const char *url,
		     const struct ft_route *route, struct ft_buf *ret_message,
		     struct ft_error *err);

/* The progress of a discovery. Zero-initialised it is at the beginning. */
struct ft_discovery {
	const struct ft_strings *headers; /* names; the answer says which it has. NULL: none */
	unsigned next;		/* the index of the next URL */
	bool redirected;	/* set by the caller: an answer was a redirect */
	bool slash;		/* the URLs end with "/" */
};

/*
 * The next discovery request: only the profile's metadata_url, if it has one; else the URLs of RFC
 * 8414 and OpenID Connect Discovery. If an answer was a redirect, the same URLs follow with "/" at
 * the end, because some servers redirect to those. FT_NOT_FOUND past the last.
 */
int ft_request_discovery(const struct ft_recipient *to, struct ft_discovery *at,
			 struct ft_buf *ret_message, struct ft_error *err);

#endif
