/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "lib/base/secret.h"

/* How many ms a process may take to end after SIGKILL; only a stuck one takes longer. */
#define KILLED_MS 1000

extern char **environ;

/* moved: copies of process->fds above FT_PROCESS_FDS, so that no dup2 overwrites a descriptor that
 * a later one needs. */
static int spawn(const struct ft_process *process, const int moved[], pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	int r = posix_spawnattr_init(&attr);

	if (r != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return r;
	}
	for (int i = 0; i < process->n && r == 0; i++)
		if (process->fds[i] == FT_PROCESS_NULL)
			r = posix_spawn_file_actions_addopen(&actions, i, "/dev/null", O_RDWR, 0);
		else if (process->fds[i] >= 0)
			r = posix_spawn_file_actions_adddup2(&actions, moved[i], i);
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	(void)posix_spawnattr_setflags(
		&attr, (short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
			       (process->session ? POSIX_SPAWN_SETSID : 0)));
	if (r == 0)
		r = posix_spawnp(ret, process->argv[0], &actions, &attr,
				 (char *const *)process->argv,
				 process->environment != NULL ? process->environment : environ);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

bool ft_process_fill(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", O_RDONLY) != fd)
			return false;
	return true;
}

int ft_process_start(const struct ft_process *process, pid_t *ret)
{
	int moved[FT_PROCESS_FDS] = { 0 }, n = 0, r = 0;

	for (; n < process->n && r == 0; n++) {
		moved[n] = process->fds[n] < 0 ? -1 :
			   fcntl(process->fds[n], F_DUPFD_CLOEXEC, FT_PROCESS_FDS);
		/* fcntl says EINVAL if RLIMIT_NOFILE is below FT_PROCESS_FDS. */
		if (process->fds[n] >= 0 && moved[n] < 0)
			r = errno == EINVAL ? EMFILE : errno;
	}
	if (r == 0)
		r = spawn(process, moved, ret);
	while (n-- > 0)
		if (moved[n] >= 0)
			(void)close(moved[n]);
	return r;
}

int ft_process_hear(int fd, int64_t deadline, struct ft_buf *buf)
{
	char said[512];

	for (;;) {
		struct pollfd ready = { fd, POLLIN, 0 };
		const int64_t left = deadline - ft_monotonic_ms();
		int n = poll(&ready, 1, left <= 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left);

		/* Data that is there already is read after the deadline too: the buffer's limit
		 * ends this. */
		if (left <= 0 && (n <= 0 || buf == NULL)) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (n <= 0)
			continue;
		ssize_t got = read(fd, said, sizeof said);

		if (got == 0)
			return 0;
		if (got < 0 && errno != EINTR)
			return -1;
		if (got > 0 && buf != NULL)
			ft_buf_add(buf, said, (size_t)got);
		/* It may be a key, or what a machine account shows. */
		if (got > 0)
			ft_wipe(said, (size_t)got);
		if (buf != NULL && buf->failed != 0) {
			errno = EMSGSIZE;
			return -1;
		}
	}
}

pid_t ft_process_wait(pid_t pid, int *ret_status, int64_t deadline)
{
	static const struct timespec pause = { 0, 2 * 1000000 };
	pid_t ended;

	while (((ended = waitpid(pid, ret_status, WNOHANG)) == 0 ||
		(ended < 0 && errno == EINTR)) &&
	       ft_monotonic_ms() < deadline)
		(void)nanosleep(&pause, NULL);
	return ended;
}

pid_t ft_process_end(pid_t pid, int *ret_status, int64_t deadline)
{
	pid_t ended = ft_process_wait(pid, ret_status, deadline);

	if (ended == 0 && kill(pid, SIGKILL) == 0)
		ended = ft_process_wait(pid, ret_status, ft_monotonic_ms() + KILLED_MS);
	return ended;
}

void ft_process_reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}
