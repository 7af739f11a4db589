/* SPDX-License-Identifier: MIT */
/*
 * unzip.h - a compressed body, which nobody asked for
 *
 * Some gateways compress whatever they pass on. The only file that includes zlib.h is unzip.c.
 */
#ifndef FT_TRANSPORT_UNZIP_H
#define FT_TRANSPORT_UNZIP_H

#include <stdbool.h>
#include "lib/base/buffer.h"

/* Whether a body is gzip, by its first bytes, which no text has; or, where its Content-Encoding
 * (NULL: none) says deflate, zlib's format. */
bool ft_unzip_wanted(const struct ft_buf *body, const char *encoding);

/* What it holds into ret, up to ret's limit and as far as it can be unpacked; *ret_whole: to its
 * end. FT_NO_MEMORY. */
int ft_unzip(const struct ft_buf *body, struct ft_buf *ret, bool *ret_whole);

#endif
