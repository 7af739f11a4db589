/* SPDX-License-Identifier: MIT */
/*
 * buffer.h - a growing byte buffer with a limit, for data that may be secret
 *
 * The first failure sticks: later additions do nothing, so it is enough to call ft_buf_check once
 * at the end. Growing, clearing and releasing wipe the old bytes. data is never NULL, and data[len]
 * is always NUL: an empty buffer reads as "".
 */
#ifndef FT_BUFFER_H
#define FT_BUFFER_H

#include <stddef.h>
#include <stdint.h>
#include "lib/base/error.h"

struct ft_buf {
	char *data;	/* ft_buf_empty, which is shared, until something is added: never write
			 * to data[len] or after it */
	size_t len, size, max;
	int failed;	/* 0, FT_NO_MEMORY, or FT_UNTRUSTED: more than max */
};

/* One NUL, shared by all buffers that have no memory of their own yet. */
extern char ft_buf_empty[1];
#define FT_BUF_INIT(limit) { ft_buf_empty, 0, 0, (limit), 0 }

void ft_buf_init(struct ft_buf *buf, size_t max);
void ft_buf_add(struct ft_buf *buf, const void *data, size_t len);
void ft_buf_adds(struct ft_buf *buf, const char *string);
void ft_buf_addf(struct ft_buf *buf, const char *format, ...) FT_PRINTF(2, 3);
/* Adds decimal digits without printf: handing out a good token must not touch the pages of libc
 * that hold printf. */
void ft_buf_add_number(struct ft_buf *buf, uint64_t number);
/* Reads a descriptor to its end; EINTR is retried. Returns FT_SYSTEM and errno if reading fails;
 * else 0, also if the data is too long or memory is missing: ft_buf_check tells. */
int ft_buf_read(struct ft_buf *buf, int fd);
/* 0, or the buffer's failure, with a message that names `what`. */
int ft_buf_check(const struct ft_buf *buf, const char *what, struct ft_error *err);
/* Empties the buffer and forgets its failure; its memory is kept. */
void ft_buf_clear(struct ft_buf *buf);
/* Shortens the buffer to len bytes and wipes the rest; does nothing if it is not longer. */
void ft_buf_cut(struct ft_buf *buf, size_t len);
void ft_buf_release(struct ft_buf *buf);

#endif
