/* check.h - whether a login would work, asked without one */
#ifndef FT_PAM_CHECK_H
#define FT_PAM_CHECK_H

/* options end with NULL. Returns an exit status: 0, or 1 after "error …" on standard output. */
int ft_pam_check(char *const options[]);

#endif
