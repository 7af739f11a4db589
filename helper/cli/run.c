/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "lib/base/process.h"
#include "lib/config/places.h"

/* None of these programs asks a person, or waits for the network for long. */
#define PATIENCE_MS 60000

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
		/* An empty part of PATH is the working folder, where no program is installed. */
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
	return ft_run_until(argv, quiet, ft_monotonic_ms() + PATIENCE_MS, output, err);
}

int ft_run_until(const char *const argv[], bool quiet, int64_t deadline, struct ft_buf *output,
		 struct ft_error *err)
{
	int ends[2] = { -1, -1 }, status = 0, cause, r = 0;
	char *home, **environment;
	pid_t pid = 0;

	if (output != NULL && pipe2(ends, O_CLOEXEC) != 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "cannot start %s", argv[0]);
	environment = ft_places_environment(&home);
	cause = ft_process_start(
		&(struct ft_process){ .argv = argv, .environment = environment, .n = 3,
				      .fds = { FT_PROCESS_NULL,
					       output != NULL ? ends[1] : FT_PROCESS_OURS,
					       quiet ? FT_PROCESS_NULL : FT_PROCESS_OURS } },
		&pid);
	free(environment);
	free(home);
	if (ends[1] >= 0)
		(void)close(ends[1]);
	if (cause != 0) {
		r = ft_error_errno(err, FT_SYSTEM, cause, "cannot start %s", argv[0]);
	} else if (output != NULL) {
		if (ft_process_hear(ends[0], deadline, output) != 0 && output->failed == 0)
			r = ft_error_errno(err, FT_SYSTEM, errno, "cannot read from %s", argv[0]);
		if (r == 0)
			r = ft_buf_check(output, argv[0], err);
	}
	if (ends[0] >= 0)
		(void)close(ends[0]);
	if (cause == 0 && ft_process_end(pid, &status, r == 0 ? deadline : 0) < 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "%s", argv[0]);
	if (r == 0)
		r = WIFEXITED(status) ? WEXITSTATUS(status) :
			ft_error_set(err, FT_SYSTEM, "%s was ended by a signal", argv[0]);
	return r;
}
