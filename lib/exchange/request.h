/* SPDX-License-Identifier: MIT */
/*
 * request.h - from a profile's template to one message for freshtoken-transport
 *
 * Values are substituted into a parsed JSON template, percent-encoded into a
 * form, path or query, escaped into XML: a token can never change the shape of
 * a request. The message format is docs/transport-messages.md.
 */
#ifndef FT_REQUEST_H
#define FT_REQUEST_H

#include "lib/base/buffer.h"
#include "lib/base/secret.h"
#include "lib/config/account.h"
#include "lib/provider/profile.h"

/* What only this exchange knows. Unset secrets are unset variables. */
struct ft_variables {
	struct ft_secret refresh_token, access_token, username, password;
	struct ft_secret client_secret;	/* unset: read from the account's client_secret_file */
	struct ft_secret token;		/* to introspect, show or revoke */
	struct ft_secret source;	/* of a grant: what the account's `from` brings … */
	struct ft_secret jwt;		/* … and what is signed for it */
	struct ft_secret device_code, code, redirect_uri, code_verifier, code_challenge, state,
		nonce, prompt, device_grant, person;
	const char *id;	/* that the answer is to repeat; NULL: none. Not ours */
	const char *seal;	/* for whom it is sealed (lib/store/seal.h); NULL: nobody. Lent */
	bool by_date;	/* an ID token's times are compared with the Date of its answer */
	struct ft_secret dpop_key;	/* requests for tokens prove that we have it (RFC 9449) … */
	const char *dpop_nonce;	/* … with what the service wants in that; NULL: nothing; lent */
	bool by_secret; /* it may be signed with the client's secret, where that is listed */
};
void ft_variables_release(struct ft_variables *variables);

/* Endpoints by name ("token_endpoint"), from discovery; may be empty. */
struct ft_metadata {
	struct ft_param *list;
	size_t n;
};

void ft_metadata_release(struct ft_metadata *metadata);

/* How an exchange leaves this machine where the account does not say, and how long it may take. */
struct ft_route {
	const char *http_proxy, *https_proxy, *no_proxy;	/* NULL: not set */
	unsigned timeout;	/* seconds; 0: the account's */
};

/* The server an account talks to: its own, else the profile's; FT_CONFIG if neither. */
int ft_request_server(const struct ft_account *account, const struct ft_profile *profile,
		      const char **ret, struct ft_error *err);

/* An endpoint by its RFC 8414 name, from the profile's [metadata] or the service's; NULL: none. */
const char *ft_request_endpoint(const struct ft_profile *profile,
				const struct ft_metadata *metadata, const char *name);

/* Whether a list of the metadata's ("scopes_supported"), or a scope, has the word; NULL has
 * none. */
bool ft_request_lists(const char *list, const char *word);

/* How a client secret is sent where nobody says it: basic, which RFC 6749 section 2.3.1 has every
 * service know, unless it says that it knows post alone. */
enum ft_client_auth ft_request_secret_auth(const struct ft_profile *profile,
					   const struct ft_metadata *metadata);

/* Whether an endpoint of this request is known only from discovery. */
bool ft_request_needs_discovery(const struct ft_profile *profile, enum ft_request_kind kind);

/* Whether the request cannot be made without a variable, as formulacerta's refresh
 * without the old access token. */
bool ft_request_needs_access_token(const struct ft_account *account,
				   const struct ft_profile *profile, enum ft_request_kind kind);

/* Whether the account's grant has something signed for it: ${jwt}, or ${jwt?} without a `from`. */
bool ft_request_wants_jwt(const struct ft_account *account, const struct ft_profile *profile);
/*
 * For the JWT that the account's grant wants, signed by freshtoken-transport: the facts have it, or
 * why not. now: seconds since the epoch. Nothing is sent for that. Errors as ft_request_render.
 */
int ft_request_jwt(const struct ft_account *account, const struct ft_profile *profile,
		   const struct ft_variables *variables, const struct ft_metadata *metadata,
		   int64_t now, struct ft_buf *ret_message, struct ft_error *err);
/* Whether the account has what that is signed with. FT_CONFIG with what to set. */
int ft_request_check_key(const struct ft_account *account, struct ft_error *err);

/* Whether the account keeps the ID token, or the profile reads something of a verified one. */
bool ft_request_wants_id_token(const struct ft_account *account, const struct ft_profile *profile);

/*
 * keys is a JWK set to verify an ID token with, or NULL. Errors: FT_CONFIG with key and remedy
 * (whoever calls names the account); FT_UNTRUSTED (a client secret's file, an endpoint that
 * metadata names); FT_NO_MEMORY.
 */
int ft_request_render(const struct ft_account *account, const struct ft_profile *profile,
		      enum ft_request_kind kind, const struct ft_variables *variables,
		      const struct ft_metadata *metadata, const char *keys,
		      const struct ft_route *route, struct ft_buf *ret_message,
		      struct ft_error *err);

/* Has a message's request not be sent later than that, in ms of CLOCK_BOOTTIME; real: what time it
 * is then, ms since the epoch, by a clock that is better than this machine's. */
void ft_request_set_deadline(struct ft_buf *message, int64_t boottime, int64_t real);

/* The profile's link of [device], with variables' device_code. Errors as above. */
int ft_request_link(const struct ft_account *account, const struct ft_profile *profile,
		    const struct ft_variables *variables, struct ft_buf *ret,
		    struct ft_error *err);

/* The URL of FT_REQUEST_AUTHORIZE; with a request_uri that the service gave for them (RFC 9126
 * section 4), in place of its parameters. Errors as above. */
int ft_request_authorize_url(const struct ft_account *account, const struct ft_profile *profile,
			     const struct ft_variables *variables,
			     const struct ft_metadata *metadata,
			     const struct ft_secret *request_uri, struct ft_buf *ret,
			     struct ft_error *err);

/* For the service's JWK set; with an ID token, to have that verified by it too (nonce may be
 * NULL; now: what its times are compared with, seconds; 0: our clock). FT_CONFIG: the service has
 * none. */
int ft_request_keys(const struct ft_account *account, const struct ft_profile *profile,
		    const struct ft_metadata *metadata, const struct ft_secret *id_token,
		    const char *nonce, int64_t now, const struct ft_route *route,
		    struct ft_buf *ret_message, struct ft_error *err);

/* For the service's JWK set, and the verdict of it on an access token that is a JWT: whether it is
 * for this audience and for no other. FT_CONFIG: the service has no keys, or no issuer. */
int ft_request_access_token(const struct ft_account *account, const struct ft_profile *profile,
			    const struct ft_metadata *metadata, const struct ft_secret *token,
			    const char *audience, const struct ft_route *route,
			    struct ft_buf *ret_message, struct ft_error *err);

/* A GET that says nothing and wants nothing: whether a server can be reached, and how well
 * the transport is boxed in. */
int ft_request_probe(const struct ft_account *account, const char *url,
		     const struct ft_route *route, struct ft_buf *ret_message,
		     struct ft_error *err);

/* Where metadata was looked for. */
struct ft_discovery {
	const struct ft_strings *headers; /* names; the answer says which it has. NULL: none */
	unsigned next;
	bool redirected;	/* an answer was a redirect: whoever asks says so */
	bool slash;
};

/*
 * The next discovery request: at the profile's metadata_url alone, else by RFC 8414 and OpenID
 * Connect Discovery; after a redirect once more with "/" after these, for some servers have all
 * their pages there. FT_NOT_FOUND past the last.
 */
int ft_request_discovery(const struct ft_account *account, const struct ft_profile *profile,
			 struct ft_discovery *at, const struct ft_route *route,
			 struct ft_buf *ret_message, struct ft_error *err);

#endif
