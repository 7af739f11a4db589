/* SPDX-License-Identifier: MIT */
/*
 * service.h - an account's token service: what it says of itself, and asking it
 *
 * Exchanges here are ones that can be repeated: discovery, keys, a sign-in, a
 * question about a token. Spending a refresh token is freshtoken-refresh's, with
 * its journal. Whoever uses this waits for the network, up to the account's
 * `timeout` for each exchange.
 *
 * What a service says of itself (RFC 8414, OpenID Connect Discovery 1.0: endpoints
 * for a day, signing keys for an hour) is kept beside the records, where nothing
 * secret is and anything may be lost.
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
	struct ft_route route;	/* its texts are not owned; the timeout is set */
	const struct ft_run_as *run_as;	/* whom the transport runs as; NULL: the caller */
	int lock_fd;			/* inherited by the transport; -1: none */
	bool by_date; /* an ID token's times are compared with its answer's Date: a refresh */
	struct ft_secret dpop_key;	/* read when it is needed; the account's `dpop` */
	char dpop_nonce[FT_NONCE_SIZE];	/* that the service wants in the next proof; "" */
	struct ft_secret source; /* that says who the client is, where no request has its own */
	bool by_secret; /* an ID token may be signed with the client's secret: not at a login */
	bool one_tenant; /* its issuer has to be one, not FT_TENANT of which anybody may have one:
			  * a login */
	bool unshown; /* discovery, or asking whose a token is, failed by this machine's
		       * own trouble or for a 429: the service may be up */
	enum ft_request_kind asked;	/* whose a token is: what was asked last */
	const struct ft_strings *headers;	/* names that discovery looks for; NULL: none */
	/* Known after ft_service_discover, which may have failed: which of these its answers had.
	 * Nothing where what is known was in the cache. */
	struct ft_strings headers_seen;
	/* Known after ft_service_discover. */
	struct ft_metadata metadata;
	int64_t metadata_at;		/* when it was fetched, seconds since the epoch; 0: never */
	char *keys;			/* JWK set as JSON; NULL: none that is still good */
	int64_t keys_at;		/* likewise */
	int64_t keys_spare_at;		/* when they were once more within a minute; 0: never */
};

/* Reads the profile; asks nobody. A failed one needs no release. FT_CONFIG, FT_NO_MEMORY. */
int ft_service_init(const struct freshtoken *ft, const struct ft_account *account,
		    struct ft_service *ret, struct ft_error *err);
void ft_service_release(struct ft_service *service);

/* The proxies that the environment names. Not for PAM. */
void ft_service_proxy_from_environment(struct ft_service *service);

/*
 * Knows the service's endpoints and keys from here on, from the cache or from the service.
 * needed is an endpoint without which the answer is of no use, or NULL. A profile without
 * discovery knows all there is to know. FT_TEMPORARY, FT_CONFIG (it tells none; its issuer
 * differs), FT_SYSTEM.
 */
int ft_service_discover(struct ft_service *service, const char *needed, struct ft_error *err);

/*
 * What a discovery request was answered with: 0 with the metadata moved into the service,
 * FT_NOT_FOUND (look elsewhere, or give up), FT_TEMPORARY, FT_CONFIG (its issuer differs).
 */
int ft_service_take_metadata(struct ft_service *service, const char *needed,
			     struct ft_facts *facts, struct ft_error *err);

/* Whether its issuer is one that the service may have; FT_UNTRUSTED, and what to do. */
int ft_service_check_tenant(const struct ft_service *service, const char *issuer,
			    struct ft_error *err);

/* An endpoint or another member by its RFC 8414 name; NULL: not known. */
const char *ft_service_endpoint(const struct ft_service *service, const char *name);

/* One exchange. FT_SYSTEM: it could not be started; what a server does is in the facts. */
int ft_service_ask(struct ft_service *service, const struct ft_buf *message, struct ft_facts *ret,
		   struct ft_error *err);

/* Renders and asks. */
int ft_service_request(struct ft_service *service, enum ft_request_kind kind,
		       const struct ft_variables *variables, struct ft_facts *ret,
		       struct ft_error *err);

/* Discovers what a request that brings tokens needs, and its answer. Errors as
 * ft_service_discover. */
int ft_service_prepare(struct ft_service *service, enum ft_request_kind kind, struct ft_error *err);

/*
 * The message that spends a refresh token, with all that has to be known of the service for it and
 * for its answer, which it may be asked for. The tokens are lent; id: what the answer is to repeat;
 * seal: for whom it is sealed, NULL: nobody.
 * Errors as ft_service_discover and ft_request_render.
 */
int ft_service_refresh_message(struct ft_service *service, const struct ft_secret *refresh_token,
			       const struct ft_secret *access_token, const char *id,
			       const char *seal, struct ft_buf *ret, struct ft_error *err);

/* Has an access token that is a JWT verified by the service's keys, as they are now: whether it is
 * for this audience and for no other. The verdict is in the facts' id_token. FT_NOT_FOUND: the
 * service has no keys; FT_TEMPORARY, FT_CONFIG, FT_SYSTEM, FT_NO_MEMORY. */
int ft_service_verify_access(struct ft_service *service, const struct ft_secret *token,
			     const char *audience, struct ft_facts *ret, struct ft_error *err);

/*
 * Where an answer has an ID token that no known key fits, fetches the keys, unless that was
 * done within a minute, and has it verified: facts then say what came of it. They go on saying
 * unknown_key only where the keys could not be had. nonce may be NULL. FT_NO_MEMORY alone.
 */
int ft_service_verify(struct ft_service *service, const char *nonce, struct ft_facts *facts,
		      struct ft_error *err);

/*
 * Where an answer will have an ID token, gets the keys for it that are not known yet, so that
 * nothing depends on them any more once there are tokens. What does not come now is asked for by
 * ft_service_verify.
 */
void ft_service_prepare_keys(struct ft_service *service);

/* Remembers what an answer says for later requests: the nonce of proofs. */
void ft_service_learn(struct ft_service *service, const struct ft_facts *facts);

/* cache.c: what was found, beside the records. A cache that cannot be read is none. */
void ft_service_cache_read(struct ft_service *service);
void ft_service_cache_write(const struct ft_service *service);
/* The texts of it; FT_NO_MEMORY, FT_UNTRUSTED (too long). */
void ft_service_cache_parse(struct ft_service *service, const char *text, size_t len);
int ft_service_cache_format(const struct ft_service *service, struct ft_buf *ret);

#endif
