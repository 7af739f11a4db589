/* SPDX-License-Identifier: MIT */
/*
 * helper-path.h - the paths of freshtoken-pam and of its socket
 *
 * LIBEXECDIR/freshtoken/freshtoken-pam and RUNSTATEDIR/freshtoken/pam.sock, as
 * configured at build time. If the module was loaded as
 * ROOT/PAMDIR/pam_freshtoken.so with the configured PAMDIR, both are below ROOT, so
 * that a staged install works with an absolute path in a stack. Only root, or
 * somebody who runs a program of their own, can name a module in a stack. Nothing
 * comes from the environment.
 */
#ifndef FT_PAM_HELPER_PATH_H
#define FT_PAM_HELPER_PATH_H

#define FT_HELPER_PATH_MAX 4096

/* The program. */
void ft_helper_path(char path[FT_HELPER_PATH_MAX]);
/* The socket of freshtoken-pam.socket, which may not exist. */
void ft_helper_socket(char path[FT_HELPER_PATH_MAX]);

#endif
