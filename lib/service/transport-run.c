/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/service/transport-run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "lib/base/process.h"
#include "lib/config/places.h"

/* Seconds after its own time limit when a transport is taken to hang. */
#define GRACE_SECONDS 10

/*
 * The lock lives as long as its open file does. The transport must keep it open, but must not be
 * able to unlock it or write to it, as it could with the descriptor. So the transport gets a socket
 * whose queue holds the descriptor. Taking it out needs recvmsg(2), which the sandbox forbids;
 * reading the queue or closing the socket only drops the lock, as the end of the transport would.
 * Returns the socket, which the caller closes; -1 with errno: the system refuses it, for instance
 * because the user has too many descriptors in such queues.
 */
static int park(int lock_fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof lock_fd)];
	} control;
	struct iovec byte = { (char []){ 'x' }, 1 };
	struct msghdr message = {
		.msg_iov = &byte, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof control,
	};
	int pair[2];

	memset(&control, 0, sizeof control);
	control.header = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(sizeof lock_fd),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
	};
	memcpy(CMSG_DATA(&control.header), &lock_fd, sizeof lock_fd);
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	ssize_t n = sendmsg(pair[0], &message, MSG_NOSIGNAL);
	int cause = errno;

	(void)close(pair[0]);
	if (n == 1)
		return pair[1];
	(void)close(pair[1]);
	errno = cause;
	return -1;
}

int ft_transport_start(const char *libexec, const struct ft_run_as *run_as, int answer_fd,
		       int lock_fd, struct ft_transport *ret, struct ft_error *err)
{
	char *program = ft_places_join(libexec, "freshtoken-transport"), uid[24], gid[24];
	const char *argv[] = { program, NULL, NULL, NULL };
	char *environment[] = { NULL };
	int fds[2] = { -1, -1 }, end[2] = { -1, -1 }, parked = -1, cause = 0;
	pid_t pid = 0;

	if (program == NULL)
		return ft_error_memory(err);
	if (run_as != NULL) {
		(void)snprintf(uid, sizeof uid, "%lu", (unsigned long)run_as->uid);
		(void)snprintf(gid, sizeof gid, "%lu", (unsigned long)run_as->gid);
		argv[1] = uid;
		argv[2] = gid;
	}
	if (pipe2(fds, O_CLOEXEC) != 0 || pipe2(end, O_CLOEXEC) != 0) {
		cause = errno;
		for (int i = 0; i < 2 && fds[0] >= 0; i++)
			(void)close(fds[i]);
		free(program);
		return ft_error_errno(err, FT_SYSTEM, cause, "cannot make a pipe");
	}
	if (lock_fd >= 0) {
		parked = park(lock_fd);
		/* Without it the descriptor itself is passed, and only the system call filter
		 * keeps the transport from unlocking it. */
		if (parked >= 0)
			lock_fd = parked;
	}
	cause = ft_process_start(
		&(struct ft_process){ .argv = argv, .environment = environment, .session = true,
				      .n = lock_fd >= 0 ? 4 : 3,
				      .fds = { fds[0], answer_fd, end[1], lock_fd } },
		&pid);
	if (parked >= 0)
		(void)close(parked);
	(void)close(fds[0]);
	(void)close(end[1]);
	if (cause != 0) {
		(void)close(fds[1]);
		(void)close(end[0]);
		(void)ft_error_errno(err, FT_SYSTEM, cause, "cannot start %s", program);
	} else {
		*ret = (struct ft_transport){ pid, fds[1], end[0] };
	}
	free(program);
	return cause != 0 ? FT_SYSTEM : 0;
}

/* Like write, but without SIGPIPE, which would end the calling program. */
static ssize_t write_quietly(int fd, const char *data, size_t len)
{
	static const struct timespec at_once = { 0, 0 };
	sigset_t pipe_signal, before, pending;

	(void)sigemptyset(&pipe_signal);
	(void)sigaddset(&pipe_signal, SIGPIPE);
	(void)sigemptyset(&pending);
	(void)sigpending(&pending);
	(void)pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
	ssize_t n = write(fd, data, len);
	int cause = errno;

	/* SIGPIPE may come even after a partial write: removes it, unless it was pending before. */
	if (!sigismember(&pending, SIGPIPE))
		while (sigtimedwait(&pipe_signal, NULL, &at_once) < 0 && errno == EINTR)
			continue;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = cause;
	return n;
}

int ft_transport_send(struct ft_transport *transport, const struct ft_buf *message,
		      struct ft_error *err)
{
	size_t done = 0;
	int r = 0;

	while (done < message->len) {
		ssize_t n = write_quietly(transport->request_fd, message->data + done,
					  message->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			r = ft_error_errno(err, FT_SYSTEM, errno,
					   "freshtoken-transport does not listen");
			break;
		}
		done += (size_t)n;
	}
	(void)close(transport->request_fd);
	transport->request_fd = -1;
	return r;
}

void ft_transport_finish(struct ft_transport *transport, unsigned seconds)
{
	if (transport->request_fd >= 0)
		(void)close(transport->request_fd);
	if (transport->pid != 0 &&
	    /* Its standard error is for developers and is not kept. */
	    ft_process_hear(transport->end_fd,
			    ft_monotonic_ms() + ((int64_t)seconds + GRACE_SECONDS) * 1000,
			    NULL) != 0)
		(void)kill(transport->pid, SIGKILL);
	if (transport->end_fd >= 0)
		(void)close(transport->end_fd);
	*transport = (struct ft_transport)FT_TRANSPORT_INIT;
}

int ft_transport_read(int answer_fd, struct ft_buf *ret, struct ft_error *err)
{
	if (lseek(answer_fd, 0, SEEK_SET) != 0 || ft_buf_read(ret, answer_fd) != 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "cannot read the transport's answer");
	return ft_buf_check(ret, "the transport's answer", err);
}

int ft_transport_answer(int answer_fd, struct ft_facts *ret, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(2 * FT_MESSAGE_MAX);
	int r = ft_transport_read(answer_fd, &text, err);

	if (r == 0)
		r = ft_facts_parse(text.data, text.len, ret, err);
	ft_buf_release(&text);
	return r;
}
