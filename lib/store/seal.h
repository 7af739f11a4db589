/* SPDX-License-Identifier: MIT */
/*
 * seal.h - what is stored, sealed and opened: by whose line of [store], with which key
 *
 * The key is one of 32 bytes for a state folder, held by the sources that the line names
 * (seal-line.h). It is looked for when it is first needed, and made, in the last of them, when
 * something is first written. A source other than the kernel's keyring is a module, and modules
 * are loaded by a program of their own, freshtoken-seal, which has SECONDS to answer: whoever asks
 * here may be linked statically, be somebody else's program, or be root's.
 *
 * A text is sealed for its place: SLOT and what it is, as "work" and "json". What is not sealed
 * is read as it is, and sealed at the next write.
 *
 * Errors besides FT_SYSTEM and FT_NO_MEMORY:
 *   FT_TEMPORARY    a source that may have the key cannot be asked now; the remedy is said
 *   FT_LOGIN_NEEDED nobody has the key, or there is another: what is sealed is lost
 *   FT_UNTRUSTED    it is damaged, or of another place
 *   FT_CONFIG       nothing says who has the key; the line is wrong; this build cannot
 */
#ifndef FT_SEAL_H
#define FT_SEAL_H

#include "lib/base/box.h"
#include "lib/config/account.h"

#define FT_SEAL_SECONDS 5
/* In the state folder, held while a key is made. No account's file begins with "~". */
#define FT_SEAL_LOCK "~seal.lock"

struct ft_seals;

/* accounts is kept, the others are copied. *ret is NULL where no file says `seal`: then nothing is
 * sealed, and all functions below take that. */
int ft_seals_new(const struct ft_accounts *accounts, const char *state, const char *libexec,
		 struct ft_seals **ret, struct ft_error *err);
void ft_seals_free(struct ft_seals *seals);

/* The line that is meant for a slot, or for an account; of NULL and what is no account's, as
 * ft_accounts_seal says. NULL: it is not sealed. */
const struct ft_seal_line *ft_seals_line(const struct ft_seals *seals, const char *slot);

/* From here on nothing is sealed that is written; what is sealed is opened all the same. */
void ft_seals_clear(struct ft_seals *seals);
/* Whether what is written to the slot is sealed. */
bool ft_seals_apply(const struct ft_seals *seals, const char *slot);
/* How many texts were opened that were sealed. */
size_t ft_seals_opened(const struct ft_seals *seals);

/* Sees to it that what is written to the slot next can be sealed: finds the key, or makes it. 0
 * also where it is not to be sealed. */
int ft_seals_ready(struct ft_seals *seals, const char *slot, struct ft_error *err);
/* *ret is what is to be written: text itself, or `room`, which is empty before and is released by
 * the caller. */
int ft_seals_close(struct ft_seals *seals, const char *slot, const char *what,
		   const struct ft_buf *text, struct ft_buf *room, const struct ft_buf **ret,
		   struct ft_error *err);
/* Opens a text that was read, in its place. Where it fails text is empty; of what is lost or
 * damaged text->failed is FT_UNTRUSTED then, as of a text that is too long. */
int ft_seals_open(struct ft_seals *seals, const char *slot, const char *what,
		  struct ft_buf *text, struct ft_error *err);
/* Where answers for the slot's account are sealed for, in base64 (docs/transport-messages.md);
 * nothing is added where they are not. */
int ft_seals_address(struct ft_seals *seals, const char *slot, struct ft_buf *ret,
		     struct ft_error *err);

/* Whether the key of a line is at hand now, without making one: 0, FT_LOGIN_NEEDED (nobody has
 * one), FT_TEMPORARY, FT_CONFIG. ret_id and ret_source (with its NUL) may be NULL. */
int ft_seals_look(struct ft_seals *seals, const struct ft_seal_line *line,
		  char ret_id[FT_BOX_ID_SIZE], char ret_source[FT_SEAL_NAME_MAX + 1],
		  struct ft_error *err);

#endif
