/* SPDX-License-Identifier: MIT */
/*
 * encode.h - bytes as ASCII text: hexadecimal, percent-encoding, base64
 */
#ifndef FT_ENCODE_H
#define FT_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/base/buffer.h"

/* The value of n hexadecimal digits, at most 8; -1 if one of them is not a digit. */
int64_t ft_hex_read(const char *digits, size_t n);
/* Writes lower-case digits and a NUL: out has room for 2 * len + 1 bytes. */
void ft_hex_write(const void *data, size_t len, char *out);

/* The byte of the %XX that the len bytes of text begin with; -1 if they begin otherwise. */
int ft_percent_read(const char *text, size_t len);
void ft_percent_add(struct ft_buf *buf, char byte);

/* RFC 4648: section 4 with padding, or section 5 without padding, as JOSE and PKCE use it. */
enum ft_base64 { FT_BASE64, FT_BASE64URL };

void ft_base64_add(struct ft_buf *buf, enum ft_base64 kind, const void *data, size_t len);
/* Decodes text and adds the bytes to buf. False if text is not the one canonical encoding of its
 * bytes, or if they do not fit (then buf->failed); some of the bytes may have been added. */
bool ft_base64_read(const char *text, size_t len, enum ft_base64 kind, struct ft_buf *buf);

#endif
