/* SPDX-License-Identifier: MIT */
/*
 * utf8.h - what is text, and what of it shows
 */
#ifndef FT_UTF8_H
#define FT_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Whether bytes are well-formed UTF-8 (RFC 3629: shortest form, no surrogates). */
bool ft_utf8_valid(const char *data, size_t len);

/* How many bytes the first character of such text takes; 0: there is none. */
size_t ft_utf8_length(const char *data, size_t len);

/* Writes a character that is no surrogate and not beyond U+10FFFF; how many bytes that took, 4 at
 * the most. */
size_t ft_utf8_write(char *out, unsigned long character);

/*
 * How many bytes at `text`, which ends with a NUL, are a character that shows
 * nothing of its own and changes how others show: controls, marks of direction,
 * what has no width. 0: it begins with none.
 */
size_t ft_utf8_unseen(const char *text);

#endif
