#include "config.h"
#include "lib/core/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

extern char **environ;

/* The copies of dup2 must not fall onto a descriptor that is still to be copied. */
static int move_up(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 16);
}

static int start(const char *program, char *const argv[], const int from[3])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	char *home, **environment;
	pid_t pid = -1;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attr) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return ENOMEM;
	}
	int r = 0;

	/* Nothing of ours on 0 to 2: git reads a helper's pipes to their end. */
	for (int fd = 0; fd <= 2 && r == 0; fd++)
		r = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
	for (int i = 0; i < 3 && r == 0; i++)
		if (from[i] >= 0)
			r = posix_spawn_file_actions_adddup2(&actions, from[i],
							     FT_HANDOVER_LOCK_FD + i);
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
				       POSIX_SPAWN_SETSID);
	/* It asks nobody about users' homes. */
	environment = ft_places_environment(&home);
	if (r == 0)
		r = posix_spawn(&pid, program, &actions, &attr, argv,
				environment != NULL ? environment : environ);
	free(environment);
	free(home);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	/* The first process forks and ends at once; the refresh is nobody's child. */
	while (r == 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return r;
}

int ft_handover_start(const struct freshtoken *ft, const char *account, const struct ft_want *want,
		     int lock_fd, int login_fd, int *ret_result_fd, struct ft_error *err)
{
	char lifetime[32], rejected[32],
		*program = ft_places_join(ft->places.libexec, "freshtoken-refresh");
	int pipe_fds[2] = { -1, -1 }, from[3] = { -1, -1, -1 }, cause = 0;

	if (program == NULL)
		return ft_error_memory(err);
	(void)snprintf(lifetime, sizeof lifetime, "%lld", (long long)want->min_lifetime);
	(void)snprintf(rejected, sizeof rejected, "%llu", (unsigned long long)want->rejected);
	char *argv[] = { program,
			 (char *)account,
			 lifetime,
			 rejected,
			 (char *)(want->settle ? "settle" :
				  want->force  ? "force" :
						 "due"),
			 (char *)(login_fd >= 0		? "login" :
				  ret_result_fd != NULL ? "report" :
							  "silent"),
			 ft->places.user_config,
			 ft->places.state,
			 NULL };

	ft_context_log(ft, LOG_INFO, "account %s: a refresh is begun", account);
	if (ret_result_fd != NULL && pipe2(pipe_fds, O_CLOEXEC) != 0)
		cause = errno;
	from[0] = move_up(lock_fd);
	from[1] = pipe_fds[1] >= 0 ? move_up(pipe_fds[1]) : -1;
	from[2] = login_fd >= 0 ? move_up(login_fd) : -1;
	if (cause == 0 && (from[0] < 0 || (pipe_fds[1] >= 0 && from[1] < 0) ||
			   (login_fd >= 0 && from[2] < 0)))
		cause = errno;
	/* fcntl's word for "above the limit". */
	if (cause == EINVAL)
		cause = EMFILE;
	if (cause == 0)
		cause = start(program, argv, from);
	for (int i = 0; i < 3; i++)
		if (from[i] >= 0)
			(void)close(from[i]);
	if (pipe_fds[1] >= 0)
		(void)close(pipe_fds[1]);
	if (cause != 0) {
		(void)ft_error_errno(err, FT_SYSTEM, cause, "cannot start %s", program);
		if (pipe_fds[0] >= 0)
			(void)close(pipe_fds[0]);
	} else if (ret_result_fd != NULL) {
		*ret_result_fd = pipe_fds[0];
	}
	free(program);
	return cause == 0 ? 0 : FT_SYSTEM;
}

int ft_handover_result(int result_fd, int64_t deadline, bool *ret_silent, struct ft_error *err)
{
	char text[FT_ERROR_TEXT + 32];
	size_t len = 0;

	*ret_silent = false;
	for (;;) {
		struct pollfd wait = { result_fd, POLLIN, 0 };
		int64_t left = deadline - ft_monotonic_ms();
		int n = poll(&wait, 1, left <= 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left);

		if (n == 0)
			return ft_error_set(err, FT_BUSY, "the refresh is still running");
		if (n < 0)
			continue;
		ssize_t got = read(result_fd, text + len, sizeof text - 1 - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		len += (size_t)got;
		if (len == sizeof text - 1)
			break;
	}
	text[len] = '\0';

	char *message = NULL;
	long code = strtol(text, &message, 10);

	/* "CODE TEXT LF"; the line feed says that all of it is here. */
	if (len == 0 || text[len - 1] != '\n' || code > 0 || code < FT_SYSTEM) {
		*ret_silent = true;
		return ft_error_set(err, FT_SYSTEM, "the refresh ended without a word");
	}
	text[len - 1] = '\0';
	if (code == 0)
		return 0;
	return ft_error_set(err, (int)code, "%s", *message == ' ' ? message + 1 : message);
}
