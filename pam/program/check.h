/* SPDX-License-Identifier: MIT */
/* check.h - whether a login would work, asked without one */
#ifndef FT_PAM_CHECK_H
#define FT_PAM_CHECK_H

#include "pam/call/call.h"

/* options are "--person NAME", or not, and those of a PAM line; they end with NULL. Returns an exit
 * status: 0, or 1 after "error …" on standard output. */
int ft_pam_check(char *const options[]);

/* metrics.c: what is known of how many persons, on standard output. Returns an exit status. */
int ft_pam_metrics(void);

/* check-person.c: appends lines "told RESULT TEXT", RESULT being ok, note, warning or error. */
void ft_check_person(struct ft_call *call, const char *name, struct ft_buf *report);

#endif
