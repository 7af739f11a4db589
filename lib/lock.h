/*
 * lock.h - one lock file per account, as an open file description lock
 *
 * F_OFD_SETLK: the lock belongs to the open file description, so it passes to
 * whoever inherits the descriptor and lives until the last copy is closed. The
 * file is never removed and holds nothing; its age means nothing.
 */
#ifndef FT_LOCK_H
#define FT_LOCK_H

#include <stdint.h>
#include "error.h"
#include "privatefile.h"

/* FT_BUSY; FT_SYSTEM, FT_UNTRUSTED when the lock file cannot be had. */
int ft_lock_take(const struct ft_folder *folder, const char *name, int *ret_fd, struct ft_error *err);
int ft_lock_adopt(const struct ft_folder *folder, const char *name, int fd, struct ft_error *err);
/* Waits for the holder in a thread of its own, which has ended when this returns. */
int ft_lock_wait(const struct ft_folder *folder, const char *name, int64_t deadline,
		 struct ft_error *err);

#endif
