/* SPDX-License-Identifier: MIT */
/*
 * store.h - where records are stored: a table of functions for each store
 *
 * `file` is built in. This header is all that another store has to implement: it may be a service
 * on the network with an atomic compare-and-write, such as etcd, Vault or Kubernetes. Lock, answer
 * and cache belong to this host alone, and are always files (host.h).
 *
 * What it stores
 *  - Texts by slot. A slot is an account's name, or that with "~login": a sign-in that is being
 *    proven. It is at most FT_ACCOUNT_NAME_MAX + 6 bytes of letters, digits, ".", "_", "-" and "~".
 *  - A text is 1 to FT_RECORD_MAX bytes long; sealed (sealed.h), up to FT_STORE_TEXT_MAX. record.h
 *    says what it means. It holds tokens: only its owner may read it.
 *  - Each text has a version: up to FT_STORE_VERSION_SIZE - 1 bytes without NUL, chosen by the
 *    store. Two different texts of a slot never have the same version. The version of an empty
 *    slot is "".
 *
 * What it promises
 *  - read gets an old text or a new one, complete. It does not wait for a writer.
 *  - commit writes only if the version is still the expected one. It writes all or nothing, and the
 *    text is durable before it returns. Otherwise it changes nothing: FT_BUSY.
 *  - After prepare, commit cannot fail for a reason that could be known before: a full disk, a
 *    folder that cannot be written to. A store that can only check that it is reachable must say so
 *    in its documentation. Several texts may be prepared at a time for different purposes ("next",
 *    "journal", "result"), also for one slot, and committed in any order.
 *  - FT_SYSTEM may leave open whether the text was written; reading it again shows that.
 *
 * Who calls
 *  - read: any process at any time. All others: the holder of the account's lock on this host. If
 *    several hosts share a store, the version prevents lost updates.
 *  - A struct ft_store is for one thread at a time; several of the same place are independent.
 *  - After a fork, one of the two processes may go on using it.
 *
 * Errors. FT_NOT_FOUND: the slot is empty. FT_BUSY: another process has written. FT_UNTRUSTED: the
 * text may be another user's, or is too long; with a remedy. FT_TEMPORARY: the store cannot be
 * reached now. FT_SYSTEM, FT_NO_MEMORY. err may be NULL; outputs are untouched after a failure. No
 * text, nor a part of one, gets into a message.
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
	/* Makes nothing yet. state_folder: this host's own files; it is copied. */
	int (*open)(const char *state_folder, struct ft_store **ret, struct ft_error *err);
	/* Takes NULL. */
	void (*close)(struct ft_store *store);

	/* ret's own limit is FT_STORE_TEXT_MAX or less: a longer text is FT_UNTRUSTED, and
	 * ret->failed says so. ret_version: FT_STORE_VERSION_SIZE bytes, or NULL. */
	int (*read)(struct ft_store *store, const char *slot, struct ft_buf *ret,
		    char *ret_version, struct ft_error *err);
	int (*prepare)(struct ft_store *store, const char *slot, const char *purpose,
		       struct ft_prepared **ret, struct ft_error *err);
	/* Releases `prepared` in any case. ret_version may be the same buffer as expected. */
	int (*commit)(struct ft_prepared *prepared, const char *expected,
		      const struct ft_buf *text, char *ret_version, struct ft_error *err);
	/* Takes NULL. */
	void (*discard)(struct ft_prepared *prepared);
	/* 0 also if the slot is empty. Removes leftovers of prepare too. */
	int (*remove)(struct ft_store *store, const char *slot, struct ft_error *err);
	/* Keeps a damaged text under another name, and empties the slot. The name is for messages;
	 * the caller frees it. */
	int (*set_aside)(struct ft_store *store, const char *slot, char **ret_name,
			 struct ft_error *err);
};

extern const struct ft_store_ops ft_store_file;

#endif
