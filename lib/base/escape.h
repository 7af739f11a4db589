/* SPDX-License-Identifier: MIT */
/*
 * escape.h - values put into JSON, XML, URLs, forms and headers
 *
 * Each function appends to a buffer and returns NULL, or what makes the value
 * unfit for that place (words for a message, without the value). A NUL is
 * unfit everywhere; so are bytes that are not UTF-8 in JSON and XML.
 */
#ifndef FT_ESCAPE_H
#define FT_ESCAPE_H

#include "lib/base/buffer.h"

/* The inside of a JSON string. */
const char *ft_escape_json(struct ft_buf *out, const char *data, size_t len);
/* Text and attribute values; refuses what XML 1.0 cannot hold. */
const char *ft_escape_xml(struct ft_buf *out, const char *data, size_t len);
/* Everything but RFC 3986's unreserved bytes becomes %XX, which forms, queries,
 * paths and RFC 6749 section 2.3.1 read alike. */
const char *ft_escape_percent(struct ft_buf *out, const char *data, size_t len);
/* 0x21 to 0x7E as they are, nothing else. */
const char *ft_escape_header(struct ft_buf *out, const char *data, size_t len);
/* No control bytes (RFC 7617); the user name no ":" besides. */
const char *ft_escape_basic_username(struct ft_buf *out, const char *data, size_t len);
const char *ft_escape_basic_password(struct ft_buf *out, const char *data, size_t len);
/* As it is: for the text of a template itself. */
const char *ft_escape_nothing(struct ft_buf *out, const char *data, size_t len);

#endif
