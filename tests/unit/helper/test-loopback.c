/* SPDX-License-Identifier: MIT */
/* helper/login/loopback.h: requests to the port to which a browser returns */
#include "config.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helper/login/loopback.h"
#include "lib/base/moment.h"
#include "tests/unit/unit.h"

#define HOST "127.0.0.1:4711"
#define HEAD "Host: " HOST "\r\n\r\n"

START_TEST(requests)
{
	static const struct {
		const char *text;
		int status;
		const char *query;
	} table[] = {
		{ "GET /callback?code=a&state=b HTTP/1.1\r\n" HEAD, 200, "code=a&state=b" },
		{ "GET /callback?code=a HTTP/1.0\r\n" HEAD, 200, "code=a" },
		{ "GET /callback HTTP/1.1\r\n" HEAD, 200, "" },
		{ "GET /callback? HTTP/1.1\r\n" HEAD, 200, "" },
		{ "GET /callback?a HTTP/1.1\r\nAccept: */*\r\nhost:\t" HOST " \r\n\r\n", 200, "a" },
		{ "GET /callback?a HTTP/1.1\r\n" HEAD "body", 200, "a" },
		{ "", 0, NULL },
		{ "GET /callback?a HTTP/1.1\r\nHost: " HOST "\r\n", 0, NULL },
		{ "GET /callback?a HTTP/1.1\n\n", 0, NULL },
		{ "GET /callbacks HTTP/1.1\r\n" HEAD, 404, NULL },
		{ "GET /callback/ HTTP/1.1\r\n" HEAD, 404, NULL },
		{ "GET /call HTTP/1.1\r\n" HEAD, 404, NULL },
		{ "GET / HTTP/1.1\r\n" HEAD, 404, NULL },
		{ "GET http://" HOST "/callback?a HTTP/1.1\r\n" HEAD, 404, NULL },
		{ "POST /callback?a HTTP/1.1\r\n" HEAD, 405, NULL },
		{ "get /callback?a HTTP/1.1\r\n" HEAD, 405, NULL },
		{ "OPTIONS /callback?a HTTP/1.1\r\n" HEAD, 405, NULL },
		{ "GET /callback?a HTTP/1.1\r\nHost: evil.example.com\r\n\r\n", 421, NULL },
		{ "GET /callback?a HTTP/1.1\r\nHost: localhost:4711\r\n\r\n", 421, NULL },
		{ "GET /callback?a HTTP/1.1\r\nHost: " HOST "0\r\n\r\n", 421, NULL },
		{ "GET /callback?a HTTP/1.1\r\nHost: " HOST "\r\nHost: " HOST "\r\n\r\n", 421,
		  NULL },
		{ "GET /callback?a HTTP/1.1\r\nHosts: " HOST "\r\n\r\n", 421, NULL },
		{ "GET /callback?a HTTP/1.1\r\n\r\n", 421, NULL },
		{ "GET /callback?a HTTP/2\r\n" HEAD, 400, NULL },
		{ "GET /callback?a b HTTP/1.1\r\n" HEAD, 400, NULL },
		{ "GET /callback?a\nb HTTP/1.1\r\n" HEAD, 400, NULL },
		{ "GET /callback?a\xff HTTP/1.1\r\n" HEAD, 400, NULL },
		{ "GET /callback\r\n" HEAD, 400, NULL },
		{ "GET\r\n\r\n", 400, NULL },
		{ "\r\n\r\n", 400, NULL },
		{ " \r\n\r\n", 400, NULL },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const char *query = NULL;
		size_t len = 0;
		int status = ft_loopback_parse(table[i].text, strlen(table[i].text), HOST,
					       "/callback", &query, &len);

		ck_assert_msg(status == table[i].status, "%s: %d", table[i].text, status);
		if (status != 200)
			continue;
		ck_assert_uint_eq(len, strlen(table[i].query));
		ck_assert(memcmp(query, table[i].query, len) == 0);
	}
}
END_TEST

/* Browsers leave out the port that http has by itself, and no other. */
START_TEST(port_80)
{
	static const struct {
		const char *host, *header;
		int status;
	} table[] = {
		{ "127.0.0.1:80", "127.0.0.1", 200 }, { "127.0.0.1:80", "127.0.0.1:80", 200 },
		{ "[::1]:80", "[::1]", 200 }, { "127.0.0.1:80", "127.0.0.1:8", 421 },
		{ "127.0.0.1:80", "127.0.0.", 421 }, { "127.0.0.1:80", "localhost", 421 },
		{ "127.0.0.1:8080", "127.0.0.1", 421 }, { "127.0.0.1:8080", "127.0.0.1:80", 421 },
		{ HOST, "127.0.0.1", 421 }, { "127.0.0.1:80", "", 421 },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char text[128];
		const char *query = NULL;
		size_t len = 0;

		(void)snprintf(text, sizeof text, "GET /callback?a HTTP/1.1\r\nHost: %s\r\n\r\n",
			       table[i].header);
		int status = ft_loopback_parse(text, strlen(text), table[i].host, "/callback",
					       &query, &len);

		ck_assert_msg(status == table[i].status, "%s at %s: %d", table[i].header,
			      table[i].host, status);
	}
}
END_TEST

START_TEST(a_nul_and_too_much)
{
	static const char nul[] = "GET /callback?a\0b HTTP/1.1\r\n" HEAD;
	char *much = malloc(FT_LOOPBACK_REQUEST_MAX);
	const char *query = NULL;
	size_t len = 0;

	ck_assert_int_eq(ft_loopback_parse(nul, sizeof nul - 1, HOST, "/callback", &query, &len),
			 400);
	ck_assert_ptr_nonnull(much);
	memset(much, 'a', FT_LOOPBACK_REQUEST_MAX);
	ck_assert_int_eq(ft_loopback_parse(much, FT_LOOPBACK_REQUEST_MAX - 1, HOST, "/callback",
					   &query, &len),
			 0);
	ck_assert_int_eq(
		ft_loopback_parse(much, FT_LOOPBACK_REQUEST_MAX, HOST, "/callback", &query, &len),
		431);
	free(much);
}
END_TEST

static int call(const struct ft_loopback *l, const char *text)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(getsockname(l->fd, (struct sockaddr *)&address, &size), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	if (text != NULL)
		ck_assert_int_eq(send(fd, text, strlen(text), 0), (ssize_t)strlen(text));
	return fd;
}

static void hang_up(int fd, const char *expected)
{
	char bytes[4096];
	ssize_t n, len = 0;

	while ((n = recv(fd, bytes + len, sizeof bytes - 1 - (size_t)len, 0)) > 0)
		len += n;
	bytes[len] = '\0';
	ck_assert_msg(strstr(bytes, expected) != NULL, "%s lacks %s", bytes, expected);
	(void)close(fd);
}

/* Silent connections, more than there are places; a request in pieces comes through. */
START_TEST(nobody_blocks_it)
{
	struct ft_buf query = FT_BUF_INIT(FT_LOOPBACK_REQUEST_MAX);
	struct ft_loopback l;
	struct ft_error err;
	int silent[2 * FT_LOOPBACK_CONNECTIONS];
	char request[256];

	ck_assert_int_eq(ft_loopback_listen(NULL, &l, &err), 0);
	ck_assert(strncmp(l.uri, "http://127.0.0.1:", 17) == 0);
	for (size_t i = 0; i < 2 * FT_LOOPBACK_CONNECTIONS; i++) {
		silent[i] = call(&l, NULL);
		ck_assert_int_eq(ft_loopback_next(&l, ft_monotonic_ms() + 20, &query, &err),
				 FT_BUSY);
	}
	(void)snprintf(request, sizeof request, "GET /callback?state=x HTTP/1.1\r\nHost: %s\r\n",
		       l.host);
	int fd = call(&l, request);

	ck_assert_int_eq(ft_loopback_next(&l, ft_monotonic_ms() + 50, &query, &err), FT_BUSY);
	ck_assert_int_eq(send(fd, "\r\n", 2, 0), 2);
	ck_assert_int_eq(ft_loopback_next(&l, ft_monotonic_ms() + 5000, &query, &err), 0);
	ck_assert_str_eq(query.data, "state=x");
	ft_loopback_answer(&l, 200, "It works.");
	hang_up(fd, "It works.");
	fd = call(&l, NULL);
	ft_loopback_close(&l);
	hang_up(fd, "is over");
	for (size_t i = 0; i < 2 * FT_LOOPBACK_CONNECTIONS; i++)
		(void)close(silent[i]);
	ft_buf_release(&query);
}
END_TEST

START_TEST(places)
{
	struct ft_loopback l, second;
	struct ft_error err;
	char uri[256];

	ck_assert_int_eq(ft_loopback_listen("http://127.0.0.1", &l, &err), 0);
	ck_assert_str_eq(l.path, "/");
	memcpy(uri, l.uri, sizeof uri);
	ck_assert_int_eq(ft_loopback_listen(uri, &second, &err), FT_SYSTEM);
	ck_assert_msg(strstr(line_of(&err), "is taken by another program") != NULL, "%s", line_of(&err));
	ft_loopback_close(&l);
}
END_TEST

static int call6(const struct ft_loopback *l, const char *text)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6 };
	socklen_t size = sizeof address;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	ck_assert_int_eq(getsockname(l->fd6, (struct sockaddr *)&address, &size), 0);
	ck_assert(IN6_IS_ADDR_LOOPBACK(&address.sin6_addr));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(send(fd, text, strlen(text), 0), (ssize_t)strlen(text));
	return fd;
}

/* A browser takes localhost for either address; both lead here, on one port, or nothing does. */
START_TEST(localhost_is_two_addresses)
{
	struct ft_loopback l, second;
	struct ft_error err;
	char request[256], uri[256];

	for (int six = 0; six < 2; six++) {
		struct ft_buf query = FT_BUF_INIT(FT_LOOPBACK_REQUEST_MAX);

		ck_assert_int_eq(ft_loopback_listen("http://localhost/back", &l, &err), 0);
		ck_assert(strncmp(l.uri, "http://localhost:", 17) == 0 &&
			  strstr(l.uri, "/back") != NULL);
		ck_assert(strncmp(l.host, "localhost:", 10) == 0);
		if (six && l.fd6 < 0) {		/* a machine without IPv6 */
			ft_loopback_close(&l);
			break;
		}
		(void)snprintf(request, sizeof request,
			       "GET /back?state=x HTTP/1.1\r\nHost: %s\r\n\r\n", l.host);
		int fd = six ? call6(&l, request) : call(&l, request);

		ck_assert_int_eq(ft_loopback_next(&l, ft_monotonic_ms() + 5000, &query, &err), 0);
		ck_assert_str_eq(query.data, "state=x");
		ft_loopback_answer(&l, 200, "It works.");
		hang_up(fd, "It works.");
		ft_buf_release(&query);
		/* With a port that is given: each of the two may be somebody's. */
		memcpy(uri, l.uri, sizeof uri);
		ck_assert_int_eq(ft_loopback_listen(uri, &second, &err), FT_SYSTEM);
		(void)close(six ? l.fd : l.fd6);
		*(six ? &l.fd : &l.fd6) = -1;
		ck_assert_int_eq(ft_loopback_listen(uri, &second, &err), FT_SYSTEM);
		ck_assert_msg(strstr(line_of(&err), "is taken by another program") != NULL, "%s",
			      line_of(&err));
		if (l.fd < 0)
			(void)close(l.fd6);
		ft_loopback_close(&l);
		/* What is refused leaves nothing taken. */
		ck_assert_int_eq(ft_loopback_listen(uri, &l, &err), 0);
		ck_assert_str_eq(l.uri, uri);
		ft_loopback_close(&l);
	}
}
END_TEST

/* An address that is not this machine's: listening all the same would be on every address. */
START_TEST(an_address_that_cannot_be_had)
{
	struct ft_loopback l = FT_LOOPBACK_INIT;
	struct ft_error err;

	ck_assert_int_eq(ft_loopback_listen("https://192.0.2.1:4711/callback", &l, &err),
			 FT_SYSTEM);
	ck_assert_msg(strncmp(line_of(&err), "cannot listen for the browser on 192.0.2.1:4711: ", 49) ==
			      0,
		      "%s", line_of(&err));
	ck_assert_int_eq(l.fd, -1);
	ck_assert_int_eq(l.fd6, -1);
}
END_TEST

/* Whoever could not listen still says goodbye: to nobody, and not to descriptor 0. */
START_TEST(a_closed_one_answers_nobody)
{
	struct ft_loopback l = FT_LOOPBACK_INIT;
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	ck_assert_int_eq(dup2(ends[0], 0), 0);
	ft_loopback_answer(&l, 400, "It did not work.");
	ft_loopback_redirect(&l, "https://sso.example.com/");
	ft_loopback_close(&l);
	ck_assert_int_eq(recv(ends[1], &(char){ 0 }, 1, 0), -1);
	ck_assert_int_eq(send(0, "x", 1, MSG_NOSIGNAL), 1);
	(void)close(ends[0]);
	(void)close(ends[1]);
}
END_TEST

/* Somebody who keeps connecting does not keep it from ending. */
START_TEST(a_deadline_holds_with_a_crowd_at_the_door)
{
	struct ft_buf query = FT_BUF_INIT(FT_LOOPBACK_REQUEST_MAX);
	struct ft_loopback l;
	struct ft_error err;
	int crowd[4], inside = 0;

	ck_assert_int_eq(ft_loopback_listen(NULL, &l, &err), 0);
	for (size_t i = 0; i < 4; i++)
		crowd[i] = call(&l, NULL);
	ck_assert_int_eq(ft_loopback_next(&l, ft_monotonic_ms(), &query, &err), FT_BUSY);
	for (int i = 0; i < FT_LOOPBACK_CONNECTIONS; i++)
		inside += l.connections[i].fd >= 0;
	ck_assert_int_eq(inside, 1);
	for (size_t i = 0; i < 4; i++)
		(void)close(crowd[i]);
	ft_loopback_close(&l);
	ft_buf_release(&query);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { requests,
				       port_80,
				       a_nul_and_too_much,
				       nobody_blocks_it,
				       places,
				       localhost_is_two_addresses,
				       an_address_that_cannot_be_had,
				       a_closed_one_answers_nobody,
				       a_deadline_holds_with_a_crowd_at_the_door,
				       NULL };

	return unit_run("loopback", tests);
}
