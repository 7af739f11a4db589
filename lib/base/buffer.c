/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/base/buffer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/secret.h"

#define READ_CHUNK 1024

char ft_buf_empty[1];

void ft_buf_init(struct ft_buf *buf, size_t max)
{
	*buf = (struct ft_buf)FT_BUF_INIT(max);
}

/* Makes room for `more` bytes and a NUL. Not with realloc, which could leave a copy of a secret in
 * freed memory. */
static int reserve(struct ft_buf *buf, size_t more)
{
	if (buf->failed)
		return buf->failed;
	if (more > buf->max || buf->len > buf->max - more)
		return buf->failed = FT_UNTRUSTED;
	if (buf->len + more < buf->size)
		return 0;

	size_t size = buf->size > 0 ? buf->size : 256;

	while (size <= buf->len + more)
		size *= 2;
	char *data = malloc(size);

	if (data == NULL)
		return buf->failed = FT_NO_MEMORY;
	if (buf->size > 0) {
		memcpy(data, buf->data, buf->len);
		ft_wipe(buf->data, buf->size);
		free(buf->data);
	}
	/* The caller may add nothing after all, as read() at the end of a file. */
	data[buf->len] = '\0';
	buf->data = data;
	buf->size = size;
	return 0;
}

void ft_buf_add(struct ft_buf *buf, const void *data, size_t len)
{
	if (reserve(buf, len) != 0)
		return;
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void ft_buf_adds(struct ft_buf *buf, const char *string)
{
	ft_buf_add(buf, string, strlen(string));
}

void ft_buf_addf(struct ft_buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || reserve(buf, (size_t)len) != 0)
		return;
	va_start(args, format);
	(void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
	va_end(args);
	buf->len += (size_t)len;
}

void ft_buf_add_number(struct ft_buf *buf, uint64_t number)
{
	char digits[20];
	size_t n = sizeof digits;

	do
		digits[--n] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	ft_buf_add(buf, digits + n, sizeof digits - n);
}

int ft_buf_read(struct ft_buf *buf, int fd)
{
	for (;;) {
		/* Doubles each time. When the buffer is full, one byte more tells whether the data
		 * is longer than the limit. */
		size_t chunk = buf->len > READ_CHUNK ? buf->len : READ_CHUNK;
		size_t room = buf->max - buf->len < chunk ? buf->max - buf->len : chunk;
		char beyond;

		if (room > 0 && reserve(buf, room) != 0)
			return 0;
		ssize_t n = room > 0 ? read(fd, buf->data + buf->len, room) : read(fd, &beyond, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? FT_SYSTEM : 0;
		if (room == 0) {
			buf->failed = FT_UNTRUSTED;
			return 0;
		}
		buf->len += (size_t)n;
		buf->data[buf->len] = '\0';
	}
}

int ft_buf_check(const struct ft_buf *buf, const char *what, struct ft_error *err)
{
	if (buf->failed == FT_NO_MEMORY)
		return ft_error_memory(err);
	if (buf->failed)
		return ft_error_set(err, buf->failed, "%s is longer than %zu bytes", what,
				    buf->max);
	return 0;
}

void ft_buf_clear(struct ft_buf *buf)
{
	if (buf->size > 0)
		ft_wipe(buf->data, buf->size);
	buf->len = 0;
	buf->failed = 0;
}

void ft_buf_cut(struct ft_buf *buf, size_t len)
{
	if (len < buf->len) {
		ft_wipe(buf->data + len, buf->len - len);
		buf->len = len;
	}
}

void ft_buf_release(struct ft_buf *buf)
{
	if (buf == NULL)
		return;
	if (buf->size > 0) {
		ft_wipe(buf->data, buf->size);
		free(buf->data);
	}
	*buf = (struct ft_buf)FT_BUF_INIT(buf->max);
}
