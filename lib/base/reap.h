/*
 * reap.h - waits for a child, up to a deadline
 *
 * A process that is in a system call to a file system that does not answer (FUSE,
 * NFS) ends when that lets go of it, SIGKILL or not: whoever waits for its end
 * without a limit waits for whoever runs that file system.
 */
#ifndef FT_REAP_H
#define FT_REAP_H

#include <stdint.h>
#include <sys/types.h>

/* After SIGKILL all but a stuck process have ended within that many ms. */
#define FT_REAP_KILLED 1000

/* deadline is a point of ft_monotonic_ms. As waitpid: pid; 0: it has not ended; -1 and errno. */
pid_t ft_reap(pid_t pid, int *ret_status, int64_t deadline);

#endif
