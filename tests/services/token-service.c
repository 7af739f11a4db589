/*
 * token-service.c - the program: options, the HTTP server, and which path is whose
 *
 * Listens on a loopback address alone, and ends by itself: on SIGTERM, when its
 * parent is gone, and after --max-seconds.
 */
#include "config.h"
#include "service.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_MAX (1024 * 1024)
#define ENDLESS_MAX (64 * 1024 * 1024)

char service_base[128];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;

void service_sleep(struct request *request, long ms)
{
	(void)request;
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

static int socket_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

static void wait_for_close(struct request *request)
{
	struct pollfd fd = { .fd = socket_of(request->connection), .events = POLLRDHUP };

	pthread_mutex_unlock(&mutex);
	while (poll(&fd, 1, -1) < 0)
		;
	pthread_mutex_lock(&mutex);
}

const struct vendor *tenant_vendor(const struct tenant *tenant)
{
	static const struct vendor *const all[] = {
		&vendor_oauth2, &vendor_abitmedia, &vendor_consinco, &vendor_formulacerta,
		&vendor_kirjaswappi,
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
	fwrite(request->raw, 1, request->len, text.file);
	text_close(&text);
	free(request->tenant->last_request);
	request->tenant->last_request = text.data;
}

typedef void handler(struct request *, const struct fault *, struct answer *);

static void pause_for(struct request *request, const struct fault *fault)
{
	if (fault->delay_ms > 0)
		service_sleep(request, fault->delay_ms);
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
	if (kind == FAULT_MEDIA) {
		free(answer->media);
		answer->media = *fault->value != '\0' ? must(strdup(fault->value)) : NULL;
	}
}

static void exchange(struct request *request, const char *at, handler *serve, struct answer *answer)
{
	struct tenant *tenant = request->tenant;
	int64_t *counters = tenant->counters;
	bool counted = strcmp(at, "discovery") != 0;
	struct fault *fault = fault_take(tenant, at);

	if (counted) {
		remember(request);
		counters[COUNT_EXCHANGES]++;
		if (++counters[COUNT_RUNNING] > counters[COUNT_MAX_CONCURRENT])
			counters[COUNT_MAX_CONCURRENT] = counters[COUNT_RUNNING];
	}
	if (fault != NULL)
		with_fault(request, serve, fault, answer);
	else
		serve(request, NULL, answer);
	if (counted)
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

static void serve_other(struct request *request, const struct fault *fault, struct answer *answer)
{
	const struct vendor *vendor = tenant_vendor(request->tenant);

	(void)fault;
	if (vendor->other == NULL || !vendor->other(request, answer))
		answer_set(answer, 404, "text/plain", "not found\n");
}

static bool method_ok(const struct request *request, const char *wanted, struct answer *answer)
{
	if (strcmp(request->method, wanted) == 0)
		return true;
	answer_set(answer, 405, NULL, "%s", "");
	answer_header(answer, "Allow", "%s", wanted);
	return false;
}

static void serve_tenant(struct request *request, struct answer *answer)
{
	const struct vendor *vendor = tenant_vendor(request->tenant);

	if (strcmp(request->path, vendor->refresh_path) == 0) {
		if (method_ok(request, "POST", answer))
			exchange(request, "refresh", vendor->refresh, answer);
	} else if (vendor->login_path != NULL && strcmp(request->path, vendor->login_path) == 0) {
		if (method_ok(request, vendor->login_method, answer))
			exchange(request, "login", vendor->login, answer);
	} else if (strstr(request->path, "/.well-known/") != NULL) {
		exchange(request, "discovery", serve_other, answer);
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
	if (request->tenant == NULL || (check && url[len] != '\0') || (metadata && url[len] != '\0')) {
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

/* --- sending --------------------------------------------------------------------- */

struct stream {
	char *body;
	size_t len;
	bool endless;
};

static ssize_t stream_read(void *data, uint64_t at, char *buf, size_t max)
{
	struct stream *stream = data;

	if (stream->endless) {
		if (at >= ENDLESS_MAX)
			return MHD_CONTENT_READER_END_OF_STREAM;
		for (size_t i = 0; i < max; i++)
			buf[i] = at + i < 17 ? "{\"access_token\":\""[at + i] : 'x';
		return (ssize_t)max;
	}
	if (at >= stream->len / 2)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (max > stream->len / 2 - at)
		max = stream->len / 2 - (size_t)at;
	memcpy(buf, stream->body + at, max);
	return (ssize_t)max;
}

static void stream_free(void *data)
{
	struct stream *stream = data;

	free(stream->body);
	free(stream);
}

static struct MHD_Response *streamed(const struct answer *answer)
{
	struct stream *stream = must(malloc(sizeof(*stream)));

	stream->endless = answer->wire == WIRE_ENDLESS;
	stream->len = answer->len;
	stream->body = must(malloc(answer->len + 1));
	memcpy(stream->body, answer->body, answer->len);
	return must(MHD_create_response_from_callback(
		stream->endless ? MHD_SIZE_UNKNOWN : answer->len, 4096, stream_read, stream,
		stream_free));
}

static void add_date(struct MHD_Response *response, const struct tenant *tenant)
{
	struct text text;

	if (tenant != NULL && !option_yes(tenant, OPT_DATE))
		return;
	text_open(&text);
	put_http_date(text.file, tenant_clock(tenant) / 10000000);
	text_close(&text);
	MHD_add_response_header(response, "Date", text.data);
	free(text.data);
}

static enum MHD_Result deliver(struct request *request, struct answer *answer)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	if (answer->wire == WIRE_RESET) {
		/* Dissolving the association is what sends RST; libmicrohttpd's way to close
		 * begins with FIN. */
		connect(socket_of(request->connection),
			&(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr));
		return MHD_NO;
	}
	if (answer->wire == WIRE_WHOLE)
		response = must(MHD_create_response_from_buffer(answer->len, answer->body,
								MHD_RESPMEM_MUST_COPY));
	else
		response = streamed(answer);
	if (answer->media != NULL)
		MHD_add_response_header(response, "Content-Type", answer->media);
	for (size_t i = 0; i < answer->n_headers; i++)
		MHD_add_response_header(response, answer->headers[i][0], answer->headers[i][1]);
	add_date(response, request->tenant);
	result = MHD_queue_response(request->connection, answer->status, response);
	MHD_destroy_response(response);
	return result;
}

/* --- receiving ------------------------------------------------------------------- */

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **state)
{
	struct request *request = *state;
	struct answer answer = { .status = 0 };
	enum MHD_Result result;

	(void)data, (void)version;
	if (request == NULL) {
		*state = request = must(calloc(1, sizeof(*request)));
		request->connection = connection;
		request->method = method;
		return MHD_YES;
	}
	if (*upload_len > 0) {
		if (*upload_len > BODY_MAX - request->len) {
			request->too_long = true;
		} else {
			request->raw = must(realloc(request->raw, request->len + *upload_len));
			memcpy(request->raw + request->len, upload, *upload_len);
			request->len += *upload_len;
		}
		*upload_len = 0;
		return MHD_YES;
	}
	body_parse(&request->body, request_header(request, "Content-Type"), request->raw,
		   request->len);
	pthread_mutex_lock(&mutex);
	route(request, url, &answer);
	pthread_mutex_unlock(&mutex);
	result = deliver(request, &answer);
	answer_release(&answer);
	return result;
}

static void on_completed(void *data, struct MHD_Connection *connection, void **state,
			 enum MHD_RequestTerminationCode code)
{
	struct request *request = *state;

	(void)data, (void)connection, (void)code;
	if (request == NULL)
		return;
	body_release(&request->body);
	free(request->raw);
	free(request->path);
	free(request);
	*state = NULL;
}

/* --- starting -------------------------------------------------------------------- */

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	struct text text;
	int c;

	if (file == NULL)
		die(path);
	text_open(&text);
	while ((c = getc(file)) != EOF)
		putc(c, text.file);
	fclose(file);
	text_close(&text);
	return text.data;
}

/* Whoever waits for the file finds it whole. */
static void write_port(const char *path, unsigned port)
{
	char *temporary;
	FILE *file;

	if (asprintf(&temporary, "%s.tmp", path) < 0)
		must(NULL);
	file = fopen(temporary, "we");
	if (file == NULL || fprintf(file, "%u\n", port) < 0 || fclose(file) != 0 ||
	    rename(temporary, path) != 0)
		die(path);
	free(temporary);
}

static const char usage[] =
	"usage: token-service [--port PORT] [--port-file FILE] [--ipv6] [--tls-cert FILE --tls-key FILE]\n"
	"                     [--max-seconds SECONDS]\n";

struct settings {
	unsigned port, max_seconds;
	const char *port_file, *cert, *key;
	bool ipv6;
};

static void read_options(int argc, char **argv, struct settings *ret)
{
	static const struct option longs[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "port-file", required_argument, NULL, 'f' },
		{ "ipv6", no_argument, NULL, '6' },
		{ "tls-cert", required_argument, NULL, 'c' },
		{ "tls-key", required_argument, NULL, 'k' },
		{ "max-seconds", required_argument, NULL, 'm' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'p': ret->port = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'f': ret->port_file = optarg; break;
		case '6': ret->ipv6 = true; break;
		case 'c': ret->cert = read_file(optarg); break;
		case 'k': ret->key = read_file(optarg); break;
		case 'm': ret->max_seconds = (unsigned)strtoul(optarg, NULL, 10); break;
		default: fputs(usage, stderr); exit(2);
		}
	}
	if (optind != argc || ret->port > 65535 || (ret->cert == NULL) != (ret->key == NULL)) {
		fputs(usage, stderr);
		exit(2);
	}
}

static struct MHD_Daemon *start(const struct settings *settings)
{
	struct sockaddr_in v4 = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)settings->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr_in6 v6 = {
		.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)settings->port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)settings->cert },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)settings->key },
		{ MHD_OPTION_END, 0, NULL },
	};
	unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
			 MHD_USE_POLL | MHD_USE_SUPPRESS_DATE_NO_CLOCK;

	if (settings->ipv6)
		flags |= MHD_USE_IPv6;
	if (settings->cert != NULL)
		flags |= MHD_USE_TLS;
	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, NULL,
				MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
				MHD_OPTION_SOCK_ADDR, settings->ipv6 ? (struct sockaddr *)&v6 :
				(struct sockaddr *)&v4,
				MHD_OPTION_CONNECTION_LIMIT, 1500u,
				MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024u,
				MHD_OPTION_CONNECTION_TIMEOUT, 120u,
				MHD_OPTION_ARRAY, settings->cert != NULL ? tls : &tls[2],
				MHD_OPTION_END);
}

int main(int argc, char **argv)
{
	struct settings settings = { .max_seconds = 600 };
	struct rlimit files;
	struct MHD_Daemon *daemon;
	sigset_t signals;
	unsigned port;
	int signal;

	read_options(argc, argv, &settings);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	/* Before there are threads, so that none of them gets these. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	alarm(settings.max_seconds);

	daemon = start(&settings);
	if (daemon == NULL)
		die("token-service: listen");
	port = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
	snprintf(service_base, sizeof(service_base), "%s://%s:%u",
		 settings.cert != NULL ? "https" : "http", settings.ipv6 ? "[::1]" : "127.0.0.1",
		 port);
	if (settings.port_file != NULL)
		write_port(settings.port_file, port);
	else
		printf("%s\n", service_base), fflush(stdout);
	if (sigwait(&signals, &signal) != 0)
		die("sigwait");
	/* Requests that hang on purpose have threads that nobody can join. */
	_exit(signal == SIGALRM ? 3 : 0);
}
