/* SPDX-License-Identifier: MIT */
/* link.c - makes and removes links to freshtoken's programs, by which other programs start them.
 * They name the path that stays the same after an upgrade. */
#include "config.h"
#include "helper/setup/setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/cli/run.h"
#include "lib/config/places.h"

#define PATH_SIZE 8192

int ft_setup_show(const struct ft_buf *text, struct ft_error *err)
{
	return ft_output(text) == FT_EXIT_DONE ? 0 :
	       ft_error_set(err, FT_SYSTEM, "stopped: what would be changed cannot be shown");
}

static int make(const char *target, const char *name, struct ft_error *err)
{
	struct ft_buf path = FT_BUF_INIT(PATH_SIZE);
	int r;

	ft_buf_adds(&path, name);
	r = ft_buf_check(&path, "the path of a link", err);
	for (char *slash = r == 0 ? strchr(path.data + 1, '/') : NULL; slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path.data, 0777);
		*slash = '/';
	}
	if (r == 0 && symlink(target, path.data) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "cannot make the link %s", name);
	ft_buf_release(&path);
	return r;
}

int ft_setup_link(const char *path, bool apply, size_t *ret_changes, struct ft_error *err)
{
	struct ft_buf target = FT_BUF_INIT(PATH_SIZE), shown = FT_BUF_INIT(3 * PATH_SIZE);
	struct stat st;
	int r = 0;

	if (lstat(path, &st) == 0)
		return 0;
	if (!ft_run_find("docker-credential-freshtoken", &target)) {
		char *bin = ft_places_bin();

		r = bin == NULL ? ft_error_errno(err, FT_SYSTEM, errno, "/proc/self/exe") : 0;
		ft_buf_adds(&target, bin != NULL ? bin : "");
		ft_buf_adds(&target, "/freshtoken");
		if (r == 0)
			r = ft_buf_check(&target, "the path of freshtoken", err);
		free(bin);
	}
	if (r == 0) {
		ft_buf_addf(&shown, "ln -s '%s' '%s'\n", target.data, path);
		r = ft_setup_show(&shown, err);
		++*ret_changes;
	}
	if (r == 0 && apply)
		r = make(target.data, path, err);
	ft_buf_release(&target);
	ft_buf_release(&shown);
	return r;
}

int ft_setup_unlink(const char *path, bool apply, struct ft_error *err)
{
	struct ft_buf shown = FT_BUF_INIT(2 * PATH_SIZE);
	char target[PATH_SIZE];
	ssize_t n = readlink(path, target, sizeof target - 1);
	int r = 0;

	target[n > 0 ? n : 0] = '\0';
	const char *slash = strrchr(target, '/'), *base = slash != NULL ? slash + 1 : target;

	if (strcmp(base, "freshtoken") == 0 || strcmp(base, "docker-credential-freshtoken") == 0) {
		ft_buf_addf(&shown, "rm '%s'\n", path);
		r = ft_setup_show(&shown, err);
		if (r == 0 && apply && unlink(path) != 0 && errno != ENOENT)
			r = ft_error_errno(err, FT_SYSTEM, errno, "cannot remove %s", path);
	}
	ft_buf_release(&shown);
	return r;
}
