/* SPDX-License-Identifier: MIT */
/*
 * kept.h - what the module keeps between two calls for one PAM handle
 *
 * The program's notes and the typed password are PAM data, and are gone when the process is. The
 * handle, which names the tokens that auth got, is in PAM's environment, because sshd runs auth and
 * setcred in two processes; it is the program's to check. Where memory is short nothing is kept.
 */
#ifndef FT_PAM_KEPT_H
#define FT_PAM_KEPT_H

#include <stdbool.h>
#include "pam/wire/libpam.h"

/* Bytes; a longer password is not kept, and not sent. */
#define FT_KEPT_PASSWORD_MAX 4096

/* NULL or too long: what was kept stays. "": it is removed. */
void ft_kept_set_notes(pam_handle_t *pamh, const char *notes);
/* NULL: there are none. */
const char *ft_kept_notes(pam_handle_t *pamh);

/* As above; what cannot be a handle is ignored. */
void ft_kept_set_handle(pam_handle_t *pamh, const char *handle);
/* NULL: there is none. The user can set PAM's environment: only what looks like a handle counts. */
const char *ft_kept_handle(pam_handle_t *pamh);

/* Keeps the password with the user that it was typed for; NULL: wipes the kept one. */
void ft_kept_set_password(pam_handle_t *pamh, const char *user, const char *password);
/* NULL: none was kept for this user. */
const char *ft_kept_password(pam_handle_t *pamh, const char *user);

/* Wipes all of it. */
void ft_kept_forget(pam_handle_t *pamh);

#endif
