/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/exchange/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

int ft_apart_start(struct ft_call *call, void (*run)(struct ft_call *call, int number, int report),
		   int number, unsigned seconds, int *ret_report, struct ft_error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "cannot make a pipe");
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		/* Closes the module's socket, which must close when the process that talks to the
		 * module ends. */
		if (null < 0 || dup2(null, FT_CALL_MODULE_FD) < 0 || setsid() < 0 || fork() != 0)
			_exit(0);
		(void)close(ends[0]);
		(void)alarm(seconds);
		run(call, number, ends[1]);
		_exit(0);
	}
	int cause = errno;

	(void)close(ends[1]);
	if (pid < 0) {
		(void)close(ends[0]);
		return ft_error_errno(err, FT_SYSTEM, cause, "cannot start a process");
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	*ret_report = ends[0];
	return 0;
}
