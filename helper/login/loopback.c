/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/login/loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "lib/base/url.h"

#define DEFAULT_URI "http://127.0.0.1/callback"

static const struct ft_loopback closed = FT_LOOPBACK_INIT;

/* localhost has two addresses: a program that listened on the other one could get the browser's
 * answer. */
#define LOCALHOST "localhost"
#define PORT_TRIES 20

/* Listens on one address. *ret_fd must be closed, also after an error. Returns 0 or errno. */
static int bind_to(const char *host, unsigned port, int *ret_fd, unsigned *ret_port)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	bool six = strchr(host, ':') != NULL;
	struct sockaddr *address = six ? (struct sockaddr *)&in6 : (struct sockaddr *)&in;
	socklen_t len = six ? sizeof in6 : sizeof in;

	(void)inet_pton(six ? AF_INET6 : AF_INET, host,
			six ? (void *)&in6.sin6_addr : (void *)&in.sin_addr);
	*ret_fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*ret_fd < 0)
		return errno;
	/* Without SO_REUSEADDR a given port would be unusable for a minute after the last sign-in.
	 * It does not take a port from a program that listens there. */
	(void)setsockopt(*ret_fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	/* A socket that is not bound would listen on all addresses, so every error counts. */
	if (bind(*ret_fd, address, len) != 0 || listen(*ret_fd, FT_LOOPBACK_CONNECTIONS) != 0 ||
	    getsockname(*ret_fd, address, &len) != 0)
		return errno;
	*ret_port = ntohs(six ? in6.sin6_port : in.sin_port);
	return 0;
}

static void close_both(struct ft_loopback *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	if (l->fd6 >= 0)
		(void)close(l->fd6);
	l->fd = l->fd6 = -1;
}

/* Listens on the same port of both addresses. */
static int bind_localhost(unsigned port, struct ft_loopback *l, unsigned *ret_port)
{
	for (int i = 1; ; i++) {
		int why = bind_to("127.0.0.1", port, &l->fd, ret_port);

		if (why != 0)
			return why;
		why = bind_to("::1", *ret_port, &l->fd6, ret_port);
		/* This machine has no IPv6. */
		if (why == EAFNOSUPPORT || why == EADDRNOTAVAIL) {
			if (l->fd6 >= 0)
				(void)close(l->fd6);
			l->fd6 = -1;
			return 0;
		}
		if (why != EADDRINUSE || port != 0 || i == PORT_TRIES)
			return why;
		close_both(l);
	}
}

static int bind_all(const struct ft_url *url, struct ft_loopback *l, unsigned *ret_port,
		    struct ft_error *err)
{
	bool six = strchr(url->host, ':') != NULL;
	int why = strcmp(url->host, LOCALHOST) == 0 ? bind_localhost(url->port, l, ret_port) :
		  bind_to(url->host, url->port, &l->fd, ret_port);

	if (why == 0)
		return 0;
	if (why == EADDRINUSE && url->port != 0)
		return ft_error_set(
			err, FT_SYSTEM,
			"port %u of redirect_uri is taken by another program" FT_REMEDY
			"end that one, or use "
			"a redirect_uri with another port that the service knows",
			url->port);
	return ft_error_errno(err, FT_SYSTEM, why, "cannot listen for the browser on %s%s%s:%u",
			      six ? "[" : "", url->host, six ? "]" : "", url->port);
}

int ft_loopback_listen(const char *redirect_uri, struct ft_loopback *ret, struct ft_error *err)
{
	struct ft_loopback new = closed;
	struct ft_url url;
	unsigned port = 0;
	int r = ft_url_parse(redirect_uri != NULL ? redirect_uri : DEFAULT_URI, false, &url, err);

	for (int i = 0; i < FT_LOOPBACK_CONNECTIONS; i++)
		new.connections[i].fd = -1;
	if (r == 0)
		r = bind_all(&url, &new, &port, err);
	if (r == 0) {
		bool six = strchr(url.host, ':') != NULL;
		const char *path = url.path[0] != '\0' ? url.path : "/";
		int host = snprintf(new.host, sizeof new.host, "%s%s%s:%u", six ? "[" : "",
				    url.host, six ? "]" : "", port);
		int whole = snprintf(new.uri, sizeof new.uri, "http://%s%s", new.host, path);

		if (host < 0 || (size_t)host >= sizeof new.host || whole < 0 ||
		    (size_t)whole >= sizeof new.uri || strlen(path) >= sizeof new.path)
			r = ft_error_set(err, FT_CONFIG, "redirect_uri is too long");
		else
			memcpy(new.path, path, strlen(path) + 1);
	}
	if (r == 0)
		*ret = new;
	else
		close_both(&new);
	return r;
}

/* Whether a request's Host is that of this listener. A browser leaves out http's default port. */
static bool is_host(const char *value, size_t len, const char *host)
{
	size_t all = strlen(host),
	       bare = all > 3 && strcmp(host + all - 3, ":80") == 0 ? all - 3 : all;

	return (len == all || len == bare) && memcmp(value, host, len) == 0;
}

/* The value of a header field that is present exactly once; else NULL. */
static const char *header(const char *head, size_t len, const char *name, size_t *ret_len)
{
	const char *end = head + len, *found = NULL;
	size_t name_len = strlen(name);

	for (const char *line = head; line < end; ) {
		const char *lf = memchr(line, '\n', (size_t)(end - line));
		size_t n = (size_t)((lf != NULL ? lf : end) - line);

		if (n > name_len && strncasecmp(line, name, name_len) == 0 &&
		    line[name_len] == ':') {
			if (found != NULL)
				return NULL;
			found = line + name_len + 1;
			*ret_len = n - name_len - 1;
		}
		line += n + 1;
	}
	while (found != NULL && *ret_len > 0 && (*found == ' ' || *found == '\t'))
		found++, --*ret_len;
	while (found != NULL && *ret_len > 0 && strchr(" \t\r", found[*ret_len - 1]) != NULL)
		--*ret_len;
	return found;
}

int ft_loopback_parse(const char *data, size_t len, const char *host, const char *path,
		      const char **ret_query, size_t *ret_len)
{
	const char *end = memmem(data, len, "\r\n\r\n", 4);
	size_t host_len = 0, path_len = strlen(path);

	if (memchr(data, '\0', len) != NULL)
		return 400;
	if (end == NULL)
		return len >= FT_LOOPBACK_REQUEST_MAX ? 431 : 0;
	const char *line_end = memmem(data, len, "\r\n", 2),
		   *target = memchr(data, ' ', (size_t)(line_end - data));
	const char *target_end = target == NULL ? NULL :
				 memchr(target + 1, ' ', (size_t)(line_end - target - 1));

	if (target_end == NULL || line_end - target_end != 9 ||
	    memcmp(target_end, " HTTP/1.", 8) != 0)
		return 400;
	for (const char *c = data; c < line_end; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
			return 400;
	if (target - data != 3 || memcmp(data, "GET", 3) != 0)
		return 405;
	/* After DNS rebinding, a page of another site can reach this address, but its Host is
	 * another one. */
	const char *value = header(line_end + 2, (size_t)(end - line_end), "Host", &host_len);

	if (value == NULL || !is_host(value, host_len, host))
		return 421;
	target++;
	if ((size_t)(target_end - target) < path_len || memcmp(target, path, path_len) != 0 ||
	    (target + path_len != target_end && target[path_len] != '?'))
		return 404;
	target += path_len;
	target += target < target_end;
	*ret_query = target;
	*ret_len = (size_t)(target_end - target);
	return 200;
}

static void drop(struct ft_loopback *l, int i)
{
	if (l->connections[i].fd >= 0)
		(void)close(l->connections[i].fd);
	l->connections[i].fd = -1;
	ft_buf_release(&l->connections[i].request);
}

static const char *reason_of(int status)
{
	return status == 200 ? "OK" :
	       status == 404 ? "Not Found" :
	       status == 405 ? "Method Not Allowed" :
	       status == 421 ? "Misdirected Request" :
			       "Bad Request";
}

static void answer(struct ft_loopback *l, int i, int status, const char *text)
{
	char page[2048];
	/* No script, image, cache or referrer, because the address of the page contains the
	 * code. */
	int len = snprintf(
		page, sizeof page,
		"HTTP/1.1 %d %s\r\nContent-Type: text/html; charset=utf-8\r\n"
		"Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
		"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
		"X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
		"<!doctype html><html lang=\"en\"><meta name=\"viewport\" "
		"content=\"width=device-width\"><title>freshtoken</title><body style=\"font: 1.2em "
		"sans-serif; margin: 15%% auto; max-width: 30em; padding: 0 "
		"1em\"><h1>freshtoken</h1><p>%s</p></body></html>\n",
		status, reason_of(status), text);

	/* Whether the browser reads it does not matter. */
	if (len > 0)
		(void)!send(l->connections[i].fd, page,
			    (size_t)len < sizeof page ? (size_t)len : sizeof page - 1,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)shutdown(l->connections[i].fd, SHUT_WR);
	drop(l, i);
}

/* Frees a place by closing the oldest connection that has sent no request. */
static void take_in(struct ft_loopback *l, int listening)
{
	int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), free_place = -1;

	if (fd < 0)
		return;
	for (int i = 0; i < FT_LOOPBACK_CONNECTIONS && free_place < 0; i++)
		if (l->connections[i].fd < 0)
			free_place = i;
	if (free_place < 0) {
		drop(l, 0);
		for (int i = 1; i < FT_LOOPBACK_CONNECTIONS; i++)
			l->connections[i - 1] = l->connections[i];
		free_place = FT_LOOPBACK_CONNECTIONS - 1;
	}
	l->connections[free_place].fd = fd;
	ft_buf_init(&l->connections[free_place].request, FT_LOOPBACK_REQUEST_MAX);
}

/* Whether a complete request to the path has arrived; its query is added to ret. */
static bool hear(struct ft_loopback *l, int i, struct ft_buf *ret)
{
	struct ft_buf *request = &l->connections[i].request;
	const char *query = NULL;
	size_t query_len = 0;
	char bytes[4096];
	ssize_t n = recv(l->connections[i].fd, bytes, sizeof bytes, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		drop(l, i);
		return false;
	}
	ft_buf_add(request, bytes, (size_t)n);
	int status = request->failed ? 431 :
				       ft_loopback_parse(request->data, request->len, l->host,
							 l->path, &query, &query_len);

	if (status == 200) {
		ft_buf_add(ret, query, query_len);
		l->waiting = i;
	} else if (status != 0) {
		answer(l, i, status, "There is nothing here.");
	}
	return status == 200;
}

int ft_loopback_next(struct ft_loopback *l, int64_t deadline, struct ft_buf *ret,
		     struct ft_error *err)
{
	for (;;) {
		struct pollfd fds[FT_LOOPBACK_CONNECTIONS + 2] = { { l->fd, POLLIN, 0 },
								   { l->fd6, POLLIN, 0 } };
		int64_t left = deadline - ft_monotonic_ms();

		for (int i = 0; i < FT_LOOPBACK_CONNECTIONS; i++)
			fds[i + 2] = (struct pollfd){ l->connections[i].fd, POLLIN, 0 };
		int n = poll(fds, FT_LOOPBACK_CONNECTIONS + 2,
			     left < 0	 ? 0 :
			     left > 1000 ? 1000 :
					   (int)left);

		if (n < 0 && errno != EINTR)
			return ft_error_errno(err, FT_SYSTEM, errno, "poll");
		for (int i = 0; n > 0 && i < FT_LOOPBACK_CONNECTIONS; i++)
			if (fds[i + 2].revents != 0 && l->connections[i].fd == fds[i + 2].fd &&
			    hear(l, i, ret))
				return ret->failed ? ft_error_memory(err) : 0;
		for (int i = 0; n > 0 && i < 2; i++)
			if (fds[i].revents != 0)
				take_in(l, fds[i].fd);
		/* The deadline holds even if new connections keep arriving. */
		if (ft_monotonic_ms() >= deadline)
			return ft_error_set(err, FT_BUSY, "the browser has not come back");
	}
}

void ft_loopback_answer(struct ft_loopback *l, int status, const char *text)
{
	if (l->waiting >= 0)
		answer(l, l->waiting, status, text);
	l->waiting = -1;
}

void ft_loopback_redirect(struct ft_loopback *l, const char *url)
{
	struct ft_buf text = FT_BUF_INIT(16 * 1024);

	if (l->waiting < 0)
		return;
	ft_buf_addf(
		&text,
		"HTTP/1.1 303 See Other\r\nLocation: %s\r\nCache-Control: no-store\r\n"
		"Referrer-Policy: no-referrer\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		url);
	if (!text.failed)
		(void)!send(l->connections[l->waiting].fd, text.data, text.len,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
	ft_buf_release(&text);
	(void)shutdown(l->connections[l->waiting].fd, SHUT_WR);
	drop(l, l->waiting);
	l->waiting = -1;
}

void ft_loopback_close(struct ft_loopback *l)
{
	if (l == NULL || l->fd < 0)
		return;
	take_in(l, l->fd);
	if (l->fd6 >= 0)
		take_in(l, l->fd6);
	for (int i = 0; i < FT_LOOPBACK_CONNECTIONS; i++)
		if (l->connections[i].fd >= 0)
			answer(l, i, 404, "This sign-in is over. You can close this window.");
	close_both(l);
	*l = closed;
}
