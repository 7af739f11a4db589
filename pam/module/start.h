/* SPDX-License-Identifier: MIT */
/*
 * start.h - starts freshtoken-pam so that the host process does not notice
 *
 * The host gets no SIGCHLD and cannot reap the module's child, whatever it does
 * with SIGCHLD or waitpid(-1): a child cloned with exit signal 0 is invisible to
 * both. But execve sets the exit signal to SIGCHLD. So the cloned process, called
 * the front, executes nothing: it starts freshtoken-pam as its own child, waits
 * for it and exits with its status. Only this module knows the front, by a
 * descriptor (pidfd), and reaps it.
 *
 * freshtoken-pam begins with
 *  - the socket as descriptor 0, /dev/null as 1 and 2, no other descriptor open
 *  - an environment of three variables, / as its folder, umask 077
 *  - its own session, all signals at their defaults, no core file
 *  - where the host's effective user is root: all ids 0, no groups, and none of
 *    the caller's limits. Under su the real user is still the person, who could
 *    otherwise kill or stop it.
 *  - an alarm that ends it if it ever hangs
 *
 * Nothing of the host changes for good; for the moment of cloning all signals of
 * the calling thread are blocked.
 */
#ifndef FT_PAM_START_H
#define FT_PAM_START_H

#include "lib/base/error.h"

struct ft_started {
	int fd;		/* the socket; -1: none */
	int pidfd;	/* the front; -1: it needs no reaping */
};
#define FT_STARTED_INIT { -1, -1 }

/* FT_SYSTEM. A program that cannot be executed is reported over the socket (FT_WIRE_FAILED). */
int ft_start(const char *program, struct ft_started *ret, struct ft_error *err);

/*
 * Closes the socket, waits up to `patience` ms for the front to end, then kills it,
 * and reaps it. freshtoken-pam itself is not killed: it may be in an exchange that
 * must not be cut short.
 */
void ft_started_end(struct ft_started *started, int patience);

#endif
