/* SPDX-License-Identifier: MIT */
/*
 * date.h - the forms in which services write points in time
 */
#ifndef FT_DATE_H
#define FT_DATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads ISO 8601 as RFC 3339 profiles it, with 1 to 9 fraction digits and an optional zone; an HTTP
 * date; or a number: seconds since the epoch. Returns milliseconds since the epoch; -1 if the text
 * is none of these, or before 1970. *ret_zone tells whether the text names its zone; without one it
 * is read as UTC.
 */
int64_t ft_date_parse(const char *text, bool *ret_zone);

/* Reads only HTTP dates (RFC 9110 section 5.6.7). Returns seconds since the epoch; -1 if the text
 * has none of the three forms or is before 1970. The day of the week is not compared with the
 * date. */
int64_t ft_http_date(const char *text);

/* Writes milliseconds since the epoch as "2026-11-22T19:41:00Z"; "-" for a time before 1970 or
 * after the year 9999. */
void ft_date_format(int64_t ms, char out[32]);

/* The limit, in both directions, of numbers that others write: as seconds, they fit an int64_t in
 * milliseconds; as milliseconds, the sum of a time and a lifetime fits. */
#define FT_NUMBER_MAX (INT64_MAX / 1000)

/* Reads a number as JSON writes it (3600, 3600.0, 3.6e3). Blanks around it are ignored, it is
 * rounded towards zero, and it saturates at +-FT_NUMBER_MAX. False for anything else. */
bool ft_number_parse(const char *text, int64_t *ret);

#endif
