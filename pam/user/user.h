/* SPDX-License-Identifier: MIT */
/*
 * user.h - a process that has become the user, for the user's files
 *
 * Root never opens the user's files. This process belongs to the user, who can kill
 * it, stop it and, with the content of these files, make it send anything. So root
 * believes nothing that it sends, and waits for it only up to a deadline. It cannot
 * be traced, so the user cannot read root's data in its memory; and no client secret
 * is loaded before it is started.
 */
#ifndef FT_PAM_USER_H
#define FT_PAM_USER_H

#include "pam/call/call.h"

struct ft_user {
	pid_t pid;
	int fd;		/* a socket to it (wire.h); -1: none */
};
#define FT_USER_INIT { -1, -1 }

/* Starts the process, which becomes the user and calls run with the other end of the socket; run
 * returns its exit status. FT_SYSTEM. */
int ft_user_start(const struct ft_call *call,
		  int (*run)(const struct ft_call *call, void *data, int fd), void *data,
		  struct ft_user *ret, struct ft_error *err);
/* Waits until the deadline (ft_monotonic_ms) for the process to end, then kills it. Returns its
 * exit status, or -1. */
int ft_user_end(struct ft_user *user, int64_t deadline);

/* Starts such a process, whose `run` must send DONE (ft_user_done), and ends it. Returns the code
 * that it sent, which the user controls, or FT_SYSTEM if it sent nothing for `wait` ms. */
int ft_user_do(const struct ft_call *call,
	       int (*run)(const struct ft_call *call, void *data, int fd), void *data, int64_t wait,
	       struct ft_error *err);

/* In such a process: sends DONE, and returns the exit status. */
int ft_user_done(int fd, int r, const struct ft_error *err);
/* The path of the user's state folder; the caller frees it. FT_NOT_FOUND: there is no home, or it
 * belongs to another user. */
int ft_user_state(const struct ft_call *call, char **ret, struct ft_error *err);

#endif
