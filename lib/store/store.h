/* SPDX-License-Identifier: MIT */
/*
 * store.h - where a record lies: a table of functions, one per source
 *
 * `file` is built in. What is written here is all that another source has to keep: a service on
 * the network that can compare and write, as etcd, Vault or Kubernetes can. What is of this host
 * alone (lock, answer, cache) is host.h's, and always files.
 *
 * What it stores
 *  - Texts by slot. A slot is an account's name, or that with "~login": a sign-in that is being
 *    proven. It is at most FT_ACCOUNT_NAME_MAX + 6 bytes of letters, digits, ".", "_", "-" and "~".
 *  - A text is 1 to FT_RECORD_MAX bytes, and FT_STORE_TEXT_MAX where it is sealed (sealed.h). What
 *    it means is record.h's; it holds tokens, and nobody but its owner may get to see it.
 *  - Each text has a version: up to FT_STORE_VERSION_SIZE - 1 bytes without NUL, of the source's
 *    making. Two different texts of a slot never have the same one. "" is the version of a slot
 *    that is empty.
 *
 * What it promises
 *  - read sees an old text or a new one, whole. It blocks for nobody who writes.
 *  - commit writes where the version is still the expected one, all or nothing, and the text is
 *    durable before it returns. Otherwise it changes nothing, and says FT_BUSY.
 *  - After prepare nothing that can be known before makes the commit fail: a full disk, a folder
 *    that cannot be written to. A source that cannot promise more than that it can be reached says
 *    so in its documentation. Texts are prepared for under several purposes at a time ("next",
 *    "journal", "result"), for one slot too, and committed in any order.
 *  - A failure that leaves open whether the text was written is FT_SYSTEM. Reading again tells.
 *
 * Who calls
 *  - read: anybody at any time. All else: the holder of the account's lock on this host. Where
 *    several hosts share a source the version is what keeps them apart.
 *  - A struct ft_store is for one thread at a time; several of one place do not know of each other.
 *  - A fork may go on with it where the other process does not use it any more.
 *
 * Errors. FT_NOT_FOUND: the slot is empty. FT_BUSY: somebody else has written. FT_UNTRUSTED: what
 * is there may be somebody else's, or is longer than a text; the remedy is said. FT_TEMPORARY: the
 * source cannot be asked now. FT_SYSTEM, FT_NO_MEMORY. err may be NULL; outputs are untouched after
 * a failure. No text, nor a part of one, gets into a message.
 */
#ifndef FT_STORE_H
#define FT_STORE_H

#include "lib/base/buffer.h"
#include "lib/base/error.h"

#define FT_RECORD_MAX (256 * 1024)
#define FT_STORE_TEXT_MAX (FT_RECORD_MAX + 128)
#define FT_STORE_VERSION_SIZE 72

struct ft_store;

/* A place for the next text of a slot. */
struct ft_prepared;

struct ft_store_ops {
	const char *name;
	/* Makes nothing yet. state_folder is where this host keeps its own; copied. */
	int (*open)(const char *state_folder, struct ft_store **ret, struct ft_error *err);
	/* Takes NULL. */
	void (*close)(struct ft_store *store);

	/* ret's own limit is FT_STORE_TEXT_MAX or less: a longer text is FT_UNTRUSTED, and
	 * ret->failed says so. ret_version: FT_STORE_VERSION_SIZE bytes, or NULL. */
	int (*read)(struct ft_store *store, const char *slot, struct ft_buf *ret,
		    char *ret_version, struct ft_error *err);
	int (*prepare)(struct ft_store *store, const char *slot, const char *purpose,
		       struct ft_prepared **ret, struct ft_error *err);
	/* `prepared` is used up whatever happens. ret_version may be where expected is. */
	int (*commit)(struct ft_prepared *prepared, const char *expected,
		      const struct ft_buf *text, char *ret_version, struct ft_error *err);
	/* Takes NULL. */
	void (*discard)(struct ft_prepared *prepared);
	/* 0 also where the slot is empty. What was prepared for it and forgotten goes, too. */
	int (*remove)(struct ft_store *store, const char *slot, struct ft_error *err);
	/* Keeps a text that is no record under another name, and empties the slot. The name is for
	 * people; the caller frees it. */
	int (*set_aside)(struct ft_store *store, const char *slot, char **ret_name,
			 struct ft_error *err);
};

extern const struct ft_store_ops ft_store_file;

#endif
