/* SPDX-License-Identifier: MIT */
/*
 * route.c - which path belongs to which vendor, and the effects of a fault on an exchange
 *
 * Everything runs under one mutex, which is released only while something waits.
 */
#include "config.h"
#include "service.h"

#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char service_base[128];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;

static void service_sleep(long ms)
{
	pthread_mutex_unlock(&mutex);
	usleep((useconds_t)ms * 1000);
	pthread_mutex_lock(&mutex);
}

void service_release(struct tenant *tenant)
{
	tenant->releases++;
	pthread_cond_broadcast(&released);
}

static void hold(const struct tenant *tenant)
{
	unsigned before = tenant->releases;

	while (tenant->releases == before)
		pthread_cond_wait(&released, &mutex);
}

static void wait_for_close(struct request *request)
{
	struct pollfd fd = { .fd = request_socket(request), .events = POLLRDHUP };

	pthread_mutex_unlock(&mutex);
	while (poll(&fd, 1, -1) < 0)
		;
	pthread_mutex_lock(&mutex);
}

const struct vendor *tenant_vendor(const struct tenant *tenant)
{
	static const struct vendor *const all[] = {
		&vendor_oauth2, &vendor_abitmedia, &vendor_consinco, &vendor_formulacerta,
		&vendor_kirjaswappi, &vendor_github, &vendor_bitbucket,
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (option_is(tenant, OPT_VENDOR, all[i]->name))
			return all[i];
	return &vendor_oauth2;
}

bool tenant_password_ok(const struct tenant *tenant, const char *user, const char *password)
{
	return user != NULL && password != NULL && !tenant->disabled &&
	       option_is(tenant, OPT_USER, user) && option_is(tenant, OPT_PASSWORD, password);
}

static enum MHD_Result put_header(void *data, enum MHD_ValueKind kind, const char *name,
				  const char *value)
{
	(void)kind;
	fprintf(data, "%s: %s\n", name, value != NULL ? value : "");
	return MHD_YES;
}

static void remember(struct request *request)
{
	struct text text;

	text_open(&text);
	fprintf(text.file, "%s %s\n", request->method, request->path);
	MHD_get_connection_values(request->connection, MHD_HEADER_KIND, put_header, text.file);
	putc('\n', text.file);
	if (request->len > 0)
		fwrite(request->raw, 1, request->len, text.file);
	text_close(&text);
	free(request->tenant->last_request);
	request->tenant->last_request = text.data;
}

typedef void handler(struct request *, const struct fault *, struct answer *);

static void pause_for(struct request *request, const struct fault *fault)
{
	if (fault->delay_ms > 0)
		service_sleep(fault->delay_ms);
	if (fault_kind(fault) == FAULT_HOLD)
		hold(request->tenant);
}

/* What a fault does to an exchange; `serve` is what would happen without it. */
static void with_fault(struct request *request, handler *serve, const struct fault *fault,
		       struct answer *answer)
{
	enum fault_kind kind = fault_kind(fault);
	bool replaces = kind == FAULT_HANG || kind == FAULT_RESET || kind == FAULT_CANNED;

	if (!fault->spend)
		pause_for(request, fault);
	if (fault->spend || !replaces)
		serve(request, kind == FAULT_MANGLE ? fault : NULL, answer);
	if (fault->spend)
		pause_for(request, fault);
	if (kind == FAULT_HANG)
		wait_for_close(request);
	if (kind == FAULT_RESET || kind == FAULT_HANG)
		answer->wire = WIRE_RESET;
	else if (kind == FAULT_TRUNCATE)
		answer->wire = WIRE_TRUNCATED;
	else if (kind == FAULT_OVERSIZE)
		answer->wire = WIRE_ENDLESS;
	else if (kind == FAULT_CANNED)
		fault_canned(fault, request->tenant, answer);
	else if (kind == FAULT_FLAW)
		fault_flaw(fault, answer);
	if (kind == FAULT_MEDIA) {
		free(answer->media);
		answer->media = *fault->value != '\0' ? must(strdup(fault->value)) : NULL;
	}
}

static void serve_other(struct request *request, const struct fault *fault, struct answer *answer)
{
	const struct vendor *vendor = tenant_vendor(request->tenant);

	(void)fault;
	if (vendor->other == NULL || !vendor->other(request, answer))
		answer_set(answer, 404, "text/plain", "not found\n");
}

static void exchange(struct request *request, const char *at, handler *serve, struct answer *answer)
{
	struct tenant *tenant = request->tenant;
	int64_t *counters = tenant->counters;
	bool watched = strcmp(at, "discovery") != 0;
	struct fault *fault = fault_take(tenant, at, request);

	if (watched) {
		remember(request);
		counters[COUNT_EXCHANGES] += serve != serve_other;
		if (++counters[COUNT_RUNNING] > counters[COUNT_MAX_CONCURRENT])
			counters[COUNT_MAX_CONCURRENT] = counters[COUNT_RUNNING];
	}
	if (fault != NULL)
		with_fault(request, serve, fault, answer);
	else
		serve(request, NULL, answer);
	if (watched)
		counters[COUNT_RUNNING]--;
	if (strcmp(at, "login") == 0 && answer->status == 200)
		counters[COUNT_LOGINS]++;
	fault_free(fault);
}

static void serve_root_metadata(struct request *request, const struct fault *fault,
				struct answer *answer)
{
	(void)fault;
	oauth_metadata(request, "oauth", answer);
}

static bool method_ok(const struct request *request, const char *wanted, struct answer *answer)
{
	if (strcmp(request->method, wanted) == 0)
		return true;
	answer_set(answer, 405, NULL, "%s", "");
	answer_header(answer, "Allow", "%s", wanted);
	return false;
}

/* What a request to the token endpoint is, for faults. */
static const char *grant_kind(const struct request *request)
{
	const char *grant = body_get(&request->body, "grant_type");

	return grant != NULL && strcmp(grant, GRANT_TOKEN_EXCHANGE) == 0 ? "exchange" : "refresh";
}

static void serve_tenant(struct request *request, struct answer *answer)
{
	const struct vendor *vendor = tenant_vendor(request->tenant);
	const char *path = request->path;

	if (strcmp(path, vendor->refresh_path) == 0) {
		if (method_ok(request, "POST", answer))
			exchange(request, grant_kind(request), vendor->refresh, answer);
	} else if (vendor->login_path != NULL && strcmp(path, vendor->login_path) == 0) {
		if (method_ok(request, vendor->login_method, answer))
			exchange(request, "login", vendor->login, answer);
	} else if (strstr(path, "/.well-known/") != NULL) {
		exchange(request, "discovery", serve_other, answer);
	} else if (strcmp(path, "/oauth/revoke") == 0 || strcmp(path, "/oauth/introspect") == 0 ||
		   strcmp(path, "/oauth/userinfo") == 0) {
		exchange(request, path + strlen("/oauth/"), serve_other, answer);
	} else {
		serve_other(request, NULL, answer);
	}
}

static bool cut(const char **p, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(*p, prefix, len) != 0)
		return false;
	*p += len;
	return true;
}

static void route(struct request *request, const char *url, struct answer *answer)
{
	static const char not_found[] = "not found\n";
	bool check = false, metadata = false;

	if (request->too_long) {
		answer_set(answer, 413, "text/plain", "too long\n");
		return;
	}
	if (cut(&url, "/_admin/")) {
		admin_serve(request, url, answer);
		return;
	}
	check = cut(&url, "/_auth/");
	metadata = !check && cut(&url, "/.well-known/oauth-authorization-server/");
	if (!check && !metadata && !cut(&url, "/")) {
		answer_set(answer, 404, "text/plain", not_found);
		return;
	}
	size_t len = strcspn(url, "/");

	request->tenant = tenant_find(url, len);
	request->path = must(strdup(url[len] != '\0' ? url + len : "/"));
	if (request->tenant == NULL || ((check || metadata) && url[len] != '\0')) {
		answer_set(answer, 404, "text/plain", not_found);
		return;
	}
	request->tenant->counters[COUNT_REQUESTS]++;
	if (check)
		auth_check(request, answer);
	else if (metadata)
		exchange(request, "discovery", serve_root_metadata, answer);
	else
		serve_tenant(request, answer);
}

static void add_date(const struct tenant *tenant, struct answer *answer)
{
	struct text text;

	if (tenant != NULL && !option_yes(tenant, OPT_DATE))
		return;
	text_open(&text);
	put_http_date(text.file, tenant_clock(tenant) / 10000000 +
		      (tenant != NULL ? option_number(tenant, OPT_DATE_SKEW) : 0));
	text_close(&text);
	answer_header(answer, "Date", "%s", text.data);
	free(text.data);
}

void service_started(const struct http_settings *settings, unsigned port)
{
	pthread_mutex_lock(&mutex);
	snprintf(service_base, sizeof(service_base), "%s://%s:%u",
		 settings->cert != NULL ? "https" : "http", settings->ipv6 ? "[::1]" : "127.0.0.1",
		 port);
	pthread_mutex_unlock(&mutex);
}

void service_handle(struct request *request, const char *url, struct answer *answer)
{
	pthread_mutex_lock(&mutex);
	route(request, url, answer);
	add_date(request->tenant, answer);
	pthread_mutex_unlock(&mutex);
}
