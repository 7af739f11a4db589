/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/exchange/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/escape.h"
#include "lib/exchange/facts.h"
#include "lib/exchange/parts.h"

/* RFC 7523 section 2.2 */
#define ASSERTION "client_assertion_type=" \
	"urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion="

void ft_variables_release(struct ft_variables *variables)
{
	if (variables == NULL)
		return;
	ft_secret_release(&variables->refresh_token);
	ft_secret_release(&variables->access_token);
	ft_secret_release(&variables->username);
	ft_secret_release(&variables->password);
	ft_secret_release(&variables->client_secret);
	ft_secret_release(&variables->token);
	ft_secret_release(&variables->source);
	ft_secret_release(&variables->jwt);
	ft_secret_release(&variables->device_code);
	ft_secret_release(&variables->code);
	ft_secret_release(&variables->redirect_uri);
	ft_secret_release(&variables->code_verifier);
	ft_secret_release(&variables->code_challenge);
	ft_secret_release(&variables->state);
	ft_secret_release(&variables->nonce);
	ft_secret_release(&variables->prompt);
	ft_secret_release(&variables->dpop_key);
	ft_secret_release(&variables->device_grant);
	ft_secret_release(&variables->person);
}

int ft_request_server(const struct ft_account *account, const struct ft_profile *profile,
		      const char **ret, struct ft_error *err)
{
	const char *server = account->server != NULL ? account->server : profile->server;

	if (server == NULL)
		return ft_error_set(err, FT_CONFIG,
				    "server: it is not set, and the provider profile has none");
	*ret = server;
	return 0;
}

static void set(struct ft_request_work *w, enum ft_variable variable, const struct ft_secret *value)
{
	w->scope.value[variable].data = value->data;
	w->scope.value[variable].len = value->len;
}

static void set_string(struct ft_request_work *w, enum ft_variable variable, const char *value)
{
	w->scope.value[variable].data = value;
	w->scope.value[variable].len = value != NULL ? strlen(value) : 0;
}

bool ft_request_lists(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (; list != NULL && *list != '\0'; list += strcspn(list, " "), list += strspn(list, " "))
		if (strcspn(list, " ") == len && memcmp(list, word, len) == 0)
			return true;
	return false;
}

/* The scope of a sign-in when the account has none: the profile's; else openid and offline_access,
 * as far as the service offers them. */
static const char *default_scope(struct ft_request_work *w, enum ft_request_kind kind)
{
	bool by_code = kind == FT_REQUEST_DEVICE || kind == FT_REQUEST_AUTHORIZE ||
		       kind == FT_REQUEST_PUSH;

	if (w->profile->scope != NULL)
		return by_code || kind == FT_REQUEST_LOGIN ? w->profile->scope : NULL;
	const char *offered = ft_request_endpoint(w->profile, w->metadata, "scopes_supported");
	bool openid = ft_request_lists(offered, "openid"),
	     offline = ft_request_lists(offered, "offline_access");

	if (!by_code || (!openid && !offline))
		return NULL;
	(void)snprintf(w->default_scope, sizeof w->default_scope, "%s%s%s", openid ? "openid" : "",
		       openid && offline ? " " : "", offline ? "offline_access" : "");
	return w->default_scope;
}

/* RFC 8693 section 3. Another account's token is an access token, whatever it looks like; a token
 * from elsewhere that looks like a JWT is a JWT of another issuer. */
static const char *source_type(const struct ft_account *account, const struct ft_secret *source)
{
	const char *first = source->data != NULL ? strchr(source->data, '.') : NULL,
		   *second = first != NULL ? strchr(first + 1, '.') : NULL;
	bool jwt = second != NULL && strchr(second + 1, '.') == NULL &&
		   strncmp(source->data, "eyJ", 3) == 0;

	return jwt && ft_account_from(account) != FT_FROM_ACCOUNT ?
		       "urn:ietf:params:oauth:token-type:jwt" :
		       "urn:ietf:params:oauth:token-type:access_token";
}

static void fill_scope(struct ft_request_work *w, enum ft_request_kind kind,
		       const struct ft_variables *variables)
{
	w->scope.account = w->account;
	set(w, FT_VARIABLE_REFRESH_TOKEN, &variables->refresh_token);
	set(w, FT_VARIABLE_ACCESS_TOKEN, &variables->access_token);
	set(w, FT_VARIABLE_USERNAME, &variables->username);
	set(w, FT_VARIABLE_PASSWORD, &variables->password);
	set(w, FT_VARIABLE_TOKEN,
	    kind == FT_REQUEST_GRANT ? &variables->source : &variables->token);
	set(w, FT_VARIABLE_SOURCE, &variables->source);
	set_string(w, FT_VARIABLE_SOURCE_TYPE, source_type(w->account, &variables->source));
	set(w, FT_VARIABLE_JWT, &variables->jwt);
	set(w, FT_VARIABLE_DEVICE_CODE, &variables->device_code);
	set(w, FT_VARIABLE_CODE, &variables->code);
	set(w, FT_VARIABLE_REDIRECT_URI, &variables->redirect_uri);
	set(w, FT_VARIABLE_CODE_VERIFIER, &variables->code_verifier);
	set(w, FT_VARIABLE_CODE_CHALLENGE, &variables->code_challenge);
	set(w, FT_VARIABLE_STATE, &variables->state);
	set(w, FT_VARIABLE_NONCE, &variables->nonce);
	set(w, FT_VARIABLE_PROMPT, &variables->prompt);
	set(w, FT_VARIABLE_DEVICE_GRANT, &variables->device_grant);
	set(w, FT_VARIABLE_PERSON, &variables->person);
	/* With basic both are in the header, and RFC 6749 section 2.3 forbids a second method.
	 * A pushed request has client_id as a parameter all the same (RFC 9126 section 2). */
	if (w->client_auth != FT_CLIENT_AUTH_BASIC || kind == FT_REQUEST_PUSH)
		set_string(w, FT_VARIABLE_CLIENT_ID, w->account->client_id);
	if (w->client_auth == FT_CLIENT_AUTH_POST)
		set(w, FT_VARIABLE_CLIENT_SECRET, &w->client_secret);
	/* A refresh without a scope keeps the scope of before (RFC 6749 section 6). */
	set_string(w, FT_VARIABLE_SCOPE, w->account->scope != NULL ? w->account->scope :
		   default_scope(w, kind));
	set_string(w, FT_VARIABLE_TOKEN_TYPE_HINT,
		   kind == FT_REQUEST_INTROSPECT_REFRESH ? "refresh_token" : "access_token");
	set_string(w, FT_VARIABLE_RESOURCE, w->account->resource);
	set_string(w, FT_VARIABLE_AUDIENCE, w->account->audience);
}

/* Uses the account's format if this request has such a body; a refresh must have it. */
static int choose_format(struct ft_request_work *w, enum ft_request_kind kind, struct ft_error *err)
{
	const char *format = w->account->format;

	w->format = w->request->format;
	if (format == NULL)
		return 0;
	if (strcmp(format, "json") == 0 && w->request->json != NULL)
		w->format = FT_FORMAT_JSON;
	else if (strcmp(format, "xml") == 0 && w->request->xml != NULL)
		w->format = FT_FORMAT_XML;
	else if (strcmp(format, "form") == 0 && w->request->form.n > 0)
		w->format = FT_FORMAT_FORM;
	else if (kind == FT_REQUEST_REFRESH)
		return ft_error_set(err, FT_CONFIG, "format: provider profile %s has no"
				    " %s body", w->profile->name, format);
	return 0;
}

/* RFC 9126: sends the parameters of [authorize] as a form. */
static int push_authorize(struct ft_request_work *w, struct ft_error *err)
{
	const struct ft_strings *query =
		&ft_profile_request(w->profile, FT_REQUEST_AUTHORIZE)->query;
	const struct ft_strings *more = &w->request->form;
	char **list = calloc(query->n + more->n, sizeof *list);

	if (list == NULL)
		return ft_error_memory(err);
	memcpy(list, query->list, query->n * sizeof *list);
	memcpy(list + query->n, more->list, more->n * sizeof *list);
	w->own = *w->request;
	w->own.form = (struct ft_strings){ list, query->n + more->n };
	w->request = &w->own;
	return 0;
}

int ft_request_prepare(struct ft_request_work *w, enum ft_request_kind kind,
		       const struct ft_variables *variables, struct ft_error *err)
{
	const char *server = NULL;
	int r = ft_request_server(w->account, w->profile, &server, err);

	if (w->request == NULL)
		w->request = ft_profile_request(w->profile, kind);
	w->nonce = variables->nonce.data;
	w->by_date = variables->by_date;
	w->by_secret = variables->by_secret;
	w->dpop_key = variables->dpop_key.data;
	w->dpop_nonce = variables->dpop_nonce;
	w->id = variables->id;
	w->seal = variables->seal;
	w->client_auth = ft_request_choose_auth(w);
	if (r == 0 && !w->request->present)
		r = ft_error_set(err, FT_CONFIG, "provider profile %s has no [%s]",
				 w->profile->name,
				 kind == FT_REQUEST_LOGIN ? "login" :
				 kind == FT_REQUEST_REFRESH ? "refresh" :
				 kind == FT_REQUEST_GRANT ? "grant" :
				 kind == FT_REQUEST_PERSON ? "person" : "revoke");
	if (r == 0 && kind == FT_REQUEST_PUSH)
		r = push_authorize(w, err);
	if (r == 0)
		r = ft_request_find_secret(w, kind, variables, err);
	if (r == 0)
		r = choose_format(w, kind, err);
	if (r == 0)
		r = ft_request_check_assertion(w, err);
	if (r != 0)
		return r;
	fill_scope(w, kind, variables);
	r = ft_request_url(w, server, err);
	if (r == 0)
		r = ft_request_body(w->request, w->format, &w->scope, &w->body, err);
	if (r < 0)
		ft_error_prefix(err, "provider profile %s", w->profile->name);
	if (r == 0 && w->client_auth == FT_CLIENT_AUTH_SOURCE) {
		ft_buf_adds(&w->body, w->body.len > 0 ? "&" ASSERTION : ASSERTION);
		(void)ft_escape_percent(&w->body, variables->source.data, variables->source.len);
	}
	if (r == 0)
		r = ft_buf_check(&w->url, "the URL", err);
	return r != 0 ? r : ft_buf_check(&w->body, "the body", err);
}

int ft_request_render(const struct ft_recipient *to, enum ft_request_kind kind,
		      const struct ft_variables *variables, const char *keys,
		      struct ft_buf *ret_message, struct ft_error *err)
{
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	struct ft_request_work w = FT_REQUEST_WORK_INIT(to);

	w.keys = keys;
	int r = ft_request_prepare(&w, kind, variables, err);

	if (r == 0)
		r = ft_request_message(&w, kind, &message, err);
	ft_request_hand_over(r, &message, ret_message);
	ft_request_work_release(&w);
	return r;
}

void ft_request_work_release(struct ft_request_work *w)
{
	ft_buf_release(&w->url);
	ft_buf_release(&w->body);
	ft_buf_release(&w->header);
	ft_secret_release(&w->client_secret);
	ft_secret_release(&w->client_cert);
	free(w->own.form.list);
}

int ft_request_link(const struct ft_recipient *to, const struct ft_variables *variables,
		    struct ft_buf *ret, struct ft_error *err)
{
	const char *link = to->profile->requests[FT_REQUEST_DEVICE].link, *server = NULL;
	struct ft_request_work w = { .scope.account = to->account };
	struct ft_buf url = FT_BUF_INIT(8192);
	int r = ft_request_server(to->account, to->profile, &server, err);

	set(&w, FT_VARIABLE_DEVICE_CODE, &variables->device_code);
	if (r == 0 && *link == '/')
		ft_buf_adds(&url, server);
	if (r == 0)
		r = ft_template_expand(link, &w.scope, ft_escape_nothing, ft_escape_percent, &url,
				       err);
	if (r == 0)
		r = ft_buf_check(&url, "the link", err);
	ft_request_hand_over(r, &url, ret);
	return r;
}

int ft_request_authorize_url(const struct ft_recipient *to,
			     const struct ft_variables *variables,
			     const struct ft_secret *request_uri, struct ft_buf *ret,
			     struct ft_error *err)
{
	static char client[] = "client_id=${client_id}";
	static char *by_reference[] = { client };
	struct ft_request_work w = FT_REQUEST_WORK_INIT(to);

	w.body = (struct ft_buf)FT_BUF_INIT(1);	/* a URL has no body */
	if (request_uri != NULL) {
		w.own = *ft_profile_request(to->profile, FT_REQUEST_AUTHORIZE);
		w.own.query = (struct ft_strings){ by_reference, 1 };
		w.request = &w.own;
	}
	int r = ft_request_prepare(&w, FT_REQUEST_AUTHORIZE, variables, err);

	if (r == 0 && request_uri != NULL) {
		ft_buf_adds(&w.url, "&request_uri=");
		(void)ft_escape_percent(&w.url, request_uri->data, request_uri->len);
		r = ft_buf_check(&w.url, "the URL", err);
	}
	ft_request_hand_over(r, &w.url, ret);
	ft_buf_release(&w.body);
	return r;
}

/* audience: which an access token must have; NULL: the token is an ID token, or NULL. */
static int render_keys(struct ft_request_work *w, const struct ft_secret *token,
		       const char *audience, struct ft_buf *ret_message, struct ft_error *err)
{
	static const struct ft_request_template get = { .present = true,
							.endpoint = (char *)"jwks_uri" };
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	const char *server = NULL;
	int r = ft_request_server(w->account, w->profile, &server, err);

	w->request = &get;
	if (r == 0)
		r = ft_request_url(w, server, err);
	if (r == 0)
		r = ft_buf_check(&w->url, "the URL", err);
	if (r == 0)
		r = audience != NULL ?
			    ft_request_access_token_message(w, token, audience, &message, err) :
			    ft_request_keys_message(w, token, &message, err);
	ft_request_hand_over(r, &message, ret_message);
	ft_request_work_release(w);
	return r;
}

int ft_request_keys(const struct ft_recipient *to, const struct ft_secret *id_token,
		    const char *nonce, int64_t now, struct ft_buf *ret_message,
		    struct ft_error *err)
{
	struct ft_request_work w = FT_REQUEST_WORK_INIT(to);

	w.nonce = nonce;
	w.now = now;
	return render_keys(&w, id_token, NULL, ret_message, err);
}

int ft_request_access_token(const struct ft_recipient *to, const struct ft_secret *token,
			    const char *audience, struct ft_buf *ret_message,
			    struct ft_error *err)
{
	struct ft_request_work w = FT_REQUEST_WORK_INIT(to);

	if (ft_request_endpoint(w.profile, w.metadata, "issuer") == NULL)
		return ft_error_set(err, FT_CONFIG,
				    "the service does not say who issues its tokens");
	return render_keys(&w, token, audience, ret_message, err);
}

int ft_request_discovery(const struct ft_recipient *to, struct ft_discovery *at,
			 struct ft_buf *ret_message, struct ft_error *err)
{
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	struct ft_request_work w = FT_REQUEST_WORK_INIT(to);
	const struct ft_profile *profile = to->profile;
	const char *server = NULL;
	int r = ft_request_server(to->account, profile, &server, err);

	if (r == 0)
		r = ft_request_discovery_url(profile, server, at->next++, at->slash, &w.url);
	if (r == FT_NOT_FOUND && at->redirected && !at->slash) {
		*at = (struct ft_discovery){ .headers = at->headers, .slash = true };
		r = ft_request_discovery_url(profile, server, at->next++, at->slash, &w.url);
	}
	if (r == FT_NOT_FOUND)
		(void)ft_error_set(err, r, "no more places to look for metadata");
	if (r == 0)
		r = ft_buf_check(&w.url, "the URL", err);
	if (r == 0)
		r = ft_request_discovery_message(&w, at->headers, &message, err);
	ft_request_hand_over(r, &message, ret_message);
	ft_request_work_release(&w);
	return r;
}

bool ft_request_needs_access_token(const struct ft_account *account,
				   const struct ft_profile *profile, enum ft_request_kind kind)
{
	const struct ft_request_template *request = ft_profile_request(profile, kind);
	struct ft_request_work w = { .account = account, .profile = profile, .request = request };

	if (!request->present || choose_format(&w, kind, NULL) != 0)
		return false;
	return ft_profile_request_uses(request, w.format, FT_VARIABLE_ACCESS_TOKEN);
}

bool ft_request_wants_jwt(const struct ft_account *account, const struct ft_profile *profile)
{
	const struct ft_request_template *request = ft_profile_request(profile, FT_REQUEST_GRANT);
	struct ft_request_work w = { .account = account, .profile = profile, .request = request };

	if (!request->present || choose_format(&w, FT_REQUEST_GRANT, NULL) != 0)
		return false;
	return account->from == NULL ?
		       ft_profile_request_uses(request, w.format, FT_VARIABLE_JWT) :
		       ft_profile_request_needs(request, w.format, FT_VARIABLE_JWT);
}
