/*
 * base64url.h - the alphabet of JOSE (RFC 7515 section 2): no padding, no blanks
 */
#ifndef FT_TRANSPORT_BASE64URL_H
#define FT_TRANSPORT_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/base/buffer.h"

/* Adds the bytes to ret. False where text is not just how they are written, or where they do
 * not fit (ret->failed tells). */
bool ft_base64url_decode(const char *text, size_t len, struct ft_buf *ret);

void ft_base64url_add(struct ft_buf *out, const void *data, size_t len);

#endif
