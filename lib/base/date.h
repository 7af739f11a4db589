/* SPDX-License-Identifier: MIT */
/*
 * date.h - the forms in which services write points in time
 */
#ifndef FT_DATE_H
#define FT_DATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * ISO 8601 as RFC 3339 profiles it, with 1 to 9 fraction digits and an optional
 * zone; an HTTP date; or digits: seconds since the epoch. Returns milliseconds since the epoch, -1
 * where it is none of them. *ret_zone tells whether the text named its zone.
 */
int64_t ft_date_parse(const char *text, bool *ret_zone);

/* The dates of HTTP alone (RFC 9110 section 5.6.7). Seconds since the epoch; -1 where the text is
 * none of the three forms, or before 1970. The day of the week is not compared with the date. */
int64_t ft_http_date(const char *text);

/* "2026-11-22T19:41:00Z" from milliseconds since the epoch, "-" for what is before 1970
 * or after the year 9999. Size of out: 32. */
void ft_date_format(int64_t ms, char out[32]);

/* A number as JSON writes it (3600, 3600.0, 3.6e3), blanks around it ignored, rounded towards zero,
 * saturating at the ends of int64_t; false for anything else. */
bool ft_number_parse(const char *text, int64_t *ret);

#endif
