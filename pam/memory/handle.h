/* SPDX-License-Identifier: MIT */
/*
 * handle.h - what auth leaves for setcred and open_session, perhaps in another process
 *
 * Only PAM's environment survives between sshd's processes, and it reaches the
 * person's shell. So it holds a handle: 32 random hexadecimal digits. The tokens
 * are in a file named after it in RUNSTATEDIR/freshtoken (root's, 0700), for one
 * user and one account, to be used once within ten minutes.
 *
 * Tokens that cannot be stored yet, because the user has no home, wait in the same
 * folder for the next session, for a day at most.
 */
#ifndef FT_PAM_HANDLE_H
#define FT_PAM_HANDLE_H

#include "lib/signin/signin.h"
#include "pam/call/call.h"

struct ft_left {
	char name[128];		/* of the file; "": there is none */
	bool waiting;		/* from an earlier session, not from this login */
	bool shown;		/* it proves who signed in, and has no tokens */
	struct ft_signin signin;
};

/* Writes the file and sets call->new_handle. shown: the file gets no tokens. */
int ft_handle_leave(struct ft_call *call, const struct ft_signin *signin, bool shown,
		    struct ft_error *err);
/* Reads what was left under the call's handle, else what waits for this user. FT_NOT_FOUND:
 * nothing, or too old. A handle that was left for another user is removed, and counts as none.
 * FT_UNTRUSTED: what waits is damaged, or not for this user. FT_LOGIN_NEEDED: it was made with
 * another configuration. */
int ft_handle_find(const struct ft_call *call, struct ft_left *ret, struct ft_error *err);
/* Whether a handle shows that this user has just signed in. */
bool ft_handle_shows(const struct ft_call *call);
/* The tokens are stored, or must not be: removes them, and the handle from PAM's environment. */
void ft_handle_drop(struct ft_call *call, const struct ft_left *left);
/* sudo sets another user between auth and setcred. If that user is not checked, nothing under the
 * handle is for that user: removes it, and the handle from PAM's environment. */
void ft_handle_withdraw(struct ft_call *call);
/* The tokens could not be stored: keeps them for the next session, and removes the handle from
 * PAM's environment. */
int ft_handle_wait(struct ft_call *call, const struct ft_left *left, struct ft_error *err);
void ft_left_release(struct ft_left *left);

#endif
