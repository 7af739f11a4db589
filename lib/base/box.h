/* SPDX-License-Identifier: MIT */
/*
 * box.h - encryption of bytes, so that nobody reads or changes them without a key
 *
 * One key of 32 bytes serves two kinds of sealed bytes. A text is sealed and opened with the key
 * itself (XChaCha20-Poly1305, draft-irtf-cfrg-xchacha, with a fresh random nonce each time). An
 * answer is sealed with a public key that is derived from the key (X25519 with an ephemeral key:
 * libsodium's sealed boxes), so that the process which seals answers cannot open any.
 *
 *	0x8f "FTSL" KIND VERSION 0    8 bytes; KIND is "T" or "A", VERSION is 1
 *	ID                            8 bytes: which key, by a keyed digest of it
 *	in a text:    NONCE (24 bytes), then the ciphertext, 16 bytes longer than the text
 *	in an answer: the sealed box, 48 bytes longer than the answer
 *
 * A text is bound to a label (the place where it is stored) and to its own first 16 bytes: it does
 * not open if it is moved to another place, or if its version is changed. Plain text cannot be
 * mistaken for sealed bytes, because no UTF-8 text begins with 0x8f.
 *
 * The third kind is a key sealed with a password (argon2id, then XChaCha20-Poly1305). Its size is
 * fixed:
 *
 *	0x8f "FTSL" "P" 1 0, OPERATIONS and KIBIBYTES (4 bytes each, the most significant first),
 *	SALT (16 bytes), NONCE (24 bytes), the sealed key (48 bytes)
 *
 * Costs above FT_BOX_OPERATIONS_MAX and FT_BOX_KIBIBYTES_MAX are refused: an attacker who can write
 * the file could otherwise use up the machine's time and memory.
 *
 * Errors: FT_CONFIG (this build has no libsodium; or the first 8 bytes are unknown, because they
 * are damaged or a later version wrote them), FT_UNTRUSTED (cut short, damaged, moved from another
 * place, or costs that are refused), FT_LOGIN_NEEDED (another key's id, or a wrong password),
 * FT_NO_MEMORY, FT_SYSTEM (no random numbers). What is appended to a buffer is taken off again on
 * failure. err may be NULL.
 */
#ifndef FT_BOX_H
#define FT_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"

#define FT_BOX_KEY 32
#define FT_BOX_HEAD 16
#define FT_BOX_TEXT_MORE (FT_BOX_HEAD + 24 + 16)	/* bytes that sealing adds */
#define FT_BOX_ANSWER_MORE (FT_BOX_HEAD + 48)
#define FT_BOX_MAGIC "\x8f" "FTSL"
#define FT_BOX_ID_SIZE 17	/* in hexadecimal digits, with a NUL */

/* Whether the bytes begin as sealed ones do. They may be damaged. */
static inline bool ft_box_is(const struct ft_buf *buf)
{
	return buf->len >= sizeof FT_BOX_MAGIC - 1 &&
	       memcmp(buf->data, FT_BOX_MAGIC, sizeof FT_BOX_MAGIC - 1) == 0;
}

/* Whether this build can seal: 0, or FT_CONFIG with the remedy. */
int ft_box_ready(struct ft_error *err);
/* Makes a random key. */
int ft_box_make_key(unsigned char ret[FT_BOX_KEY], struct ft_error *err);
/* A key's id, which tells keys apart without revealing anything about them. */
void ft_box_id(const unsigned char key[FT_BOX_KEY], char ret[FT_BOX_ID_SIZE]);

int ft_box_close(const unsigned char key[FT_BOX_KEY], const char *label,
		 const struct ft_buf *text, struct ft_buf *ret, struct ft_error *err);
/* Opens a text or an answer. label is ignored for an answer. */
int ft_box_open(const unsigned char key[FT_BOX_KEY], const char *label,
		const struct ft_buf *closed, struct ft_buf *ret, struct ft_error *err);

/* What answers are sealed with: the key's id and the public key derived from the key. */
#define FT_BOX_ADDRESS 40
int ft_box_address(const unsigned char key[FT_BOX_KEY], unsigned char ret[FT_BOX_ADDRESS],
		   struct ft_error *err);
int ft_box_close_answer(const unsigned char address[FT_BOX_ADDRESS], const struct ft_buf *answer,
			struct ft_buf *ret, struct ft_error *err);

/* A key sealed with a password. Wrapping and unwrapping take about 64 MiB and a few tenths of a
 * second each. */
#define FT_BOX_WRAPPED (8 + 4 + 4 + 16 + 24 + FT_BOX_KEY + 16)
/* The costs that ft_box_wrap uses. Higher ones are refused: each login waits for this work, and
 * logins wait for each other. */
#define FT_BOX_OPERATIONS_MAX 3
#define FT_BOX_KIBIBYTES_MAX (64 * 1024)
int ft_box_wrap(const unsigned char key[FT_BOX_KEY], const char *password,
		unsigned char ret[FT_BOX_WRAPPED], struct ft_error *err);
/* FT_LOGIN_NEEDED: wrong password or a changed byte; these cannot be told apart. */
int ft_box_unwrap(const struct ft_buf *wrapped, const char *password,
		  unsigned char ret[FT_BOX_KEY], struct ft_error *err);

#endif
