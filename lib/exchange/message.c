/* SPDX-License-Identifier: MIT */
/* The message for freshtoken-transport: headers, body, what to report, how to get there. */
#include "config.h"
#include "lib/exchange/parts.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "lib/base/encode.h"
#include "lib/base/escape.h"
#include "lib/base/url.h"
#include "lib/base/utf8.h"
#include "lib/exchange/facts.h"

static void add_text(struct ft_buf *out, const char *text, size_t len)
{
	ft_buf_adds(out, "\"");
	if (ft_escape_json(out, text, len) != NULL && out->failed == 0)
		out->failed = FT_UNTRUSTED;	/* cannot happen: it was checked to be UTF-8 */
	ft_buf_adds(out, "\"");
}

static void add_member(struct ft_buf *out, const char *name, const char *text)
{
	ft_buf_adds(out, ",\"");
	ft_buf_adds(out, name);
	ft_buf_adds(out, "\":");
	add_text(out, text, strlen(text));
}

static void add_header(struct ft_request_work *w, bool *first, struct ft_buf *out)
{
	if (w->header.failed != 0)
		out->failed = w->header.failed;
	if (!*first)
		ft_buf_adds(out, ",");
	add_text(out, w->header.data, w->header.len);
	*first = false;
	ft_buf_clear(&w->header);
}

/* RFC 6749 section 2.3.1: both are form-encoded before they are joined. */
static void add_client_basic(struct ft_request_work *w, struct ft_buf *pair)
{
	(void)ft_escape_percent(pair, w->account->client_id, strlen(w->account->client_id));
	ft_buf_adds(pair, ":");
	(void)ft_escape_percent(pair, w->client_secret.data, w->client_secret.len);
}

/* The user name ends at the template's first colon. */
static int add_user_basic(struct ft_request_work *w, struct ft_buf *pair, struct ft_error *err)
{
	const char *text = w->request->basic;
	struct ft_piece piece;
	bool in_password = false;
	int r;

	while ((r = ft_template_next(&text, &piece, err)) > 0) {
		r = ft_template_add(&piece, &w->scope, ft_escape_nothing, in_password ?
				    ft_escape_basic_password : ft_escape_basic_username, pair, err);
		if (r != 0)
			break;
		if (piece.text != NULL && memchr(piece.text, ':', piece.len) != NULL)
			in_password = true;
	}
	if (r < 0)
		ft_error_prefix(err, "provider profile %s: basic", w->profile->name);
	return r;
}

static int add_authorization(struct ft_request_work *w, bool *first, struct ft_buf *out,
			     struct ft_error *err)
{
	struct ft_buf pair = FT_BUF_INIT(FT_MESSAGE_MAX);
	int r = 0;

	if (w->client_auth == FT_CLIENT_AUTH_BASIC) {
		if (w->request->basic != NULL)
			return ft_error_set(err, FT_CONFIG, "client_auth: basic cannot be used, the"
					     " provider profile needs that header for the user");
		add_client_basic(w, &pair);
	} else if (w->request->basic != NULL) {
		r = add_user_basic(w, &pair, err);
	} else {
		return 0;
	}
	if (r == 0) {
		ft_buf_adds(&w->header, "Authorization: Basic ");
		ft_base64_add(&w->header, FT_BASE64, pair.data, pair.len);
		if (pair.failed != 0)
			w->header.failed = pair.failed;
		add_header(w, first, out);
	}
	ft_buf_release(&pair);
	return r < 0 ? r : 0;
}

static bool is_header(const char *line, const char *name)
{
	size_t len = strlen(name);

	return strncasecmp(line, name, len) == 0 && line[len] == ':';
}

static int add_own_header(struct ft_request_work *w, const char *line, bool *first,
			  struct ft_buf *out, struct ft_error *err)
{
	const char *value = strchr(line, ':') + 1;
	int r;

	if (is_header(line, "Authorization") &&
	    (w->client_auth == FT_CLIENT_AUTH_BASIC || w->request->basic != NULL))
		return ft_error_set(err, FT_CONFIG, "client_auth: basic cannot be used, the"
				     " provider profile sets Authorization itself");
	value += strspn(value, " \t");
	ft_buf_add(&w->header, line, strcspn(line, ":"));
	ft_buf_adds(&w->header, ": ");
	r = ft_template_expand(value, &w->scope, ft_escape_nothing, ft_escape_header, &w->header,
			       err);
	if (r == 0)
		add_header(w, first, out);
	else if (r == FT_TEMPLATE_DROP)
		ft_buf_clear(&w->header);
	else
		ft_error_prefix(err, "provider profile %s: header %.*s", w->profile->name,
				(int)strcspn(line, ":"), line);
	return r < 0 ? r : 0;
}

static int add_headers(struct ft_request_work *w, struct ft_buf *out, struct ft_error *err)
{
	static const char *const types[] = {
		[FT_FORMAT_FORM] = "application/x-www-form-urlencoded",
		[FT_FORMAT_JSON] = "application/json",
		[FT_FORMAT_XML] = "application/xml",
	};
	const struct ft_request_template *request = w->request;
	bool first = true, user_agent = false;
	int r;

	ft_buf_adds(out, ",\"headers\":[");
	ft_buf_addf(&w->header, "Accept: %s", request->accept != NULL ? request->accept :
		    types[w->format == FT_FORMAT_XML ? FT_FORMAT_XML : FT_FORMAT_JSON]);
	add_header(w, &first, out);
	if (w->format != FT_FORMAT_NONE) {
		ft_buf_addf(&w->header, "Content-Type: %s", request->content_type != NULL ?
			    request->content_type : types[w->format]);
		add_header(w, &first, out);
	}
	r = add_authorization(w, &first, out, err);
	for (size_t i = 0; r == 0 && i < request->header.n; i++) {
		user_agent = user_agent || is_header(request->header.list[i], "User-Agent");
		r = add_own_header(w, request->header.list[i], &first, out, err);
	}
	if (r == 0 && !user_agent) {
		ft_buf_adds(&w->header, "User-Agent: " PACKAGE_NAME "/" PACKAGE_VERSION);
		add_header(w, &first, out);
	}
	ft_buf_adds(out, "]");
	return r;
}

/* Whether the profile's [response] describes the answer. */
static bool brings_tokens(enum ft_request_kind kind)
{
	return kind == FT_REQUEST_REFRESH || kind == FT_REQUEST_LOGIN || kind == FT_REQUEST_CODE ||
	       kind == FT_REQUEST_DEVICE_TOKEN || kind == FT_REQUEST_GRANT;
}

static bool profile_reads_id_token(const struct ft_profile *profile)
{
	bool wants = false;

	for (unsigned i = 0; i < FT_FIELD_TOKENS_COUNT; i++)
		for (size_t j = 0; j < profile->fields[i].n; j++)
			wants = wants || strncmp(profile->fields[i].list[j], "id_token:", 9) == 0;
	return wants;
}

bool ft_request_wants_id_token(const struct ft_account *account, const struct ft_profile *profile)
{
	return account->id_token || profile_reads_id_token(profile);
}

/*
 * The index-th path of a field; NULL past the last. FT_FIELD_IDENTITY has the account's `identity`;
 * in an answer with tokens it is a claim of the ID token, if the service has those. The buffer
 * holds the path.
 */
static const char *path_of(const struct ft_request_work *w, enum ft_request_kind kind,
			   unsigned field, size_t index, struct ft_buf *identity)
{
	const char *name = w->account->identity;

	if (field == FT_FIELD_IDENTITY) {
		if (name == NULL || index > 0)
			return NULL;
		ft_buf_clear(identity);
		if (brings_tokens(kind) && strchr(name, ':') == NULL &&
		    profile_reads_id_token(w->profile))
			ft_buf_adds(identity, "id_token:");
		ft_buf_adds(identity, name);
		return identity->failed ? NULL : identity->data;
	}
	/* The subject of an ID token must stay the same (OpenID Connect Core section 12.2). */
	if (field == FT_FIELD_SUBJECT && w->account->id_token && brings_tokens(kind) &&
	    w->profile->fields[field].n == 0)
		return index == 0 ? "id_token:sub" : NULL;
	if (field < FT_FIELD_TOKENS_COUNT &&
	    (brings_tokens(kind) || field == FT_FIELD_CODE || field == FT_FIELD_MESSAGE))
		return index < w->profile->fields[field].n ?
		       w->profile->fields[field].list[index] : NULL;
	return ft_profile_answer_path(w->profile, kind, (enum ft_field)field, index);
}

static void add_fields(const struct ft_request_work *w, enum ft_request_kind kind,
		       struct ft_buf *out)
{
	struct ft_buf identity = FT_BUF_INIT(512);
	bool first = true;

	ft_buf_adds(out, ",\"fields\":{");
	for (unsigned i = 0; i < FT_FIELD_COUNT; i++) {
		const char *path = path_of(w, kind, i, 0, &identity);

		if (path == NULL)
			continue;
		ft_buf_addf(out, "%s\"%s\":[", first ? "" : ",", ft_field_names[i]);
		for (size_t j = 0; path != NULL; path = path_of(w, kind, i, ++j, &identity)) {
			ft_buf_adds(out, j > 0 ? "," : "");
			add_text(out, path, strlen(path));
		}
		ft_buf_adds(out, "]");
		first = false;
	}
	ft_buf_adds(out, "}");
	ft_buf_release(&identity);
}

/* The paths of the list of persons, or of the one person; none: the whole answer is the person. */
static void add_entries(const struct ft_request_work *w, struct ft_buf *out)
{
	const struct ft_strings *entry = &w->request->entry;

	ft_buf_adds(out, ",\"entries\":[");
	for (size_t i = 0; i < entry->n; i++) {
		ft_buf_adds(out, i > 0 ? "," : "");
		add_text(out, entry->list[i], strlen(entry->list[i]));
	}
	ft_buf_adds(out, "]");
}

static const char *about(const struct ft_request_work *w, const char *name)
{
	return ft_request_endpoint(w->profile, w->metadata, name);
}

/* Whether issuer and client_id are known, which an ID token must name: without both no claim of it
 * is trusted. */
static bool can_verify(const struct ft_request_work *w)
{
	return about(w, "issuer") != NULL && w->account->client_id != NULL &&
	       ft_request_wants_id_token(w->account, w->profile);
}

/* The beginning of the member "id_token"; the token must be for this audience. */
static void add_verification(const struct ft_request_work *w, const char *audience,
			     struct ft_buf *out)
{
	const char *algorithms = about(w, "id_token_signing_alg_values_supported");
	const char *issuer = about(w, "issuer");

	ft_buf_adds(out, ",\"id_token\":{\"issuer\":");
	add_text(out, issuer, strlen(issuer));
	add_member(out, "client_id", audience);
	if (algorithms == NULL)
		return;
	ft_buf_adds(out, ",\"algorithms\":[");
	for (bool first = true; *algorithms != '\0'; first = false) {
		size_t len = strcspn(algorithms, " ");

		ft_buf_adds(out, first ? "" : ",");
		add_text(out, algorithms, len);
		algorithms += len;
		algorithms += strspn(algorithms, " ");
	}
	ft_buf_adds(out, "]");
}

/* Whether the service may sign ID tokens with the client secret: it says that it does, and the
 * secret is shared, not the client's private key. */
static bool may_sign_with_secret(const struct ft_request_work *w)
{
	const char *algorithms = about(w, "id_token_signing_alg_values_supported");
	const struct ft_secret *secret = &w->client_secret;

	return w->by_secret && secret->data != NULL &&
	       (w->client_auth == FT_CLIENT_AUTH_BASIC || w->client_auth == FT_CLIENT_AUTH_POST) &&
	       (ft_request_lists(algorithms, "HS256") || ft_request_lists(algorithms, "HS384") ||
		ft_request_lists(algorithms, "HS512")) &&
	       strlen(secret->data) == secret->len && ft_utf8_valid(secret->data, secret->len);
}

static void add_id_token(const struct ft_request_work *w, const struct ft_secret *token,
			 struct ft_buf *out)
{
	add_verification(w, w->account->client_id, out);
	if (w->nonce != NULL)
		add_member(out, "nonce", w->nonce);
	if (w->keys != NULL && token == NULL)
		ft_buf_addf(out, ",\"keys\":%s", w->keys);
	if (token != NULL)
		add_member(out, "token", token->data);
	else if (may_sign_with_secret(w))
		add_member(out, "secret", w->client_secret.data);
	if (w->account->id_token)
		ft_buf_adds(out, ",\"keep\":true");
	if (w->by_date)
		ft_buf_adds(out, ",\"by_date\":true");
	if (w->now > 0)
		ft_buf_addf(out, ",\"now\":%" PRId64, w->now);
	ft_buf_adds(out, "}");
}

const char *ft_request_assertion_audience(const struct ft_request_work *w,
					  enum ft_request_kind kind)
{
	const char *endpoint = w->request->endpoint, *audience = NULL;

	if (endpoint != NULL && strcmp(endpoint, "token_endpoint") == 0)
		audience = about(w, endpoint);
	else if (!brings_tokens(kind))
		audience = about(w, "issuer");
	return audience != NULL && *audience != '/' ? audience : w->url.data;
}

static void add_client_assertion(const struct ft_request_work *w, enum ft_request_kind kind,
				 struct ft_buf *out)
{
	ft_buf_adds(out, ",\"client_assertion\":{\"key\":");
	add_text(out, w->client_secret.data, w->client_secret.len);
	add_member(out, "client_id", w->account->client_id);
	add_member(out, "audience", ft_request_assertion_audience(w, kind));
	ft_buf_adds(out, "}");
}

static void add_client_tls(const struct ft_request_work *w, struct ft_buf *out)
{
	ft_buf_adds(out, ",\"client_tls\":{\"certificate\":");
	add_text(out, w->client_cert.data, w->client_cert.len);
	add_member(out, "key", w->client_secret.data);
	ft_buf_adds(out, "}");
}

/* Only requests that get or revoke tokens have a proof (DPoP). */
static void add_dpop(const struct ft_request_work *w, enum ft_request_kind kind,
		     struct ft_buf *out)
{
	if (w->dpop_key == NULL || (!brings_tokens(kind) && kind != FT_REQUEST_REVOKE &&
				    kind != FT_REQUEST_REVOKE_ACCESS))
		return;
	ft_buf_adds(out, ",\"dpop\":{\"key\":");
	add_text(out, w->dpop_key, strlen(w->dpop_key));
	if (w->dpop_nonce != NULL)
		add_member(out, "nonce", w->dpop_nonce);
	ft_buf_adds(out, "}");
}

/* The URL as written, but with its scheme in lower case. */
static void add_url(const char *url, struct ft_buf *out)
{
	struct ft_buf text = FT_BUF_INIT(FT_MESSAGE_MAX);

	ft_buf_adds(&text, url);
	ft_url_lower_scheme(text.data);
	add_member(out, "url", text.failed ? url : text.data);
	ft_buf_release(&text);
}

/* How the exchange leaves this machine, and how long it may take. */
static void add_transport(const struct ft_account *account, const char *url_text,
			  const struct ft_route *route, struct ft_buf *out)
{
	const char *proxy = account->proxy, *no_proxy = NULL;
	struct ft_url url = { .loopback = true };

	if (ft_url_parse(url_text, false, &url, NULL) == 0 && proxy == NULL && route != NULL) {
		proxy = url.scheme == FT_SCHEME_HTTP ? route->http_proxy : route->https_proxy;
		no_proxy = route->no_proxy;
	}
	if (proxy != NULL && *proxy != '\0' && strcmp(proxy, "none") != 0 && !url.loopback) {
		add_member(out, "proxy", proxy);
		if (no_proxy != NULL && *no_proxy != '\0')
			add_member(out, "no_proxy", no_proxy);
	}
	if (account->ca_file != NULL)
		add_member(out, "ca_file", account->ca_file);
	ft_buf_addf(out, ",\"timeout\":%u}",
		    route != NULL && route->timeout > 0 ? route->timeout : account->timeout);
}

int ft_request_message(struct ft_request_work *w, enum ft_request_kind kind,
		       struct ft_buf *out, struct ft_error *err)
{
	static const char *const untyped[] = {
		[FT_UNTYPED_REFUSE] = "refuse", [FT_UNTYPED_IGNORE] = "ignore",
		[FT_UNTYPED_JSON] = "json", [FT_UNTYPED_XML] = "xml",
	};

	ft_buf_addf(out, "{\"version\":1,\"method\":\"%s\"", w->request->method);
	if (w->id != NULL)
		add_member(out, "id", w->id);
	if (w->seal != NULL)
		add_member(out, "seal", w->seal);
	add_member(out, "url", w->url.data);
	int r = add_headers(w, out, err);

	if (r != 0)
		return r;
	if (w->format != FT_FORMAT_NONE) {
		ft_buf_adds(out, ",\"body\":");
		add_text(out, w->body.data, w->body.len);
	}
	add_fields(w, kind, out);
	if (kind == FT_REQUEST_PERSON)
		add_entries(w, out);
	if (brings_tokens(kind) && can_verify(w))
		add_id_token(w, NULL, out);
	if (w->client_auth == FT_CLIENT_AUTH_PRIVATE_KEY_JWT)
		add_client_assertion(w, kind, out);
	if (w->client_auth == FT_CLIENT_AUTH_TLS)
		add_client_tls(w, out);
	add_dpop(w, kind, out);
	if (w->profile->expires_jwt && brings_tokens(kind))
		ft_buf_adds(out, ",\"jwt\":true");
	ft_buf_addf(out, ",\"untyped\":\"%s\"", untyped[w->profile->untyped]);
	add_transport(w->account, w->url.data, w->route, out);
	return ft_buf_check(out, "the request", err);
}

void ft_request_set_deadline(struct ft_buf *message, int64_t boottime, int64_t real)
{
	/* The last byte is the closing brace. */
	ft_buf_cut(message, message->len - 1);
	ft_buf_addf(message, ",\"deadline\":%" PRId64 ",\"deadline_real\":%" PRId64 "}", boottime,
		    real);
}

static void begin_keys(const struct ft_request_work *w, struct ft_buf *out)
{
	ft_buf_adds(out, "{\"version\":1,\"method\":\"GET\"");
	add_url(w->url.data, out);
	ft_buf_adds(out, ",\"headers\":[\"Accept: application/jwk-set+json, "
			 "application/json\",\"User-Agent: " PACKAGE_NAME "/" PACKAGE_VERSION
			 "\"],\"jwks\":true,\"untyped\":\"json\"");
}

int ft_request_keys_message(const struct ft_request_work *w, const struct ft_secret *id_token,
			    struct ft_buf *out, struct ft_error *err)
{
	begin_keys(w, out);
	if (id_token != NULL && id_token->data != NULL && can_verify(w)) {
		add_fields(w, FT_REQUEST_REFRESH, out);
		add_id_token(w, id_token, out);
	}
	add_transport(w->account, w->url.data, w->route, out);
	return ft_buf_check(out, "the request", err);
}

int ft_request_access_token_message(const struct ft_request_work *w,
				    const struct ft_secret *token, const char *audience,
				    struct ft_buf *out, struct ft_error *err)
{
	const char *identity = w->account->identity;
	struct ft_buf path = FT_BUF_INIT(512);

	begin_keys(w, out);
	ft_buf_adds(
		out,
		",\"fields\":{\"subject\":[\"id_token:sub\"],\"expires_at\":[\"id_token:exp\"]");
	/* Only from claims that are verified. */
	if (identity != NULL &&
	    (strchr(identity, ':') == NULL || strncmp(identity, "id_token:", 9) == 0)) {
		ft_buf_addf(&path, "%s%s", strchr(identity, ':') == NULL ? "id_token:" : "",
			    identity);
		ft_buf_adds(out, ",\"identity\":[");
		if (ft_buf_check(&path, "identity", err) == 0)
			add_text(out, path.data, path.len);
		else
			out->failed = path.failed;
		ft_buf_adds(out, "]");
	}
	ft_buf_adds(out, "}");
	add_verification(w, audience, out);
	ft_buf_adds(out, ",\"access_token\":true");
	add_member(out, "token", token->data);
	ft_buf_adds(out, "}");
	add_transport(w->account, w->url.data, w->route, out);
	ft_buf_release(&path);
	return ft_buf_check(out, "the request", err);
}

void ft_request_hand_over(int r, struct ft_buf *made, struct ft_buf *ret)
{
	if (r != 0) {
		ft_buf_release(made);
		return;
	}
	ft_buf_release(ret);
	*ret = *made;
}

int ft_request_discovery_message(const struct ft_request_work *w, const struct ft_strings *headers,
				 struct ft_buf *out, struct ft_error *err)
{
	ft_buf_adds(out, "{\"version\":1,\"method\":\"GET\"");
	add_url(w->url.data, out);
	ft_buf_adds(out, ",\"headers\":[\"Accept: application/json\",\"User-Agent: "
		    PACKAGE_NAME "/" PACKAGE_VERSION "\"],\"metadata\":true");
	/* Their names were checked when the profile was loaded: no escapes are needed. */
	for (size_t i = 0; headers != NULL && i < headers->n; i++)
		ft_buf_addf(out, "%s\"%s\"", i == 0 ? ",\"headers_seen\":[" : ",",
			    headers->list[i]);
	if (headers != NULL && headers->n > 0)
		ft_buf_adds(out, "]");
	add_transport(w->account, w->url.data, w->route, out);
	return ft_buf_check(out, "the request", err);
}

int ft_request_probe(const struct ft_account *account, const char *url,
		     const struct ft_route *route, struct ft_buf *ret_message,
		     struct ft_error *err)
{
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);

	ft_buf_adds(&message, "{\"version\":1,\"method\":\"GET\"");
	add_url(url, &message);
	ft_buf_adds(&message, ",\"headers\":[\"Accept: */*\",\"User-Agent: "
		    PACKAGE_NAME "/" PACKAGE_VERSION "\"],\"sandbox\":true");
	add_transport(account, url, route, &message);
	int r = ft_buf_check(&message, "the request", err);

	ft_request_hand_over(r, &message, ret_message);
	return r;
}
