/* SPDX-License-Identifier: MIT */
/*
 * handover.h - starts freshtoken-refresh for an account whose lock we hold
 */
#ifndef FT_HANDOVER_H
#define FT_HANDOVER_H

#include <stdint.h>
#include "lib/core/context.h"

/* The descriptors as freshtoken-refresh finds them. */
enum { FT_HANDOVER_LOCK_FD = 3, FT_HANDOVER_RESULT_FD = 4, FT_HANDOVER_LOGIN_FD = 5 };

/*
 * Hands over the lock: the caller closes its own copy of lock_fd and must not
 * unlock it. login_fd is a file with the refresh token and, in a second line,
 * the old access token to prove; -1: the stored record is refreshed.
 * With ret_result_fd the outcome can be waited for; NULL: nobody waits.
 */
int ft_handover_start(const struct freshtoken *ft, const char *account, const struct ft_want *want,
		     int lock_fd, int login_fd, int *ret_result_fd, struct ft_error *err);

/*
 * Waits for what freshtoken-refresh says, up to a point of ft_monotonic_ms.
 * Returns its code with its text; FT_BUSY: it still works at the deadline;
 * FT_SYSTEM with *ret_silent set: it ended without a word (it was killed).
 */
int ft_handover_result(int result_fd, int64_t deadline, bool *ret_silent, struct ft_error *err);

#endif
