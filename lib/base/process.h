/* SPDX-License-Identifier: MIT */
/*
 * process.h - starts another program, hears it out and waits for its end
 *
 * Three forks are no start of a program and stay where they are, for they go on with what is in
 * memory: freshtoken-refresh's own second process, and those of freshtoken-pam (pam/user,
 * pam/exchange). The PAM module has a start of its own (pam/module/start.h): its host may neither
 * see nor reap what it starts.
 *
 * A process that is in a system call to a file system that does not answer (FUSE,
 * NFS) ends when that lets go of it, SIGKILL or not: whoever waits for its end
 * without a limit waits for whoever runs that file system.
 */
#ifndef FT_PROCESS_H
#define FT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "lib/base/buffer.h"

#define FT_PROCESS_FDS 8
/* In place of a descriptor: /dev/null, and what we have there ourselves. */
enum { FT_PROCESS_NULL = -1, FT_PROCESS_OURS = -2 };

struct ft_process {
	const char *const *argv;	/* argv[0] is a path, or a name to be looked for in PATH */
	char *const *environment;	/* NULL: ours */
	int n;				/* at most FT_PROCESS_FDS */
	int fds[FT_PROCESS_FDS]; /* fds[i] is its descriptor i; close-on-exec takes the others */
	bool session;			/* its own: away from our terminal and from its signals */
};

/* With no signal ignored or blocked, whatever we do. 0, or errno. */
int ft_process_start(const struct ft_process *process, pid_t *ret);

/* What comes until its other end is closed; into NULL: nowhere. 0; -1 and errno: ETIMEDOUT after
 * the deadline, EMSGSIZE where the buffer has failed. */
int ft_process_hear(int fd, int64_t deadline, struct ft_buf *buf);

/* A deadline is a point of ft_monotonic_ms. As waitpid: pid; 0: it has not ended; -1 and errno. */
pid_t ft_process_wait(pid_t pid, int *ret_status, int64_t deadline);
/* The same, and it is killed then. 0: not even that has ended it. */
pid_t ft_process_end(pid_t pid, int *ret_status, int64_t deadline);
/* For whoever goes on for minutes: what was started and left alone (a browser, a transport for each
 * question) and has ended meanwhile is not kept as a zombie. */
void ft_process_reap(void);

#endif
