/* SPDX-License-Identifier: MIT */
/*
 * handle.h - what auth leaves for setcred and open_session, perhaps in another process
 *
 * PAM's environment is all that survives between sshd's processes, and it reaches
 * the person's shell. So it carries 32 hexadecimal digits that mean nothing; the
 * tokens are in a file of that name in RUNSTATEDIR/freshtoken (root's, 0700),
 * good for one user, one account, one time and ten minutes.
 *
 * Tokens that cannot be put into the user's store yet, since there is no home,
 * wait in the same folder for the next session, for a day.
 */
#ifndef FT_PAM_HANDLE_H
#define FT_PAM_HANDLE_H

#include "lib/signin/signin.h"
#include "pam/call/call.h"

struct ft_left {
	char name[128];		/* of the file; "": there is none */
	bool waiting;
	bool shown;		/* it shows who signed in, and has no tokens */
	struct ft_signin signin;
};

/* Sets call->new_handle. The tokens stay in signin too; with `shown` in there alone. */
int ft_handle_leave(struct ft_call *call, const struct ft_signin *signin, bool shown,
		    struct ft_error *err);
/* By the call's handle, else what waits for this user. FT_NOT_FOUND: nothing, or for another
 * user. */
int ft_handle_find(const struct ft_call *call, struct ft_left *ret, struct ft_error *err);
/* Whether a handle shows that this user has just signed in. */
bool ft_handle_shows(const struct ft_call *call);
/* It has been stored, or must not be: gone, and out of PAM's environment. */
void ft_handle_drop(struct ft_call *call, const struct ft_left *left);
/* sudo names another user between auth and setcred. Where that one is not to be checked, nothing
 * under the handle is for that user: it is removed, also from PAM's environment. */
void ft_handle_withdraw(struct ft_call *call);
/* It could not be stored: kept for the next session, and out of PAM's environment. */
int ft_handle_wait(struct ft_call *call, const struct ft_left *left, struct ft_error *err);
void ft_left_release(struct ft_left *left);

#endif
