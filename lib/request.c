#include "config.h"
#include "request.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "escape.h"
#include "facts.h"
#include "request-parts.h"
#include "url.h"

#define CLIENT_SECRET_MAX 4096

/* What the parts of one request share. */
struct work {
	const struct ft_account *account;
	const struct ft_profile *profile;
	const struct ft_request_template *request;
	enum ft_client_auth client_auth;
	enum ft_format format;
	struct ft_secret client_secret;
	struct ft_scope scope;
	struct ft_buf url, body, header;	/* header: one at a time */
};

void ft_variables_release(struct ft_variables *variables)
{
	if (variables == NULL)
		return;
	ft_secret_release(&variables->refresh_token);
	ft_secret_release(&variables->access_token);
	ft_secret_release(&variables->username);
	ft_secret_release(&variables->password);
	ft_secret_release(&variables->client_secret);
}

const struct ft_request_template *ft_request_of(const struct ft_profile *profile,
						enum ft_request_kind kind)
{
	return kind == FT_REQUEST_REFRESH ? &profile->refresh :
	       kind == FT_REQUEST_LOGIN ? &profile->login : &profile->revoke;
}

static int account_error(const struct ft_account *account, struct ft_error *err, const char *text)
{
	return ft_error_set(err, FT_CONFIG, "account %s: %s", account->name, text);
}

int ft_request_server(const struct ft_account *account, const struct ft_profile *profile,
		      const char **ret, struct ft_error *err)
{
	const char *server = account->server != NULL ? account->server : profile->server;

	if (server == NULL)
		return account_error(account, err, "server: it is not set, and the provider profile"
				     " has none");
	*ret = server;
	return 0;
}

static int read_secret(const char *file, struct ft_secret *ret, struct ft_error *err)
{
	struct ft_buf buf = FT_BUF_INIT(CLIENT_SECRET_MAX);
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW), r = 0;
	struct stat st;

	if (fd < 0 && errno == EACCES)
		return ft_error_set(err, FT_CONFIG, "permission denied; this account is for PAM"
				    " alone, git and docker need a public client");
	if (fd < 0)
		return ft_error_errno(err, FT_CONFIG, errno, "cannot be read");
	if (fstat(fd, &st) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "cannot be read");
	else if (!S_ISREG(st.st_mode))
		r = ft_error_set(err, FT_UNTRUSTED, "not a regular file");
	else if ((st.st_uid != 0 && st.st_uid != geteuid()) ||
		 (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		r = ft_error_set(err, FT_UNTRUSTED, "it must belong to root or you, and nobody else"
				 " may write to it");
	else if (ft_buf_read(&buf, fd) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "cannot be read");
	else
		r = ft_buf_check(&buf, "the secret", err);
	if (r == 0) {
		size_t len = buf.len;

		if (len > 0 && buf.data[len - 1] == '\n')
			len -= len > 1 && buf.data[len - 2] == '\r' ? 2 : 1;
		if (len == 0)
			r = ft_error_set(err, FT_CONFIG, "it is empty");
		else if (ft_secret_set(ret, buf.data, len) != 0)
			r = ft_error_memory(err);
	}
	ft_buf_release(&buf);
	(void)close(fd);
	return r;
}

static int find_client_secret(struct work *w, const struct ft_variables *variables,
			      struct ft_error *err)
{
	const struct ft_account *a = w->account;
	int r;

	if (w->client_auth == FT_CLIENT_AUTH_NONE)
		return a->client_secret_file == NULL ? 0 :
		       account_error(a, err, "client_secret_file: the provider profile does not use"
				     " it; set client_auth = basic or post");
	if (a->client_id == NULL)
		return account_error(a, err, "client_id: client_auth needs it");
	if (variables->client_secret.data != NULL)
		return ft_secret_copy(&w->client_secret, &variables->client_secret) == 0 ? 0 :
		       ft_error_memory(err);
	if (a->client_secret_file == NULL)
		return account_error(a, err, "client_secret_file: client_auth needs it");
	r = read_secret(a->client_secret_file, &w->client_secret, err);
	if (r != 0)
		ft_error_prefix(err, "account %s: client_secret_file %s", a->name,
				a->client_secret_file);
	return r;
}

static void set(struct work *w, enum ft_variable variable, const struct ft_secret *value)
{
	w->scope.value[variable].data = value->data;
	w->scope.value[variable].len = value->len;
}

static void set_string(struct work *w, enum ft_variable variable, const char *value)
{
	w->scope.value[variable].data = value;
	w->scope.value[variable].len = value != NULL ? strlen(value) : 0;
}

static void fill_scope(struct work *w, const struct ft_variables *variables)
{
	w->scope.account = w->account;
	set(w, FT_VARIABLE_REFRESH_TOKEN, &variables->refresh_token);
	set(w, FT_VARIABLE_ACCESS_TOKEN, &variables->access_token);
	set(w, FT_VARIABLE_USERNAME, &variables->username);
	set(w, FT_VARIABLE_PASSWORD, &variables->password);
	/* With basic both stand in their header, and RFC 6749 section 2.3 allows one method. */
	if (w->client_auth != FT_CLIENT_AUTH_BASIC)
		set_string(w, FT_VARIABLE_CLIENT_ID, w->account->client_id);
	if (w->client_auth == FT_CLIENT_AUTH_POST)
		set(w, FT_VARIABLE_CLIENT_SECRET, &w->client_secret);
	/* Absent in a refresh: as before (RFC 6749 section 6). */
	set_string(w, FT_VARIABLE_SCOPE, w->account->scope);
	set_string(w, FT_VARIABLE_RESOURCE, w->account->resource);
	set_string(w, FT_VARIABLE_AUDIENCE, w->account->audience);
}

/* The account's format where this request has such a body; a refresh must have it. */
static int choose_format(struct work *w, enum ft_request_kind kind, struct ft_error *err)
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
		return ft_error_set(err, FT_CONFIG, "account %s: format: provider profile %s has no"
				    " %s body", w->account->name, w->profile->name, format);
	return 0;
}

static void add_text(struct ft_buf *out, const char *text, size_t len)
{
	ft_buf_adds(out, "\"");
	if (ft_escape_json(out, text, len) != NULL && out->failed == 0)
		out->failed = FT_UNTRUSTED;	/* what is put together here is UTF-8 by now */
	ft_buf_adds(out, "\"");
}

static void add_member(struct ft_buf *out, const char *name, const char *text)
{
	ft_buf_addf(out, ",\"%s\":", name);
	add_text(out, text, strlen(text));
}

static void add_header(struct work *w, bool *first, struct ft_buf *out)
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
static void add_client_basic(struct work *w, struct ft_buf *pair)
{
	(void)ft_escape_percent(pair, w->account->client_id, strlen(w->account->client_id));
	ft_buf_adds(pair, ":");
	(void)ft_escape_percent(pair, w->client_secret.data, w->client_secret.len);
}

/* The user name ends at the template's first colon. */
static int add_user_basic(struct work *w, struct ft_buf *pair, struct ft_error *err)
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
		ft_error_prefix(err, "account %s: provider profile %s: basic", w->account->name,
				w->profile->name);
	return r;
}

static int add_authorization(struct work *w, bool *first, struct ft_buf *out, struct ft_error *err)
{
	struct ft_buf pair = FT_BUF_INIT(FT_MESSAGE_MAX);
	int r = 0;

	if (w->client_auth == FT_CLIENT_AUTH_BASIC) {
		if (w->request->basic != NULL)
			return account_error(w->account, err, "client_auth: basic cannot be used, the"
					     " provider profile needs that header for the user");
		add_client_basic(w, &pair);
	} else if (w->request->basic != NULL) {
		r = add_user_basic(w, &pair, err);
	} else {
		return 0;
	}
	if (r == 0) {
		ft_buf_adds(&w->header, "Authorization: Basic ");
		ft_buf_add_base64(&w->header, pair.data, pair.len);
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

static int add_own_header(struct work *w, const char *line, bool *first, struct ft_buf *out,
			  struct ft_error *err)
{
	const char *value = strchr(line, ':') + 1;
	int r;

	if (is_header(line, "Authorization") &&
	    (w->client_auth == FT_CLIENT_AUTH_BASIC || w->request->basic != NULL))
		return account_error(w->account, err, "client_auth: basic cannot be used, the"
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
		ft_error_prefix(err, "account %s: provider profile %s: header %.*s",
				w->account->name, w->profile->name, (int)strcspn(line, ":"), line);
	return r < 0 ? r : 0;
}

static int add_headers(struct work *w, struct ft_buf *out, struct ft_error *err)
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

static void add_fields(const struct ft_profile *profile, struct ft_buf *out)
{
	bool first = true;

	ft_buf_adds(out, ",\"fields\":{");
	for (unsigned i = 0; i < FT_FIELD_COUNT; i++) {
		const struct ft_strings *paths = &profile->fields[i];

		if (paths->n == 0)
			continue;
		ft_buf_addf(out, "%s\"%s\":[", first ? "" : ",", ft_field_names[i]);
		for (size_t j = 0; j < paths->n; j++) {
			ft_buf_adds(out, j > 0 ? "," : "");
			add_text(out, paths->list[j], strlen(paths->list[j]));
		}
		ft_buf_adds(out, "]");
		first = false;
	}
	ft_buf_adds(out, "}");
}

/* How the exchange leaves this machine, and how long it may take. */
static void add_transport(const struct ft_account *account, const char *url_text,
			  const struct ft_proxy_env *env, struct ft_buf *out)
{
	const char *proxy = account->proxy, *no_proxy = NULL;
	struct ft_url url = { .loopback = true };

	if (ft_url_parse(url_text, false, &url, NULL) == 0 && proxy == NULL && env != NULL) {
		proxy = url.scheme == FT_SCHEME_HTTP ? env->http_proxy : env->https_proxy;
		no_proxy = env->no_proxy;
	}
	if (proxy != NULL && *proxy != '\0' && strcmp(proxy, "none") != 0 && !url.loopback) {
		add_member(out, "proxy", proxy);
		if (no_proxy != NULL && *no_proxy != '\0')
			add_member(out, "no_proxy", no_proxy);
	}
	if (account->ca_file != NULL)
		add_member(out, "ca_file", account->ca_file);
	ft_buf_addf(out, ",\"timeout\":%u}", account->timeout);
}

static int add_message(struct work *w, enum ft_request_kind kind, const struct ft_proxy_env *proxy,
		       struct ft_buf *out, struct ft_error *err)
{
	static const char *const untyped[] = {
		[FT_UNTYPED_REFUSE] = "refuse", [FT_UNTYPED_IGNORE] = "ignore",
		[FT_UNTYPED_JSON] = "json", [FT_UNTYPED_XML] = "xml",
	};

	ft_buf_addf(out, "{\"version\":1,\"method\":\"%s\"", w->request->method);
	add_member(out, "url", w->url.data);
	int r = add_headers(w, out, err);

	if (r != 0)
		return r;
	if (w->format != FT_FORMAT_NONE) {
		ft_buf_adds(out, ",\"body\":");
		add_text(out, w->body.data, w->body.len);
	}
	add_fields(w->profile, out);
	if (w->profile->expires_jwt && kind != FT_REQUEST_REVOKE)
		ft_buf_adds(out, ",\"jwt\":true");
	ft_buf_addf(out, ",\"untyped\":\"%s\"", untyped[w->profile->untyped]);
	add_transport(w->account, w->url.data, proxy, out);
	return ft_buf_check(out, "the request", err);
}

static int prepare(struct work *w, enum ft_request_kind kind, const struct ft_variables *variables,
		   const struct ft_metadata *metadata, struct ft_error *err)
{
	const char *server = NULL;
	int r = ft_request_server(w->account, w->profile, &server, err);

	w->request = ft_request_of(w->profile, kind);
	w->client_auth = w->account->client_auth != FT_CLIENT_AUTH_UNSET ? w->account->client_auth :
			 w->profile->client_auth;
	if (r == 0 && !w->request->present)
		r = ft_error_set(err, FT_CONFIG, "account %s: provider profile %s has no [%s]",
				 w->account->name, w->profile->name, kind == FT_REQUEST_LOGIN ?
				 "login" : "revoke");
	if (r == 0)
		r = find_client_secret(w, variables, err);
	if (r == 0)
		r = choose_format(w, kind, err);
	if (r != 0)
		return r;
	fill_scope(w, variables);
	ft_buf_adds(&w->body, "");
	r = ft_request_url(w->request, w->profile, server, metadata, &w->scope, &w->url, err);
	if (r == 0)
		r = ft_request_body(w->request, w->format, &w->scope, &w->body, err);
	if (r < 0)
		ft_error_prefix(err, "account %s: provider profile %s", w->account->name,
				w->profile->name);
	if (r == 0)
		r = ft_buf_check(&w->url, "the URL", err);
	return r != 0 ? r : ft_buf_check(&w->body, "the body", err);
}

int ft_request_render(const struct ft_account *account, const struct ft_profile *profile,
		      enum ft_request_kind kind, const struct ft_variables *variables,
		      const struct ft_metadata *metadata, const struct ft_proxy_env *proxy,
		      struct ft_buf *ret_message, struct ft_error *err)
{
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	struct work w = {
		.account = account, .profile = profile, .url = FT_BUF_INIT(8192),
		.body = FT_BUF_INIT(FT_MESSAGE_MAX), .header = FT_BUF_INIT(FT_MESSAGE_MAX),
	};
	int r = prepare(&w, kind, variables, metadata, err);

	if (r == 0)
		r = add_message(&w, kind, proxy, &message, err);
	if (r == 0) {
		ft_buf_release(ret_message);
		*ret_message = message;
	} else {
		ft_buf_release(&message);
	}
	ft_buf_release(&w.url);
	ft_buf_release(&w.body);
	ft_buf_release(&w.header);
	ft_secret_release(&w.client_secret);
	return r;
}

int ft_request_discovery(const struct ft_account *account, const struct ft_profile *profile,
			 unsigned index, const struct ft_proxy_env *proxy,
			 struct ft_buf *ret_message, struct ft_error *err)
{
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX), url = FT_BUF_INIT(8192);
	const char *server = NULL;
	int r = ft_request_server(account, profile, &server, err);

	if (r == 0)
		r = ft_request_discovery_url(profile, server, index, &url);
	if (r == FT_NOT_FOUND)
		(void)ft_error_set(err, r, "no more places to look for metadata");
	if (r == 0)
		r = ft_buf_check(&url, "the URL", err);
	if (r == 0) {
		ft_buf_adds(&message, "{\"version\":1,\"method\":\"GET\"");
		add_member(&message, "url", url.data);
		ft_buf_adds(&message, ",\"headers\":[\"Accept: application/json\",\"User-Agent: "
			    PACKAGE_NAME "/" PACKAGE_VERSION "\"],\"metadata\":true");
		add_transport(account, url.data, proxy, &message);
		r = ft_buf_check(&message, "the request", err);
	}
	if (r == 0) {
		ft_buf_release(ret_message);
		*ret_message = message;
	} else {
		ft_buf_release(&message);
	}
	ft_buf_release(&url);
	return r;
}

static bool needs_access_token(const char *text)
{
	return text != NULL && strstr(text, "${access_token}") != NULL;
}

static bool any_needs_access_token(const struct ft_strings *strings)
{
	bool needs = false;

	for (size_t i = 0; i < strings->n; i++)
		needs = needs || needs_access_token(strings->list[i]);
	return needs;
}

bool ft_request_needs_access_token(const struct ft_account *account,
				   const struct ft_profile *profile, enum ft_request_kind kind)
{
	const struct ft_request_template *request = ft_request_of(profile, kind);
	struct work w = { .account = account, .profile = profile, .request = request };

	if (!request->present || choose_format(&w, kind, NULL) != 0)
		return false;
	return needs_access_token(request->path) || needs_access_token(request->basic) ||
	       any_needs_access_token(&request->query) ||
	       any_needs_access_token(&request->header) ||
	       (w.format == FT_FORMAT_FORM && any_needs_access_token(&request->form)) ||
	       (w.format == FT_FORMAT_JSON && needs_access_token(request->json)) ||
	       (w.format == FT_FORMAT_XML && needs_access_token(request->xml));
}
