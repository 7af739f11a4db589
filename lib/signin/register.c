/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/signin/register.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/base/url.h"
#include "lib/core/client.h"
#include "lib/exchange/judge.h"

#define CLIENT_ID_MAX 1024
#define DEVICE_GRANT "urn:ietf:params:oauth:grant-type:device_code"
/* RFC 8252 section 7.3: the service must allow any port. */
#define REDIRECT_URI "http://127.0.0.1/callback"

static int refused(const struct ft_service *service, const struct ft_facts *facts,
		   struct ft_error *err)
{
	const struct ft_account *account = service->account;
	const bool decided = facts->status >= 400 && facts->status < 500 && facts->status != 429;

	struct ft_error words = FT_ERROR_INIT;

	ft_judge_words(facts, &words);
	ft_error_prefix(&words, "%s: it registers no client", service->server);
	(void)ft_error_copy(err, decided ? FT_LOGIN_NEEDED : FT_TEMPORARY, &words);
	return !decided ? FT_TEMPORARY : ft_error_remedy(err, FT_LOGIN_NEEDED,
			       "ask its administrator for a client, and set client_id in "
			       "[account %s], %s:%u, in the place of register_client",
			       account->name,
			       account->file != NULL ? account->file : "freshtoken.conf",
			       account->line);
}

/* How the registered client must authenticate; if the answer does not say, the profile's way. */
static int take_auth(const struct ft_facts *facts, struct ft_client *client, struct ft_error *err)
{
	static const struct {
		const char *name;
		enum ft_client_auth auth;
	} known[] = {
		{ "none", FT_CLIENT_AUTH_NONE },
		{ "client_secret_basic", FT_CLIENT_AUTH_BASIC },
		{ "client_secret_post", FT_CLIENT_AUTH_POST },
	};
	const char *name = facts->fields[FT_FIELD_CLIENT_AUTH].data;
	char quoted[FT_ERROR_QUOTED];

	for (size_t i = 0; name != NULL && i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].name, name) == 0) {
			client->auth = known[i].auth;
			return 0;
		}
	return name == NULL ? 0 :
	       ft_error_set(err, FT_UNTRUSTED,
			    "the client that was registered has to authenticate by \"%s\", which "
			    "nobody asked for", ft_error_quoted(name, 60, quoted));
}

/* One word: the id is shown within messages. */
static bool is_word(const char *text)
{
	size_t len = strlen(text);

	for (const char *s = text; *s != '\0'; s++)
		if ((unsigned char)*s <= 0x20 || (unsigned char)*s > 0x7e || *s == '"')
			return false;
	return len > 0 && len <= CLIENT_ID_MAX;
}

/* Whether the URI is of the server that the client was registered at: only there may it be deleted
 * later. */
static bool is_there(const struct ft_service *service, const char *uri)
{
	const struct ft_request_template *request =
		ft_profile_request(&service->profile, FT_REQUEST_REGISTER);
	const char *from = request->path != NULL ? request->path :
			   ft_service_endpoint(service, request->endpoint);
	struct ft_url a, b;

	if (from != NULL && *from == '/')
		from = service->server;
	return from != NULL && ft_url_parse(from, false, &a, NULL) == 0 &&
	       ft_url_parse(uri, false, &b, NULL) == 0 && a.scheme == b.scheme &&
	       strcmp(a.host, b.host) == 0 && ft_url_port(&a) == ft_url_port(&b);
}

static int take(const struct ft_service *service, struct ft_facts *facts, struct ft_client *ret,
		struct ft_error *err)
{
	const char *id = facts->fields[FT_FIELD_CLIENT_ID].data,
		   *expires = facts->fields[FT_FIELD_EXPIRES_AT].data,
		   *uri = facts->fields[FT_FIELD_REGISTRATION_URI].data;
	int r = id != NULL && is_word(id) ? take_auth(facts, ret, err) :
		ft_error_set(err, FT_UNTRUSTED, "the answer to the registration has no client_id");

	if (r != 0)
		return r;
	/* RFC 7591 section 3.2.1: 0 means that it never expires. */
	if (expires != NULL && !ft_number_parse(expires, &ret->expires_at))
		ret->expires_at = 0;
	ret->server = strdup(service->server);
	ret->id = strdup(id);
	if (ret->server == NULL || ret->id == NULL)
		return ft_error_memory(err);
	ft_secret_move(&ret->secret, &facts->fields[FT_FIELD_CLIENT_SECRET]);
	if (uri != NULL && is_there(service, uri)) {
		ft_secret_move(&ret->uri, &facts->fields[FT_FIELD_REGISTRATION_URI]);
		ft_secret_move(&ret->token, &facts->fields[FT_FIELD_REGISTRATION_TOKEN]);
	}
	return 0;
}

static int ask(struct ft_service *service, struct ft_client *ret, struct ft_error *err)
{
	const char *uri = service->account->redirect_uri != NULL ? service->account->redirect_uri :
			  REDIRECT_URI;
	struct ft_variables variables = { .id = NULL };
	struct ft_facts facts = FT_FACTS_INIT;
	int r = ft_service_discover(service, NULL, err);

	if (r == 0 && !ft_service_offers(service, FT_REQUEST_REGISTER))
		r = ft_error_set(err, FT_CONFIG,
				 "%s registers no clients by itself (it names no "
				 "registration_endpoint)" FT_REMEDY
				 "register one there, and set client_id in [account %s] in the "
				 "place of register_client",
				 service->server, service->account->name);
	if (r == 0 && ft_secret_set(&variables.redirect_uri, uri, strlen(uri)) != 0)
		r = ft_error_memory(err);
	if (r == 0 && ft_service_offers(service, FT_REQUEST_DEVICE) &&
	    ft_secret_set(&variables.device_grant, DEVICE_GRANT, strlen(DEVICE_GRANT)) != 0)
		r = ft_error_memory(err);
	if (r == 0)
		r = ft_service_request(service, FT_REQUEST_REGISTER, &variables, &facts, err);
	if (r == 0 && (facts.status < 200 || facts.status > 299 || !facts.parsed ||
		       facts.fields[FT_FIELD_CODE].data != NULL))
		r = refused(service, &facts, err);
	else if (r == 0)
		r = take(service, &facts, ret, err);
	ft_facts_release(&facts);
	ft_variables_release(&variables);
	return r;
}

int ft_register_ensure(struct freshtoken *ft, struct ft_service *service, bool *ret_new,
		       struct ft_error *err)
{
	const struct ft_account *account = service->account;
	struct ft_client client = FT_CLIENT_INIT;

	*ret_new = false;
	if (!account->register_client || (account->client_id != NULL && !account->client_expired))
		return 0;
	int r = ask(service, &client, err);

	if (r == 0)
		r = ft_client_write(ft, account, &client, err);
	if (r == 0)
		r = ft_client_give(ft, account->name, &client, err);
	*ret_new = r == 0;
	ft_client_release(&client);
	return r;
}

bool ft_register_has(const struct freshtoken *ft, const struct ft_account *account)
{
	struct ft_client client = FT_CLIENT_INIT;
	/* True also if it cannot be read, or the account has another client by now. */
	bool has = ft_client_read(ft, account, &client, NULL) != FT_NOT_FOUND;

	ft_client_release(&client);
	return has;
}

/* 404: the service does not know the client any more, so nothing is left to delete. */
static int judge(const struct ft_facts *facts, struct ft_error *err)
{
	if ((facts->status >= 200 && facts->status <= 299) || facts->status == 404)
		return 0;
	struct ft_error words = FT_ERROR_INIT;

	ft_judge_words(facts, &words);
	return ft_error_copy(err, FT_TEMPORARY, &words);
}

static int ask_to_remove(struct freshtoken *ft, const struct ft_account *account,
			 const struct ft_client *client, struct ft_error *err)
{
	char name[] = "registration_client_uri";
	struct ft_param where = { name, client->uri.data };
	/* Owns nothing. */
	const struct ft_variables variables = { .token = client->token };
	struct ft_facts facts = FT_FACTS_INIT;
	struct ft_service service;
	int r = ft_service_init(ft, account, &service, err);

	if (r != 0)
		return r;
	ft_service_proxy_from_environment(&service);
	const struct ft_metadata whole = service.metadata;

	service.metadata = (struct ft_metadata){ &where, 1 };
	r = ft_service_request(&service, FT_REQUEST_UNREGISTER, &variables, &facts, err);
	service.metadata = whole;
	if (r == 0)
		r = judge(&facts, err);
	ft_facts_release(&facts);
	ft_service_release(&service);
	return r;
}

int ft_register_remove(struct freshtoken *ft, const struct ft_account *account,
		       struct ft_error *err)
{
	struct ft_client client = FT_CLIENT_INIT;
	/* Fails for a client of another server: its token must not be sent to this one. */
	int r = ft_client_read(ft, account, &client, err);

	if (r == 0 && client.uri.data != NULL && client.token.data != NULL)
		r = ask_to_remove(ft, account, &client, err);
	else if (r == 0)
		r = FT_NOT_FOUND;
	bool said = r != 0 && r != FT_NOT_FOUND;
	int forgotten = ft_client_forget(ft, account->name, said ? NULL : err);

	ft_client_release(&client);
	return forgotten != 0 && !said ? forgotten : r;
}
