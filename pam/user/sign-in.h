/* SPDX-License-Identifier: MIT */
/*
 * sign-in.h - refreshes and stores a sign-in in the user's store; runs as the user (user.h)
 *
 * It works as freshtoken-refresh does, with lock, journal and record. But root makes
 * the exchange: root has the client's secret, and must see the answer itself.
 */
#ifndef FT_PAM_SIGN_IN_H
#define FT_PAM_SIGN_IN_H

#include "pam/call/call.h"
#include "pam/memory/handle.h"

/*
 * data: a bool; true: refreshes in any case, false: only if it is due. Under the account's lock it
 * sends ASK with the record's tokens, receives JUDGED, writes the record and sends DONE. If it
 * sends only DONE: FT_OK (nothing is due), FT_NOT_FOUND (nobody has signed in),
 * FT_LOGIN_NEEDED (the record is of another configuration, or has no refresh token), FT_BUSY
 * (locked), or another error.
 */
int ft_user_refresh(const struct ft_call *call, void *data, int fd);

/* Stores a sign-in (struct ft_left *) and sends DONE: FT_OK, FT_NOT_FOUND (there is no home). */
int ft_user_keep(const struct ft_call *call, void *data, int fd);

/* Whether the account's record has this access token (struct ft_secret *). Sends DONE: FT_OK;
 * FT_NOT_FOUND, or another error where nothing can be said. */
int ft_user_has(const struct ft_call *call, void *data, int fd);

#endif
