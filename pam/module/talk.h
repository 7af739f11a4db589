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

/* The variable of PAM's environment that carries the handle from auth to setcred, which sshd runs
 * in two processes. */
#define FT_TALK_HANDLE "FRESHTOKEN_HANDLE"
/* Names of PAM data: the program's notes for its next call; the password that was typed. */
#define FT_TALK_MEMORY "freshtoken"
#define FT_TALK_PASSWORD "freshtoken-password"

/* Returns a PAM code. */
int ft_talk(pam_handle_t *pamh, enum ft_pam_function function, int flags, int argc,
	    const char **argv);

/* Whether the stack's line has `seal`: then it is for the key that sign-ins are sealed with. */
bool ft_talk_seals(int argc, const char **argv);

/* Wipes everything that the module has kept for this PAM handle. */
void ft_talk_forget(pam_handle_t *pamh);

#endif
