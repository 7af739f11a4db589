/* SPDX-License-Identifier: MIT */
/*
 * host.h - what the processes of one host share about an account: lock, answer, cache
 *
 * Always files in the state folder, wherever the records lie (store.h): a lock has to end with the
 * process that holds it, and an answer has to outlive the one that asked. Nothing here is of use to
 * another host.
 *
 *   NAME.lock            the lock
 *   NAME.answer, NAME~login.answer     the transport's answer
 *   NAME.metadata        the cache
 *   NAME.dpop            the private key that tokens are bound to (RFC 9449)
 *   NAME.client          a client that was registered for it, with its secrets
 *   NAME.unread          answers that nobody could read, and that may hold tokens
 *
 * The journal of an exchange is a member of the record (record.h), and so it is where that is: who
 * adopts it must see both at once. The answer that belongs to it is here, on the host it names.
 *
 * All but reading makes the folder where there is none. A struct ft_host is for one thread at a
 * time, but for waiting for a lock, which starts a thread of its own. Errors: FT_UNTRUSTED (others
 * may have touched it; the remedy is said), FT_SYSTEM, FT_NO_MEMORY and what is said below; err may
 * be NULL.
 */
#ifndef FT_HOST_H
#define FT_HOST_H

#include <stdint.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/base/secret.h"
#include "lib/store/seal.h"

struct ft_host;

/* Makes nothing yet. The path is copied. */
int ft_host_open(const char *state_folder, struct ft_host **ret, struct ft_error *err);
/* What holds secrets is sealed from here on: answers (by who writes them), clients, keys, and what
 * nobody could read. seals is kept; NULL: it is not. Errors of seal.h then, besides. */
void ft_host_seal(struct ft_host *host, struct ft_seals *seals);
void ft_host_close(struct ft_host *host);

/*
 * The lock of an account is a descriptor. It is held until the last copy of that descriptor is
 * closed, in whatever process that is, and never unlocked: unlocking would drop it for a refresh
 * that still runs. Lock files are never removed, and their age means nothing.
 */
/* Takes it without waiting: FT_BUSY when somebody has it. The caller closes *ret_fd. */
int ft_host_lock(struct ft_host *host, const char *account, int *ret_fd, struct ft_error *err);
/* Takes it, waiting up to a point of ft_monotonic_ms for whoever has it: then FT_BUSY. */
int ft_host_lock_await(struct ft_host *host, const char *account, int64_t deadline, int *ret_fd,
		       struct ft_error *err);
/* Whether this descriptor, inherited, is the account's lock and held: else FT_UNTRUSTED. */
int ft_host_lock_adopt(struct ft_host *host, const char *account, int fd, struct ft_error *err);
/* Waits until nobody holds it, up to a point of ft_monotonic_ms: then FT_BUSY. */
int ft_host_lock_wait(struct ft_host *host, const char *account, int64_t deadline,
		      struct ft_error *err);

/* The longest text of an answer that is read back, in bytes (docs/transport-messages.md). */
#define FT_HOST_ANSWER_MAX (512 * 1024)

/* By slot, under the lock. A fresh file with room for an answer, which outlives the process that
 * made it, so that a killed refresh can be adopted. The caller closes *ret_fd. */
int ft_host_answer_create(struct ft_host *host, const char *slot, int *ret_fd,
			  struct ft_error *err);
/* FT_NOT_FOUND. */
int ft_host_answer_read(struct ft_host *host, const char *slot, struct ft_buf *ret,
			struct ft_error *err);
/* The same of one that was read from its descriptor. */
int ft_host_answer_open(struct ft_host *host, const char *slot, struct ft_buf *answer,
			struct ft_error *err);
/* 0 also where there is none. */
int ft_host_answer_remove(struct ft_host *host, const char *slot, struct ft_error *err);

#define FT_HOST_UNREAD_MAX (256 * 1024)

/* Bytes that hold tokens nobody could read, kept for a person: after those that are there, as long
 * as all of them are no more than FT_HOST_UNREAD_MAX. *ret_path, to be freed, is where. */
int ft_host_unread_add(struct ft_host *host, const char *account, const struct ft_buf *text,
		       char **ret_path, struct ft_error *err);
/* Where there are such bytes; FT_NOT_FOUND. */
int ft_host_unread_find(struct ft_host *host, const char *account, char **ret_path,
			struct ft_error *err);
int ft_host_unread_remove(struct ft_host *host, const char *account, struct ft_error *err);

/* The account's key for proofs, as freshtoken-transport wants it; made where there is none. It
 * leaves this folder for the transport's message alone. One whose sealing key is lost is kept under
 * another name. FT_UNTRUSTED, FT_SYSTEM, FT_NO_MEMORY. */
int ft_host_key(struct ft_host *host, const char *account, struct ft_secret *ret,
		struct ft_error *err);
/* 0 also where there is none. */
int ft_host_key_remove(struct ft_host *host, const char *account, struct ft_error *err);

/* Whether people are to be told something of the account that they are told once a day: notes that
 * they are now, and says no where that cannot be noted. now: ms since the epoch. */
bool ft_host_tell(struct ft_host *host, const char *account, int64_t now);
/* 0 also where nothing was noted. */
int ft_host_told_remove(struct ft_host *host, const char *account, struct ft_error *err);

/* A client that a service registered for the account (lib/core/client.h), with its secrets.
 * FT_NOT_FOUND; removing is 0 also where there is none. */
int ft_host_client_read(struct ft_host *host, const char *account, struct ft_buf *ret,
			struct ft_error *err);
int ft_host_client_write(struct ft_host *host, const char *account, const struct ft_buf *text,
			 struct ft_error *err);
int ft_host_client_remove(struct ft_host *host, const char *account, struct ft_error *err);

/* Writes what holds secrets anew, as it is to be stored now: sealed, or in clear. The caller holds
 * the lock. *ret_n is added how many files that has changed. */
int ft_host_rewrite(struct ft_host *host, const char *account, size_t *ret_n,
		    struct ft_error *err);

/* Things worth keeping beside the records (discovered metadata), without the lock; no secrets, may
 * be lost. FT_NOT_FOUND. */
int ft_host_cache_read(struct ft_host *host, const char *account, struct ft_buf *ret,
		       struct ft_error *err);
int ft_host_cache_write(struct ft_host *host, const char *account, const struct ft_buf *text,
			struct ft_error *err);

#endif
