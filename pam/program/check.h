/* SPDX-License-Identifier: MIT */
/* check.h - whether a login would work, asked without one */
#ifndef FT_PAM_CHECK_H
#define FT_PAM_CHECK_H

#include "lib/config/user-map.h"
#include "pam/call/call.h"

/* options are "--person NAME", or "--directory", or neither, and those of a PAM line; they end with
 * NULL. Returns an exit status: 0, or 1 after "error …" on standard output. */
int ft_pam_check(char *const options[]);

/* metrics.c: what is known of how many persons, on standard output. Returns an exit status. */
int ft_pam_metrics(void);

/* check-person.c: whether the checker may ask the directory at all, by a question about somebody
 * whom it cannot know; and what it says of a user. Both append lines "told RESULT TEXT", RESULT
 * being ok, note, warning or error. */
void ft_check_directory(struct ft_call *call, const struct ft_user_map *map, struct ft_buf *report);
void ft_check_person(struct ft_call *call, const char *name, struct ft_buf *report);

#endif
