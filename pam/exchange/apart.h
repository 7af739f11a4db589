/* SPDX-License-Identifier: MIT */
/*
 * apart.h - work that outlives the login it was begun for
 */
#ifndef FT_PAM_APART_H
#define FT_PAM_APART_H

#include "pam/call/call.h"

/*
 * Runs `run` in a process of its own that is nobody's child, in a session of its own, for
 * `seconds` at most. What it writes to `report` can be read from *ret_report; the end of that is
 * its end. FT_SYSTEM.
 */
int ft_apart_start(struct ft_call *call, void (*run)(struct ft_call *call, int number, int report),
		   int number, unsigned seconds, int *ret_report, struct ft_error *err);

#endif
