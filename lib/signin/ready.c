/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/signin/ready.h"

#include <stdlib.h>
#include <string.h>

#include "lib/signin/signin.h"

#define PLACES 5

static const struct way {
	enum ft_way way;
	enum ft_request_kind kinds[3];	/* the requests it makes; one may be there twice */
	bool wants_place;	/* needs the endpoint of kinds[0], and a client */
} ways[] = {
	{ FT_WAY_PASSWORD,
	  { FT_REQUEST_LOGIN, FT_REQUEST_REFRESH, FT_REQUEST_REFRESH },
	  false },
	{ FT_WAY_DEVICE,
	  { FT_REQUEST_DEVICE, FT_REQUEST_DEVICE_TOKEN, FT_REQUEST_REFRESH },
	  true },
	{ FT_WAY_BROWSER,
	  { FT_REQUEST_AUTHORIZE, FT_REQUEST_CODE, FT_REQUEST_REFRESH },
	  true },
	{ FT_WAY_TOKEN,
	  { FT_REQUEST_REFRESH, FT_REQUEST_REFRESH, FT_REQUEST_REFRESH },
	  false },
};

static bool is_offered(const struct ft_service *service, const struct way *way)
{
	if (way->way == FT_WAY_PASSWORD)
		return service->profile.requests[FT_REQUEST_LOGIN].present;
	if (!way->wants_place || ft_service_offers(service, way->kinds[0]))
		return true;
	/* Before discovery the service may still offer it. */
	return service->profile.discover.n > 0 && service->metadata.n == 0;
}

/* The metadata, with the server's own address for endpoints that discovery has not given yet. */
static const struct ft_metadata *whole(const struct ft_service *service,
				       enum ft_request_kind kind, struct ft_metadata *room,
				       struct ft_param list[PLACES])
{
	static char token[] = "token_endpoint", device[] = "device_authorization_endpoint",
		    browser[] = "authorization_endpoint", issuer[] = "issuer";
	char *own = ft_profile_request(&service->profile, kind)->endpoint;
	char *const names[PLACES] = { token, device, browser, issuer,
				      own != NULL ? own : issuer };

	for (size_t i = 0; i < PLACES; i++) {
		char *known = (char *)ft_service_endpoint(service, names[i]);

		list[i] = (struct ft_param){ names[i], known != NULL ? known : service->server };
	}
	*room = (struct ft_metadata){ list, PLACES };
	return room;
}

static int try(const struct ft_service *service, enum ft_request_kind kind, struct ft_error *err)
{
	static char word[] = "x", uri[] = "http://127.0.0.1/callback";
	const struct ft_secret x = { word, 1 }, none = { NULL, 0 };
	const struct ft_variables variables = {
		.refresh_token = x,
		.access_token = x,
		.username = x,
		.password = x,
		.device_code = x,
		.code = x,
		.code_verifier = x,
		.code_challenge = x,
		.state = x,
		.nonce = x,
		.redirect_uri = { uri, sizeof uri - 1 },
		.token = x,
		.person = x,
		.source = service->account->from != NULL ? x : none,
		.jwt = kind == FT_REQUEST_GRANT &&
				       ft_request_wants_jwt(service->account, &service->profile) ?
			       x : none,
		/* Whether the file can be read is checked elsewhere. */
		.client_secret = ft_account_secret_file(service->account) != NULL ? x : none,
	};
	struct ft_account account = *service->account;
	struct ft_param list[PLACES];
	struct ft_metadata room;
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	const struct ft_recipient to = {
		&account, &service->profile, whole(service, kind, &room, list), NULL,
	};

	/* A sign-in will register a client first. */
	if (account.register_client && (account.client_id == NULL || account.client_expired)) {
		account.client_id = word;
		account.client_expired = false;
	}
	int r = kind == FT_REQUEST_AUTHORIZE ?
			ft_request_authorize_url(&to, &variables, NULL, &message, err) :
			ft_request_render(&to, kind, &variables, NULL, &message, err);

	ft_buf_release(&message);
	return r;
}

static void look(const struct ft_service *service, unsigned wanted, struct ft_ready *ret)
{
	*ret = (struct ft_ready){ .lacks = FT_ERROR_INIT };
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct ft_error err;
		int r = 0;

		if ((ways[i].way & wanted) == 0 || !is_offered(service, &ways[i]))
			continue;
		ret->offered |= ways[i].way;
		if (ways[i].wants_place)
			r = ft_signin_check_client(service, ways[i].kinds[0], &err);
		for (size_t k = 0; r == 0 && k < 3; k++)
			if (k == 0 || ways[i].kinds[k] != ways[i].kinds[k - 1])
				r = try(service, ways[i].kinds[k], &err);
		if (r == 0)
			ret->ready |= ways[i].way;
		else if (ret->lacks.code == 0)
			ret->lacks = err;
	}
}

void ft_ready_look(const struct ft_service *service, struct ft_ready *ret)
{
	look(service, FT_WAYS_OF_PEOPLE | FT_WAY_TOKEN, ret);
}

int ft_ready_check(const struct ft_service *service, unsigned wanted, struct ft_error *err)
{
	struct ft_ready ready;

	look(service, wanted, &ready);
	if (ready.offered == 0 || ready.ready != 0)
		return 0;
	return ft_error_copy(err, ready.lacks.code == FT_NO_MEMORY ? FT_NO_MEMORY : FT_CONFIG,
			     &ready.lacks);
}

/* RFC 6749 section 4.4: only confidential clients may use this grant. */
static int check_credentials(const struct ft_service *service, struct ft_error *err)
{
	static const char name[] = "client_credentials";
	const struct ft_account *a = service->account;
	const bool shows = ft_account_secret_file(a) != NULL || a->from != NULL;

	if (ft_profile_request(&service->profile, FT_REQUEST_GRANT) !=
		    ft_profile_standard_grant(name) ||
	    (a->client_id != NULL && shows))
		return 0;
	return ft_error_set(err, FT_CONFIG, "%s: not set, and grant = %s needs it" FT_REMEDY
			    "set it to what the service has for that client",
			    a->client_id == NULL ? "client_id" : "client_secret_file", name);
}

int ft_ready_request(const struct ft_service *service, enum ft_request_kind kind,
		     struct ft_error *err)
{
	const struct ft_account *account = service->account;
	int r = try(service, kind, err);

	if (r == 0 && kind == FT_REQUEST_GRANT)
		r = check_credentials(service, err);
	if (r == 0 && kind == FT_REQUEST_GRANT &&
	    ft_request_wants_jwt(account, &service->profile))
		r = ft_request_check_key(account, err);
	return r;
}

const char *ft_ready_options(const struct ft_ready *ready)
{
	return (ready->offered & FT_WAYS_OF_PEOPLE) == 0 ? " --token <FILE" : NULL;
}
