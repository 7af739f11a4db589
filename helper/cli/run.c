#include "config.h"
#include "helper/cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/config/places.h"

extern char **environ;

bool ft_run_find(const char *name, struct ft_buf *ret_path)
{
	const char *path = getenv("PATH");
	bool found = false;

	while (path != NULL && *path != '\0' && !found) {
		size_t len = strcspn(path, ":");
		struct ft_buf file = FT_BUF_INIT(8192);
		struct stat st;

		ft_buf_add(&file, path, len);
		ft_buf_adds(&file, "/");
		ft_buf_adds(&file, name);
		/* An empty part of PATH is the working folder, which is nobody's installation. */
		found = len > 0 && !file.failed && stat(file.data, &st) == 0 &&
			S_ISREG(st.st_mode) && access(file.data, X_OK) == 0;
		if (found && ret_path != NULL) {
			ft_buf_release(ret_path);
			*ret_path = file;
		} else {
			ft_buf_release(&file);
		}
		path += len + (path[len] == ':');
	}
	return found;
}

int ft_run(const char *const argv[], bool quiet, struct ft_buf *output, struct ft_error *err)
{
	posix_spawn_file_actions_t actions;
	int ends[2] = { -1, -1 }, status = 0, cause, r = 0;
	char *home, **environment;
	pid_t pid;

	if (output != NULL && pipe2(ends, O_CLOEXEC) != 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "cannot start %s", argv[0]);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (quiet)
		(void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
						       O_WRONLY, 0);
	if (output != NULL)
		(void)posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	environment = ft_places_environment(&home);
	cause = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv,
			     environment != NULL ? environment : environ);
	free(environment);
	free(home);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (ends[1] >= 0)
		(void)close(ends[1]);
	if (cause != 0) {
		r = ft_error_errno(err, FT_SYSTEM, cause, "cannot start %s", argv[0]);
	} else if (output != NULL) {
		ft_buf_add(output, "", 0);
		if (ft_buf_read(output, ends[0]) != 0)
			r = ft_error_errno(err, FT_SYSTEM, errno, "cannot read from %s", argv[0]);
		if (r == 0)
			r = ft_buf_check(output, argv[0], err);
	}
	if (ends[0] >= 0)
		(void)close(ends[0]);
	while (cause == 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return ft_error_errno(err, FT_SYSTEM, errno, "%s", argv[0]);
	if (r == 0)
		r = WIFEXITED(status) ? WEXITSTATUS(status) :
			ft_error_set(err, FT_SYSTEM, "%s was ended by a signal", argv[0]);
	return r;
}

void ft_run_reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}
