/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/wire/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "lib/base/secret.h"

/* Which fields a kind may have, at most once and any number of times. */
static const struct {
	char kind;
	const char *once, *many;
} shapes[] = {
	{ FT_WIRE_CALL, "flieusthrXWUHmPO", "o" },
	{ FT_WIRE_TERMS, "wkn", "" },
	{ FT_WIRE_SAY, "yx", "" },
	{ FT_WIRE_ANSWER, "cx", "" },
	{ FT_WIRE_RESULT, "cHmdG", "" },
	{ FT_WIRE_FAILED, "E", "" },
	{ FT_WIRE_ASK, "ab", "" },
	{ FT_WIRE_JUDGED, "cabpjLBNARxVKM", "" },
	{ FT_WIRE_DONE, "cx", "" },
};

int64_t ft_wire_now(void)
{
	struct timespec now = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void ft_wire_begin(struct ft_buf *message, enum ft_wire_kind kind)
{
	const char byte = (char)kind;

	ft_buf_clear(message);
	ft_buf_add(message, &byte, 1);
}

void ft_wire_add(struct ft_buf *message, enum ft_wire_field field, const char *text)
{
	const char byte = (char)field;

	if (text == NULL)
		return;
	ft_buf_add(message, &byte, 1);
	ft_buf_add(message, text, strlen(text) + 1);
}

void ft_wire_add_number(struct ft_buf *message, enum ft_wire_field field, uint64_t number)
{
	const char byte = (char)field;

	ft_buf_add(message, &byte, 1);
	ft_buf_add_number(message, number);
	ft_buf_add(message, "", 1);
}

/* Waits until the socket is ready; 0, FT_BUSY or FT_SYSTEM. */
static int wait_for(int fd, short events, int64_t deadline)
{
	for (;;) {
		struct pollfd wait = { fd, events, 0 };
		int64_t left = deadline - ft_wire_now();

		if (left <= 0)
			return FT_BUSY;
		int n = poll(&wait, 1, left > INT32_MAX ? INT32_MAX : (int)left);

		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return FT_SYSTEM;
	}
}

/* MSG_DONTWAIT, so that only poll waits, and the deadline holds. */
static int send_all(int fd, const void *data, size_t len, int64_t deadline)
{
	const char *from = data;

	while (len > 0) {
		ssize_t n = send(fd, from, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0) {
			from += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			int r = wait_for(fd, POLLOUT, deadline);

			if (r != 0)
				return r;
		} else if (errno != EINTR) {
			return errno == EPIPE || errno == ECONNRESET ? FT_NOT_FOUND : FT_SYSTEM;
		}
	}
	return 0;
}

int ft_wire_send(int fd, const struct ft_buf *message, int64_t deadline)
{
	const size_t len = message->len;
	const unsigned char prefix[4] = {
		(unsigned char)(len >> 24), (unsigned char)(len >> 16),
		(unsigned char)(len >> 8), (unsigned char)len
	};

	if (message->failed)
		return message->failed;
	if (len == 0 || len > message->max)
		return FT_UNTRUSTED;
	int r = send_all(fd, prefix, sizeof prefix, deadline);

	return r != 0 ? r : send_all(fd, message->data, len, deadline);
}

static int receive_all(int fd, void *data, size_t len, int64_t deadline)
{
	char *to = data;
	const size_t whole = len;

	while (len > 0) {
		int r = wait_for(fd, POLLIN, deadline);

		if (r != 0)
			return r;
		ssize_t n = recv(fd, to, len, MSG_DONTWAIT);

		if (n > 0) {
			to += n;
			len -= (size_t)n;
		} else if (n == 0 || errno == ECONNRESET) {
			return len == whole ? FT_NOT_FOUND : FT_UNTRUSTED;
		} else if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) {
			return FT_SYSTEM;
		}
	}
	return 0;
}

/* Whether the message is one of `kinds` and has only the fields of its kind, each as often as it
 * may be there. */
static bool well_formed(const struct ft_buf *message, const char *kinds)
{
	const char kind = message->data[0];
	const char *at = message->data + 1, *end = message->data + message->len;
	size_t shape = 0;
	uint64_t seen = 0;

	if (kind == '\0' || strchr(kinds, kind) == NULL || (at < end && end[-1] != '\0'))
		return false;
	while (shape < sizeof shapes / sizeof *shapes && shapes[shape].kind != kind)
		shape++;
	if (shape == sizeof shapes / sizeof *shapes)
		return false;
	while (at < end) {
		const char *known = *at != '\0' ? strchr(shapes[shape].once, *at) : NULL;

		if (known != NULL) {
			uint64_t bit = UINT64_C(1) << (known - shapes[shape].once);

			if ((seen & bit) != 0)
				return false;
			seen |= bit;
		} else if (*at == '\0' || strchr(shapes[shape].many, *at) == NULL) {
			return false;
		}
		/* The last byte is a NUL; a name with nothing after it would run past it. */
		if (++at == end)
			return false;
		at += strlen(at) + 1;
	}
	return true;
}

int ft_wire_receive(int fd, const char *kinds, struct ft_buf *message, int64_t deadline)
{
	unsigned char prefix[4];
	int r = receive_all(fd, prefix, sizeof prefix, deadline);

	if (r != 0)
		return r;
	size_t len = (size_t)prefix[0] << 24 | (size_t)prefix[1] << 16 |
		     (size_t)prefix[2] << 8 | prefix[3];

	ft_buf_clear(message);
	if (len == 0 || len > message->max)
		return FT_UNTRUSTED;
	/* In pieces, so that memory is only used for bytes that have arrived. */
	while (len > 0) {
		char piece[1024];
		size_t n = len < sizeof piece ? len : sizeof piece;

		r = receive_all(fd, piece, n, deadline);
		if (r == 0)
			ft_buf_add(message, piece, n);
		ft_wipe(piece, n);
		if (r != 0)
			return r == FT_NOT_FOUND ? FT_UNTRUSTED : r;
		if (message->failed)
			return message->failed;
		len -= n;
	}
	return well_formed(message, kinds) ? 0 : FT_UNTRUSTED;
}

const char *ft_wire_get(const struct ft_buf *message, enum ft_wire_field field, unsigned n)
{
	if (message->len < 2)
		return NULL;
	for (const char *at = message->data + 1, *end = message->data + message->len; at < end;
	     at += strlen(at) + 1)
		if (*at == (char)field && n-- == 0)
			return at + 1;
	return NULL;
}

int64_t ft_wire_number(const struct ft_buf *message, enum ft_wire_field field, int64_t max)
{
	const char *text = ft_wire_get(message, field, 0);
	int64_t value = 0;

	if (text == NULL || *text == '\0')
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || value > (max - (*text - '0')) / 10)
			return -1;
		value = value * 10 + (*text - '0');
	}
	return value <= max ? value : -1;
}
