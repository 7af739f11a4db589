/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/service/identity.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/date.h"

bool ft_identity_can_introspect(const struct ft_service *service)
{
	return ft_service_offers(service, FT_REQUEST_INTROSPECT);
}

void ft_identity_release(struct ft_identity *identity)
{
	if (identity == NULL)
		return;
	free(identity->name);
	*identity = (struct ft_identity)FT_IDENTITY_INIT;
}

static int ask(struct ft_service *service, enum ft_request_kind kind, const char *what,
	       const struct ft_secret *access_token, struct ft_facts *ret, struct ft_error *err)
{
	struct ft_variables variables = { .token = *access_token };
	int r = ft_service_request(service, kind, &variables, ret, err);

	if (r != 0)
		return r;
	service->asked = kind;
	service->unshown = ret->local || ret->status == 429;
	if (ft_facts_out_of_order(ret))
		return ft_error_set(err, FT_TEMPORARY, "%s: %s: %s%s", service->server, what,
				    ret->status != 0 ? "the service is out of order" : "",
				    ret->error);
	return 0;
}

static bool is(const char *text, const char *other)
{
	return text != NULL && other != NULL && strcmp(text, other) == 0;
}

static int take_name(const struct ft_service *service, const struct ft_facts *facts,
		     struct ft_identity *ret, struct ft_error *err)
{
	enum ft_field field =
		service->account->identity != NULL ? FT_FIELD_IDENTITY : FT_FIELD_SUBJECT;
	const char *name = facts->fields[field].data;

	if (name != NULL && (ret->name = strdup(name)) == NULL)
		return ft_error_memory(err);
	return 0;
}

/* 0: the service says that the token is active, and ret has the rest of its answer. */
static int is_active(struct ft_service *service, enum ft_request_kind kind, const char *what,
		     const struct ft_secret *token, struct ft_facts *ret, struct ft_error *err)
{
	int r = ft_identity_can_introspect(service) ? 0 :
		ft_error_set(err, FT_NOT_FOUND, "%s does not offer introspection", service->server);

	if (r == 0)
		r = ask(service, kind, "introspection", token, ret, err);
	if (r != 0)
		return r;
	const char *active = ret->fields[FT_FIELD_ACTIVE].data;

	/* Many services allow introspection to confidential clients alone. */
	if (ret->status != 200 || !ret->parsed || active == NULL)
		return ft_error_set(err, FT_NOT_FOUND,
				    "%s does not answer this client's introspection (HTTP %d)",
				    service->server, ret->status);
	return strcasecmp(active, "true") == 0 ?
		       0 :
		       ft_error_set(err, FT_LOGIN_NEEDED, "%s says that the %s token is not active",
				    service->server, what);
}

int ft_identity_refresh_active(struct ft_service *service, const struct ft_secret *refresh_token,
			       struct ft_error *err)
{
	struct ft_facts facts = FT_FACTS_INIT;

	if (service->profile.requests[FT_REQUEST_INTROSPECT].access_only)
		return ft_error_set(err, FT_NOT_FOUND,
				    "%s does not tell which refresh tokens are active",
				    service->server);
	int r = is_active(service, FT_REQUEST_INTROSPECT_REFRESH, "refresh", refresh_token, &facts,
			  err);

	ft_facts_release(&facts);
	return r;
}

/* Takes expiry and name from the answer about an active access token. */
static int take_active(const struct ft_service *service, const struct ft_facts *facts,
		       struct ft_identity *ret, struct ft_error *err)
{
	const char *expires = facts->fields[FT_FIELD_EXPIRES_AT].data;

	if (expires != NULL && !ft_number_parse(expires, &ret->expires_at))
		ret->expires_at = -1;
	return take_name(service, facts, ret, err);
}

int ft_identity_introspect(struct ft_service *service, const struct ft_secret *access_token,
			   struct ft_identity *ret, struct ft_error *err)
{
	struct ft_facts facts = FT_FACTS_INIT;
	struct ft_identity identity = FT_IDENTITY_INIT;
	int r = is_active(service, FT_REQUEST_INTROSPECT, "access", access_token, &facts, err);

	if (r == 0)
		r = take_active(service, &facts, &identity, err);
	if (r == 0)
		*ret = identity;
	else
		ft_identity_release(&identity);
	ft_facts_release(&facts);
	return r;
}

/* A refresh token may be active too, and for the same audience. So the answer must say that this is
 * an access token. */
static bool is_access(const struct ft_facts *facts)
{
	static const char *const words[] = {
		"bearer",	"dpop",	  "access",
		"access_token", "at+jwt", "urn:ietf:params:oauth:token-type:access_token",
	};
	static const enum ft_field fields[] = { FT_FIELD_TOKEN_TYPE, FT_FIELD_TOKEN_USE };
	unsigned said = 0, good = 0;

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const char *text = facts->fields[fields[i]].data;

		said += text != NULL;
		for (size_t j = 0; text != NULL && j < sizeof words / sizeof *words; j++)
			good += strcasecmp(text, words[j]) == 0;
	}
	return said > 0 && good == said;
}

static int by_introspection(struct ft_service *service, const struct ft_secret *token,
			    struct ft_identity *ret, struct ft_error *err)
{
	struct ft_facts facts = FT_FACTS_INIT;
	const char *wanted = service->account->login_audience;
	char quoted[FT_ERROR_QUOTED];
	int r = is_active(service, FT_REQUEST_INTROSPECT, "access", token, &facts, err);

	if (r == 0 && !is_access(&facts))
		r = ft_error_set(err, FT_LOGIN_NEEDED, "%s does not say that it is an access token",
				 service->server);
	else if (r == 0 && (!is(facts.fields[FT_FIELD_AUDIENCE].data, wanted) ||
			    facts.fields[FT_FIELD_SECOND_AUDIENCE].data != NULL))
		r = ft_error_set(err, FT_LOGIN_NEEDED,
				 "the access token is not for logging in: %s says that its "
				 "audience is \"%s\"%s, not \"%.100s\" alone",
				 service->server,
				 ft_error_quoted(facts.fields[FT_FIELD_AUDIENCE].data != NULL ?
							 facts.fields[FT_FIELD_AUDIENCE].data :
							 "",
						 100, quoted),
				 facts.fields[FT_FIELD_SECOND_AUDIENCE].data != NULL ? " and more" :
										       "",
				 wanted);
	else if (r == 0)
		r = take_active(service, &facts, ret, err);
	ft_facts_release(&facts);
	return r;
}

static int by_signature(struct ft_service *service, const struct ft_secret *token,
			struct ft_identity *ret, struct ft_error *err)
{
	struct ft_facts facts = FT_FACTS_INIT;
	int r = ft_service_verify_access(service, token, service->account->login_audience, &facts,
					 err);

	if (r == 0 && !facts.id_token.verified)
		r = ft_error_set(err, FT_LOGIN_NEEDED,
				 "the access token does not show that it is for logging in: %s",
				 facts.id_token.error[0] != '\0' ? facts.id_token.error :
								   "there is no key for it");
	if (r == 0)
		r = take_active(service, &facts, ret, err);
	ft_facts_release(&facts);
	return r;
}

int ft_identity_for_login(struct ft_service *service, const struct ft_secret *access_token,
			  struct ft_identity *ret, struct ft_error *err)
{
	struct ft_identity identity = FT_IDENTITY_INIT;
	int r = by_introspection(service, access_token, &identity, err);

	/* Only if introspection is not offered, or not to this client: its refusal of the token is
	 * final. */
	if (r == FT_NOT_FOUND)
		r = by_signature(service, access_token, &identity, err);
	if (r == 0)
		*ret = identity;
	else
		ft_identity_release(&identity);
	return r;
}

int ft_identity_userinfo(struct ft_service *service, const struct ft_secret *access_token,
			 struct ft_identity *ret, struct ft_error *err)
{
	struct ft_facts facts = FT_FACTS_INIT;
	int r = ft_service_offers(service, FT_REQUEST_USERINFO) ? 0 :
		ft_error_set(err, FT_NOT_FOUND, "%s offers neither introspection nor UserInfo",
			     service->server);

	/* UserInfo would refuse a token that is bound to a key and comes without its proof. */
	if (r == 0 && service->account->dpop)
		r = ft_error_set(err, FT_NOT_FOUND,
				 "%s offers no introspection, and UserInfo is not "
				 "asked with dpop = yes",
				 service->server);
	if (r == 0)
		r = ask(service, FT_REQUEST_USERINFO, "UserInfo", access_token, &facts, err);
	if (r == 0 && facts.status == 401)
		r = ft_error_set(err, FT_LOGIN_NEEDED, "%s refuses the access token",
				 service->server);
	else if (r == 0 && (facts.status != 200 || !facts.parsed))
		r = ft_error_set(err, FT_NOT_FOUND, "%s: UserInfo: HTTP %d", service->server,
				 facts.status);
	/* OpenID Connect Core section 5.3.2: the answer must have a subject. */
	else if (r == 0 && facts.fields[FT_FIELD_SUBJECT].data == NULL &&
		 facts.fields[FT_FIELD_IDENTITY].data == NULL)
		r = ft_error_set(err, FT_NOT_FOUND, "%s: UserInfo says nothing of a subject",
				 service->server);
	if (r == 0)
		r = take_name(service, &facts, ret, err);
	ft_facts_release(&facts);
	return r;
}

int ft_identity_of_token(struct ft_service *service, const struct ft_secret *access_token,
			 struct ft_identity *ret, struct ft_error *err)
{
	struct ft_identity identity = FT_IDENTITY_INIT;
	int r = ft_identity_introspect(service, access_token, &identity, err);

	if ((r == 0 && identity.name == NULL) || r == FT_NOT_FOUND) {
		r = ft_identity_userinfo(service, access_token, &identity, err);
		/* UserInfo also refuses good tokens for another audience. */
		if (r == FT_LOGIN_NEEDED)
			r = FT_NOT_FOUND;
	}
	if (r == 0 && identity.name == NULL)
		r = ft_error_set(err, FT_NOT_FOUND, "%s does not say whose the access token is",
				 service->server);
	if (r == 0)
		*ret = identity;
	else
		ft_identity_release(&identity);
	return r;
}
