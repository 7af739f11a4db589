/* SPDX-License-Identifier: MIT */
/*
 * error.h - the one error object: a code for the program, and a line for people in its parts
 *
 * The text is cause and place; every layer may put its own words in front: "account work: refresh:
 * HTTP 400". What to do is the remedy, and it is ours alone. What a service says of itself, in
 * words of its own choice, is foreign: it is only ever shown as a quotation, or a service that says
 * "run: …" would tell people what to run. Nobody searches a message for any of these.
 *
 * Secrets and bodies of answers never enter any of them. Control bytes that came from outside are
 * replaced, so that a message can be shown on a terminal.
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

/* Why nobody was reached, or nothing came of it, where somebody decides by that. */
enum ft_reason {
	FT_REASON_NONE,		/* not said */
	FT_REASON_NAME,		/* the host's name does not lead anywhere */
	FT_REASON_REFUSED,	/* nothing listens there */
	FT_REASON_SILENT,	/* no answer in time */
	FT_REASON_PROXY,	/* the proxy did not do it */
	FT_REASON_CA_FILE,	/* this machine's file of authorities */
	FT_REASON_EXPIRED,	/* of the certificate: it has, … */
	FT_REASON_NOT_YET,	/* … is not valid yet, … */
	FT_REASON_OTHER_NAME,	/* … is of another host, … */
	FT_REASON_AUTHORITY,	/* … is of nobody who is believed */
	FT_REASON_TLS,		/* no TLS, or none that is spoken here */
	FT_REASON_NOT_HTTP,
	FT_REASON_OUR_CERTIFICATE,	/* the one that was shown is refused */
	FT_REASON_NETWORK,	/* no way leads there */
	FT_REASON_COUNT
};

#define FT_ERROR_TEXT 1024
#define FT_ERROR_FOREIGN 320
#define FT_ERROR_REMEDY 512
/* All of it in one line. */
#define FT_ERROR_LINE (FT_ERROR_TEXT + FT_ERROR_FOREIGN + FT_ERROR_REMEDY + 8)

struct ft_error {
	int code;
	enum ft_reason reason;
	char text[FT_ERROR_TEXT];	/* cause and place, without a full stop */
	char foreign[FT_ERROR_FOREIGN];	/* a service's own words, unquoted; "": none */
	char remedy[FT_ERROR_REMEDY];	/* "run: freshtoken login work"; "": none is known */
};

/* Of a large array that is written before it is read: the compiler need not zero it. */
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

/* In a format: what follows is the remedy. "others can write to %s" FT_REMEDY
					    "run: chmod go-w %s" */
#define FT_REMEDY "\x1f"

/* Sets code and text, and the remedy where the format has one, and returns the code, for
 * `return ft_error_set(…)`. It has no other parts then. Here and below err may be NULL. */
int ft_error_set(struct ft_error *err, int code, const char *format, ...) FT_PRINTF(3, 4);

int ft_error_vset(struct ft_error *err, int code, const char *format, va_list args)
	FT_PRINTF(3, 0);

/* Likewise of a text that is a part of the program and is printed as it is. */
int ft_error_fixed(struct ft_error *err, int code, const char *text);

/* Likewise, with ": " and strerror(errno_value) after the text. */
int ft_error_errno(struct ft_error *err, int code, int errno_value,
		   const char *format, ...) FT_PRINTF(4, 5);

/* Adds, or replaces, what to do. Returns the code, likewise. */
int ft_error_remedy(struct ft_error *err, int code, const char *format, ...) FT_PRINTF(3, 4);

/* Adds, or replaces, the reason. Returns the code. */
int ft_error_reason(struct ft_error *err, int code, enum ft_reason reason);
/* What a person can do about it; "" for FT_REASON_NONE. */
const char *ft_reason_remedy(enum ft_reason reason);

/* Adds, or replaces, a service's own words; NULL: there are none. */
void ft_error_foreign(struct ft_error *err, const char *words);

/* A service's words for within the quotation marks of a text of ours: up to `most` bytes of them,
 * and nothing in them ends the quotation. Returns ret. */
#define FT_ERROR_QUOTED 208
const char *ft_error_quoted(const char *words, size_t most, char ret[FT_ERROR_QUOTED]);

/* Adds "; …" to the text, and a remedy where it has one; likewise a part of the program. NULL:
 * nothing. */
void ft_error_add(struct ft_error *err, const char *text);

/* Another one with all of its parts under this code, which is returned. */
int ft_error_copy(struct ft_error *err, int code, const struct ft_error *other);

/* The line that people are shown: `text: "foreign"; remedy`. Returns ret. */
const char *ft_error_line(const struct ft_error *err, char ret[FT_ERROR_LINE]);
/* The same without the remedy, where that has a place of its own. */
const char *ft_error_cause(const struct ft_error *err, char ret[FT_ERROR_LINE]);

/* All parts in one text for another process of ours, without a line feed: TEXT TAB FOREIGN TAB
 * REMEDY. Returns ret. */
const char *ft_error_pack(const struct ft_error *err, char ret[FT_ERROR_LINE]);
/* … and back again. It may be of an older version, that has no TAB. Returns the code. */
int ft_error_unpack(struct ft_error *err, int code, const char *packed);

/* Puts "…: " in front of the text. Leaves all else alone. */
void ft_error_prefix(struct ft_error *err, const char *format, ...) FT_PRINTF(2, 3);

/* Replaces what must not reach a terminal as it is, in a text that is no error's. */
void ft_error_clean(char *text);

/* FT_NO_MEMORY with its text. */
int ft_error_memory(struct ft_error *err);

#endif
