/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/module/start.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pam/wire/begin.h"
#include "pam/wire/wire.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

enum { KILLED_MS = 1000 };	/* the most that is waited for after SIGKILL */

static const char *const environment[] = FT_STARTED_ENVIRONMENT;

/* --- in the child: async-signal-safe calls only ------------------------------------ */

/* Sends FT_WIRE_FAILED; wire.c allocates memory, which is not allowed here. */
static void say_failed(int errno_value)
{
	unsigned char message[16] = { 0, 0, 0, 0, FT_WIRE_FAILED, FT_WIRE_ERRNO };
	unsigned char digits[8];
	size_t len = 6, n = sizeof digits;
	unsigned value = (unsigned)errno_value;

	do
		digits[--n] = (unsigned char)('0' + value % 10);
	while ((value /= 10) > 0 && n > 0);
	while (n < sizeof digits)
		message[len++] = digits[n++];
	message[len++] = '\0';
	message[3] = (unsigned char)(len - 4);
	(void)!send(STDIN_FILENO, message, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* By the system call: libc's sigaction refuses the signals that libc uses itself, and the host's
 * parent may have ignored those too. The kernel's signal set has 64 bits; on MIPS, 128. */
static void default_signals(void)
{
	static const unsigned long by_default[32];

	for (int n = 1; n < NSIG; n++)
		(void)syscall(SYS_rt_sigaction, n, by_default, NULL, NSIG / 8);
}

/* Makes the socket descriptor 0, /dev/null 1 and 2, and closes all others. */
static int only_socket(int fd)
{
	int null = open("/dev/null", O_RDWR | O_NOCTTY);

	/* The socket last: null is 0 where the host has closed that. */
	if (null < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0 ||
	    dup2(fd, STDIN_FILENO) < 0)
		return -1;
	if (close_range(STDERR_FILENO + 1, ~0U, 0) == 0)
		return 0;
	struct rlimit limit = { 0, 0 };
	const rlim_t most = 1 << 20;

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	for (rlim_t n = STDERR_FILENO + 1; n < (limit.rlim_max < most ? limit.rlim_max : most); n++)
		(void)close((int)n);
	return 0;
}

static void limits(bool root)
{
	/* Limits that a caller of su or sudo may have set to make the check fail. */
	static const __rlimit_resource_t callers[] = {
		RLIMIT_AS, RLIMIT_CPU, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_MEMLOCK,
		RLIMIT_NPROC, RLIMIT_SIGPENDING
	};
	const struct rlimit none = { 0, 0 }, unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	const struct sched_param normal = { .sched_priority = 0 };
	static const unsigned long all[16] = { ~0UL, ~0UL, ~0UL, ~0UL, ~0UL, ~0UL, ~0UL, ~0UL,
					       ~0UL, ~0UL, ~0UL, ~0UL, ~0UL, ~0UL, ~0UL, ~0UL };
	struct rlimit limit;
	const struct rlimit stack = { 8 << 20, RLIM_INFINITY }, files = { 1024, 4096 };

	(void)setrlimit(RLIMIT_CORE, &none);
	if (!root)
		return;
	for (size_t i = 0; i < sizeof callers / sizeof *callers; i++)
		if (setrlimit(callers[i], &unlimited) != 0 && getrlimit(callers[i], &limit) == 0) {
			/* Root without CAP_SYS_RESOURCE: raise it to the hard limit. */
			limit.rlim_cur = limit.rlim_max;
			(void)setrlimit(callers[i], &limit);
		}
	/* A low priority could make the service's answer come too late. */
	(void)setpriority(PRIO_PROCESS, 0, 0);
	(void)syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &normal);
	(void)syscall(SYS_sched_setaffinity, 0, sizeof all, all);
	(void)setrlimit(RLIMIT_STACK, &stack);
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

/* By the system calls: libc's functions wait for all threads to change too, and this copy of a
 * process with threads has only one. */
#ifdef SYS_setresuid32
#define SET_IDS(what) syscall(SYS_setres ## what ## 32, 0, 0, 0)
#define SET_NO_GROUPS() syscall(SYS_setgroups32, 0, NULL)
#else
#define SET_IDS(what) syscall(SYS_setres ## what, 0, 0, 0)
#define SET_NO_GROUPS() syscall(SYS_setgroups, 0, NULL)
#endif

static int become_root(void)
{
	/* A user namespace may forbid setgroups; then there are no groups to drop. */
	if (SET_NO_GROUPS() != 0 && errno != EPERM)
		return -1;
	return SET_IDS(gid) != 0 || SET_IDS(uid) != 0 ? -1 : 0;
}

static _Noreturn void execute(const char *program, int fd, bool root)
{
	char *const argv[] = { (char *)program, NULL };
	sigset_t none;

	if (only_socket(fd) != 0)
		_exit(126);
	limits(root);
	(void)umask(077);
	(void)alarm(FT_STARTED_LIFE);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (chdir("/") == 0)
		(void)execve(program, argv, (char *const *)environment);
	say_failed(errno);
	_exit(127);
}

/* Starts freshtoken-pam, and waits for it if this process can be reaped later. */
static _Noreturn void front(const char *program, const int ends[2], bool root, bool reaped)
{
	int status = 0;

	(void)close(ends[0]);
	(void)setsid();
	default_signals();
	/* Before anything else: the real user can kill this process until then. */
	if (root && become_root() != 0)
		_exit(126);
	/* vfork: the child uses this memory until it executes the program; fork would copy it. */
	pid_t pid = vfork();

	if (pid == 0)
		execute(program, ends[1], root);
	if (pid < 0 || !reaped)
		_exit(pid < 0 ? 126 : 0);
	/* Only freshtoken-pam may hold the socket's end, so that its closing means its end. */
	if (close_range(0, ~0U, 0) != 0)
		(void)close(ends[1]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 126);
}

/* --- in the host ----------------------------------------------------------------- */

/* Like fork, but the child ends without SIGCHLD. Returns -1 with errno. */
static pid_t clone_silent(int *ret_pidfd)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)ret_pidfd, .exit_signal = 0
	};
	long pid = syscall(SYS_clone3, &args, sizeof args);

	if (pid >= 0)
		return (pid_t)pid;
	/* Older kernels, sandboxes that refuse clone3 because they cannot filter it, valgrind. */
#ifdef __s390__
	pid = syscall(SYS_clone, 0UL, (unsigned long)CLONE_PIDFD, ret_pidfd, 0UL, 0UL);
#else
	pid = syscall(SYS_clone, (unsigned long)CLONE_PIDFD, 0UL, ret_pidfd, 0UL, 0UL);
#endif
	return (pid_t)pid;
}

/* Where clone is not allowed either: a front that ends at once. The host gets its SIGCHLD. */
static int fork_briefly(const char *program, const int ends[2], bool root)
{
	pid_t pid = _Fork();

	if (pid == 0)
		front(program, ends, root, false);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return pid > 0 ? 0 : errno;
}

/* Above 2: a host that has closed 0 to 2 may still write its output there. */
static int move_up(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	(void)close(fd);
	return moved;
}

int ft_start(const char *program, struct ft_started *ret, struct ft_error *err)
{
	const bool root = geteuid() == 0;
	int ends[2] = { -1, -1 }, pidfd = -1, cause = 0;
	sigset_t all, before;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "cannot make a socket");
	ends[0] = move_up(ends[0]);
	ends[1] = move_up(ends[1]);
	if (ends[0] < 0 || ends[1] < 0) {
		cause = EMFILE;
		goto out;
	}
	/* No signal handler of the host may run in the child. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t pid = clone_silent(&pidfd);

	if (pid == 0)
		front(program, ends, root, true);
	if (pid < 0)
		cause = fork_briefly(program, ends, root);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
out:
	if (ends[1] >= 0)
		(void)close(ends[1]);
	if (cause != 0) {
		if (ends[0] >= 0)
			(void)close(ends[0]);
		return ft_error_errno(err, FT_SYSTEM, cause, "cannot start %s", program);
	}
	*ret = (struct ft_started){ ends[0], pidfd };
	return 0;
}

/* A pidfd becomes readable when its process ends. */
static bool has_ended(int pidfd, int64_t deadline)
{
	struct pollfd wait = { pidfd, POLLIN, 0 };

	while (wait.revents == 0) {
		const int64_t left = deadline - ft_wire_now();

		if (left <= 0 ||
		    (poll(&wait, 1, (int)left) < 0 && errno != EINTR && errno != EAGAIN))
			return false;
	}
	return true;
}

void ft_started_end(struct ft_started *started, int patience)
{
	siginfo_t info;

	if (started->fd >= 0)
		(void)close(started->fd);
	started->fd = -1;
	if (started->pidfd < 0)
		return;
	if (!has_ended(started->pidfd, ft_wire_now() + patience)) {
		(void)syscall(SYS_pidfd_send_signal, started->pidfd, SIGKILL, NULL, 0);
		/* A front that hangs in the kernel must not hang the host. Left unreaped, it stays
		 * invisible to the host. */
		(void)has_ended(started->pidfd, ft_wire_now() + KILLED_MS);
	}
	while (waitid((idtype_t)P_PIDFD, (id_t)started->pidfd, &info, WEXITED | WNOHANG | __WALL) !=
		       0 &&
	       errno == EINTR)
		continue;
	(void)close(started->pidfd);
	started->pidfd = -1;
}
