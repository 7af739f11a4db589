/* SPDX-License-Identifier: MIT */
/*
 * wire.h - the messages between pam_freshtoken.so and freshtoken-pam, and between the
 * processes of freshtoken-pam
 *
 * A message is sent as its length (4 bytes, the most significant first; from 1 to
 * the limit of the receiver's buffer) and then that many bytes: one byte for its
 * kind, then fields. A field is one byte for its name, a text, and a NUL.
 *
 *   CALL     from the module    which function, for which user, with which options
 *   TERMS    from the program   after the options: how long to wait, what silence means
 *   SAY      from the program   a message or a prompt for the person; then
 *   ANSWER   from the module    what the conversation returned
 *   RESULT   from the program   the PAM code, and what the module keeps for its next call
 *   FAILED   from the module's child: the errno, where it cannot execute the program
 *
 * and between root's process and the one that has become the user:
 *
 *   ASK      from the user's    the tokens that the service is to be asked with
 *   JUDGED   from root's        what the service's answer means
 *   DONE     from the user's    an error code and its text
 *
 * A received message is checked as a whole: its kind, its fields, and how often
 * each may be there. Neither end blocks beyond its deadline or gets a SIGPIPE.
 */
#ifndef FT_PAM_WIRE_H
#define FT_PAM_WIRE_H

#include <stdint.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"

#define FT_WIRE_MAX (64 * 1024)
/* Room for two tokens of the greatest length, an answer that could not be read, and some text. */
#define FT_WIRE_TOKENS_MAX (256 * 1024)
/* What libpam and its applications take in one message (PAM_MAX_MSG_SIZE is 512). */
#define FT_WIRE_TEXT_MAX 511

enum ft_wire_kind {
	FT_WIRE_CALL = 'C', FT_WIRE_TERMS = 'T', FT_WIRE_SAY = 'S', FT_WIRE_ANSWER = 'A',
	FT_WIRE_RESULT = 'R', FT_WIRE_FAILED = 'F',
	FT_WIRE_ASK = 'Q', FT_WIRE_JUDGED = 'J', FT_WIRE_DONE = 'D'
};

/* Numbers are decimal digits. An absent field is absent, an empty one is empty. */
enum ft_wire_field {
	/* CALL */
	FT_WIRE_FUNCTION = 'f',	/* enum ft_pam_function */
	FT_WIRE_FLAGS = 'l',	/* as PAM gave them */
	FT_WIRE_UID = 'i', FT_WIRE_EUID = 'e',	/* of the caller */
	FT_WIRE_USER = 'u', FT_WIRE_SERVICE = 's', FT_WIRE_TTY = 't',
	FT_WIRE_RHOST = 'h', FT_WIRE_RUSER = 'r',
	FT_WIRE_OPTION = 'o',	/* of the PAM line, any number */
	/* Whether the module's process knows the user: 0 or 1; if 1, by which name and uid. */
	FT_WIRE_EXISTS = 'X', FT_WIRE_KNOWN_NAME = 'W', FT_WIRE_KNOWN_UID = 'U',
	/* What was typed at this login, or when the password was changed. Sent only if the line of
	 * the stack has `seal`. */
	FT_WIRE_PASSWORD = 'P', FT_WIRE_OLD_PASSWORD = 'O',
	/* CALL and RESULT */
	FT_WIRE_HANDLE = 'H',	/* in PAM's environment; empty in a RESULT: remove it */
	FT_WIRE_MEMORY = 'm',	/* in the PAM handle's data; empty in a RESULT: remove it */
	/* TERMS */
	FT_WIRE_WAIT = 'w',	/* ms that the module waits from now on; a person's time is extra */
	FT_WIRE_STRICT = 'k', FT_WIRE_HINTS = 'n',	/* 0 or 1 */
	/* SAY and ANSWER */
	FT_WIRE_STYLE = 'y',	/* PAM_PROMPT_ECHO_OFF, …_ON, PAM_ERROR_MSG, PAM_TEXT_INFO */
	FT_WIRE_TEXT = 'x',
	/* ANSWER, RESULT */
	FT_WIRE_CODE = 'c',	/* PAM_…; of the conversation, of the function */
	/* RESULT */
	FT_WIRE_DELAY = 'd',	/* ms for pam_fail_delay */
	FT_WIRE_KEEP = 'G',	/* 1: keep the password until setcred */
	/* FAILED */
	FT_WIRE_ERRNO = 'E',
	/* ASK, JUDGED */
	FT_WIRE_ACCESS_TOKEN = 'a', FT_WIRE_REFRESH_TOKEN = 'b',
	/* JUDGED; FT_WIRE_CODE is an enum ft_outcome, FT_WIRE_TEXT the reason, packed (error.h) */
	FT_WIRE_TOKEN_TYPE = 'p', FT_WIRE_SUBJECT = 'j', FT_WIRE_LIFETIME = 'L',
	FT_WIRE_BUSY = 'B', FT_WIRE_NOT_SENT = 'N', FT_WIRE_AMBIGUOUS = 'A', FT_WIRE_RETRY = 'R',
	FT_WIRE_RAW = 'V',	/* in base64 */
	FT_WIRE_ID_TOKEN = 'K', FT_WIRE_ID_LIFETIME = 'M'
	/* DONE; FT_WIRE_CODE is an enum ft_code without its sign */
};

/* Begins a message to be sent; the two functions below add fields. */
void ft_wire_begin(struct ft_buf *message, enum ft_wire_kind kind);
/* NULL adds nothing. */
void ft_wire_add(struct ft_buf *message, enum ft_wire_field field, const char *text);
void ft_wire_add_number(struct ft_buf *message, enum ft_wire_field field, uint64_t number);

/* ms of CLOCK_MONOTONIC; deadlines are such times. */
int64_t ft_wire_now(void);
/* FT_BUSY: the deadline has passed; FT_NOT_FOUND: the other end is closed; FT_SYSTEM; or the
 * buffer's own failure. */
int ft_wire_send(int fd, const struct ft_buf *message, int64_t deadline);
/* Likewise; FT_UNTRUSTED: malformed, or none of `kinds`. Replaces what is in message. */
int ft_wire_receive(int fd, const char *kinds, struct ft_buf *message, int64_t deadline);

/* The n-th text of that name, counted from 0; NULL past the last. It belongs to the message. */
const char *ft_wire_get(const struct ft_buf *message, enum ft_wire_field field, unsigned n);
/* A number up to max; -1 where it is absent, no number, or more. */
int64_t ft_wire_number(const struct ft_buf *message, enum ft_wire_field field, int64_t max);

#endif
