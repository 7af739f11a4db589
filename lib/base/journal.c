/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/base/journal.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void ft_journal_add(struct ft_buf *entry, const char *key, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	ft_buf_addf(entry, "%s=", key);
	/* A line feed in the value would let it begin another field. */
	for (; *value != '\0'; value++)
		ft_buf_add(entry, (unsigned char)*value < ' ' || *value == 0x7f ? "?" : value, 1);
	ft_buf_adds(entry, "\n");
}

bool ft_journal_send(const struct ft_buf *entry)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX,
					     .sun_path = "/run/systemd/journal/socket" };
	int fd = entry->failed != 0 ? -1 : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	ssize_t n = sendto(fd, entry->data, entry->len, MSG_NOSIGNAL | MSG_DONTWAIT,
			   (const struct sockaddr *)&address, sizeof address);

	(void)close(fd);
	return n == (ssize_t)entry->len;
}
