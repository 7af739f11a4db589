/*
 * error.h - the one error object: a code for the program, a line for people
 *
 * Every layer may put its own words in front: "account work: refresh: HTTP 400".
 * Secrets and bodies of answers never enter the text. Control bytes that came
 * from outside are replaced, so that a message can be shown on a terminal.
 */
#ifndef FT_ERROR_H
#define FT_ERROR_H

#include <stdarg.h>
#include "lib/freshtoken.h"

#define FT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Sets code and text and returns the code, for `return ft_error_set(…)`. err may be NULL. */
int ft_error_set(struct ft_error *err, int code, const char *format, ...) FT_PRINTF(3, 4);

/* Likewise, with ": " and strerror(errno_value) after the text. */
int ft_error_errno(struct ft_error *err, int code, int errno_value,
		   const char *format, ...) FT_PRINTF(4, 5);

/* Puts "…: " in front of the text. Leaves the code alone. */
void ft_error_prefix(struct ft_error *err, const char *format, ...) FT_PRINTF(2, 3);

/* FT_NO_MEMORY with its text. */
int ft_error_memory(struct ft_error *err);

#endif
