/* SPDX-License-Identifier: MIT */
/* process.h */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "lib/base/process.h"
#include "tests/unit/unit.h"

#define LONG_ENOUGH (ft_monotonic_ms() + 60000)

/* What a shell prints on its descriptor 1. */
static void shell(const char *script, struct ft_process process, struct ft_buf *ret, int *ret_status)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	int ends[2];
	pid_t pid = 0;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	process.argv = argv;
	process.n = process.n < 3 ? 3 : process.n;
	process.fds[1] = ends[1];
	ck_assert_int_eq(ft_process_start(&process, &pid), 0);
	(void)close(ends[1]);
	ck_assert_int_eq(ft_process_hear(ends[0], LONG_ENOUGH, ret), 0);
	(void)close(ends[0]);
	ck_assert_int_eq(ft_process_end(pid, ret_status, LONG_ENOUGH), pid);
}

/* Each of two that lie where the other is wanted gets there, and nothing else is open. */
START_TEST(descriptors)
{
	struct ft_buf said = FT_BUF_INIT(4096);
	int a[2], b[2], status = 0, more;

	ck_assert_int_eq(pipe2(a, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(b, O_CLOEXEC), 0);
	ck_assert_int_eq(write(a[1], "a\n", 2), 2);
	ck_assert_int_eq(write(b[1], "b\n", 2), 2);
	/* 3 and 4, whatever the test's own process has there. */
	const int old[2] = { fcntl(3, F_DUPFD_CLOEXEC, 20), fcntl(4, F_DUPFD_CLOEXEC, 20) };

	a[0] = fcntl(a[0], F_DUPFD_CLOEXEC, 20);
	b[0] = fcntl(b[0], F_DUPFD_CLOEXEC, 20);
	ck_assert_int_eq(dup3(b[0], 3, O_CLOEXEC), 3);
	ck_assert_int_eq(dup3(a[0], 4, O_CLOEXEC), 4);
	more = fcntl(a[0], F_DUPFD_CLOEXEC, 6);
	shell("read x <&3; read y <&4; read z && exit 9; echo $x $y; "
	      "(: <&5) 2>/dev/null || echo closed; echo lost >&2",
	      (struct ft_process){ .n = 5, .fds = { FT_PROCESS_NULL, 0, FT_PROCESS_NULL, 4, 3 } },
	      &said, &status);
	ck_assert_int_eq(status, 0);
	ck_assert_str_eq(said.data, "a b\nclosed\n");
	ck_assert_int_ge(more, 6);
	for (int i = 0; i < 2; i++)
		if (old[i] >= 0)
			ck_assert_int_eq(dup2(old[i], 3 + i), 3 + i);
	ft_buf_release(&said);
}
END_TEST

START_TEST(environment_and_session)
{
	char *environment[] = { (char *)"ONLY=this", NULL };
	struct ft_buf said = FT_BUF_INIT(4096);
	int status = 0;
	char name[32];

	ck_assert_int_eq(setenv("OTHER", "that", 1), 0);
	shell("echo $ONLY $OTHER; exit 3",
	      (struct ft_process){ .environment = environment, .fds = { FT_PROCESS_NULL } }, &said,
	      &status);
	ck_assert_str_eq(said.data, "this\n");
	ck_assert_int_eq(WEXITSTATUS(status), 3);
	ft_buf_clear(&said);
	shell("echo $ONLY $OTHER; cut -d' ' -f6 </proc/$$/stat; echo $$",
	      (struct ft_process){ .session = true, .fds = { FT_PROCESS_NULL } }, &said, &status);
	ck_assert_int_eq(sscanf(said.data, "that\n%31s", name), 1);
	/* Its session's number is its own. */
	ck_assert_ptr_nonnull(strstr(said.data + strlen("that\n") + strlen(name), name));
	ft_buf_release(&said);
}
END_TEST

/* One that begins with SIGPIPE ignored or SIGTERM blocked does not end when it should. */
START_TEST(signals)
{
	struct ft_buf said = FT_BUF_INIT(4096);
	sigset_t term, before;
	int status = 0;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&term);
	(void)sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &term, &before);
	shell("kill -s PIPE $$", (struct ft_process){ .fds = { FT_PROCESS_NULL } }, &said, &status);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
	shell("kill -s TERM $$", (struct ft_process){ .fds = { FT_PROCESS_NULL } }, &said, &status);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	ft_buf_release(&said);
}
END_TEST

START_TEST(what_cannot_be_started)
{
	const char *none[] = { "/nonexistent/program", NULL }, *sh[] = { "sh", "-c", ":", NULL };
	struct rlimit limit, low;
	pid_t pid = -7;

	if (unit_in_valgrind())
		return;
	ck_assert_int_eq(ft_process_start(&(struct ft_process){ .argv = none }, &pid), ENOENT);
	ck_assert_int_eq(
		ft_process_start(&(struct ft_process){ .argv = sh, .n = 1, .fds = { 1000000 } }, &pid),
		EBADF);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = limit;
	low.rlim_cur = FT_PROCESS_FDS;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
	ck_assert_int_eq(
		ft_process_start(&(struct ft_process){ .argv = sh, .n = 1, .fds = { 1 } }, &pid),
		EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
END_TEST

START_TEST(hearing_has_an_end)
{
	struct ft_buf text = FT_BUF_INIT(64);
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(write(ends[1], "word", 4), 4);
	ck_assert_int_eq(ft_process_hear(ends[0], ft_monotonic_ms() + 20, &text), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	ck_assert_str_eq(text.data, "word");
	/* What has come is heard after the deadline too; nobody's words are not waited for. */
	ck_assert_int_eq(write(ends[1], "s", 1), 1);
	ck_assert_int_eq(ft_process_hear(ends[0], 0, &text), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	ck_assert_str_eq(text.data, "words");
	ck_assert_int_eq(write(ends[1], "s", 1), 1);
	ck_assert_int_eq(ft_process_hear(ends[0], 0, NULL), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	ck_assert_int_eq(write(ends[1], "0123456789012345678901234567890123456789"
					"0123456789012345678901234567890123456789", 80), 80);
	ck_assert_int_eq(ft_process_hear(ends[0], LONG_ENOUGH, &text), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	ft_buf_clear(&text);
	ck_assert_int_eq(write(ends[1], "end", 3), 3);
	ck_assert_int_eq(close(ends[1]), 0);
	ck_assert_int_eq(ft_process_hear(ends[0], 0, &text), 0);
	ck_assert_str_eq(text.data, "end");
	ck_assert_int_eq(ft_process_hear(-1, 0, &text), -1);
	(void)close(ends[0]);
	ft_buf_release(&text);
}
END_TEST

/* One that does not end, one that was killed, one that never was. */
START_TEST(waiting_for_a_child_has_an_end)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(ft_process_wait(pid, &status, ft_monotonic_ms() + 20), 0);
	ck_assert_int_eq(ft_process_wait(pid, &status, 0), 0);
	ck_assert_int_eq(ft_process_end(pid, &status, ft_monotonic_ms() + 20), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ck_assert_int_eq(ft_process_wait(pid, &status, LONG_ENOUGH), -1);
	ck_assert_int_eq(ft_process_end(pid, &status, LONG_ENOUGH), -1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { descriptors,
				       environment_and_session,
				       signals,
				       what_cannot_be_started,
				       hearing_has_an_end,
				       waiting_for_a_child_has_an_end,
				       NULL };

	return unit_run("process", tests);
}
