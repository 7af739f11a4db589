/* SPDX-License-Identifier: MIT */
/*
 * error.h - the one error object: a code for the program, and a message for people in three parts
 *
 * text: cause and place. Every layer may put its own words in front: "account work: refresh: HTTP
 * 400". remedy: what to do, always in freshtoken's own words. foreign: words that a service chose.
 * They are only shown as a quotation; otherwise a service could answer "run: …" and tell people
 * what to run. Code never searches a message for any of these: each is a field of its own.
 *
 * Secrets and bodies of answers never enter an error. Control bytes from outside are replaced, so
 * that a message can be shown on a terminal.
 */
#ifndef FT_ERROR_H
#define FT_ERROR_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* A code says what the caller can do; the cause is in the text. freshtoken.h has the same codes. */
enum ft_code {
	FT_OK = 0,
	FT_NOT_FOUND = -1,	/* no account of that name or for that URL, or nothing stored */
	FT_LOGIN_NEEDED = -2,	/* only a person can help: freshtoken login ACCOUNT */
	FT_TEMPORARY = -3,	/* the service cannot be used now; later it may */
	FT_BUSY = -4,		/* another process holds the lock */
	FT_CONFIG = -5,		/* configuration, profile or argument is wrong */
	FT_UNTRUSTED = -6,	/* a file or an answer cannot be trusted */
	FT_NO_MEMORY = -7,
	FT_SYSTEM = -8		/* the system refused: disk full, permissions, … */
};

/* Why a service could not be reached, where a caller needs to know. */
enum ft_reason {
	FT_REASON_NONE,		/* not given */
	FT_REASON_NAME,		/* the host's name cannot be resolved */
	FT_REASON_REFUSED,	/* nothing listens there */
	FT_REASON_SILENT,	/* no answer in time */
	FT_REASON_PROXY,	/* the proxy failed or refused */
	FT_REASON_CA_FILE,	/* this machine's file of authorities cannot be used */
	FT_REASON_EXPIRED,	/* the service's certificate has expired, … */
	FT_REASON_NOT_YET,	/* … is not valid yet, … */
	FT_REASON_OTHER_NAME,	/* … is for another host, … */
	FT_REASON_AUTHORITY,	/* … or is signed by no trusted authority */
	FT_REASON_TLS,		/* no TLS there, or no version that this machine accepts */
	FT_REASON_NOT_HTTP,	/* the answer is not HTTP */
	FT_REASON_OUR_CERTIFICATE,	/* the service refuses our client certificate */
	FT_REASON_OUR_KEY,	/* the client's key cannot sign */
	FT_REASON_NETWORK,	/* there is no route */
	FT_REASON_COUNT
};

#define FT_ERROR_TEXT 1024
#define FT_ERROR_FOREIGN 320
#define FT_ERROR_REMEDY 512
/* Room for all parts in one line. */
#define FT_ERROR_LINE (FT_ERROR_TEXT + FT_ERROR_FOREIGN + FT_ERROR_REMEDY + 8)

struct ft_error {
	int code;
	enum ft_reason reason;
	char text[FT_ERROR_TEXT];	/* cause and place, without a full stop */
	char foreign[FT_ERROR_FOREIGN];	/* a service's own words, unquoted; "": none */
	char remedy[FT_ERROR_REMEDY];	/* "run: freshtoken login work"; "": none */
};

/* For a large array that is written before it is read: -ftrivial-auto-var-init does not fill it. */
#if defined __has_attribute
#if __has_attribute(uninitialized)
#define FT_UNFILLED __attribute__((uninitialized))
#endif
#endif
#ifndef FT_UNFILLED
#define FT_UNFILLED
#endif

#define FT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

#define FT_ERROR_INIT { .code = FT_OK }

/* In a format: the rest of it is the remedy. "others can write to %s" FT_REMEDY
 * "run: chmod go-w %s" */
#define FT_REMEDY "\x1f"

/* Sets code and text, and the remedy if the format has one; clears the other parts. Returns the
 * code, for `return ft_error_set(…)`. err may be NULL in all functions that set an error. */
int ft_error_set(struct ft_error *err, int code, const char *format, ...) FT_PRINTF(3, 4);

int ft_error_vset(struct ft_error *err, int code, const char *format, va_list args)
	FT_PRINTF(3, 0);

/* Likewise, with a constant text of the program, which may hold FT_REMEDY, in place of a format. */
int ft_error_fixed(struct ft_error *err, int code, const char *text);

/* Likewise, with ": " and strerror(errno_value) after the text. */
int ft_error_errno(struct ft_error *err, int code, int errno_value,
		   const char *format, ...) FT_PRINTF(4, 5);

/* Sets or replaces the remedy and the code. Returns the code. */
int ft_error_remedy(struct ft_error *err, int code, const char *format, ...) FT_PRINTF(3, 4);

/* Sets or replaces the reason and the code. Returns the code. */
int ft_error_reason(struct ft_error *err, int code, enum ft_reason reason);
/* The remedy for a reason; "" for FT_REASON_NONE. */
const char *ft_reason_remedy(enum ft_reason reason);

/* Sets or replaces the service's own words; NULL removes them. */
void ft_error_foreign(struct ft_error *err, const char *words);

/* Copies up to `most` bytes of a service's words, made safe for use inside quotation marks of a
 * message: nothing in them ends the quotation. Returns ret. */
#define FT_ERROR_QUOTED 208
const char *ft_error_quoted(const char *words, size_t most, char ret[FT_ERROR_QUOTED]);

/* Appends "; " and a constant text of the program, and takes over its remedy if it has one. NULL
 * adds nothing. */
void ft_error_add(struct ft_error *err, const char *text);

/* Copies all parts of another error, but with this code, which is returned. */
int ft_error_copy(struct ft_error *err, int code, const struct ft_error *other);

/* The whole message: `text: "foreign"; remedy`. Returns ret. */
const char *ft_error_line(const struct ft_error *err, char ret[FT_ERROR_LINE]);
/* The message without the remedy, for output that shows the remedy elsewhere. */
const char *ft_error_cause(const struct ft_error *err, char ret[FT_ERROR_LINE]);

/* All parts in one line for another freshtoken process: TEXT TAB FOREIGN TAB REMEDY, without a line
 * feed. Returns ret. */
const char *ft_error_pack(const struct ft_error *err, char ret[FT_ERROR_LINE]);
/* The reverse. A line of an older version has no TAB. Returns the code. */
int ft_error_unpack(struct ft_error *err, int code, const char *packed);

/* Puts the formatted words and ": " in front of the text. The other parts are kept. */
void ft_error_prefix(struct ft_error *err, const char *format, ...) FT_PRINTF(2, 3);

/* Replaces each byte that must not reach a terminal by "?", for a text outside of an error. */
void ft_error_clean(char *text);

/* Sets and returns FT_NO_MEMORY. */
int ft_error_memory(struct ft_error *err);

#endif
