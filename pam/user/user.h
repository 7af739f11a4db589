/* SPDX-License-Identifier: MIT */
/*
 * user.h - a process that has become the user, for the user's files
 *
 * Root touches none of them. The process belongs to the user, who can kill it,
 * stop it and, by what is in these files, make it say anything; so nothing it
 * says is believed, and it is waited for up to a deadline. The user cannot look
 * at what it knows of root's (it cannot be traced), and no client secret is
 * loaded before.
 */
#ifndef FT_PAM_USER_H
#define FT_PAM_USER_H

#include "pam/call/call.h"

struct ft_user {
	pid_t pid;
	int fd;		/* a socket to it (wire.h); -1 */
};
#define FT_USER_INIT { -1, -1 }

/* run gets the other end, and its value is the exit status. FT_SYSTEM. */
int ft_user_start(const struct ft_call *call,
		  int (*run)(const struct ft_call *call, void *data, int fd), void *data,
		  struct ft_user *ret, struct ft_error *err);
/* Waits for its end up to a point of ft_monotonic_ms, and kills it then. Its exit status; -1. */
int ft_user_end(struct ft_user *user, int64_t deadline);

/* Does it, with `run`, which sends DONE (ft_user_done): what it says, or FT_SYSTEM where it says
 * nothing for `wait` ms. Then it is killed. */
int ft_user_do(const struct ft_call *call,
	       int (*run)(const struct ft_call *call, void *data, int fd), void *data, int64_t wait,
	       struct ft_error *err);

/* For such a process: its last word, and the exit status. */
int ft_user_done(int fd, int r, const struct ft_error *err);
/* The state folder, to be freed. FT_NOT_FOUND: there is no home, or it is somebody else's. */
int ft_user_state(const struct ft_call *call, char **ret, struct ft_error *err);

#endif
