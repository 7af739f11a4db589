/* SPDX-License-Identifier: MIT */
/*
 * talk.h - one call of the module's: asks freshtoken-pam, and speaks with the person for it
 *
 * What is decided is decided there. What the module decides alone is what it
 * cannot be told: that the program cannot be started, or fell silent.
 *
 * A line with `seal` gives the program the password that was typed, and decides nothing: whatever
 * happens it is PAM_IGNORE, of setcred PAM_SUCCESS.
 */
#ifndef FT_PAM_TALK_H
#define FT_PAM_TALK_H

#include "pam/wire/decide.h"
#include "pam/wire/libpam.h"

/* In PAM's environment between auth and setcred, which sshd runs in two processes. */
#define FT_TALK_HANDLE "FRESHTOKEN_HANDLE"
/* The name of our PAM data. */
#define FT_TALK_MEMORY "freshtoken"
#define FT_TALK_PASSWORD "freshtoken-password"

/* Returns a PAM code. */
int ft_talk(pam_handle_t *pamh, enum ft_pam_function function, int flags, int argc,
	    const char **argv);

/* Whether the line of the stack is one for the key that things are sealed with. */
bool ft_talk_seals(int argc, const char **argv);

/* Wipes what is kept for this PAM handle. */
void ft_talk_forget(pam_handle_t *pamh);

#endif
