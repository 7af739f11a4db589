/* SPDX-License-Identifier: MIT */
/*
 * command.c - a token that a program prints
 *
 * An account's file names the program, which is the user's own or root's; a profile cannot name
 * one. No shell interprets its words. It runs in its own session, without input. Its standard
 * output is the token; if it fails, the last line of its standard error is told. When it has ended,
 * or its time is over, or it has printed too much, everything left in its process group is killed.
 * Processes that have made their own session are left alone, and nobody waits for them: gpg-agent
 * and others should stay for the next time.
 */
#include "config.h"
#include "lib/source/kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "lib/base/process.h"
#include "lib/base/secret.h"

#define WORDS_MAX 64
#define TURN_MS 50	/* how late its end may be noticed */
#define KILLED_MS 1000	/* to wait for its end after SIGKILL */
#define TOKEN_MIN 4	/* bytes; anything shorter is no secret, and may be part of any word */
#define DRAIN_MAX 64	/* reads after its end: processes that left its group may go on writing */

enum { OUT, ERR, STREAMS };

struct run {
	pid_t pid;
	int fds[STREAMS];	/* -1: closed */
	struct ft_buf *out;
	char tail[512];		/* the end of its standard error */
	size_t tail_len;
	bool ended, late;
};

/* Splits a copy of the command into words. */
static int split(char *copy, const char *argv[WORDS_MAX + 1], struct ft_error *err)
{
	char *rest = NULL;
	size_t n = 0;

	for (char *word = strtok_r(copy, " \t", &rest); word != NULL;
	     word = strtok_r(NULL, " \t", &rest)) {
		if (n == WORDS_MAX)
			return ft_error_set(err, FT_CONFIG, "it has more than %d words", WORDS_MAX);
		argv[n++] = word;
	}
	argv[n] = NULL;
	return 0;
}

static void keep_tail(struct run *run, const char *said, size_t len)
{
	size_t room = sizeof run->tail - 1;

	if (len > room) {
		said += len - room;
		len = room;
	}
	size_t keep = run->tail_len + len > room ? room - len : run->tail_len;

	memmove(run->tail, run->tail + run->tail_len - keep, keep);
	memcpy(run->tail + keep, said, len);
	run->tail_len = keep + len;
	run->tail[run->tail_len] = '\0';
}

/* Reads once; returns whether there may be more. */
static bool hear(struct run *run, int stream)
{
	char said[4096];
	ssize_t got = read(run->fds[stream], said, sizeof said);

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return errno == EINTR;
	if (got <= 0) {
		(void)close(run->fds[stream]);
		run->fds[stream] = -1;
	} else if (stream == OUT) {
		ft_buf_add(run->out, said, (size_t)got);
	} else {
		keep_tail(run, said, (size_t)got);
	}
	ft_wipe(said, sizeof said);
	return got > 0;
}

static bool has_ended(const struct run *run)
{
	siginfo_t info = { .si_pid = 0 };

	/* Not reaped yet, so that its process id cannot be reused before its group is killed. */
	return waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
	       info.si_pid != 0;
}

static void follow(struct run *run, int64_t deadline)
{
	while (!run->ended && !run->late && run->out->failed == 0) {
		struct pollfd ready[STREAMS] = { { run->fds[OUT], POLLIN, 0 },
						 { run->fds[ERR], POLLIN, 0 } };

		(void)poll(ready, STREAMS, TURN_MS);
		for (int i = 0; i < STREAMS; i++)
			if (run->fds[i] >= 0 && ready[i].revents != 0)
				(void)hear(run, i);
		run->ended = has_ended(run);
		run->late = ft_monotonic_ms() >= deadline;
	}
}

/* Kills its group, reads the rest of its output, and returns its status as waitpid gives it. */
static int end(struct run *run)
{
	int status = 0;

	(void)kill(-run->pid, SIGKILL);
	for (int i = 0; i < STREAMS; i++)
		for (int n = 0; run->ended && run->fds[i] >= 0 && n < DRAIN_MAX; n++)
			if (!hear(run, i))
				break;
	/* A program that has become another user cannot be killed, so the wait is limited. */
	(void)ft_process_wait(run->pid, &status, ft_monotonic_ms() + KILLED_MS);
	return status;
}

static const char *last_line(struct run *run)
{
	while (run->tail_len > 0 && strchr("\r\n", run->tail[run->tail_len - 1]) != NULL)
		run->tail[--run->tail_len] = '\0';
	const char *line = strrchr(run->tail, '\n');

	return line != NULL ? line + 1 : run->tail;
}

/* Whether the line contains the token, as that of a script that runs with "set -x" may. */
static bool repeats_token(const struct run *run, const char *line)
{
	const char *text = run->out->data;

	while (text != NULL && *text != '\0') {
		const size_t len = strcspn(text, "\r\n");

		if (len >= TOKEN_MIN && memmem(line, strlen(line), text, len) != NULL)
			return true;
		text += len;
		text += strspn(text, "\r\n");
	}
	return false;
}

static int judge(struct run *run, int status, unsigned seconds, const char *program,
		 struct ft_error *err)
{
	int r = 0;

	/* The caller reports output that is too long. */
	if (run->out->failed != 0)
		return 0;
	if (!run->ended)
		r = ft_error_set(err, FT_TEMPORARY, "it did not end within %u seconds", seconds);
	else if (WIFSIGNALED(status))
		r = ft_error_set(err, FT_TEMPORARY, "it was ended by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		r = ft_error_set(err, FT_TEMPORARY, "it ended with status %d", WEXITSTATUS(status));
	if (r != 0) {
		const char *line = last_line(run);

		if (!repeats_token(run, line))
			ft_error_foreign(err, line);
		(void)ft_error_remedy(err, r, "run %s by hand to see why", program);
	}
	return r;
}

static int start(const char *const *argv, struct run *ret, struct ft_error *err)
{
	int pipes[STREAMS][2] = { { -1, -1 }, { -1, -1 } }, cause = 0;

	for (int i = 0; i < STREAMS && cause == 0; i++)
		if (pipe2(pipes[i], O_CLOEXEC) != 0 ||
		    fcntl(pipes[i][0], F_SETFL, O_NONBLOCK) != 0)
			cause = errno;
	const struct ft_process process = { .argv = argv, .session = true, .n = 3,
					    .fds = { FT_PROCESS_NULL, pipes[OUT][1],
						     pipes[ERR][1] } };

	if (cause == 0)
		cause = ft_process_start(&process, &ret->pid);
	for (int i = 0; i < STREAMS; i++) {
		ret->fds[i] = pipes[i][0];
		if (pipes[i][1] >= 0)
			(void)close(pipes[i][1]);
	}
	if (cause == 0)
		return 0;
	(void)ft_error_errno(err, FT_TEMPORARY, cause, "it cannot be started");
	return ft_error_remedy(err, FT_TEMPORARY, "make %s a program that you may run, or correct "
			       "from", argv[0]);
}

int ft_source_command(const char *command, unsigned seconds, struct ft_buf *ret,
		      struct ft_error *err)
{
	struct run run = { .fds = { -1, -1 }, .out = ret };
	const char *argv[WORDS_MAX + 1] = { NULL };
	char *copy = strdup(command);
	int r = copy == NULL ? ft_error_memory(err) : split(copy, argv, err);

	if (r == 0)
		r = start(argv, &run, err);
	if (r == 0) {
		follow(&run, ft_monotonic_ms() + (int64_t)seconds * 1000);
		r = judge(&run, end(&run), seconds, argv[0], err);
	}
	for (int i = 0; i < STREAMS; i++)
		if (run.fds[i] >= 0)
			(void)close(run.fds[i]);
	free(copy);
	return r;
}
