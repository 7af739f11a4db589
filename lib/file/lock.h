/* SPDX-License-Identifier: MIT */
/*
 * lock.h - one lock file per account, as an open file description lock
 *
 * F_OFD_SETLK: the lock belongs to the open file description. A process that inherits the
 * descriptor shares the lock, and it lasts until the last copy is closed; so never unlock it. The
 * file is empty and is never removed.
 */
#ifndef FT_LOCK_H
#define FT_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/error.h"
#include "lib/file/privatefile.h"

/* Takes the lock without waiting. FT_BUSY: another process has it; FT_SYSTEM, FT_UNTRUSTED: the
 * file cannot be used. */
int ft_lock_take(const struct ft_folder *folder, const char *name, int *ret_fd,
		 struct ft_error *err);
/* Checks that an inherited descriptor is this lock, and that it is held. FT_UNTRUSTED. */
int ft_lock_adopt(const struct ft_folder *folder, const char *name, int fd, struct ft_error *err);
/*
 * Takes the lock, waiting until a deadline of ft_monotonic_ms; then FT_BUSY. For callers that want
 * to write. (If they waited with ft_lock_wait and took the lock afterwards, all of them would wake
 * and try at once, and hinder each other.)
 */
int ft_lock_await(const struct ft_folder *folder, const char *name, int64_t deadline, int *ret_fd,
		  struct ft_error *err);
/* Likewise for a file FOLDER/NAME that is open already; closing it gives up the lock. */
int ft_lock_open(int fd, const char *folder, const char *name, int64_t deadline,
		 struct ft_error *err);
/* Locks one byte of an open file, so that one file can have many locks. The byte need not exist.
 * false: another process has it. */
bool ft_lock_try_byte(int fd, int64_t at);
/* Waits until nobody has the lock, for callers that only read again; FT_BUSY at the deadline. All
 * waiting functions use a thread, which has ended when they return. */
int ft_lock_wait(const struct ft_folder *folder, const char *name, int64_t deadline,
		 struct ft_error *err);

#endif
