/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/noproxy.h"
#include "lib/transport/ca.h"
#include "lib/transport/failure.h"
#include "lib/transport/proxy.h"

#define LOW_SPEED_SECONDS 60	/* that an exchange may take at less than a byte a second */
#define ALERT_FATAL 2
#define LONGEST_LINE (512 * 1024)	/* more than libcurl allows */

struct ft_http {
	const struct ft_exchange *exchange;
	CURL *easy;
	CURLM *multi;
	CURLU *url;
	struct curl_slist *headers, *pinned;
	struct ft_peer server;
	struct ft_proxy proxy;
	bool tls;
	int socket;		/* the connection that was made, until libcurl has it; then -1 */
	struct ft_buf ca;
	char reason[CURL_ERROR_SIZE];
	/* for ft_http_perform */
	struct ft_response *response;
	bool started;		/* the request may be on its way */
	bool header_done, too_long;	/* of the final response */
	int alert;		/* failure.h */
};

static bool has_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

/* This handle is also the one that libcurl connects by, so the URL is parsed only in one way. */
static int read_url(struct ft_http *http, struct ft_error *err)
{
	const char *text = http->exchange->url;
	char *scheme = NULL, *host = NULL, *port = NULL;
	int r;

	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f ||
		    *c == '#' || *c == '\\')
			return ft_error_set(err, FT_CONFIG, "has a byte that is not allowed in it");
	if (curl_url_set(http->url, CURLUPART_URL, text, CURLU_DISALLOW_USER | CURLU_PATH_AS_IS) !=
	    CURLUE_OK || has_part(http->url, CURLUPART_USER) ||
	    has_part(http->url, CURLUPART_PASSWORD) || has_part(http->url, CURLUPART_ZONEID))
		return ft_error_set(err, FT_CONFIG, "is not a plain https URL");
	CURLUcode code = curl_url_get(http->url, CURLUPART_SCHEME, &scheme, 0);

	code = code != CURLUE_OK ? code : curl_url_get(http->url, CURLUPART_HOST, &host, 0);
	code = code != CURLUE_OK ? code :
	       curl_url_get(http->url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
	if (code != CURLUE_OK)
		r = code == CURLUE_OUT_OF_MEMORY ? ft_error_memory(err) :
		    ft_error_set(err, FT_CONFIG, "is not a URL with a host");
	else
		r = ft_peer_set(&http->server, host, strtoul(port, NULL, 10), err);
	http->tls = r == 0 && strcmp(scheme, "https") == 0;
	if (r == 0 && !http->tls && (strcmp(scheme, "http") != 0 || !http->server.loopback))
		r = ft_error_set(err, FT_CONFIG, "is neither https nor http with a loopback"
				 " address (127.0.0.1, [::1])");
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	return r;
}

/* Sets an option unless an earlier one failed. */
#define set(code, easy, option, value) \
	((code) = (code) != CURLE_OK ? (code) : curl_easy_setopt(easy, option, value))

static int checked(CURLcode code, const char *what, struct ft_error *err)
{
	if (code == CURLE_OUT_OF_MEMORY)
		return ft_error_memory(err);
	if (code != CURLE_OK)
		return ft_error_set(err, FT_SYSTEM, "%s: %s", what, curl_easy_strerror(code));
	return 0;
}

/* Decides whether the proxy is used; libcurl does not get the list of exceptions. */
static int set_proxy(struct ft_http *http, struct ft_error *err)
{
	static const long types[] = {
		[FT_PROXY_HTTP] = CURLPROXY_HTTP,
		[FT_PROXY_HTTPS] = CURLPROXY_HTTPS,
		[FT_PROXY_SOCKS] = CURLPROXY_SOCKS5_HOSTNAME,
	};
	const struct ft_exchange *exchange = http->exchange;
	struct ft_proxy *proxy = &http->proxy;
	CURL *easy = http->easy;
	CURLcode code = curl_easy_setopt(easy, CURLOPT_NOPROXY, "");

	if (!http->server.loopback && !ft_no_proxy(exchange->no_proxy, http->server.bare)) {
		int r = ft_proxy_parse(exchange->proxy, proxy, err);

		if (r != 0)
			return r;
	}
	set(code, easy, CURLOPT_PROXY, proxy->peer.host != NULL ? proxy->peer.host : "");
	if (proxy->peer.host != NULL) {
		set(code, easy, CURLOPT_PROXYTYPE, types[proxy->kind]);
		set(code, easy, CURLOPT_PROXYPORT, (long)proxy->peer.port);
	}
	if (proxy->user.data != NULL)
		set(code, easy, CURLOPT_PROXYUSERNAME, proxy->user.data);
	if (proxy->password.data != NULL)
		set(code, easy, CURLOPT_PROXYPASSWORD, proxy->password.data);
	return checked(code, "libcurl", err);
}

static int set_tls(struct ft_http *http, struct ft_error *err)
{
	CURL *easy = http->easy;
	CURLcode code = CURLE_OK;
	const char *file = http->exchange->ca_file;

	if (file == NULL)
		file = curl_version_info(CURLVERSION_NOW)->cainfo;
	int r = ft_ca_read(file != NULL ? file : "/etc/ssl/certs/ca-certificates.crt",
			   &http->ca, err);

	if (r != 0)
		return ft_error_reason(err, r, FT_REASON_CA_FILE);
	struct curl_blob ca = { http->ca.data, http->ca.len, CURL_BLOB_NOCOPY };

	set(code, easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	set(code, easy, CURLOPT_SSL_VERIFYPEER, 1L);
	set(code, easy, CURLOPT_SSL_VERIFYHOST, 2L);
	set(code, easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	set(code, easy, CURLOPT_CAPATH, (char *)NULL);
	set(code, easy, CURLOPT_CAINFO_BLOB, &ca);
	if (http->exchange->certificate != NULL) {
		const char *certificate = http->exchange->certificate, *key = http->exchange->key;
		struct curl_blob shown = { (void *)certificate, strlen(certificate),
					   CURL_BLOB_NOCOPY };
		struct curl_blob secret = { (void *)key, strlen(key), CURL_BLOB_NOCOPY };

		set(code, easy, CURLOPT_SSLCERT_BLOB, &shown);
		set(code, easy, CURLOPT_SSLKEY_BLOB, &secret);
	}
	if (http->proxy.peer.host != NULL && http->proxy.kind == FT_PROXY_HTTPS) {
		set(code, easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
		set(code, easy, CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
		set(code, easy, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
		set(code, easy, CURLOPT_PROXY_CAPATH, (char *)NULL);
		set(code, easy, CURLOPT_PROXY_CAINFO_BLOB, &ca);
	}
	return checked(code, "libcurl: TLS", err);
}

static bool add_header(struct ft_http *http, const char *line)
{
	struct curl_slist *list = curl_slist_append(http->headers, line);

	if (list != NULL)
		http->headers = list;
	return list != NULL;
}

static int add_proof(struct ft_http *http, const char *nonce, struct ft_error *err)
{
	struct ft_dpop dpop = http->exchange->dpop;
	struct ft_buf line = FT_BUF_INIT(FT_RESPONSE_HEADER_MAX);

	if (nonce != NULL)
		dpop.nonce = nonce;
	int r = ft_dpop_add(&dpop, http->exchange->method, http->exchange->url, time(NULL), &line,
			    err);

	if (r == 0 && !add_header(http, line.data))
		r = ft_error_memory(err);
	ft_buf_release(&line);
	return r;
}

/* Sets only the caller's headers, not those that libcurl would add. nonce: for the DPoP proof,
 * instead of the request's; NULL: the request's. */
static int set_headers(struct ft_http *http, const char *nonce, struct ft_error *err)
{
	struct json_object *given = http->exchange->headers;
	size_t n = given != NULL ? json_object_array_length(given) : 0;

	/* A name alone removes libcurl's own header; the caller's is still sent. */
	if (!add_header(http, "Accept:") || !add_header(http, "Content-Type:") ||
	    !add_header(http, "Expect:"))
		return ft_error_memory(err);
	for (size_t i = 0; i < n; i++) {
		const char *line = json_object_get_string(json_object_array_get_idx(given, i));
		size_t name = strcspn(line, ":");
		char *empty = NULL;

		/* libcurl's notation for a header with an empty value. */
		if (line[name + 1 + strspn(line + name + 1, " \t")] == '\0' &&
		    asprintf(&empty, "%.*s;", (int)name, line) < 0)
			return ft_error_memory(err);
		bool added = add_header(http, empty != NULL ? empty : line);

		free(empty);
		if (!added)
			return ft_error_memory(err);
	}
	if (http->exchange->dpop.key != NULL) {
		int r = add_proof(http, nonce, err);

		if (r != 0)
			return r;
	}
	return checked(curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, http->headers),
		       "libcurl: headers", err);
}

static CURLcode set_body(struct ft_http *http, CURLcode code)
{
	const struct ft_exchange *exchange = http->exchange;

	set(code, http->easy, CURLOPT_POSTFIELDS, exchange->body != NULL ? exchange->body : "");
	set(code, http->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body_len);
	return code;
}

static int set_request(struct ft_http *http, struct ft_error *err)
{
	static const struct {
		CURLoption option;
		long value;
	} always[] = {
		{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 }, { CURLOPT_FOLLOWLOCATION, 0 },
		{ CURLOPT_PATH_AS_IS, 1 }, { CURLOPT_HTTP_CONTENT_DECODING, 0 },
		{ CURLOPT_NETRC, CURL_NETRC_IGNORED },
		{ CURLOPT_HEADEROPT, CURLHEADER_SEPARATE },	/* the caller's: not to a proxy */
		{ CURLOPT_SUPPRESS_CONNECT_HEADERS, 1 },
		{ CURLOPT_FORBID_REUSE, 1 }, { CURLOPT_NOSIGNAL, 1 },
		{ CURLOPT_DNS_CACHE_TIMEOUT, -1 },
		{ CURLOPT_LOW_SPEED_LIMIT, 1 }, { CURLOPT_LOW_SPEED_TIME, LOW_SPEED_SECONDS },
	};
	const struct ft_exchange *exchange = http->exchange;
	CURL *easy = http->easy;
	CURLcode code = CURLE_OK;

	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		set(code, easy, always[i].option, always[i].value);
	/* A server may ask for another proof; only this connection can be used for it. */
	if (exchange->dpop.key != NULL)
		set(code, easy, CURLOPT_FORBID_REUSE, 0L);
	set(code, easy, CURLOPT_CURLU, http->url);
#if LIBCURL_VERSION_NUM >= 0x075500
	set(code, easy, CURLOPT_PROTOCOLS_STR, http->tls ? "https" : "http");
#else
	set(code, easy, CURLOPT_PROTOCOLS, (long)(http->tls ? CURLPROTO_HTTPS : CURLPROTO_HTTP));
#endif
	if (strcmp(exchange->method, "GET") != 0) {
		code = set_body(http, code);
		set(code, easy, CURLOPT_CUSTOMREQUEST, exchange->method);
	}
	set(code, easy, CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	set(code, easy, CURLOPT_ERRORBUFFER, http->reason);
	return checked(code, "libcurl", err);
}

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
	struct ft_http *http = user;
	size_t len = size * count;

	/* What follows the final header are trailers. */
	if (http->header_done)
		return len;
	if (len > 0 && data[0] != '\r' && data[0] != '\n') {
		ft_response_add_line(http->response, data, len);
	} else {
		long status = 0;

		(void)curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
		http->header_done = status >= 200;
		/* It was an interim response. */
		if (!http->header_done)
			ft_buf_clear(&http->response->header);
	}
	if (http->response->header.failed)
		http->too_long = true;
	return http->too_long ? 0 : len;
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
	struct ft_http *http = user;
	size_t len = size * count;

	ft_buf_add(&http->response->body, data, len);
	if (http->response->body.failed)
		http->too_long = true;
	return http->too_long ? 0 : len;
}

/* Called when the connection and its TLS are up, just before the request is sent. */
static int on_start(void *user, char *remote, char *local, int remote_port, int local_port)
{
	struct ft_http *http = user;

	(void)remote, (void)local, (void)remote_port, (void)local_port;
	http->started = !ft_exchange_is_late(http->exchange);
	return http->started ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* Gives libcurl the connection that was made before; the sandbox allows no second one. */
static curl_socket_t on_open(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct ft_http *http = user;
	int fd = http->socket;

	(void)purpose, (void)address;
	http->socket = -1;
	return fd >= 0 ? fd : CURL_SOCKET_BAD;
}

static int on_opened(void *user, curl_socket_t fd, curlsocktype purpose)
{
	(void)user, (void)fd, (void)purpose;
	return CURL_SOCKOPT_ALREADY_CONNECTED;
}

/* Records fatal TLS alerts: messages of two bytes, level and description. */
static int on_debug(CURL *easy, curl_infotype type, char *data, size_t size, void *user)
{
	struct ft_http *http = user;

	(void)easy;
	if (type == CURLINFO_SSL_DATA_IN && size == 2 && data[0] == ALERT_FATAL)
		http->alert = (unsigned char)data[1];
	return 0;
}

static int set_callbacks(struct ft_http *http, struct ft_error *err)
{
	CURL *easy = http->easy;
	CURLcode code = CURLE_OK;

	/* libcurl's error codes do not say whether the server refused the client's certificate. */
	set(code, easy, CURLOPT_VERBOSE, http->exchange->certificate != NULL ? 1L : 0L);
	set(code, easy, CURLOPT_DEBUGFUNCTION, on_debug);
	set(code, easy, CURLOPT_DEBUGDATA, http);
	set(code, easy, CURLOPT_HEADERFUNCTION, on_header);
	set(code, easy, CURLOPT_HEADERDATA, http);
	set(code, easy, CURLOPT_WRITEFUNCTION, on_body);
	set(code, easy, CURLOPT_WRITEDATA, http);
	set(code, easy, CURLOPT_PREREQFUNCTION, on_start);
	set(code, easy, CURLOPT_PREREQDATA, http);
	set(code, easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	set(code, easy, CURLOPT_OPENSOCKETDATA, http);
	set(code, easy, CURLOPT_SOCKOPTFUNCTION, on_opened);
	return checked(code, "libcurl", err);
}

int ft_http_init(struct ft_error *err)
{
	return checked(curl_global_init(CURL_GLOBAL_SSL), "libcurl", err);
}

int ft_http_prepare(const struct ft_exchange *exchange, struct ft_http **ret,
		    struct ft_error *err)
{
	struct ft_http *http = calloc(1, sizeof *http);
	int r = 0;

	if (http == NULL)
		return ft_error_memory(err);
	http->exchange = exchange;
	http->socket = -1;
	http->alert = -1;
	http->url = curl_url();
	if (http->url == NULL)
		r = ft_error_memory(err);
	if (r == 0) {
		r = read_url(http, err);
		if (r == FT_CONFIG)
			ft_error_prefix(err, "request: url");
	}
	if (r == 0) {
		http->easy = curl_easy_init();
		http->multi = curl_multi_init();
		if (http->easy == NULL || http->multi == NULL)
			r = ft_error_memory(err);
	}
	if (r == 0) {
		r = set_proxy(http, err);
		if (r == FT_CONFIG)
			r = err->code = FT_UNTRUSTED;
	}
	if (r == 0 && http->tls)
		r = set_tls(http, err);
	else if (r == 0 && exchange->certificate != NULL)
		r = ft_error_set(err, FT_UNTRUSTED, "client_auth = tls: a certificate is used only "
				 "over https, but the service is at http");
	if (r == 0)
		r = set_headers(http, NULL, err);
	if (r == 0)
		r = set_request(http, err);
	if (r == 0)
		r = set_callbacks(http, err);
	if (r != 0)
		ft_http_free(http);
	else
		*ret = http;
	return r;
}

void ft_http_free(struct ft_http *http)
{
	if (http == NULL)
		return;
	curl_easy_cleanup(http->easy);
	(void)curl_multi_cleanup(http->multi);
	if (http->socket >= 0)
		(void)close(http->socket);
	curl_url_cleanup(http->url);
	curl_slist_free_all(http->headers);
	curl_slist_free_all(http->pinned);
	ft_peer_release(&http->server);
	ft_proxy_release(&http->proxy);
	ft_buf_release(&http->ca);
	free(http);
}

static const struct ft_peer *peer_of(const struct ft_http *http)
{
	return http->proxy.peer.host != NULL ? &http->proxy.peer : &http->server;
}

void ft_http_peer(const struct ft_http *http, const char **ret_host, unsigned *ret_port)
{
	*ret_host = peer_of(http)->bare;
	*ret_port = peer_of(http)->port;
}

void ft_http_unreached(const struct ft_http *http, struct ft_error *err)
{
	ft_failure_at(peer_of(http), http->proxy.peer.host != NULL, err);
}

int ft_http_connected(struct ft_http *http, int fd, const struct ft_address *address, long left_ms,
		      struct ft_error *err)
{
	const struct ft_peer *peer = peer_of(http);
	char text[FT_ADDRESS_TEXT], *line = NULL;
	CURLcode code = CURLE_OK;

	http->socket = fd;
	/* libcurl must not resolve the name: it gets the address of the socket's peer. */
	if (!peer->literal) {
		ft_address_text(address, text);
		if (asprintf(&line, "%s:%u:%s", peer->host, peer->port, text) < 0)
			return ft_error_memory(err);
		http->pinned = curl_slist_append(NULL, line);
		free(line);
		if (http->pinned == NULL)
			return ft_error_memory(err);
		set(code, http->easy, CURLOPT_RESOLVE, http->pinned);
	}
	set(code, http->easy, CURLOPT_CONNECTTIMEOUT_MS, left_ms > 0 ? left_ms : 1L);
	return checked(code, "libcurl: the connection", err);
}

/*
 * libcurl before 8.6 reports a header line longer than its limit (100 KiB) as "out of memory". If
 * so much memory can be allocated, the line was too long.
 */
static bool is_long_line(const struct ft_http *http, CURLcode code)
{
	if (!http->started || http->header_done)
		return false;
#if LIBCURL_VERSION_NUM >= 0x080600
	if (code == CURLE_TOO_LARGE)
		return true;
#endif
	void *room = code == CURLE_OUT_OF_MEMORY ? malloc(LONGEST_LINE) : NULL;
	bool enough = room != NULL;

	free(room);
	return enough;
}

static enum ft_failed how_failed(const struct ft_http *http, CURLcode code)
{
	static const struct { CURLcode code; enum ft_failed how; } known[] = {
		{ CURLE_PEER_FAILED_VERIFICATION, FT_FAILED_CERTIFICATE },
		{ CURLE_SSL_CACERT_BADFILE, FT_FAILED_CA_FILE },
		{ CURLE_SSL_CONNECT_ERROR, FT_FAILED_TLS }, { CURLE_SSL_CIPHER, FT_FAILED_TLS },
		{ CURLE_RECV_ERROR, FT_FAILED_MIDWAY }, { CURLE_SEND_ERROR, FT_FAILED_MIDWAY },
		{ CURLE_OPERATION_TIMEDOUT, FT_FAILED_TIME },
		{ CURLE_WEIRD_SERVER_REPLY, FT_FAILED_NO_HTTP },
		{ CURLE_UNSUPPORTED_PROTOCOL, FT_FAILED_NO_HTTP },
		{ CURLE_ABORTED_BY_CALLBACK, FT_FAILED_LATE },
		{ CURLE_GOT_NOTHING, FT_FAILED_NOTHING }, { CURLE_PARTIAL_FILE, FT_FAILED_CUT },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].code == code)
			return known[i].how;
	return (code == CURLE_WRITE_ERROR && http->too_long) || is_long_line(http, code) ?
		FT_FAILED_LENGTH : FT_FAILED_OTHERWISE;
}

static void explain(const struct ft_http *http, CURLcode code, struct ft_error *err)
{
	struct ft_failure failure = {
		.how = how_failed(http, code),
		.words = curl_easy_strerror(code),
		.tls = http->reason,
		.shown = http->exchange->certificate != NULL,
		.alert = http->alert,
		.started = http->started,
		.header_done = http->header_done,
	};

	(void)curl_easy_getinfo(http->easy, CURLINFO_SSL_VERIFYRESULT, &failure.verified);
	if (http->proxy.peer.host != NULL)
		(void)curl_easy_getinfo(http->easy, CURLINFO_HTTP_CONNECTCODE,
					&failure.proxy_status);
	ft_failure_explain(&failure, err);
	ft_http_unreached(http, err);
}

int ft_http_again(struct ft_http *http, const char *nonce, struct ft_error *err)
{
	http->started = http->header_done = http->too_long = false;
	http->alert = -1;
	http->reason[0] = '\0';
	curl_slist_free_all(http->headers);
	http->headers = NULL;
	int r = set_headers(http, nonce, err);

	if (r == 0 && strcmp(http->exchange->method, "GET") != 0)
		r = checked(set_body(http, CURLE_OK), "libcurl", err);
	return r;
}

/* Like curl_easy_perform, but notices if this process stands still while it waits. */
static CURLcode perform(struct ft_http *http, struct ft_standstill *seen)
{
	CURLMcode code = curl_multi_add_handle(http->multi, http->easy);
	int running = 1, left;

	while (code == CURLM_OK && running > 0) {
		code = curl_multi_perform(http->multi, &running);
		if (code == CURLM_OK && running > 0)
			code = curl_multi_poll(http->multi, NULL, 0, FT_STANDSTILL_TICK, NULL);
		ft_standstill_look(seen);
	}
	const CURLMsg *end = curl_multi_info_read(http->multi, &left);
	const CURLcode result = end != NULL ? end->data.result : CURLE_FAILED_INIT;
	(void)curl_multi_remove_handle(http->multi, http->easy);
	return result;
}

void ft_http_perform(struct ft_http *http, long timeout_ms, struct ft_standstill *seen,
		     struct ft_response *response)
{
	CURLcode code = CURLE_OK;
	long status = 0;

	http->response = response;
	set(code, http->easy, CURLOPT_TIMEOUT_MS, timeout_ms > 0 ? timeout_ms : 1L);
	if (code == CURLE_OK)
		code = perform(http, seen);
	response->sent = http->started ? FT_SENT_MAYBE : FT_SENT_NO;
	response->whole = code == CURLE_OK;
	if (code != CURLE_OK) {
		struct ft_error err = FT_ERROR_INIT;

		explain(http, code, &err);
		response->local = code == CURLE_SSL_CACERT_BADFILE ||
				  (code == CURLE_OUT_OF_MEMORY && !is_long_line(http, code));
		ft_response_set_error(response, err.text, err.reason);
	}
	(void)curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
	if (http->header_done && status >= 200 && status <= 999) {
		response->sent = FT_SENT_YES;
		response->status = (int)status;
	} else if (code == CURLE_OK) {
		ft_response_set_error(response, "the answer is not HTTP", FT_REASON_NOT_HTTP);
	}
}
