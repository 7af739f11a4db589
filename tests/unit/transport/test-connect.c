/* SPDX-License-Identifier: MIT */
/* transport/connect.h and resolve.h: the first of several addresses that answers */
#include "config.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/transport/connect.h"
#include "tests/unit/unit.h"

static struct ft_error err;

static struct ft_address address_of(const char *text, unsigned port)
{
	struct ft_addresses found;

	ck_assert_int_eq(ft_resolve(text, port, &found, NULL), 0);
	ck_assert_uint_eq(found.count, 1);
	return found.list[0];
}

static int bind_to(const char *text, unsigned *ret_port)
{
	struct ft_address address = address_of(text, 0);
	struct sockaddr_in in;
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address.data, address.len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*ret_port = ntohs(in.sin_port);
	return fd;
}

/* A listener whose queue is full: whoever comes now gets no word. */
static int silent(const char *text, unsigned *ret_port, int callers[2])
{
	int fd = bind_to(text, ret_port);
	struct ft_address address = address_of(text, *ret_port);

	ck_assert_int_eq(listen(fd, 0), 0);
	for (int i = 0; i < 2; i++) {
		callers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		ck_assert_int_ge(callers[i], 0);
		(void)connect(callers[i], (struct sockaddr *)&address.data, address.len);
	}
	return fd;
}

static int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

START_TEST(a_refusal_is_passed_over)
{
	struct ft_addresses addresses = { .count = 3 };
	const struct ft_address *to = NULL;
	unsigned port, gone;
	int fd = -1, listener = bind_to("127.0.0.1", &port), other = bind_to("127.0.0.1", &gone);

	/* Bound, and nobody listens. */
	ck_assert_int_eq(listen(listener, 4), 0);
	addresses.list[0] = address_of("127.0.0.1", gone);
	addresses.list[1] = address_of("::1", gone);
	addresses.list[2] = address_of("127.0.0.1", port);
	int before = open_descriptors();

	ck_assert_int_eq(ft_connect(&addresses, 60000, &fd, &to, &err), 0);
	ck_assert_ptr_eq(to, &addresses.list[2]);
	ck_assert_int_eq(open_descriptors(), before + 1);
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(accept(listener, NULL, NULL) < 0, 0);
	addresses.count = 2;
	ck_assert_int_eq(ft_connect(&addresses, 60000, &fd, &to, &err), FT_TEMPORARY);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "no connection: "));
	(void)close(listener);
	(void)close(other);
}
END_TEST

START_TEST(one_without_a_word_holds_up_nobody)
{
	struct ft_addresses addresses = { .count = 2 };
	const struct ft_address *to = NULL;
	unsigned mute_port, port;
	int fd = -1, callers[2], mute = silent("127.0.0.1", &mute_port, callers);
	int listener = bind_to("127.0.0.1", &port);

	ck_assert_int_eq(listen(listener, 4), 0);
	addresses.list[0] = address_of("127.0.0.1", mute_port);
	addresses.list[1] = address_of("127.0.0.1", port);
	int before = open_descriptors();

	ck_assert_int_eq(ft_connect(&addresses, 60000, &fd, &to, &err), 0);
	ck_assert_ptr_eq(to, &addresses.list[1]);
	ck_assert_int_eq(open_descriptors(), before + 1);
	(void)close(fd);
	addresses.count = 1;
	ck_assert_int_eq(ft_connect(&addresses, 300, &fd, &to, &err), FT_TEMPORARY);
	ck_assert_str_eq(line_of(&err), "no connection in time");
	ck_assert_int_eq(open_descriptors(), before);
	for (int i = 0; i < 2; i++)
		(void)close(callers[i]);
	(void)close(mute);
	(void)close(listener);
}
END_TEST

/* Where it is named last, the one that answers is yet the second to be tried. */
START_TEST(the_families_take_turns)
{
	struct ft_addresses addresses = { .count = 4 };
	const struct ft_address *to = NULL;
	unsigned port;
	int fd = -1, callers[2], mute = silent("127.0.0.1", &port, callers), listener, taken;
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof in6;

	listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&in6, sizeof in6) != 0)
		return;		/* no IPv6 on this machine */
	ck_assert_int_eq(listen(listener, 4), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&in6, &len), 0);
	for (int i = 0; i < 3; i++)
		addresses.list[i] = address_of("127.0.0.1", port);
	addresses.list[3] = address_of("::1", ntohs(in6.sin6_port));
	ck_assert_int_eq(ft_connect(&addresses, 60000, &fd, &to, &err), 0);
	ck_assert_ptr_eq(to, &addresses.list[3]);
	taken = accept(listener, NULL, NULL);
	ck_assert_int_ge(taken, 0);
	(void)close(fd);
	/* The other way round the resolver's first choice begins. */
	addresses.count = 2;
	addresses.list[0] = address_of("::1", ntohs(in6.sin6_port));
	ck_assert_int_eq(ft_connect(&addresses, 60000, &fd, &to, &err), 0);
	ck_assert_ptr_eq(to, &addresses.list[0]);
	for (int i = 0; i < 2; i++)
		(void)close(callers[i]);
	(void)close(taken);
	(void)close(mute);
	(void)close(listener);
}
END_TEST

START_TEST(addresses_are_written_as_in_a_url)
{
	static const char *const texts[][2] = {
		{ "127.0.0.1", "127.0.0.1" }, { "::1", "[::1]" },
		{ "2001:db8:1:2:3:4:255.255.255.255", "[2001:db8:1:2:3:4:ffff:ffff]" },
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct ft_address address = address_of(texts[i][0], 443);
		char text[FT_ADDRESS_TEXT];

		ft_address_text(&address, text);
		ck_assert_str_eq(text, texts[i][1]);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { a_refusal_is_passed_over, one_without_a_word_holds_up_nobody,
				       the_families_take_turns, addresses_are_written_as_in_a_url,
				       NULL };

	return unit_run("connect", tests);
}
