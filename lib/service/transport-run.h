/* SPDX-License-Identifier: MIT */
/*
 * transport-run.h - one run of freshtoken-transport
 *
 * A refresh starts the transport before it writes the journal, to save time. The
 * transport waits for its request, and sends nothing before ft_transport_send. It
 * keeps the lock, has its own session and an empty environment, and writes its
 * answer to a file, so the exchange completes even if the caller is killed.
 */
#ifndef FT_TRANSPORT_RUN_H
#define FT_TRANSPORT_RUN_H

#include <sys/types.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/exchange/facts.h"

struct ft_transport {
	pid_t pid;		/* 0: not running */
	int request_fd;		/* -1: closed */
	int end_fd;		/* reads its standard error, which it closes after the answer; -1 */
};
#define FT_TRANSPORT_INIT { 0, -1, -1 }

/* The user that root's exchanges run as. */
struct ft_run_as {
	uid_t uid;
	gid_t gid;
};

/* The transport holds the lock of lock_fd too until it ends, but cannot unlock it; -1: no lock.
 * answer_fd: the file for its answer. run_as may be NULL. FT_SYSTEM: nothing was sent. */
int ft_transport_start(const char *libexec, const struct ft_run_as *run_as, int answer_fd,
		       int lock_fd, struct ft_transport *ret, struct ft_error *err);
/* Hands over the request. From now on the exchange happens, even if the caller is killed. */
int ft_transport_send(struct ft_transport *transport, const struct ft_buf *message,
		      struct ft_error *err);
/* Waits for the answer for `seconds` plus a grace time, then kills the transport. When this
 * returns, the transport may still be syncing the answer. Without a request it ends unused. */
void ft_transport_finish(struct ft_transport *transport, unsigned seconds);
/* Reads the text that it wrote, which may be sealed. FT_SYSTEM, FT_UNTRUSTED (too long). */
int ft_transport_read(int answer_fd, struct ft_buf *ret, struct ft_error *err);
/* Reads and parses an answer that is not sealed. FT_UNTRUSTED: no complete answer. */
int ft_transport_answer(int answer_fd, struct ft_facts *ret, struct ft_error *err);

#endif
