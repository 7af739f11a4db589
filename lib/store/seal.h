/* SPDX-License-Identifier: MIT */
/*
 * seal.h - seals and opens what is stored, with the key that a `seal` line of [store] leads to
 *
 * Each state folder has one key of 32 bytes, in one of the sources that the line names
 * (seal-line.h). The key is looked up when it is first needed; if there is none, it is made in the
 * last source at the first write. A source other than the kernel's keyring is a module. A separate
 * program, freshtoken-seal, loads modules and has FT_SEAL_SECONDS to answer, because the calling
 * program may be linked statically, be another project's program, or run as root.
 *
 * A text is sealed for its place: its slot and kind, as "work" and "json". A text that is not
 * sealed is read as it is, and sealed at the next write.
 *
 * Errors besides FT_SYSTEM and FT_NO_MEMORY:
 *   FT_TEMPORARY    a source that may have the key cannot be asked now; with a remedy
 *   FT_LOGIN_NEEDED no source has the key, or it is another one: what is sealed is lost
 *   FT_UNTRUSTED    the text is damaged, or was sealed for another place
 *   FT_CONFIG       no line says which source has the key; the line is wrong; sealing not built in
 */
#ifndef FT_SEAL_H
#define FT_SEAL_H

#include "lib/base/box.h"
#include "lib/config/account.h"

#define FT_SEAL_SECONDS 5
/* The lock in the state folder for making a key. No account's file begins with "~". */
#define FT_SEAL_LOCK "~seal.lock"

struct ft_seals;

/* accounts is not copied, the others are. *ret is NULL if no file has `seal`: then nothing is
 * sealed; all functions below except ft_seals_clear and ft_seals_look accept NULL. */
int ft_seals_new(const struct ft_accounts *accounts, const char *state, const char *libexec,
		 struct ft_seals **ret, struct ft_error *err);
void ft_seals_free(struct ft_seals *seals);

/* The line that applies to a slot or an account; for NULL, and slots of no account, as of
 * ft_accounts_seal. NULL: not sealed. */
const struct ft_seal_line *ft_seals_line(const struct ft_seals *seals, const char *slot);

/* From now on everything is written in clear; sealed texts are still opened. */
void ft_seals_clear(struct ft_seals *seals);
/* Whether what is written to the slot is sealed. */
bool ft_seals_apply(const struct ft_seals *seals, const char *slot);
/* Another process may have made the key: a failure to find it is forgotten. Accepts NULL. */
void ft_seals_again(struct ft_seals *seals);
/* How many sealed texts have been opened. */
size_t ft_seals_opened(const struct ft_seals *seals);

/* Finds or makes the key, so that the next text for the slot can be sealed. 0 also if the slot is
 * not sealed. */
int ft_seals_ready(struct ft_seals *seals, const char *slot, struct ft_error *err);
/* Seals a text. *ret is what to write: text itself if it is not sealed, else `room`, which must be
 * empty and is released by the caller. */
int ft_seals_close(struct ft_seals *seals, const char *slot, const char *what,
		   const struct ft_buf *text, struct ft_buf *room, const struct ft_buf **ret,
		   struct ft_error *err);
/* Replaces a text that was read by its opened content, if it is sealed. After an error text is
 * empty; if it is lost or damaged, text->failed is FT_UNTRUSTED, as for a text that is too long. */
int ft_seals_open(struct ft_seals *seals, const char *slot, const char *what,
		  struct ft_buf *text, struct ft_error *err);
/* Adds, in base64, the public key that answers for the slot's account are sealed for
 * (docs/transport-messages.md); adds nothing if they are not sealed. */
int ft_seals_address(struct ft_seals *seals, const char *slot, struct ft_buf *ret,
		     struct ft_error *err);

/* Whether the key of a line can be found now; makes none. FT_LOGIN_NEEDED (no source has one),
 * FT_TEMPORARY, FT_CONFIG. ret_id and ret_source (with its NUL) may be NULL. */
int ft_seals_look(struct ft_seals *seals, const struct ft_seal_line *line,
		  char ret_id[FT_BOX_ID_SIZE], char ret_source[FT_SEAL_NAME_MAX + 1],
		  struct ft_error *err);

#endif
