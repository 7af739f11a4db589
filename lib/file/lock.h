/* SPDX-License-Identifier: MIT */
/*
 * lock.h - one lock file per account, as an open file description lock
 *
 * F_OFD_SETLK: the lock belongs to the open file description, so it passes to
 * whoever inherits the descriptor and lives until the last copy is closed. The
 * file is never removed and holds nothing; its age means nothing.
 */
#ifndef FT_LOCK_H
#define FT_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/error.h"
#include "lib/file/privatefile.h"

/* FT_BUSY; FT_SYSTEM, FT_UNTRUSTED when the lock file cannot be had. */
int ft_lock_take(const struct ft_folder *folder, const char *name, int *ret_fd,
		 struct ft_error *err);
int ft_lock_adopt(const struct ft_folder *folder, const char *name, int fd, struct ft_error *err);
/*
 * Takes it, waiting up to a point of ft_monotonic_ms for whoever has it: then FT_BUSY. Whoever
 * wants to write waits so, and keeps it: waiting as a reader and trying to write then is what
 * all that woke up do at once, and none succeeds.
 */
int ft_lock_await(const struct ft_folder *folder, const char *name, int64_t deadline, int *ret_fd,
		  struct ft_error *err);
/* The same of a file that is open already, FOLDER/NAME; closing it lets go. */
int ft_lock_open(int fd, const char *folder, const char *name, int64_t deadline,
		 struct ft_error *err);
/* One byte of a lock's file, which need not be there: many locks in one file. false: another has
 * it. */
bool ft_lock_try_byte(int fd, int64_t at);
/* Waits until nobody has it, for whoever only reads again. All that wait do so in a thread of their
 * own, which has ended when they return. */
int ft_lock_wait(const struct ft_folder *folder, const char *name, int64_t deadline,
		 struct ft_error *err);

#endif
