/* SPDX-License-Identifier: MIT */
/* pam/wire/wire.h: messages of the other end */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "pam/wire/wire.h"

#define ALL "CTSARFQJD"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ft_buf message = FT_BUF_INIT(FT_WIRE_MAX), again = FT_BUF_INIT(FT_WIRE_MAX);
	int ends[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	/* More than a socket holds is more than it takes to find a fault. */
	size = size < 32768 ? size : 32768;
	MUST(size == 0 || send(ends[0], data, size, MSG_DONTWAIT) == (ssize_t)size);
	MUST(shutdown(ends[0], SHUT_WR) == 0);
	int r = ft_wire_receive(ends[1], ALL, &message, ft_wire_now() + 10000);

	MUST(r == 0 || r == FT_NOT_FOUND || r == FT_UNTRUSTED);
	if (r == 0) {
		MUST(message.len >= 1 && strchr(ALL, message.data[0]) != NULL);
		/* Every field is a text within the message. */
		for (int name = 1; name < 128; name++)
			for (unsigned n = 0; n < 5; n++) {
				const char *text =
					ft_wire_get(&message, (enum ft_wire_field)name, n);

				MUST(text == NULL ||
				     (text > message.data &&
				      text + strlen(text) < message.data + message.len));
				MUST(ft_wire_number(&message, (enum ft_wire_field)name, 1000) <=
				     1000);
			}
		/* What was taken can be sent on, and is the same then. */
		MUST(ft_wire_send(ends[1], &message, ft_wire_now() + 10000) == 0);
		MUST(ft_wire_receive(ends[0], ALL, &again, ft_wire_now() + 10000) == 0);
		MUST(again.len == message.len && memcmp(again.data, message.data, again.len) == 0);
	}
	close(ends[0]);
	close(ends[1]);
	ft_buf_release(&message);
	ft_buf_release(&again);
	return 0;
}
