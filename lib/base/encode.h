/* SPDX-License-Identifier: MIT */
/*
 * encode.h - bytes in letters and digits: hexadecimal, percent-encoding, base64
 */
#ifndef FT_ENCODE_H
#define FT_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/base/buffer.h"

/* The number that n hexadecimal digits are, 8 of them at the most; -1 where one is none. */
int64_t ft_hex_read(const char *digits, size_t n);
/* In small letters, with a NUL: out has room for 2 * len + 1. */
void ft_hex_write(const void *data, size_t len, char *out);

/* The byte that text, of which there are len bytes, begins with as %XX; -1: it does not. */
int ft_percent_read(const char *text, size_t len);
void ft_percent_add(struct ft_buf *buf, char byte);

/* RFC 4648: section 4 with padding, or section 5 (JOSE, PKCE) without. */
enum ft_base64 { FT_BASE64, FT_BASE64URL };

void ft_base64_add(struct ft_buf *buf, enum ft_base64 kind, const void *data, size_t len);
/* Adds the bytes to buf. False where text is not just how they are written, or where they do
 * not fit (buf->failed tells); some of them may be there then. */
bool ft_base64_read(const char *text, size_t len, enum ft_base64 kind, struct ft_buf *buf);

#endif
