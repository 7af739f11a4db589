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
#include <stddef.h>
#include <stdint.h>

/* What is left to the caller to decide; the cause is in the text. freshtoken.h has them too. */
enum ft_code {
	FT_OK = 0,
	FT_NOT_FOUND = -1,	/* no account of that name, none for that URL, nothing stored */
	FT_LOGIN_NEEDED = -2,	/* only a person can help: freshtoken login ACCOUNT */
	FT_TEMPORARY = -3,	/* the service cannot be used now; later it may */
	FT_BUSY = -4,		/* another process holds the lock */
	FT_CONFIG = -5,		/* configuration, profile or argument is wrong */
	FT_UNTRUSTED = -6,	/* a file or an answer that must not be believed */
	FT_NO_MEMORY = -7,
	FT_SYSTEM = -8		/* the system refused: disk full, permissions, … */
};

#define FT_ERROR_TEXT 1024

/* One line for people, without a full stop: cause, place and remedy. */
struct ft_error {
	int code;
	char text[FT_ERROR_TEXT];
};

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
