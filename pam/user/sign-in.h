/* SPDX-License-Identifier: MIT */
/*
 * sign-in.h - what is done in a user's store; runs as the user (user.h)
 *
 * The same engine as freshtoken-refresh's: lock, journal, result; but the service
 * is asked by root, who has the client's secret and must see the answer himself.
 */
#ifndef FT_PAM_SIGN_IN_H
#define FT_PAM_SIGN_IN_H

#include "pam/call/call.h"
#include "pam/memory/handle.h"

/*
 * data is a bool: whatever the record says, or only where it is due. Under the account's lock:
 * sends ASK with the record's tokens, gets JUDGED, writes the record, sends DONE. DONE alone: FT_OK
 * (nothing is due), FT_NOT_FOUND (nobody has signed in here), FT_LOGIN_NEEDED (made with another
 * configuration, or no refresh token), FT_BUSY (locked), others.
 */
int ft_user_refresh(const struct ft_call *call, void *data, int fd);

/* Stores a sign-in (struct ft_left *) and sends DONE: FT_OK, FT_NOT_FOUND (there is no home). */
int ft_user_keep(const struct ft_call *call, void *data, int fd);

#endif
