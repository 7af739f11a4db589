/* SPDX-License-Identifier: MIT */
/* pam/wire/wire.h: messages that are accepted from a socket, and messages that are not. */
#include "config.h"

#include <check.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pam/wire/wire.h"
#include "tests/unit/unit.h"

#define ALL "CTSARF"

static int ends[2];
static struct ft_buf out, in;

static void setup(void)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ft_buf_init(&out, 2 * FT_WIRE_MAX);
	ft_buf_init(&in, FT_WIRE_MAX);
	signal(SIGPIPE, SIG_DFL);
}

static void teardown(void)
{
	close(ends[0]);
	close(ends[1]);
	ft_buf_release(&out);
	ft_buf_release(&in);
}

/* Bytes as they are, then the end: what comes of them. */
static int received(const char *bytes, size_t len, const char *kinds)
{
	teardown();
	setup();
	ck_assert_int_eq(send(ends[0], bytes, len, 0), (ssize_t)len);
	ck_assert_int_eq(shutdown(ends[0], SHUT_WR), 0);
	return ft_wire_receive(ends[1], kinds, &in, ft_wire_now() + 10000);
}
#define RECEIVED(bytes, kinds) received(bytes, sizeof (bytes) - 1, kinds)

START_TEST(there_and_back)
{
	ft_wire_begin(&out, FT_WIRE_CALL);
	ft_wire_add(&out, FT_WIRE_USER, "alice");
	ft_wire_add(&out, FT_WIRE_TTY, NULL);
	ft_wire_add(&out, FT_WIRE_OPTION, "strict");
	ft_wire_add(&out, FT_WIRE_OPTION, "");
	ft_wire_add_number(&out, FT_WIRE_FLAGS, 32768);
	ck_assert_int_eq(ft_wire_send(ends[0], &out, ft_wire_now() + 10000), 0);
	ck_assert_int_eq(ft_wire_receive(ends[1], ALL, &in, ft_wire_now() + 10000), 0);
	ck_assert_int_eq(in.data[0], FT_WIRE_CALL);
	ck_assert_str_eq(ft_wire_get(&in, FT_WIRE_USER, 0), "alice");
	ck_assert_ptr_null(ft_wire_get(&in, FT_WIRE_USER, 1));
	ck_assert_ptr_null(ft_wire_get(&in, FT_WIRE_TTY, 0));
	ck_assert_str_eq(ft_wire_get(&in, FT_WIRE_OPTION, 0), "strict");
	ck_assert_str_eq(ft_wire_get(&in, FT_WIRE_OPTION, 1), "");
	ck_assert_ptr_null(ft_wire_get(&in, FT_WIRE_OPTION, 2));
	ck_assert_int_eq(ft_wire_number(&in, FT_WIRE_FLAGS, 65535), 32768);
	ck_assert_int_eq(ft_wire_number(&in, FT_WIRE_FLAGS, 32768), 32768);
	ck_assert_int_eq(ft_wire_number(&in, FT_WIRE_FLAGS, 32767), -1);
	ck_assert_int_eq(ft_wire_number(&in, FT_WIRE_UID, 1), -1);
}
END_TEST

START_TEST(garbage)
{
	ck_assert_int_eq(RECEIVED("\0\0\0\4Rc0\0", "R"), 0);
	ck_assert_int_eq(RECEIVED("\0\0\0\4Rc0\0", "TS"), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\0\0\0\1R", "R"), 0);
	ck_assert_int_eq(RECEIVED("", ALL), FT_NOT_FOUND);
	ck_assert_int_eq(RECEIVED("\0\0\0", ALL), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\0\0\0\4", ALL), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\0\0\0\4Rc0", ALL), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\0\0\0\0", ALL), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\0\1\0\1R", ALL), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\377\377\377\377R", ALL), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\0\0\0\1\0", ALL), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\0\0\0\1Z", ALL), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\0\0\0\3Rc0", "R"), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\0\0\0\2Rc", "R"), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\0\0\0\2R\0", "R"), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\0\0\0\5Rc0\0\0", "R"), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\0\0\0\7Rc0\0c0\0", "R"), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\0\0\0\12Rc0\0m0\0c0\0", "R"), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\0\0\0\12Rm0\0c0\0d0\0", "R"), 0);
	ck_assert_int_eq(RECEIVED("\0\0\0\7Rc0\0Z0\0", "R"), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\0\0\0\1Z", "Z"), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\0\0\0\4Zc0\0", "Z"), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\0\0\0\7Co0\0o0\0", "C"), 0);
	ck_assert_int_eq(RECEIVED("\0\0\0\7Rc0\0o0\0", "R"), FT_UNTRUSTED);
	ck_assert_int_eq(RECEIVED("\0\0\0\6Rc0\0m\0", "R"), 0);
	ck_assert_str_eq(ft_wire_get(&in, FT_WIRE_MEMORY, 0), "");
}
END_TEST

START_TEST(numbers)
{
	static const struct { const char *text; int64_t value;
	} cases[] = { { "0", 0 },
		      { "9223372036854775807", INT64_MAX },
		      { "9223372036854775808", -1 },
		      { "99999999999999999999999", -1 },
		      { "", -1 },
		      { "-1", -1 },
		      { " 1", -1 },
		      { "1 ", -1 },
		      { "0x1", -1 },
		      { "+1", -1 },
		      { "007", 7 } };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ft_wire_begin(&out, FT_WIRE_RESULT);
		ft_wire_add(&out, FT_WIRE_CODE, cases[i].text);
		ck_assert_int_eq(ft_wire_number(&out, FT_WIRE_CODE, INT64_MAX), cases[i].value);
	}
	ft_wire_begin(&out, FT_WIRE_TERMS);
	ft_wire_add(&out, FT_WIRE_STRICT, "2");
	ck_assert_int_eq(ft_wire_number(&out, FT_WIRE_STRICT, 1), -1);
}
END_TEST

START_TEST(as_long_as_it_may_be)
{
	static char text[FT_WIRE_MAX];

	memset(text, 'a', sizeof text);
	text[FT_WIRE_MAX - 3] = '\0';
	ft_wire_begin(&out, FT_WIRE_ANSWER);
	ft_wire_add(&out, FT_WIRE_TEXT, text);
	ck_assert_uint_eq(out.len, FT_WIRE_MAX);
	ck_assert_int_eq(ft_wire_send(ends[0], &out, ft_wire_now() + 10000), 0);
	ck_assert_int_eq(ft_wire_receive(ends[1], "A", &in, ft_wire_now() + 10000), 0);
	ck_assert_str_eq(ft_wire_get(&in, FT_WIRE_TEXT, 0), text);
	text[FT_WIRE_MAX - 3] = 'a';
	text[FT_WIRE_MAX - 2] = '\0';
	ft_wire_begin(&out, FT_WIRE_ANSWER);
	ft_wire_add(&out, FT_WIRE_TEXT, text);
	(void)ft_wire_send(ends[0], &out, ft_wire_now() + 10000);
	ck_assert_int_eq(ft_wire_receive(ends[1], "A", &in, ft_wire_now() + 10000), FT_UNTRUSTED);
}
END_TEST

/* A message that differs in each part, so that none can stand for another. */
static void make_long(void)
{
	static char text[FT_WIRE_MAX];
	size_t n = 0;

	for (unsigned i = 0; n + 8 < sizeof text - 2; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%x,", i);
	ft_wire_begin(&out, FT_WIRE_ANSWER);
	ft_wire_add(&out, FT_WIRE_TEXT, text);
	ck_assert_uint_gt(out.len, FT_WIRE_MAX - 16);
}

START_TEST(piece_by_piece)
{
	int status = 0;

	make_long();
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		const size_t len = out.len;
		const unsigned char head[4] = {
			0, (unsigned char)(len >> 16), (unsigned char)(len >> 8), (unsigned char)len
		};
		bool sent = true;

		for (size_t i = 0; i < sizeof head; i++)
			sent = send(ends[0], head + i, 1, MSG_NOSIGNAL) == 1 && sent;
		for (size_t i = 0; i < len; i += 7)
			sent = send(ends[0], out.data + i, len - i < 7 ? len - i : 7,
				    MSG_NOSIGNAL) > 0 &&
			       sent;
		_exit(!sent);
	}
	ck_assert_int_eq(ft_wire_receive(ends[1], "A", &in, ft_wire_now() + 60000), 0);
	ck_assert_uint_eq(in.len, out.len);
	ck_assert_int_eq(memcmp(in.data, out.data, in.len), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(through_a_narrow_door)
{
	int small = 1, status = 0;

	make_long();
	ck_assert_int_eq(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(ft_wire_receive(ends[1], "A", &in, ft_wire_now() + 60000) != 0 ||
		      in.len != out.len || memcmp(in.data, out.data, in.len) != 0);
	ck_assert_int_eq(ft_wire_send(ends[0], &out, ft_wire_now() + 60000), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(messages_that_are_none)
{
	struct timespec now;

	ft_buf_clear(&out);
	ck_assert_int_eq(ft_wire_send(ends[0], &out, ft_wire_now() + 60000), FT_UNTRUSTED);
	ck_assert_ptr_null(ft_wire_get(&out, FT_WIRE_TEXT, 0));
	ft_wire_begin(&out, FT_WIRE_ANSWER);
	ck_assert_ptr_null(ft_wire_get(&out, FT_WIRE_TEXT, 0));
	/* Deadlines are milliseconds of a clock that nobody sets. */
	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	int64_t ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, ours = ft_wire_now();

	ck_assert(ours >= ms && ours < ms + 60000);
	/* No socket at all, and one that the other end has closed in the middle of its words. */
	ck_assert_int_eq(ft_wire_send(-1, &out, ft_wire_now() + 60000), FT_SYSTEM);
	ck_assert_int_eq(RECEIVED("\0\0\0\4Rc", "R"), FT_UNTRUSTED);
}
END_TEST

/* One that is refused would lose tokens that the service has just handed out. */
START_TEST(a_judgement_has_all_its_fields)
{
	static const enum ft_wire_field texts[] = {
		FT_WIRE_TEXT, FT_WIRE_ACCESS_TOKEN, FT_WIRE_REFRESH_TOKEN, FT_WIRE_ID_TOKEN,
		FT_WIRE_TOKEN_TYPE, FT_WIRE_SUBJECT, FT_WIRE_RAW, FT_WIRE_BUSY, FT_WIRE_NOT_SENT,
		FT_WIRE_AMBIGUOUS
	};
	static const enum ft_wire_field numbers_of[] = {
		FT_WIRE_CODE, FT_WIRE_LIFETIME, FT_WIRE_ID_LIFETIME, FT_WIRE_RETRY
	};

	ft_wire_begin(&out, FT_WIRE_JUDGED);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		ft_wire_add(&out, texts[i], "text");
	for (size_t i = 0; i < sizeof numbers_of / sizeof *numbers_of; i++)
		ft_wire_add_number(&out, numbers_of[i], 7);
	const char kind[] = { FT_WIRE_JUDGED, '\0' };

	ck_assert_int_eq(ft_wire_send(ends[0], &out, ft_wire_now() + 10000), 0);
	ck_assert_int_eq(ft_wire_receive(ends[1], kind, &in, ft_wire_now() + 10000), 0);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		ck_assert_str_eq(ft_wire_get(&in, texts[i], 0), "text");
	for (size_t i = 0; i < sizeof numbers_of / sizeof *numbers_of; i++)
		ck_assert_str_eq(ft_wire_get(&in, numbers_of[i], 0), "7");
}
END_TEST

START_TEST(nobody_listens)
{
	ft_wire_begin(&out, FT_WIRE_RESULT);
	/* The deadline has passed already: nothing blocks, and what fits is sent. */
	while (ft_wire_send(ends[0], &out, 0) == 0)
		continue;
	ck_assert_int_eq(ft_wire_send(ends[0], &out, 0), FT_BUSY);
	ck_assert_int_eq(ft_wire_receive(ends[0], ALL, &in, 0), FT_BUSY);
	close(ends[1]);
	/* No SIGPIPE: that would end this test. */
	ck_assert_int_eq(ft_wire_send(ends[0], &out, ft_wire_now() + 10000), FT_NOT_FOUND);
	ends[1] = dup(ends[0]);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		there_and_back, garbage, numbers, as_long_as_it_may_be, piece_by_piece,
		through_a_narrow_door, messages_that_are_none, a_judgement_has_all_its_fields,
		nobody_listens, NULL
	};

	return unit_run_with("pam-wire", tests, setup, teardown);
}
