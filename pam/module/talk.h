/* SPDX-License-Identifier: MIT */
/*
 * talk.h - one call of the module: asks freshtoken-pam, and relays its messages to the person
 *
 * freshtoken-pam decides. The module decides only when it gets no decision:
 * when the program cannot be started, or stops answering.
 *
 * A line with `seal` gives the program the password that was typed, and decides nothing: whatever
 * happens, it returns PAM_IGNORE; setcred returns PAM_SUCCESS.
 */
#ifndef FT_PAM_TALK_H
#define FT_PAM_TALK_H

#include "pam/wire/decide.h"
#include "pam/wire/libpam.h"

/* Returns a PAM code. */
int ft_talk(pam_handle_t *pamh, enum ft_pam_function function, int flags, int argc,
	    const char **argv);

/* Whether the stack's line has `seal`: then it is for the key that sign-ins are sealed with. */
bool ft_talk_seals(int argc, const char **argv);

#endif
