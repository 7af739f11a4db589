/* SPDX-License-Identifier: MIT */
/*
 * unzip.h - decompresses a body, although the request did not allow compression
 *
 * Some gateways compress everything that they forward. Only unzip.c includes zlib.h.
 */
#ifndef FT_TRANSPORT_UNZIP_H
#define FT_TRANSPORT_UNZIP_H

#include <stdbool.h>
#include "lib/base/buffer.h"

/* Whether a body is gzip, by its first bytes, which no text has; or zlib's format, if its
 * Content-Encoding (NULL: none) is deflate. */
bool ft_unzip_wanted(const struct ft_buf *body, const char *encoding);

/* Decompresses into ret, up to its limit or the first error; *ret_whole: whether that was the whole
 * body. FT_NO_MEMORY. */
int ft_unzip(const struct ft_buf *body, struct ft_buf *ret, bool *ret_whole);

#endif
