/* SPDX-License-Identifier: MIT */
/*
 * buffer.h - a growing byte buffer with a limit, for data that may be secret
 *
 * The first failure sticks: later additions do nothing, and ft_buf_check tells
 * in the end. Growing, clearing and releasing wipe what was there. data is never
 * NULL and always ends in a NUL after len: an empty buffer reads as "".
 */
#ifndef FT_BUFFER_H
#define FT_BUFFER_H

#include <stddef.h>
#include <stdint.h>
#include "lib/base/error.h"

struct ft_buf {
	char *data;	/* ft_buf_empty until something is added: write before data[len] alone */
	size_t len, size, max;
	int failed;	/* 0, FT_NO_MEMORY, or FT_UNTRUSTED: more than max */
};

/* One NUL, of every buffer that has nothing of its own yet. */
extern char ft_buf_empty[1];
#define FT_BUF_INIT(limit) { ft_buf_empty, 0, 0, (limit), 0 }

void ft_buf_init(struct ft_buf *buf, size_t max);
void ft_buf_add(struct ft_buf *buf, const void *data, size_t len);
void ft_buf_adds(struct ft_buf *buf, const char *string);
void ft_buf_addf(struct ft_buf *buf, const char *format, ...) FT_PRINTF(2, 3);
/* Decimal digits. Nothing on the way of a good token formats with printf: its pages of libc
 * would be touched for that alone. */
void ft_buf_add_number(struct ft_buf *buf, uint64_t number);
/* All of a descriptor to its end; EINTR is retried. Returns 0 or FT_SYSTEM with errno. */
int ft_buf_read(struct ft_buf *buf, int fd);
/* 0, or the code that stuck with a text that names `what`. */
int ft_buf_check(const struct ft_buf *buf, const char *what, struct ft_error *err);
void ft_buf_clear(struct ft_buf *buf);
/* Back to the length that it had before something was added; what is beyond is wiped. */
void ft_buf_cut(struct ft_buf *buf, size_t len);
void ft_buf_release(struct ft_buf *buf);

#endif
