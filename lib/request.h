/*
 * request.h - from a profile's template to one message for freshtoken-transport
 *
 * Values are substituted into a parsed JSON template, percent-encoded into a
 * form, path or query, escaped into XML: a token can never change the shape of
 * a request. The message format is docs/transport-messages.md.
 */
#ifndef FT_REQUEST_H
#define FT_REQUEST_H

#include "account.h"
#include "buffer.h"
#include "profile.h"
#include "secret.h"

enum ft_request_kind { FT_REQUEST_REFRESH, FT_REQUEST_LOGIN, FT_REQUEST_REVOKE };

/* What only this exchange knows. Unset secrets are unset variables. */
struct ft_variables {
	struct ft_secret refresh_token, access_token, username, password;
	struct ft_secret client_secret;	/* unset: read from the account's client_secret_file */
};
void ft_variables_release(struct ft_variables *variables);

/* Endpoints by name ("token_endpoint"), from discovery; may be empty. */
struct ft_metadata {
	struct ft_param *list;
	size_t n;
};

void ft_metadata_release(struct ft_metadata *metadata);

/* How the exchange leaves this machine, where the account does not say. NULL: not set. */
struct ft_proxy_env {
	const char *http_proxy, *https_proxy, *no_proxy;
};

/* The server an account talks to: its own, else the profile's; FT_CONFIG if neither. */
int ft_request_server(const struct ft_account *account, const struct ft_profile *profile,
		      const char **ret, struct ft_error *err);

/* Whether an endpoint of this request is known only from discovery. */
bool ft_request_needs_discovery(const struct ft_profile *profile, enum ft_request_kind kind);

/* Whether the request cannot be made without a variable, as formulacerta's refresh
 * without the old access token. */
bool ft_request_needs_access_token(const struct ft_account *account,
				   const struct ft_profile *profile, enum ft_request_kind kind);

/*
 * Errors: FT_CONFIG with key and remedy (whoever calls names the account); FT_UNTRUSTED (a client secret's
 * file, an endpoint that metadata names); FT_NO_MEMORY.
 */
int ft_request_render(const struct ft_account *account, const struct ft_profile *profile,
		      enum ft_request_kind kind, const struct ft_variables *variables,
		      const struct ft_metadata *metadata, const struct ft_proxy_env *proxy,
		      struct ft_buf *ret_message, struct ft_error *err);

/* The index-th discovery request of a profile (RFC 8414, then OpenID Connect Discovery);
 * FT_NOT_FOUND past the last. */
int ft_request_discovery(const struct ft_account *account, const struct ft_profile *profile,
			 unsigned index, const struct ft_proxy_env *proxy,
			 struct ft_buf *ret_message, struct ft_error *err);

#endif
