/* SPDX-License-Identifier: MIT */
/*
 * box.h - bytes that nobody reads or changes without a key
 *
 * Two kinds, with one key of 32 bytes. A text is closed and opened with the key itself
 * (XChaCha20-Poly1305 of RFC 8439's draft for long nonces, a fresh nonce each time). An answer is
 * closed with a public key that is made from the key, so that whoever writes it can open none
 * (X25519 with an ephemeral key: libsodium's sealed boxes).
 *
 *	0x8f "FTSL" KIND VERSION 0    8 bytes; KIND is "T" or "A", VERSION is 1
 *	ID                            8 bytes: which key, by a keyed digest of it
 *	of a text:   NONCE (24 bytes), then what is sealed, 16 bytes longer than the text
 *	of an answer: the sealed box, 48 bytes longer than the answer
 *
 * A text is bound to a label and to the first 16 bytes: in another place, or under another
 * version, it does not open. What is not sealed begins otherwise: 0x8f begins no UTF-8.
 *
 * A third kind is a key itself, closed with a password (argon2id, then the above), of a fixed size:
 *
 *	0x8f "FTSL" "P" 1 0, OPERATIONS and KIBIBYTES (4 bytes each, the most significant first),
 *	SALT (16 bytes), NONCE (24 bytes), the sealed key (48 bytes)
 *
 * What it claims to need is not believed beyond FT_BOX_OPERATIONS_MAX and FT_BOX_KIBIBYTES_MAX:
 * whoever wrote it may want to use up the machine.
 *
 * Errors: FT_CONFIG (this build has no libsodium; or a later version has written it),
 * FT_UNTRUSTED (damaged, or of another place), FT_LOGIN_NEEDED (of another key), FT_NO_MEMORY.
 * Outputs are added to a buffer, and err may be NULL.
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
#define FT_BOX_TEXT_MORE (FT_BOX_HEAD + 24 + 16)	/* bytes that a text gets longer */
#define FT_BOX_ANSWER_MORE (FT_BOX_HEAD + 48)
#define FT_BOX_MAGIC "\x8f" "FTSL"
#define FT_BOX_ID_SIZE 17	/* in hexadecimal digits, with a NUL */

/* Whether it is closed, or was once. */
static inline bool ft_box_is(const struct ft_buf *buf)
{
	return buf->len >= sizeof FT_BOX_MAGIC - 1 &&
	       memcmp(buf->data, FT_BOX_MAGIC, sizeof FT_BOX_MAGIC - 1) == 0;
}

/* Whether this build can: 0, or FT_CONFIG with the remedy. */
int ft_box_ready(struct ft_error *err);
/* A new key. */
int ft_box_make_key(unsigned char ret[FT_BOX_KEY], struct ft_error *err);
/* What tells keys apart, and tells nothing of them. */
void ft_box_id(const unsigned char key[FT_BOX_KEY], char ret[FT_BOX_ID_SIZE]);

int ft_box_close(const unsigned char key[FT_BOX_KEY], const char *label,
		 const struct ft_buf *text, struct ft_buf *ret, struct ft_error *err);
/* Either kind; an answer has no label. */
int ft_box_open(const unsigned char key[FT_BOX_KEY], const char *label,
		const struct ft_buf *closed, struct ft_buf *ret, struct ft_error *err);

/* What answers to the holder of the key are closed with: the key's id, and a public key. */
#define FT_BOX_ADDRESS 40
int ft_box_address(const unsigned char key[FT_BOX_KEY], unsigned char ret[FT_BOX_ADDRESS],
		   struct ft_error *err);
int ft_box_close_answer(const unsigned char address[FT_BOX_ADDRESS], const struct ft_buf *answer,
			struct ft_buf *ret, struct ft_error *err);

/* A key that a password opens. Both take some 64 MiB and a few tenths of a second. */
#define FT_BOX_WRAPPED (8 + 4 + 4 + 16 + 24 + FT_BOX_KEY + 16)
/* What ours take, and no more: a login waits for it, and the next login for that one. */
#define FT_BOX_OPERATIONS_MAX 3
#define FT_BOX_KIBIBYTES_MAX (64 * 1024)
int ft_box_wrap(const unsigned char key[FT_BOX_KEY], const char *password,
		unsigned char ret[FT_BOX_WRAPPED], struct ft_error *err);
/* FT_LOGIN_NEEDED: another password, or a changed byte, which nobody can tell apart. */
int ft_box_unwrap(const struct ft_buf *wrapped, const char *password,
		  unsigned char ret[FT_BOX_KEY], struct ft_error *err);

#endif
