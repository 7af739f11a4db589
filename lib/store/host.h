/* SPDX-License-Identifier: MIT */
/*
 * host.h - an account's files that the processes of one host share: lock, answer, cache
 *
 * These are always files in the state folder, wherever the records are (store.h): a lock must end
 * with the process that holds it, and an answer must outlive the process that asked. Other hosts
 * cannot use them.
 *
 *   NAME.lock            the lock
 *   NAME.answer, NAME~login.answer     the transport's answers
 *   NAME.metadata        the cache
 *   NAME.dpop            the private key that tokens are bound to (RFC 9449)
 *   NAME.client          the client that was registered for the account, with its secrets
 *   NAME.unread          answers that could not be read, and may hold tokens
 *
 * The journal of an exchange is a member of the record (record.h), because a process that adopts an
 * exchange must see both at once. The answer that belongs to it is here, on the host that the
 * journal names.
 *
 * All functions except those that read make the folder if it is missing. A struct ft_host is for
 * one thread at a time; waiting for a lock starts another thread. Errors: FT_UNTRUSTED (others may
 * have changed the file; with a remedy), FT_SYSTEM, FT_NO_MEMORY, and those named below; err may be
 * NULL.
 */
#ifndef FT_HOST_H
#define FT_HOST_H

#include <stdint.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/base/secret.h"
#include "lib/store/seal.h"

struct ft_host;

/* Makes no file yet. The path is copied. */
int ft_host_open(const char *state_folder, struct ft_host **ret, struct ft_error *err);
/* From now on files with secrets are sealed: answers (by the transport), clients, keys, and answers
 * that could not be read. seals is not copied; NULL: nothing is sealed. The functions below then
 * also have the errors of seal.h. */
void ft_host_seal(struct ft_host *host, struct ft_seals *seals);
void ft_host_close(struct ft_host *host);

/*
 * The lock of an account is a descriptor. It is held until the last copy of that descriptor is
 * closed, in any process. It is never unlocked, because that would release it for a refresh that
 * still runs. Lock files are never removed, and their age means nothing.
 */
/* Takes the lock without waiting: FT_BUSY if another process has it. The caller closes *ret_fd. */
int ft_host_lock(struct ft_host *host, const char *account, int *ret_fd, struct ft_error *err);
/* Takes the lock, and waits for it until the deadline (ft_monotonic_ms): then FT_BUSY. */
int ft_host_lock_await(struct ft_host *host, const char *account, int64_t deadline, int *ret_fd,
		       struct ft_error *err);
/* Checks that this inherited descriptor is the account's lock and holds it: else FT_UNTRUSTED. */
int ft_host_lock_adopt(struct ft_host *host, const char *account, int fd, struct ft_error *err);
/* Waits until nobody holds the lock, or the deadline (ft_monotonic_ms): then FT_BUSY. */
int ft_host_lock_wait(struct ft_host *host, const char *account, int64_t deadline,
		      struct ft_error *err);

/* The longest text of an answer that is read back, in bytes (docs/transport-messages.md). */
#define FT_HOST_ANSWER_MAX (512 * 1024)

/* Under the lock: makes a new file for an answer, with room reserved on the disk. It outlives the
 * process that made it, so that a killed refresh can be adopted. The caller closes *ret_fd. */
int ft_host_answer_create(struct ft_host *host, const char *slot, int *ret_fd,
			  struct ft_error *err);
/* Reads and, if it is sealed, opens it. FT_NOT_FOUND. */
int ft_host_answer_read(struct ft_host *host, const char *slot, struct ft_buf *ret,
			struct ft_error *err);
/* Opens an answer that was read from its descriptor, if it is sealed. */
int ft_host_answer_open(struct ft_host *host, const char *slot, struct ft_buf *answer,
			struct ft_error *err);
/* 0 also if there is none. */
int ft_host_answer_remove(struct ft_host *host, const char *slot, struct ft_error *err);

#define FT_HOST_UNREAD_MAX (256 * 1024)

/* Appends an answer that could not be read and may hold tokens, for a person to look at; nothing is
 * added beyond FT_HOST_UNREAD_MAX bytes. *ret_path: the file; the caller frees it. */
int ft_host_unread_add(struct ft_host *host, const char *account, const struct ft_buf *text,
		       char **ret_path, struct ft_error *err);
/* The file of such answers, if there is one; FT_NOT_FOUND. */
int ft_host_unread_find(struct ft_host *host, const char *account, char **ret_path,
			struct ft_error *err);
int ft_host_unread_remove(struct ft_host *host, const char *account, struct ft_error *err);

/* The account's key for DPoP proofs, in the transport's format; makes one if there is none. It is
 * used in messages to the transport alone. A key whose seal key is lost is kept under another name,
 * and a new one is made. FT_UNTRUSTED, FT_SYSTEM, FT_NO_MEMORY. */
int ft_host_key(struct ft_host *host, const char *account, struct ft_secret *ret,
		struct ft_error *err);
/* 0 also if there is none. */
int ft_host_key_remove(struct ft_host *host, const char *account, struct ft_error *err);

/* For a message that people get once a day: whether it is due, and stores that they get it now. If
 * that cannot be stored, false. now: ms since the epoch. */
bool ft_host_tell(struct ft_host *host, const char *account, int64_t now);
/* 0 also if nothing was stored. */
int ft_host_told_remove(struct ft_host *host, const char *account, struct ft_error *err);

/* The client that the service registered for the account (lib/core/client.h), with its secrets.
 * FT_NOT_FOUND; removing is 0 also if there is none. */
int ft_host_client_read(struct ft_host *host, const char *account, struct ft_buf *ret,
			struct ft_error *err);
int ft_host_client_write(struct ft_host *host, const char *account, const struct ft_buf *text,
			 struct ft_error *err);
int ft_host_client_remove(struct ft_host *host, const char *account, struct ft_error *err);

/* Rewrites files with secrets that are sealed and should be in clear, or the reverse, and adds
 * their number to *ret_n. The caller holds the lock. */
int ft_host_rewrite(struct ft_host *host, const char *account, size_t *ret_n,
		    struct ft_error *err);

/* The cache of the service's metadata: without the lock; it has no secrets and may be lost.
 * FT_NOT_FOUND. */
int ft_host_cache_read(struct ft_host *host, const char *account, struct ft_buf *ret,
		       struct ft_error *err);
int ft_host_cache_write(struct ft_host *host, const char *account, const struct ft_buf *text,
			struct ft_error *err);

#endif
