/* SPDX-License-Identifier: MIT */
/*
 * discover.c - a server's endpoints: RFC 8414 and OpenID Connect Discovery 1.0
 *
 * A separate exchange, made before a refresh token is spent.
 */
#include "config.h"
#include "lib/service/service.h"

#include <string.h>

#include "lib/base/url.h"

static const char *member(const struct ft_metadata *metadata, const char *name)
{
	for (size_t i = 0; i < metadata->n; i++)
		if (strcmp(metadata->list[i].name, name) == 0)
			return metadata->list[i].value;
	return NULL;
}

static bool is_enough(const struct ft_service *service, const struct ft_metadata *metadata,
		      const char *needed)
{
	return needed == NULL || member(metadata, needed) != NULL ||
	       ft_request_endpoint(&service->profile, NULL, needed) != NULL;
}

int ft_service_check_tenant(const struct ft_service *service, const char *issuer,
			    struct ft_error *err)
{
	if (!service->one_tenant || issuer == NULL || strstr(issuer, FT_TENANT) == NULL)
		return 0;
	return ft_error_set(
		err, FT_UNTRUSTED,
		"%s signs in people of any tenant, and anybody can make a tenant; a login must "
		"be for one tenant alone" FT_REMEDY
		"name the tenant in server or, if server has ${param.tenant}, in param.tenant",
		service->server);
}

int ft_service_take_metadata(struct ft_service *service, const char *needed,
			     struct ft_facts *facts, struct ft_error *err)
{
	const char *issuer = member(&facts->metadata, "issuer");

	service->unshown = facts->local || facts->status == 429;
	if (ft_facts_out_of_order(facts)) {
		(void)ft_error_set(err, FT_TEMPORARY, "%s: discovery: %s%s", service->server,
				   facts->status != 0 ? "the service is out of order" : "",
				   facts->error);
		return ft_error_remedy(err, FT_TEMPORARY, "%s", ft_reason_remedy(facts->reason));
	}
	if (facts->status >= 300 && facts->status < 400 && facts->status != 304)
		return ft_error_set(err, FT_NOT_FOUND,
				    "HTTP %d, a redirect, which is never followed" FT_REMEDY
				    "set server to "
				    "the final address",
				    facts->status);
	if (facts->status != 200 || issuer == NULL)
		return ft_error_set(err, FT_NOT_FOUND, "HTTP %d%s", facts->status,
				    facts->status == 200 ? " with something else than metadata" :
							   "");
	const char *expected = service->profile.issuer != NULL ? service->profile.issuer :
			       service->server;

	if (!ft_url_is_issuer(expected, issuer)) {
		/* An issuer that is no valid address must not be suggested as a value. */
		if (strlen(issuer) > 200 || ft_url_check_service(issuer, NULL) != 0) {
			(void)ft_error_set(err, FT_CONFIG, "%s says that its issuer is",
					   service->server);
			ft_error_foreign(err, issuer);
			return ft_error_remedy(err, FT_CONFIG, "is server a token service?");
		}
		(void)ft_error_set(err, FT_CONFIG, "%s says that its issuer is %s",
				   service->server, issuer);
		return ft_error_remedy(err, FT_CONFIG, "set %s to that if you trust it",
				       service->profile.issuer != NULL ? "the profile's issuer" :
									 "server");
	}
	int r = ft_service_check_tenant(service, issuer, err);

	if (r != 0)
		return r;
	if (!is_enough(service, &facts->metadata, needed))
		return ft_error_set(err, FT_NOT_FOUND, "its metadata has no %s", needed);
	service->metadata = facts->metadata;
	facts->metadata = (struct ft_metadata){ NULL, 0 };
	return 0;
}

static int fetch(struct ft_service *service, const char *needed, struct ft_error *err)
{
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	struct ft_error last = FT_ERROR_INIT;
	struct ft_discovery at = { .headers = service->headers };
	const struct ft_recipient to = ft_service_recipient(service);
	int r = FT_NOT_FOUND;

	while (r == FT_NOT_FOUND) {
		struct ft_facts facts = FT_FACTS_INIT;

		ft_buf_clear(&message);
		r = ft_request_discovery(&to, &at, &message, err);
		if (r == FT_NOT_FOUND && last.code != 0)
			r = ft_error_set(err, FT_CONFIG,
					 "%s does not publish its endpoints by RFC 8414 or "
					 "OpenID Connect (%s)" FT_REMEDY "%s",
					 service->server, last.text,
					 last.remedy[0] != '\0'
						 ? last.remedy
						 : "is server its issuer? Otherwise name them in a "
						   "profile's [metadata]");
		else if (r == FT_NOT_FOUND)
			r = ft_error_set(err, FT_CONFIG,
					 "the profile %s needs the endpoint %s, which neither its "
					 "[metadata] nor discovery gives",
					 service->account->provider,
					 needed != NULL ? needed : "issuer");
		if (r != 0)
			break;
		r = ft_service_ask(service, &message, &facts, err);
		if (r == 0) {
			at.redirected =
				at.redirected || (facts.status >= 300 && facts.status < 400);
			if (facts.headers_seen.n > 0) {
				ft_strings_release(&service->headers_seen);
				service->headers_seen = facts.headers_seen;
				facts.headers_seen = (struct ft_strings){ NULL, 0 };
			}
			r = ft_service_take_metadata(service, needed, &facts, &last);
			if (r != 0 && r != FT_NOT_FOUND)
				(void)ft_error_copy(err, r, &last);
		}
		ft_facts_release(&facts);
	}
	ft_buf_release(&message);
	return r;
}

int ft_service_discover(struct ft_service *service, const char *needed, struct ft_error *err)
{
	struct ft_moment now;
	int r = ft_service_check_tenant(
		service, ft_request_endpoint(&service->profile, NULL, "issuer"), err);

	if (r != 0)
		return r;
	if (service->profile.discover.n == 0 && is_enough(service, &service->metadata, needed)) {
		/* The profile may name issuer and jwks_uri itself; then the cache has the keys. */
		if (service->keys == NULL &&
		    ft_request_wants_id_token(service->account, &service->profile))
			ft_service_cache_read(service);
		return 0;
	}
	if (service->metadata.n == 0)
		ft_service_cache_read(service);
	if (service->metadata.n > 0 && is_enough(service, &service->metadata, needed))
		return 0;
	ft_metadata_release(&service->metadata);
	r = fetch(service, needed, err);
	if (r == 0) {
		ft_moment_now(&now);
		service->metadata_at = now.real / 1000;
		ft_service_cache_write(service);
	}
	return r;
}
