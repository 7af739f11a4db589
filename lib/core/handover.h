/* SPDX-License-Identifier: MIT */
/*
 * handover.h - starts freshtoken-refresh for an account whose lock we hold
 */
#ifndef FT_HANDOVER_H
#define FT_HANDOVER_H

#include <stdint.h>
#include "lib/core/context.h"

/* The descriptors that freshtoken-refresh gets. */
enum { FT_HANDOVER_LOCK_FD = 3, FT_HANDOVER_RESULT_FD = 4, FT_HANDOVER_LOGIN_FD = 5 };

/* Why there is an error although the sign-in was made: the fleet's store does not have it yet. */
#define FT_HANDOVER_KEPT "the sign-in is kept on this host, and goes to the others with the next " \
	"token that this host is asked for"

/*
 * Starts the program and hands over the lock: the caller then closes its own copy of lock_fd, and
 * must not unlock it (an unlock drops the lock for all copies). login_fd: a file with the refresh
 * token of a sign-in to prove and, in a second line, the old access token; -1: the stored record is
 * refreshed. ret_result_fd: for ft_handover_result; NULL: nobody waits.
 */
int ft_handover_start(const struct freshtoken *ft, const char *account, const struct ft_want *want,
		     int lock_fd, int login_fd, int *ret_result_fd, struct ft_error *err);

/*
 * Waits for the report of freshtoken-refresh until a deadline of ft_monotonic_ms. Returns its code
 * and message; FT_BUSY: it is still running at the deadline; FT_TEMPORARY with *ret_silent set: it
 * ended without a report, because it was killed.
 */
int ft_handover_result(int result_fd, int64_t deadline, bool *ret_silent, struct ft_error *err);

#endif
