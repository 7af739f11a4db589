#include "config.h"
#include "lib/transport/http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/transport/ca.h"
#include "lib/transport/peer.h"

#define LOW_SPEED_SECONDS 60	/* at less than a byte a second */
#define LONGEST_LINE (512 * 1024)	/* more than libcurl takes for one */

struct ft_http {
	const struct ft_exchange *exchange;
	CURL *easy;
	CURLU *url;
	struct curl_slist *headers, *pinned;
	struct ft_peer server, proxy;	/* no proxy: its host is NULL */
	bool tls, proxy_tls;
	int socket;		/* connected, and not yet libcurl's; else -1 */
	struct ft_buf ca;
	char reason[CURL_ERROR_SIZE];
	/* While it runs */
	struct ft_response *response;
	bool started;		/* the request may be on its way */
	bool header_done;	/* of the final answer */
	bool too_long;
};

static int url_part(CURLU *url, CURLUPart part, char **ret, struct ft_error *err)
{
	CURLUcode code = curl_url_get(url, part, ret, 0);

	return code == CURLUE_OUT_OF_MEMORY ? ft_error_memory(err) :
		code != CURLUE_OK ? ft_error_set(err, FT_CONFIG, "is no URL with a host") : 0;
}

/* Host and port of a URL; where it names no port, the given one. */
static int read_peer(CURLU *url, unsigned long port, struct ft_peer *ret, struct ft_error *err)
{
	char *host = NULL, *text = NULL;
	int r = url_part(url, CURLUPART_HOST, &host, err);

	if (r == 0 && curl_url_get(url, CURLUPART_PORT, &text, 0) == CURLUE_OK)
		port = strtoul(text, NULL, 10);
	if (r == 0)
		r = ft_peer_set(ret, host, port, err);
	curl_free(host);
	curl_free(text);
	return r;
}

static bool has_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

/* libcurl connects by this very handle, so that nothing can be read in two ways. */
static int read_url(struct ft_http *http, struct ft_error *err)
{
	const char *text = http->exchange->url;
	char *scheme = NULL;
	int r;

	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f ||
		    *c == '#' || *c == '\\')
			return ft_error_set(err, FT_CONFIG, "has a byte that it may not have");
	if (curl_url_set(http->url, CURLUPART_URL, text, CURLU_DISALLOW_USER | CURLU_PATH_AS_IS) !=
	    CURLUE_OK || has_part(http->url, CURLUPART_USER) ||
	    has_part(http->url, CURLUPART_PASSWORD) || has_part(http->url, CURLUPART_ZONEID))
		return ft_error_set(err, FT_CONFIG, "is no plain https URL");
	r = url_part(http->url, CURLUPART_SCHEME, &scheme, err);
	if (r == 0) {
		http->tls = strcmp(scheme, "https") == 0;
		r = read_peer(http->url, http->tls ? 443 : 80, &http->server, err);
	}
	if (r == 0 && !http->tls && (strcmp(scheme, "http") != 0 || !http->server.loopback))
		r = ft_error_set(err, FT_CONFIG, "is neither https nor http with a loopback"
				 " address (127.0.0.1, [::1])");
	curl_free(scheme);
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

static int set_proxy_url(struct ft_http *http, CURLU *url, struct ft_error *err)
{
	static const struct {
		const char *scheme;
		curl_proxytype type;
		unsigned port;
	} kinds[] = {
		{ "http", CURLPROXY_HTTP, 1080 },
		{ "https", CURLPROXY_HTTPS, 443 },
		{ "socks5h", CURLPROXY_SOCKS5_HOSTNAME, 1080 },
	};
	char *scheme = NULL, *user = NULL, *password = NULL;
	CURLcode code = CURLE_OK;
	size_t i = 0;
	int r = url_part(url, CURLUPART_SCHEME, &scheme, err);

	if (r != 0)
		return r;
	while (i < sizeof kinds / sizeof *kinds && strcmp(scheme, kinds[i].scheme) != 0)
		i++;
	if (i == sizeof kinds / sizeof *kinds)
		r = ft_error_set(err, FT_CONFIG, "is none of http, https, socks5h");
	else
		r = read_peer(url, kinds[i].port, &http->proxy, err);
	if (r == 0) {
		http->proxy_tls = kinds[i].type == CURLPROXY_HTTPS;
		(void)curl_url_get(url, CURLUPART_USER, &user, CURLU_URLDECODE);
		(void)curl_url_get(url, CURLUPART_PASSWORD, &password, CURLU_URLDECODE);
		set(code, http->easy, CURLOPT_PROXY, http->proxy.host);
		set(code, http->easy, CURLOPT_PROXYTYPE, (long)kinds[i].type);
		set(code, http->easy, CURLOPT_PROXYPORT, (long)http->proxy.port);
		if (user != NULL || password != NULL) {
			set(code, http->easy, CURLOPT_PROXYUSERNAME, user != NULL ? user : "");
			set(code, http->easy, CURLOPT_PROXYPASSWORD,
			    password != NULL ? password : "");
		}
		r = checked(code, "setting it", err);
	}
	curl_free(scheme);
	curl_free(user);
	curl_free(password);
	return r;
}

/* Decides about the proxy, finally: libcurl itself sees no list of exceptions. */
static int set_proxy(struct ft_http *http, struct ft_error *err)
{
	const char *text = http->exchange->proxy;
	CURLcode code = curl_easy_setopt(http->easy, CURLOPT_NOPROXY, "");
	struct ft_buf full = FT_BUF_INIT(8192);
	CURLU *url = NULL;
	int r;

	set(code, http->easy, CURLOPT_PROXY, "");
	r = checked(code, "libcurl", err);
	if (r != 0 || text == NULL || text[0] == '\0' || http->server.loopback)
		return r;
	r = ft_peer_excepted(&http->server, http->exchange->no_proxy);
	if (r != 0)
		return r < 0 ? ft_error_memory(err) : 0;
	url = curl_url();
	ft_buf_adds(&full, strstr(text, "://") == NULL ? "http://" : "");
	ft_buf_adds(&full, text);
	if (url == NULL || full.failed == FT_NO_MEMORY)
		r = ft_error_memory(err);
	else if (full.failed ||
		 curl_url_set(url, CURLUPART_URL, full.data, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
		r = ft_error_set(err, FT_CONFIG, "is no URL");
	else
		r = set_proxy_url(http, url, err);
	/* The text may hold a password and is not repeated. */
	if (r != 0 && r != FT_NO_MEMORY)
		ft_error_prefix(err, "the proxy");
	curl_url_cleanup(url);
	ft_buf_release(&full);
	return r;
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
	if (http->proxy_tls) {
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

/* What the caller gives, and nothing that libcurl would add of its own accord. nonce: of the proof,
 * where there is one, in place of the request's; or NULL. */
static int set_headers(struct ft_http *http, const char *nonce, struct ft_error *err)
{
	struct json_object *given = http->exchange->headers;
	size_t n = given != NULL ? json_object_array_length(given) : 0;

	/* A name alone takes libcurl's own header away; one of the caller's is still sent. */
	if (!add_header(http, "Accept:") || !add_header(http, "Content-Type:") ||
	    !add_header(http, "Expect:"))
		return ft_error_memory(err);
	for (size_t i = 0; i < n; i++) {
		const char *line = json_object_get_string(json_object_array_get_idx(given, i));
		size_t name = strcspn(line, ":");
		char *empty = NULL;

		/* So libcurl wants an empty value to be written. */
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
		{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
		{ CURLOPT_FOLLOWLOCATION, 0 },
		{ CURLOPT_PATH_AS_IS, 1 },
		{ CURLOPT_HTTP_CONTENT_DECODING, 0 },
		{ CURLOPT_NETRC, CURL_NETRC_IGNORED },
		{ CURLOPT_HEADEROPT, CURLHEADER_SEPARATE },	/* none of ours to a proxy */
		{ CURLOPT_SUPPRESS_CONNECT_HEADERS, 1 },
		{ CURLOPT_FORBID_REUSE, 1 },
		{ CURLOPT_NOSIGNAL, 1 },
		{ CURLOPT_DNS_CACHE_TIMEOUT, -1 },
		{ CURLOPT_LOW_SPEED_LIMIT, 1 },
		{ CURLOPT_LOW_SPEED_TIME, LOW_SPEED_SECONDS },
	};
	const struct ft_exchange *exchange = http->exchange;
	CURL *easy = http->easy;
	CURLcode code = CURLE_OK;

	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		set(code, easy, always[i].option, always[i].value);
	/* A server may want another proof: there is no second connection. */
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
		/* That was an interim answer. */
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

/* Called when the connection and its TLS are up and the request is sent next. */
static int on_start(void *user, char *remote, char *local, int remote_port, int local_port)
{
	struct ft_http *http = user;

	(void)remote, (void)local, (void)remote_port, (void)local_port;
	http->started = true;
	return CURL_PREREQFUNC_OK;
}

/* The one connection there is. A second one could not be made in here. */
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

static int set_callbacks(struct ft_http *http, struct ft_error *err)
{
	CURL *easy = http->easy;
	CURLcode code = CURLE_OK;

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
		if (http->easy == NULL)
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
		r = ft_error_set(err, FT_UNTRUSTED, "client_auth = tls: a certificate is shown over"
				 " https alone, and the service is at http");
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
	if (http->socket >= 0)
		(void)close(http->socket);
	curl_url_cleanup(http->url);
	curl_slist_free_all(http->headers);
	curl_slist_free_all(http->pinned);
	ft_peer_release(&http->server);
	ft_peer_release(&http->proxy);
	ft_buf_release(&http->ca);
	free(http);
}

static const struct ft_peer *peer_of(const struct ft_http *http)
{
	return http->proxy.host != NULL ? &http->proxy : &http->server;
}

void ft_http_peer(const struct ft_http *http, const char **ret_host, unsigned *ret_port)
{
	*ret_host = peer_of(http)->bare;
	*ret_port = peer_of(http)->port;
}

void ft_http_unreached(const struct ft_http *http, struct ft_error *err)
{
	const struct ft_peer *peer = peer_of(http);

	ft_error_prefix(err, "%s%s:%u", http->proxy.host != NULL ? "proxy " : "", peer->host,
			peer->port);
	/* Of the certificates, only the service's own is seen through a proxy. */
	if (http->proxy.host != NULL &&
	    (err->reason == FT_REASON_NONE || err->reason == FT_REASON_REFUSED ||
	     err->reason == FT_REASON_SILENT || err->reason == FT_REASON_NOT_HTTP))
		err->reason = FT_REASON_PROXY;
}

int ft_http_connected(struct ft_http *http, int fd, const struct ft_address *address, long left_ms,
		      struct ft_error *err)
{
	const struct ft_peer *peer = peer_of(http);
	char text[FT_ADDRESS_TEXT], *line = NULL;
	CURLcode code = CURLE_OK;

	http->socket = fd;
	/* libcurl asks no resolver for the name: it leads where the socket does. */
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
 * A line of the header that is longer than libcurl's own limit (100 KiB) is "out of memory" to its
 * versions before 8.6. Where there is memory for more than that, it was not that.
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

/* What OpenSSL found of the certificate, by its numbers (X509_V_ERR_… of verify(1)). libcurl looks
 * at the name first: without a result (1) it is that. */
static enum ft_reason of_certificate(const struct ft_http *http)
{
	long result = 0;

	(void)curl_easy_getinfo(http->easy, CURLINFO_SSL_VERIFYRESULT, &result);
	switch (result) {
	case 0:
	case 1:
	case 62:
	case 64:
		return FT_REASON_OTHER_NAME;
	case 9:
		return FT_REASON_NOT_YET;
	case 10:
		return FT_REASON_EXPIRED;
	default:
		return FT_REASON_AUTHORITY;
	}
}

static enum ft_reason reason_of(const struct ft_http *http, CURLcode code)
{
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
		return of_certificate(http);
	case CURLE_SSL_CACERT_BADFILE:
		return FT_REASON_CA_FILE;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
		return FT_REASON_TLS;
	case CURLE_OPERATION_TIMEDOUT:
		return FT_REASON_SILENT;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return FT_REASON_NOT_HTTP;
	default:
		return FT_REASON_NONE;
	}
}

/*
 * In our own words as far as they go: libcurl's buffer may repeat a URL. What
 * it says of TLS, which is what people have to act on, names only hosts.
 */
static void explain(const struct ft_http *http, CURLcode code, struct ft_error *err)
{
	long connect_status = 0;

	(void)curl_easy_getinfo(http->easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
	(void)ft_error_set(err, FT_TEMPORARY, "%s", curl_easy_strerror(code));
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CIPHER:
		if (http->reason[0] != '\0')
			(void)ft_error_set(err, FT_TEMPORARY, "TLS: %s", http->reason);
		break;
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		/* With TLS 1.3 a server looks at the client's certificate after the handshake. */
		if (http->exchange->certificate != NULL && http->reason[0] != '\0')
			(void)ft_error_set(err, FT_TEMPORARY, "TLS: %s", http->reason);
		break;
	case CURLE_OPERATION_TIMEDOUT:
		(void)ft_error_set(err, FT_TEMPORARY, http->header_done ?
				   "the answer did not end in time" : http->started ?
				   "no answer in time" : "no connection in time");
		break;
	case CURLE_WRITE_ERROR:
		if (http->too_long)
			(void)ft_error_set(err, FT_TEMPORARY, "the %s is longer than %d KiB",
					   http->header_done ? "answer" : "answer's header",
					   (http->header_done ? FT_RESPONSE_BODY_MAX :
					    FT_RESPONSE_HEADER_MAX) / 1024);
		break;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
		(void)ft_error_set(err, FT_TEMPORARY, "what came back is not HTTP");
		break;
	case CURLE_GOT_NOTHING:
		(void)ft_error_set(err, FT_TEMPORARY, "the connection was closed without an"
				   " answer");
		break;
	case CURLE_PARTIAL_FILE:
		(void)ft_error_set(err, FT_TEMPORARY, "the answer was cut short");
		break;
	default:
		if (is_long_line(http, code))
			(void)ft_error_set(err, FT_TEMPORARY,
					   "the answer's header is longer than %d KiB",
					   FT_RESPONSE_HEADER_MAX / 1024);
		break;
	}
	if (http->exchange->certificate != NULL && strncmp(err->text, "TLS: ", 5) == 0 &&
	    strstr(err->text, "alert") != NULL)
		ft_error_add(err, "the server refuses the certificate; check client_cert_file");
	(void)ft_error_reason(err, FT_TEMPORARY, reason_of(http, code));
	if (!http->started && http->proxy.host != NULL && connect_status >= 300) {
		(void)ft_error_set(err, FT_TEMPORARY, "HTTP %ld", connect_status);
		(void)ft_error_reason(err, FT_TEMPORARY, FT_REASON_PROXY);
	}
	ft_http_unreached(http, err);
}

int ft_http_again(struct ft_http *http, const char *nonce, struct ft_error *err)
{
	http->started = http->header_done = http->too_long = false;
	http->reason[0] = '\0';
	curl_slist_free_all(http->headers);
	http->headers = NULL;
	int r = set_headers(http, nonce, err);

	if (r == 0 && strcmp(http->exchange->method, "GET") != 0)
		r = checked(set_body(http, CURLE_OK), "libcurl", err);
	return r;
}

void ft_http_perform(struct ft_http *http, long timeout_ms, struct ft_response *response)
{
	CURLcode code = CURLE_OK;
	long status = 0;

	http->response = response;
	set(code, http->easy, CURLOPT_TIMEOUT_MS, timeout_ms > 0 ? timeout_ms : 1L);
	if (code == CURLE_OK)
		code = curl_easy_perform(http->easy);
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
		ft_response_set_error(response, "what came back is not HTTP", FT_REASON_NOT_HTTP);
	}
}
