/* SPDX-License-Identifier: MIT */
/* The state of a process that a PAM module must not change. */
#ifndef FT_TEST_STATE_H
#define FT_TEST_STATE_H

#include <stdbool.h>

/* Lines "WHAT VALUE", sorted as they are taken; freed by the caller. */
char *state_take(void);
/* Prints what differs; true where nothing does. Files mapped may be more by what matches
 * pam_*.so, where `first` (the stack's modules are loaded in the first call). */
bool state_same(const char *before, const char *after, bool first);

#endif
