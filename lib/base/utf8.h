/* SPDX-License-Identifier: MIT */
/*
 * utf8.h - whether bytes are UTF-8, and which characters are invisible
 */
#ifndef FT_UTF8_H
#define FT_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Whether bytes are well-formed UTF-8 (RFC 3629: shortest form, no surrogates). */
bool ft_utf8_valid(const char *data, size_t len);

/* How many bytes the first character takes; 0 if data is empty or begins with none. */
size_t ft_utf8_length(const char *data, size_t len);

/* Writes a character, which must not be a surrogate or above U+10FFFF. Returns how many bytes it
 * took, at most 4. */
size_t ft_utf8_write(char *out, unsigned long character);

/*
 * Whether `text`, which ends with a NUL, begins with a character that is invisible and can change
 * how others are shown: controls, marks of direction, characters without width. Returns how many
 * bytes it takes, or 0.
 */
size_t ft_utf8_unseen(const char *text);

#endif
