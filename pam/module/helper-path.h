/* SPDX-License-Identifier: MIT */
/*
 * helper-path.h - where freshtoken-pam is, and where it can be reached
 *
 * LIBEXECDIR/freshtoken/freshtoken-pam and RUNSTATEDIR/freshtoken/pam.sock as
 * they were configured. Where the module was loaded as
 * ROOT/PAMDIR/pam_freshtoken.so, PAMDIR being the configured one, they are looked
 * for below ROOT too, so that a staged install works with an absolute path in a
 * stack. Whoever names the module in a stack is root, or runs a program of their
 * own. Nothing comes from the environment.
 */
#ifndef FT_PAM_HELPER_PATH_H
#define FT_PAM_HELPER_PATH_H

#define FT_HELPER_PATH_MAX 4096

/* The program. */
void ft_helper_path(char path[FT_HELPER_PATH_MAX]);
/* The socket of freshtoken-pam.socket; there need not be one. */
void ft_helper_socket(char path[FT_HELPER_PATH_MAX]);

#endif
