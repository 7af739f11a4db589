/* SPDX-License-Identifier: MIT */
/*
 * escape.h - escapes values for JSON, XML, URLs, forms and headers
 *
 * Each function appends the escaped value to a buffer and returns NULL; or it returns why the value
 * cannot be written there: words for a message, without the value, which may be a secret. Part of
 * the value may have been appended then. No format accepts a NUL; JSON and XML accept only UTF-8.
 */
#ifndef FT_ESCAPE_H
#define FT_ESCAPE_H

#include "lib/base/buffer.h"

/* The inside of a JSON string. */
const char *ft_escape_json(struct ft_buf *out, const char *data, size_t len);
/* For text and attribute values; refuses characters that XML 1.0 does not have. */
const char *ft_escape_xml(struct ft_buf *out, const char *data, size_t len);
/* Writes every byte as %XX except the unreserved ones of RFC 3986. Forms, queries, paths and
 * RFC 6749 section 2.3.1 all decode this in the same way. */
const char *ft_escape_percent(struct ft_buf *out, const char *data, size_t len);
/* Accepts only the bytes 0x21 to 0x7E, unchanged. */
const char *ft_escape_header(struct ft_buf *out, const char *data, size_t len);
/* For Basic authentication (RFC 7617): no control bytes, and in the user name no ":". */
const char *ft_escape_basic_username(struct ft_buf *out, const char *data, size_t len);
const char *ft_escape_basic_password(struct ft_buf *out, const char *data, size_t len);
/* No escape: for the constant text of a template. */
const char *ft_escape_nothing(struct ft_buf *out, const char *data, size_t len);

#endif
