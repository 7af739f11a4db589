/* SPDX-License-Identifier: MIT */
/*
 * transport-run.h - one run of freshtoken-transport
 *
 * A refresh starts it before the journal is written, so that both take their
 * time at once, and it waits for its request; nothing is sent before send is
 * called. It keeps the lock, has a session and an environment of its own, and
 * writes its answer into a file that outlives us.
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
	int end_fd;		/* its standard error, closed when the answer is complete; -1 */
};
#define FT_TRANSPORT_INIT { 0, -1, -1 }

/* Whom it runs as, where that is not the caller: root's exchanges. */
struct ft_run_as {
	uid_t uid;
	gid_t gid;
};

/* What lock_fd holds is held by the transport too, until it ends, and out of its reach; -1: none.
 * run_as may be NULL. FT_SYSTEM: nothing was sent. */
int ft_transport_start(const char *libexec, const struct ft_run_as *run_as, int answer_fd,
		       int lock_fd, struct ft_transport *ret, struct ft_error *err);
/* Hands over the request. From here on the exchange happens, whatever becomes of us. */
int ft_transport_send(struct ft_transport *transport, const struct ft_buf *message,
		      struct ft_error *err);
/* Waits for its answer, `seconds` and a little longer; kills it then. It may go on for the
 * moment that the answer takes to the disk. Without send: it ends unused. */
void ft_transport_finish(struct ft_transport *transport, unsigned seconds);
/* What it wrote, sealed or not. FT_SYSTEM, FT_UNTRUSTED (too long). */
int ft_transport_read(int answer_fd, struct ft_buf *ret, struct ft_error *err);
/* … and what that says. FT_UNTRUSTED: no complete answer. */
int ft_transport_answer(int answer_fd, struct ft_facts *ret, struct ft_error *err);

#endif
