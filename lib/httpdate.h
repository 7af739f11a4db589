/*
 * httpdate.h - the dates of HTTP (RFC 9110 section 5.6.7)
 */
#ifndef FT_HTTPDATE_H
#define FT_HTTPDATE_H

#include <stdint.h>

/* Seconds since the epoch; -1 where the text is none of the three forms, or before 1970.
 * The day of the week is not compared with the date. */
int64_t ft_http_date(const char *text);

#endif
