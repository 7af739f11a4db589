/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/core/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/base/process.h"

int ft_handover_start(const struct freshtoken *ft, const char *account, const struct ft_want *want,
		     int lock_fd, int login_fd, int *ret_result_fd, struct ft_error *err)
{
	char lifetime[32], rejected[32], unknown_life[32],
		*program = ft_places_join(ft->places.libexec, "freshtoken-refresh");
	int pipe_fds[2] = { -1, -1 }, cause = 0;
	pid_t pid = 0;

	if (program == NULL)
		return ft_error_memory(err);
	(void)snprintf(lifetime, sizeof lifetime, "%lld", (long long)want->min_lifetime);
	(void)snprintf(rejected, sizeof rejected, "%llu", (unsigned long long)want->rejected);
	(void)snprintf(unknown_life, sizeof unknown_life, "%lld", (long long)want->unknown_life);
	const char *argv[] = { program,
			 account,
			 lifetime,
			 rejected,
			 unknown_life,
			 want->settle ? "settle" : want->force ? "force" :
			 want->id_token ? "id" : "due",
			 login_fd >= 0 ? "login" : ret_result_fd != NULL ? "report" : "silent",
			 ft->places.user_config,
			 ft->places.state,
			 NULL };

	ft_context_log(ft, LOG_INFO, "account %s: a refresh is begun", account);
	if (ret_result_fd != NULL && pipe2(pipe_fds, O_CLOEXEC) != 0)
		cause = errno;
	/* /dev/null on 0 to 2: git reads a helper's pipes until every copy of them is closed. */
	struct ft_process process = { .argv = argv, .session = true, .n = FT_HANDOVER_LOGIN_FD + 1,
				      .fds = { FT_PROCESS_NULL, FT_PROCESS_NULL, FT_PROCESS_NULL,
					       lock_fd, pipe_fds[1], login_fd } };

	char *home, **environment = ft_places_environment(&home);

	/* With HOME, because the program does not look it up (home-told.c). */
	process.environment = environment;
	if (cause == 0)
		cause = ft_process_start(&process, &pid);
	free(environment);
	free(home);
	/* The program forks and its first process ends at once: the refresh is not our child. */
	while (cause == 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
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
	struct ft_buf text = FT_BUF_INIT(FT_ERROR_LINE + 32);
	int r = ft_process_hear(result_fd, deadline, &text);

	*ret_silent = false;
	if (r != 0 && errno == ETIMEDOUT) {
		ft_buf_release(&text);
		return ft_error_set(err, FT_BUSY, "the refresh is still running");
	}
	char *message = NULL;
	long code = r == 0 && text.len > 0 ? strtol(text.data, &message, 10) : 0;

	/* "CODE PACKED LF": without the line feed the report is incomplete. */
	if (message == NULL || text.data[text.len - 1] != '\n' || code > 0 || code < FT_SYSTEM) {
		*ret_silent = true;
		/* It was killed, perhaps because memory was short. The next one settles what is
		 * left. */
		code = ft_error_set(err, FT_TEMPORARY, "the refresh ended without an answer"
				    FT_REMEDY "try again; if it ends like this again, look why "
				    "with: freshtoken doctor, journalctl -e");
	} else if (code != 0) {
		text.data[text.len - 1] = '\0';
		(void)ft_error_unpack(err, (int)code, *message == ' ' ? message + 1 : message);
	}
	ft_buf_release(&text);
	return (int)code;
}
