/* SPDX-License-Identifier: MIT */
/*
 * http.c - libmicrohttpd: one thread for each connection, whole bodies in and out
 */
#include "config.h"
#include "service.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BODY_MAX (1024 * 1024)
#define ENDLESS_MAX (64 * 1024 * 1024)

int request_socket(const struct request *request)
{
	return MHD_get_connection_info(request->connection,
				       MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

/* --- sending --------------------------------------------------------------------- */

struct stream {
	char *body;
	size_t len;		/* that are sent */
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
	if (at >= stream->len)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (max > stream->len - at)
		max = stream->len - (size_t)at;
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
	bool chunked = answer->wire == WIRE_ENDLESS || answer->wire == WIRE_UNENDED;

	stream->endless = answer->wire == WIRE_ENDLESS;
	stream->len = answer->wire == WIRE_TRUNCATED ? answer->len / 2 : answer->len;
	stream->body = must(malloc(answer->len + 1));
	if (answer->len > 0)
		memcpy(stream->body, answer->body, answer->len);
	return must(MHD_create_response_from_callback(
		chunked ? MHD_SIZE_UNKNOWN : answer->len + (answer->wire == WIRE_LONG ? 2 : 0),
		4096, stream_read, stream, stream_free));
}

static enum MHD_Result deliver(struct request *request, struct answer *answer)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	if (answer->wire == WIRE_RESET) {
		/* Dissolving the association is what sends RST; libmicrohttpd's way to close
		 * begins with FIN. */
		connect(request_socket(request),
			&(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr));
		return MHD_NO;
	}
	if (answer->wire == WIRE_WHOLE || answer->wire == WIRE_SHORT)
		response = must(MHD_create_response_from_buffer(
			answer->len - (answer->wire == WIRE_SHORT ? 2 : 0), answer->body,
			MHD_RESPMEM_MUST_COPY));
	else
		response = streamed(answer);
	if (answer->media != NULL)
		MHD_add_response_header(response, "Content-Type", answer->media);
	for (size_t i = 0; i < answer->n_headers; i++)
		MHD_add_response_header(response, answer->headers[i][0], answer->headers[i][1]);
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
	service_handle(request, url, &answer);
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

/* --- listening ------------------------------------------------------------------- */

unsigned http_start(const struct http_settings *settings)
{
	struct MHD_Daemon *daemon;
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
	daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, NULL,
				MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
				MHD_OPTION_SOCK_ADDR, settings->ipv6 ? (struct sockaddr *)&v6 :
				(struct sockaddr *)&v4,
				MHD_OPTION_CONNECTION_LIMIT, 1500u,
				MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024u,
				MHD_OPTION_CONNECTION_TIMEOUT, 120u,
				MHD_OPTION_ARRAY, settings->cert != NULL ? tls : &tls[2],
				MHD_OPTION_END);
	return daemon == NULL ? 0 : MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}
