/* SPDX-License-Identifier: MIT */
/*
 * start.h - starts freshtoken-pam so that the host process does not notice
 *
 * The host gets no SIGCHLD and can reap no child of ours, whatever it does with
 * SIGCHLD or waitpid(-1): a child that is cloned with exit signal 0 is invisible
 * to both. But execve turns the exit signal into SIGCHLD, so the cloned process,
 * the front, does not execute anything: it starts freshtoken-pam as its own
 * child, waits for it and leaves with its status. Only this module knows the
 * front, by a descriptor (pidfd), and reaps it.
 *
 * freshtoken-pam begins with
 *  - the socket as descriptor 0, /dev/null as 1 and 2, nothing else open
 *  - an environment of three variables, / as its folder, umask 077
 *  - a session of its own, signals as in a fresh process, no core file
 *  - all its ids 0, without groups or the caller's limits, where the host's
 *    effective user is root: under su the real user is still the person, who
 *    could kill or stop it
 *  - an alarm that ends it should it ever hang
 *
 * Nothing of the host changes for good; for the moment of cloning all signals of
 * the calling thread are blocked.
 */
#ifndef FT_PAM_START_H
#define FT_PAM_START_H

#include "lib/base/error.h"

struct ft_started {
	int fd;		/* the socket; -1 */
	int pidfd;	/* the front; -1: none that could be reaped by anybody */
};
#define FT_STARTED_INIT { -1, -1 }

/* FT_SYSTEM. That the program cannot be executed comes over the socket (FT_WIRE_FAILED). */
int ft_start(const char *program, struct ft_started *ret, struct ft_error *err);

/*
 * Closes the socket and reaps the front, which is waited for up to `patience` ms
 * and then killed. freshtoken-pam itself is left to end in its own time: it may
 * be in an exchange that must not be cut short.
 */
void ft_started_end(struct ft_started *started, int patience);

#endif
