/*
 * store.h - the only way to a record: a table of functions, one per source
 *
 * `file` is built in. A source knows texts, not records: what a record means is
 * record.h's. Outcomes are 0 (found, done), FT_NOT_FOUND, FT_BUSY (try again),
 * FT_UNTRUSTED and FT_SYSTEM (unavailable).
 *
 * Contract of a source
 *  - read never blocks and needs no lock; it sees the old text or the new one.
 *  - Everything that writes is called by the holder of the account's lock.
 *  - The lock is a descriptor. It is held until the last copy of that descriptor
 *    is closed, in whatever process that is, and never unlocked: unlocking would
 *    drop it for a refresh that still runs. Lock files are never removed.
 *  - prepare reserves the space for the next text; while it fails, nothing has
 *    been lost. commit makes the text durable before it returns.
 *  - answer makes a fresh file for freshtoken-transport's answer, which outlives
 *    the process that made it, so that a killed refresh can be adopted.
 */
#ifndef FT_STORE_H
#define FT_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"

/* The longest text of an answer that is read back, in bytes: as docs/transport-messages.md has it. */
#define FT_STORE_ANSWER_MAX (512 * 1024)

struct ft_store;

#define FT_UNREAD_MAX (256 * 1024)

/* A place for the next text of a slot. */
struct ft_prepared;

struct ft_store_ops {
	const char *name;
	int (*open)(const char *state_folder, struct ft_store **ret, struct ft_error *err);
	void (*close)(struct ft_store *store);

	/* A slot is an account's name, or it with "~login": a sign-in that is being proven. */
	int (*read)(struct ft_store *store, const char *slot, struct ft_buf *ret,
		    struct ft_error *err);
	/* purpose ("next", "journal", "result") tells texts of a slot apart that are prepared
	 * at the same time. */
	int (*prepare)(struct ft_store *store, const char *slot, const char *purpose,
		       struct ft_prepared **ret, struct ft_error *err);
	int (*commit)(struct ft_prepared *prepared, const struct ft_buf *text,
		      struct ft_error *err);
	void (*discard)(struct ft_prepared *prepared);
	int (*remove)(struct ft_store *store, const char *slot, struct ft_error *err);
	/* Keeps an unreadable text under another name, which is told. The caller frees it. */
	int (*set_aside)(struct ft_store *store, const char *slot, char **ret_name,
			 struct ft_error *err);

	int (*answer_create)(struct ft_store *store, const char *slot, int *ret_fd,
			     struct ft_error *err);
	int (*answer_read)(struct ft_store *store, const char *slot, struct ft_buf *ret,
			   struct ft_error *err);
	int (*answer_remove)(struct ft_store *store, const char *slot, struct ft_error *err);

	/* Bytes that hold tokens nobody could read, kept for a person: behind those that are there,
	 * as long as all of them are no more than FT_UNREAD_MAX. *ret_path, to be freed, is where.
	 */
	int (*unread_add)(struct ft_store *store, const char *account, const struct ft_buf *text,
			  char **ret_path, struct ft_error *err);
	/* Where there are such bytes; FT_NOT_FOUND. */
	int (*unread_find)(struct ft_store *store, const char *account, char **ret_path,
			   struct ft_error *err);
	int (*unread_remove)(struct ft_store *store, const char *account, struct ft_error *err);

	/* Things worth keeping beside the records (discovered metadata); no secrets, may be lost.
	 */
	int (*cache_read)(struct ft_store *store, const char *account, struct ft_buf *ret,
			  struct ft_error *err);
	int (*cache_write)(struct ft_store *store, const char *account, const struct ft_buf *text,
			   struct ft_error *err);

	/* Takes the lock without waiting: FT_BUSY when somebody has it. */
	int (*lock)(struct ft_store *store, const char *account, int *ret_fd, struct ft_error *err);
	/* Takes it, waiting up to a point of ft_monotonic_ms for whoever has it: then FT_BUSY. */
	int (*lock_await)(struct ft_store *store, const char *account, int64_t deadline,
			  int *ret_fd, struct ft_error *err);
	/* Whether this descriptor, inherited, is the account's lock and held: else FT_UNTRUSTED. */
	int (*lock_adopt)(struct ft_store *store, const char *account, int fd,
			  struct ft_error *err);
	/* Waits until nobody holds it, up to a point of ft_monotonic_ms: then FT_BUSY. */
	int (*lock_wait)(struct ft_store *store, const char *account, int64_t deadline,
			 struct ft_error *err);
};

extern const struct ft_store_ops ft_store_file;

#endif
