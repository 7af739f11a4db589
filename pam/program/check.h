/* SPDX-License-Identifier: MIT */
/* check.h - tells without a login whether a login would work */
#ifndef FT_PAM_CHECK_H
#define FT_PAM_CHECK_H

#include "lib/config/user-map.h"
#include "pam/call/call.h"

/* options are "--person NAME", or "--directory", or neither, and those of a PAM line; they end with
 * NULL. Returns an exit status: 0, or 1 after "error …" on standard output. */
int ft_pam_check(char *const options[]);

/* metrics.c: prints how many persons root knows what of (see there). Returns an exit status. */
int ft_pam_metrics(void);

/* check-person.c: whether the checker may ask the directory at all, tried with an invented person;
 * and what the directory says of a user. Both append lines "told RESULT TEXT", where RESULT is ok,
 * note, warning or error. */
void ft_check_directory(struct ft_call *call, const struct ft_user_map *map, struct ft_buf *report);
void ft_check_person(struct ft_call *call, const char *name, struct ft_buf *report);

#endif
