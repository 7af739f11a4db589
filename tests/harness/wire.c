/* SPDX-License-Identifier: MIT */
/*
 * wire - a server on loopback that says the bytes of a file, for what no decent server does
 *
 *	wire --port-file FILE --log FILE [--ipv6] MODE
 *
 * Serves one connection after the other on a port of the system's choice. What
 * comes in goes to the log as it is, with a line "-- connection" in front of
 * each. Modes, all of them after the header and body of a request have come:
 *
 *	--reply FILE	sends the file and closes
 *	--endless FILE	sends the file again and again
 *	--hang		says nothing
 *	--silent	says nothing, from the beginning
 *	--reset		resets the connection
 *	--relay		is a proxy: connects for CONNECT and passes everything on
 *	--deaf-dns	has UDP port 53, and never answers there
 *
 * Ends on SIGTERM, with its parent, and after 300 seconds.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int log_fd;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static bool send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static void note(const char *data, size_t len)
{
	if (write(log_fd, data, len) != (ssize_t)len)
		die("log");
}

/* A whole request; false where the connection ended before. */
static bool read_request(int fd, char *request, size_t size)
{
	size_t len = 0, wanted = 0;

	while (len < size - 1) {
		ssize_t n = recv(fd, request + len, size - 1 - len, 0);

		if (n <= 0)
			return false;
		note(request + len, (size_t)n);
		len += (size_t)n;
		request[len] = '\0';
		char *end = strstr(request, "\r\n\r\n");
		char *length = strcasestr(request, "\nContent-Length:");

		if (end == NULL)
			continue;
		wanted = (size_t)(end + 4 - request);
		if (length != NULL && length < end)
			wanted += strtoul(length + 16, NULL, 10);
		if (len >= wanted)
			return true;
	}
	return true;
}

/* "CONNECT 127.0.0.1:8080 …": whatever the host is called, it is on loopback. */
static int connect_to(const char *request)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	const char *port = strchr(request + strcspn(request, " "), ':');
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strncmp(request, "CONNECT ", 8) != 0 || port == NULL || fd < 0)
		return -1;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons((unsigned short)strtoul(port + 1, NULL, 10));
	return connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? fd : -1;
}

static void relay(int a, int b)
{
	struct pollfd fds[2] = { { a, POLLIN, 0 }, { b, POLLIN, 0 } };
	char data[16384];

	while (poll(fds, 2, -1) > 0)
		for (int i = 0; i < 2; i++) {
			if (fds[i].revents == 0)
				continue;
			ssize_t n = recv(fds[i].fd, data, sizeof data, 0);

			if (n <= 0 || !send_all(fds[1 - i].fd, data, (size_t)n))
				return;
		}
}

static void serve(int fd, const char *mode, const char *reply, size_t reply_len)
{
	static char request[1 << 20];
	struct linger now = { 1, 0 };
	bool complete = strcmp(mode, "--silent") != 0 && read_request(fd, request, sizeof request);

	if (strcmp(mode, "--silent") == 0 || (complete && strcmp(mode, "--hang") == 0)) {
		while (recv(fd, request, sizeof request, 0) > 0)
			continue;
	} else if (complete && strcmp(mode, "--reply") == 0) {
		(void)send_all(fd, reply, reply_len);
	} else if (complete && strcmp(mode, "--endless") == 0) {
		while (send_all(fd, reply, reply_len))
			continue;
	} else if (complete && strcmp(mode, "--reset") == 0) {
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	} else if (complete && strcmp(mode, "--relay") == 0) {
		int to = connect_to(request);

		if (to >= 0 && send_all(fd, "HTTP/1.1 200 OK\r\n\r\n", 19))
			relay(fd, to);
		if (to >= 0)
			(void)close(to);
	}
	(void)close(fd);
}

static int listen_on(bool ipv6, const char *port_file)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr *address = ipv6 ? (struct sockaddr *)&in6 : (struct sockaddr *)&in;
	socklen_t len = ipv6 ? sizeof in6 : sizeof in;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char temporary[4096];

	if (fd < 0 || bind(fd, address, len) != 0 || listen(fd, 16) != 0 ||
	    getsockname(fd, address, &len) != 0)
		die("listen");
	(void)snprintf(temporary, sizeof temporary, "%s.new", port_file);
	FILE *file = fopen(temporary, "we");

	if (file == NULL ||
	    fprintf(file, "%u\n", ntohs(ipv6 ? in6.sin6_port : in.sin_port)) < 0 ||
	    fclose(file) != 0 || rename(temporary, port_file) != 0)
		die(port_file);
	return fd;
}

static void take_dns(void)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_port = htons(53),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&in, sizeof in) != 0)
		die("port 53");
}

static char *read_file(const char *name, size_t *ret_len)
{
	FILE *file = fopen(name, "re");
	char *data = malloc(1 << 20);

	if (file == NULL || data == NULL)
		die(name);
	*ret_len = fread(data, 1, 1 << 20, file);
	(void)fclose(file);
	return data;
}

int main(int argc, char *argv[])
{
	const char *port_file = NULL, *log = NULL, *mode = NULL;
	char *reply = NULL;
	size_t reply_len = 0;
	bool ipv6 = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--port-file") == 0 && i + 1 < argc)
			port_file = argv[++i];
		else if (strcmp(argv[i], "--log") == 0 && i + 1 < argc)
			log = argv[++i];
		else if (strcmp(argv[i], "--ipv6") == 0)
			ipv6 = true;
		else if ((strcmp(argv[i], "--reply") == 0 || strcmp(argv[i], "--endless") == 0) &&
			 i + 1 < argc)
			mode = argv[i], reply = read_file(argv[++i], &reply_len);
		else
			mode = argv[i];
	}
	if (port_file == NULL || log == NULL || mode == NULL) {
		(void)fputs("usage: wire --port-file FILE --log FILE [--ipv6] MODE\n", stderr);
		return 2;
	}
	if (strcmp(mode, "--deaf-dns") == 0)
		take_dns();
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)alarm(300);
	log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0)
		die(log);
	int listener = listen_on(ipv6, port_file);

	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			die("accept");
		note("-- connection\n", 14);
		serve(fd, mode, reply, reply_len);
	}
}
