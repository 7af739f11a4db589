/* SPDX-License-Identifier: MIT */
/*
 * service.h - an account's token service: its metadata and keys, and exchanges with it
 *
 * Exchanges here can be repeated: discovery, keys, a sign-in, a question about a
 * token. Only freshtoken-refresh spends a refresh token, with a journal. The caller
 * waits for the network, up to the account's `timeout` for each exchange.
 *
 * The service's metadata (RFC 8414, OpenID Connect Discovery 1.0) is cached for a
 * day, its signing keys for an hour, beside the records. The cache holds no secret
 * and may be lost at any time.
 */
#ifndef FT_SERVICE_H
#define FT_SERVICE_H

#include <stdbool.h>
#include "lib/core/context.h"
#include "lib/exchange/facts.h"
#include "lib/exchange/request.h"
#include "lib/provider/profile.h"
#include "lib/service/transport-run.h"

struct ft_service {
	const struct freshtoken *ft;
	const struct ft_account *account;
	struct ft_profile profile;
	char *server;
	struct ft_route route;	/* its texts are not owned; ft_service_init sets the timeout */
	const struct ft_run_as *run_as;	/* the user that the transport runs as; NULL: the caller */
	int lock_fd;			/* inherited by the transport; -1: none */
	bool by_date; /* in a refresh: an ID token's times are compared with its answer's Date */
	struct ft_secret dpop_key;	/* with the account's `dpop`; read when needed */
	char dpop_nonce[FT_NONCE_SIZE];	/* that the service wants in the next proof; "": none */
	struct ft_secret source; /* proves who the client is, if a request has no source itself */
	bool by_secret; /* an ID token may be signed with the client's secret; not at a login */
	bool one_tenant; /* at a login: an issuer for any tenant (FT_TENANT) is refused, since
			  * anybody can make a tenant */
	bool unshown; /* discovery or ft_identity_* failed because of this machine or a 429, which
		       * does not show that the service is down */
	enum ft_request_kind asked;	/* the last request of ft_identity_* */
	const struct ft_strings *headers;	/* names that discovery looks for; NULL: none */
	/* Which of `headers` the answers had; set by ft_service_discover, even if it failed. Empty
	 * if the metadata came from the cache. */
	struct ft_strings headers_seen;
	/* Known after ft_service_discover. */
	struct ft_metadata metadata;
	int64_t metadata_at;		/* when it was fetched, seconds since the epoch; 0: never */
	char *keys;			/* JWK set as JSON; NULL: none, or too old */
	int64_t keys_at;		/* when they were fetched; likewise */
	int64_t keys_spare_at;		/* of the last extra fetch within a minute; 0: never */
};

/* Reads the profile; makes no exchange. *ret is untouched on failure. FT_CONFIG, FT_NO_MEMORY. */
int ft_service_init(const struct freshtoken *ft, const struct ft_account *account,
		    struct ft_service *ret, struct ft_error *err);
void ft_service_release(struct ft_service *service);

/* Takes the proxies from the environment. Not for PAM. */
void ft_service_proxy_from_environment(struct ft_service *service);

/*
 * Gets the service's endpoints, and the cached keys, from the cache or from the service. needed: an
 * endpoint that the metadata must have, or NULL. For a profile without discovery nothing is asked.
 * FT_TEMPORARY, FT_CONFIG (the service has no metadata, or another issuer), FT_SYSTEM.
 */
int ft_service_discover(struct ft_service *service, const char *needed, struct ft_error *err);

/*
 * Judges the answer to a discovery request. 0: its metadata has been moved into the service.
 * FT_NOT_FOUND (try the next address), FT_TEMPORARY, FT_CONFIG (another issuer).
 */
int ft_service_take_metadata(struct ft_service *service, const char *needed,
			     struct ft_facts *facts, struct ft_error *err);

/* With one_tenant: FT_UNTRUSTED if the issuer is for any tenant. */
int ft_service_check_tenant(const struct ft_service *service, const char *issuer,
			    struct ft_error *err);

/* An endpoint or another member by its RFC 8414 name; NULL: not known. */
const char *ft_service_endpoint(const struct ft_service *service, const char *name);

/* Whether the profile or the metadata has the address of a request; after ft_service_discover. */
bool ft_service_offers(const struct ft_service *service, enum ft_request_kind kind);

/* For a request to the service, with what is known of it now. */
struct ft_recipient ft_service_recipient(const struct ft_service *service);

/* One exchange. FT_SYSTEM: it could not be started. What the server did is in the facts. */
int ft_service_ask(struct ft_service *service, const struct ft_buf *message, struct ft_facts *ret,
		   struct ft_error *err);

/* Renders a request and makes the exchange. */
int ft_service_request(struct ft_service *service, enum ft_request_kind kind,
		       const struct ft_variables *variables, struct ft_facts *ret,
		       struct ft_error *err);

/* Discovers what a request for tokens needs, and what judging its answer needs. Errors as
 * ft_service_discover. */
int ft_service_prepare(struct ft_service *service, enum ft_request_kind kind, struct ft_error *err);

/*
 * Renders the message that spends a refresh token. May run discovery first, for the request and for
 * judging its answer. The tokens are not copied. id: the answer repeats it; seal: the key that the
 * transport seals its answer for, or NULL. Errors as ft_service_discover and ft_request_render.
 */
int ft_service_refresh_message(struct ft_service *service, const struct ft_secret *refresh_token,
			       const struct ft_secret *access_token, const char *id,
			       const char *seal, struct ft_buf *ret, struct ft_error *err);

/* Has a JWT access token verified with the service's keys, fetched now: it must be for this
 * audience alone. The verdict is in the facts' id_token. FT_NOT_FOUND: the service publishes no
 * keys; FT_TEMPORARY, FT_CONFIG, FT_SYSTEM, FT_NO_MEMORY. */
int ft_service_verify_access(struct ft_service *service, const struct ft_secret *token,
			     const char *audience, struct ft_facts *ret, struct ft_error *err);

/*
 * If no known key fits the answer's ID token, fetches the keys, unless that was done within a
 * minute, and has the token verified; the verdict is in the facts. unknown_key stays set only if
 * the keys could not be fetched. nonce may be NULL. The only error is FT_NO_MEMORY.
 */
int ft_service_verify(struct ft_service *service, const char *nonce, struct ft_facts *facts,
		      struct ft_error *err);

/*
 * If an answer will have an ID token, fetches missing keys now, so that the tokens of that answer
 * do not depend on a later fetch. It is no error if that fails: ft_service_verify tries again.
 */
void ft_service_prepare_keys(struct ft_service *service);

/* Stores the nonce that an answer has for the proofs of later requests. */
void ft_service_learn(struct ft_service *service, const struct ft_facts *facts);

/* cache.c: metadata, keys and nonce, beside the records. A cache that cannot be read counts as
 * empty. */
void ft_service_cache_read(struct ft_service *service);
void ft_service_cache_write(const struct ft_service *service);
/* Parse and format the cache's text. FT_NO_MEMORY, FT_UNTRUSTED (too long). */
void ft_service_cache_parse(struct ft_service *service, const char *text, size_t len);
int ft_service_cache_format(const struct ft_service *service, struct ft_buf *ret);

#endif
