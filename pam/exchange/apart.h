/* SPDX-License-Identifier: MIT */
/*
 * apart.h - work that outlives the login that started it
 */
#ifndef FT_PAM_APART_H
#define FT_PAM_APART_H

#include "pam/call/call.h"

/*
 * Runs `run` in a separate process and session, which is not this process's child, for `seconds`
 * at most. What it writes to `report` can be read from *ret_report, whose end of file means that
 * the process has ended. FT_SYSTEM.
 */
int ft_apart_start(struct ft_call *call, void (*run)(struct ft_call *call, int number, int report),
		   int number, unsigned seconds, int *ret_report, struct ft_error *err);

#endif
