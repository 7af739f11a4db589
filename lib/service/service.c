/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/service/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* For unknown keys, the keys are fetched once in this time: anybody can send tokens with any
 * key. */
#define KEYS_PAUSE_SECONDS 60
/* One more fetch within that time is allowed so often: a service may replace its keys twice. */
#define KEYS_SPARE_SECONDS 600
/* Without keys a sign-in would be lost, so the fetch is repeated, but not for a server that takes
 * all the time to fail. */
#define KEYS_TRIES 3
#define KEYS_AHEAD_SECONDS 5
#define KEYS_RETRY_MS 500
#define KEYS_PATIENCE_MS 5000

int ft_service_init(const struct freshtoken *ft, const struct ft_account *account,
		    struct ft_service *ret, struct ft_error *err)
{
	struct ft_service service = { .ft = ft, .account = account, .lock_fd = -1,
				      .route.timeout = account->timeout };
	const char *server = NULL;
	int r = ft_profile_load(&ft->places, account, &service.profile, err);

	if (r != 0)
		return r;
	r = ft_request_server(account, &service.profile, &server, err);
	if (r == 0 && (service.server = strdup(server)) == NULL)
		r = ft_error_memory(err);
	if (r != 0)
		ft_service_release(&service);
	else
		*ret = service;
	return r;
}

void ft_service_release(struct ft_service *service)
{
	if (service == NULL)
		return;
	ft_profile_release(&service->profile);
	ft_metadata_release(&service->metadata);
	ft_strings_release(&service->headers_seen);
	ft_secret_release(&service->dpop_key);
	ft_secret_release(&service->source);
	free(service->server);
	free(service->keys);
	service->server = service->keys = NULL;
}

static const char *first_set(const char *a, const char *b)
{
	const char *value = getenv(a);

	return value != NULL && *value != '\0' ? value : getenv(b);
}

/* HTTP_PROXY in capitals is left out on purpose: a CGI server sets it from a request header. */
void ft_service_proxy_from_environment(struct ft_service *service)
{
	const char *all = first_set("all_proxy", "ALL_PROXY");
	struct ft_route *route = &service->route;

	route->http_proxy = getenv("http_proxy");
	route->https_proxy = first_set("https_proxy", "HTTPS_PROXY");
	route->no_proxy = first_set("no_proxy", "NO_PROXY");
	if (route->http_proxy == NULL || *route->http_proxy == '\0')
		route->http_proxy = all;
	if (route->https_proxy == NULL || *route->https_proxy == '\0')
		route->https_proxy = all;
}

const char *ft_service_endpoint(const struct ft_service *service, const char *name)
{
	return ft_request_endpoint(&service->profile, &service->metadata, name);
}

bool ft_service_offers(const struct ft_service *service, enum ft_request_kind kind)
{
	const struct ft_request_template *t = ft_profile_request(&service->profile, kind);

	return t->present && (t->path != NULL || ft_service_endpoint(service, t->endpoint) != NULL);
}

struct ft_recipient ft_service_recipient(const struct ft_service *service)
{
	return (struct ft_recipient){ service->account, &service->profile, &service->metadata,
					   &service->route };
}

int ft_service_ask(struct ft_service *service, const struct ft_buf *message, struct ft_facts *ret,
		   struct ft_error *err)
{
	struct ft_transport transport = FT_TRANSPORT_INIT;
	int answer = memfd_create("freshtoken-answer", MFD_CLOEXEC), r;

	if (answer < 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "cannot make room for an answer");
	r = ft_transport_start(service->ft->places.libexec, service->run_as, answer,
			       service->lock_fd, &transport, err);
	if (r == 0)
		r = ft_transport_send(&transport, message, err);
	ft_transport_finish(&transport, service->route.timeout);
	if (r == 0)
		r = ft_transport_answer(answer, ret, err);
	(void)close(answer);
	return r;
}

void ft_service_learn(struct ft_service *service, const struct ft_facts *facts)
{
	if (facts->dpop_nonce[0] == '\0' || strcmp(facts->dpop_nonce, service->dpop_nonce) == 0)
		return;
	(void)snprintf(service->dpop_nonce, sizeof service->dpop_nonce, "%s", facts->dpop_nonce);
	ft_service_cache_write(service);
}

static int render(struct ft_service *service, enum ft_request_kind kind,
		  const struct ft_variables *variables, struct ft_buf *ret, struct ft_error *err)
{
	const struct ft_recipient to = ft_service_recipient(service);
	struct ft_variables all = *variables;	/* owns nothing */

	all.by_secret = service->by_secret;
	if (all.source.data == NULL)
		all.source = service->source;
	if (service->account->dpop && service->dpop_key.data == NULL) {
		int r = ft_host_key(service->ft->host, service->account->name, &service->dpop_key,
				    err);

		if (r != 0)
			return r;
	}
	all.dpop_key = service->dpop_key;
	all.dpop_nonce = service->dpop_nonce[0] != '\0' ? service->dpop_nonce : NULL;
	return ft_request_render(&to, kind, &all, service->keys, ret, err);
}

int ft_service_prepare(struct ft_service *service, enum ft_request_kind kind, struct ft_error *err)
{
	if (ft_request_needs_discovery(&service->profile, kind))
		return ft_service_discover(
			service, ft_profile_request(&service->profile, kind)->endpoint, err);
	/* Discovery also gives the issuer that an ID token must name. It is no error without it. */
	if (ft_request_wants_id_token(service->account, &service->profile))
		(void)ft_service_discover(service, NULL, NULL);
	return 0;
}

int ft_service_refresh_message(struct ft_service *service, const struct ft_secret *refresh_token,
			       const struct ft_secret *access_token, const char *id,
			       const char *seal, struct ft_buf *ret, struct ft_error *err)
{
	const struct ft_variables variables = { .refresh_token = *refresh_token,
						.access_token = *access_token,
						.id = id, .seal = seal,
						.by_date = service->by_date };
	int r = ft_service_prepare(service, FT_REQUEST_REFRESH, err);

	return r != 0 ? r : render(service, FT_REQUEST_REFRESH, &variables, ret, err);
}

int ft_service_request(struct ft_service *service, enum ft_request_kind kind,
		       const struct ft_variables *variables, struct ft_facts *ret,
		       struct ft_error *err)
{
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	int r = render(service, kind, variables, &message, err);

	if (r == 0)
		r = ft_service_ask(service, &message, ret, err);
	if (r == 0)
		ft_service_learn(service, ret);
	ft_buf_release(&message);
	return r;
}

/* Moves the verdict on the ID token, which the exchange that fetched the keys gave, to the
 * facts. */
static void take_verified(struct ft_facts *facts, struct ft_facts *proof)
{
	facts->id_token.verified = proof->id_token.verified;
	facts->id_token.exp = proof->id_token.exp;
	facts->id_token.unknown_key = false;
	memcpy(facts->id_token.error, proof->id_token.error, sizeof facts->id_token.error);
	/* Adds the fields of the claims; fields of the answer's body are not replaced. */
	for (unsigned i = 0; proof->id_token.verified && i < FT_FIELD_COUNT; i++)
		if (proof->fields[i].data != NULL && facts->fields[i].data == NULL)
			ft_secret_move(&facts->fields[i], &proof->fields[i]);
}

static int ask_for_keys(struct ft_service *service, const struct ft_buf *message, unsigned tries,
			struct ft_facts *ret, struct ft_error *err)
{
	static const struct timespec pause = { 0, KEYS_RETRY_MS * 1000000 };
	int64_t end = ft_monotonic_ms() + KEYS_PATIENCE_MS;

	for (;;) {
		int r = ft_service_ask(service, message, ret, err);

		if (r != 0 || !ft_facts_out_of_order(ret) || --tries == 0 ||
		    ft_monotonic_ms() >= end)
			return r;
		ft_facts_release(ret);
		(void)nanosleep(&pause, NULL);
	}
}

/* Fetches the keys, and has the facts' ID token verified with them; facts NULL: no token yet. */
static int fetch_keys(struct ft_service *service, const char *nonce, struct ft_facts *facts,
		      struct ft_error *err)
{
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	struct ft_facts proof = FT_FACTS_INIT;
	struct ft_route route = service->route;
	struct ft_moment now;
	int r = ft_service_discover(service, "jwks_uri", err);
	struct ft_recipient to = ft_service_recipient(service);

	to.route = &route;
	/* Keys fetched in advance can be fetched again, so the wait is short. */
	if (facts == NULL && route.timeout > KEYS_AHEAD_SECONDS)
		route.timeout = KEYS_AHEAD_SECONDS;
	if (r == 0)
		r = ft_request_keys(
			&to, facts != NULL ? &facts->id_token.token : NULL, nonce,
			facts != NULL && service->by_date && facts->date > 0 ? facts->date : 0,
			&message, err);
	if (r == 0)
		r = ask_for_keys(service, &message, facts != NULL ? KEYS_TRIES : 1, &proof, err);
	ft_buf_release(&message);
	if (r == 0 && proof.keys == NULL)
		r = ft_error_set(err, FT_TEMPORARY, "%s%s", proof.status != 0 ?
				 "the answer is not a JWK set" : "", proof.error);
	if (r == 0) {
		if (facts != NULL)
			take_verified(facts, &proof);
		ft_moment_now(&now);
		free(service->keys);
		service->keys = proof.keys;
		service->keys_at = now.real / 1000;
		proof.keys = NULL;
		ft_service_cache_write(service);
	}
	ft_facts_release(&proof);
	return r;
}

/* Whether the keys may be fetched again now. */
static bool may_fetch(struct ft_service *service)
{
	struct ft_moment moment;

	ft_moment_now(&moment);
	int64_t now = moment.real / 1000, age = now - service->keys_at;
	int64_t spare = now - service->keys_spare_at;

	if (service->keys == NULL || age < 0 || age >= KEYS_PAUSE_SECONDS)
		return true;
	if (spare >= 0 && spare < KEYS_SPARE_SECONDS)
		return false;
	service->keys_spare_at = now;
	return true;
}

int ft_service_verify(struct ft_service *service, const char *nonce, struct ft_facts *facts,
		      struct ft_error *err)
{
	struct ft_error cause = FT_ERROR_INIT;

	if (!facts->id_token.present || !facts->id_token.unknown_key ||
	    facts->id_token.token.data == NULL)
		return 0;
	if (!may_fetch(service)) {
		facts->id_token.unknown_key = false;
		return 0;
	}
	int r = fetch_keys(service, nonce, facts, &cause);

	if (r == FT_NO_MEMORY)
		return ft_error_memory(err);
	if (r != 0)
		(void)snprintf(facts->id_token.error, sizeof facts->id_token.error,
			       "the service's keys cannot be fetched: %.180s", cause.text);
	return 0;
}

int ft_service_verify_access(struct ft_service *service, const struct ft_secret *token,
			     const char *audience, struct ft_facts *ret, struct ft_error *err)
{
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	int r = ft_service_discover(service, NULL, err);
	const struct ft_recipient to = ft_service_recipient(service);

	if (r == 0 && (ft_service_endpoint(service, "jwks_uri") == NULL ||
		       ft_service_endpoint(service, "issuer") == NULL))
		r = ft_error_set(err, FT_NOT_FOUND, "%s publishes no keys", service->server);
	if (r == 0)
		r = ft_request_access_token(&to, token, audience, &message, err);
	if (r == 0)
		r = ask_for_keys(service, &message, KEYS_TRIES, ret, err);
	if (r == 0 && ret->keys == NULL)
		r = ft_error_set(err, FT_TEMPORARY, "%s: the service's keys cannot be fetched%s%s",
				 service->server, ret->error[0] != '\0' ? ": " : "", ret->error);
	ft_buf_release(&message);
	return r;
}

void ft_service_prepare_keys(struct ft_service *service)
{
	if (service->keys == NULL && service->account->client_id != NULL &&
	    ft_request_wants_id_token(service->account, &service->profile) &&
	    ft_service_endpoint(service, "issuer") != NULL &&
	    ft_service_endpoint(service, "jwks_uri") != NULL)
		(void)fetch_keys(service, NULL, NULL, NULL);
}
