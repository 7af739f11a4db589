/*
 * helper-path.h - where freshtoken-pam is
 *
 * LIBEXECDIR/freshtoken/freshtoken-pam as it was configured. Where the module
 * was loaded as ROOT/PAMDIR/pam_freshtoken.so, PAMDIR being the configured one,
 * it is looked for below ROOT too, so that a staged install works with an
 * absolute path in a stack. Whoever names the module in a stack is root, or runs
 * a program of his own. Nothing comes from the environment.
 */
#ifndef FT_PAM_HELPER_PATH_H
#define FT_PAM_HELPER_PATH_H

#define FT_HELPER_PATH_MAX 4096

void ft_helper_path(char path[FT_HELPER_PATH_MAX]);

#endif
