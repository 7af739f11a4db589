/* SPDX-License-Identifier: MIT */
/*
 * process.h - starts another program, reads what it prints, and waits for its end
 *
 * A process that continues with what is in memory is forked where that is done. The PAM module
 * starts programs in its own way (pam/module/start.h): its host must neither see nor reap them.
 *
 * All waiting has a deadline, because SIGKILL does not end a process inside a system call to a file
 * system that does not answer (FUSE, NFS): whoever runs that file system could make us wait.
 */
#ifndef FT_PROCESS_H
#define FT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "lib/base/buffer.h"

#define FT_PROCESS_FDS 8
/* In place of a descriptor: /dev/null; or the caller's own descriptor of that number. */
enum { FT_PROCESS_NULL = -1, FT_PROCESS_OURS = -2 };

struct ft_process {
	const char *const *argv;	/* argv[0] is a path, or a name that is searched in PATH */
	char *const *environment;	/* NULL: the caller's */
	int n;				/* at most FT_PROCESS_FDS */
	int fds[FT_PROCESS_FDS];	/* fds[i] becomes its descriptor i; all others must be
					 * close-on-exec */
	bool session;			/* in a session of its own, without our terminal */
};

/*
 * For main, before anything is opened: where stdin, stdout or stderr is closed, /dev/null takes its
 * place, for reading alone, so that writing fails as before. Otherwise a record, a lock or a socket
 * would get the number, and what is printed would go there. False: it cannot be had.
 */
bool ft_process_fill(void);

/* Starts it with no signal ignored or blocked, whatever the caller ignores or blocks. Returns 0 or
 * an errno value. */
int ft_process_start(const struct ft_process *process, pid_t *ret);

/* Reads fd into buf until the other end is closed; buf NULL discards the data. 0; -1 and errno:
 * ETIMEDOUT after the deadline (a point of ft_monotonic_ms), EMSGSIZE if the buffer has failed. */
int ft_process_hear(int fd, int64_t deadline, struct ft_buf *buf);

/* Waits until a deadline of ft_monotonic_ms. As waitpid: pid; 0: it has not ended; -1 and errno. */
pid_t ft_process_wait(pid_t pid, int *ret_status, int64_t deadline);
/* Likewise, but kills it at the deadline. 0: it has not ended even then (see above). */
pid_t ft_process_end(pid_t pid, int *ret_status, int64_t deadline);
/* Reaps all children that have ended. For a program that runs for minutes and starts others without
 * waiting for them (a browser, a transport for each question): none stays a zombie. */
void ft_process_reap(void);

#endif
