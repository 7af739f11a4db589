/* SPDX-License-Identifier: MIT */
/*
 * freshtoken setup docker: makes the link by which docker asks for one account
 *
 * docker knows helpers only by their names. So if several accounts match a registry, each needs a
 * program with a name of its own, in a folder of PATH.
 */
#include "config.h"
#include "helper/setup/docker.h"
#include "helper/wiring/docker-file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "helper/cli/run.h"

#define PATH_SIZE 8192

/* ~/.local/bin/docker-credential-NAME */
static int link_path(const char *helper, struct ft_buf *ret, struct ft_error *err)
{
	char *home = ft_places_home();

	if (home == NULL)
		return ft_error_set(err, FT_CONFIG, "HOME is not set, so there is no folder "
				    "for a link");
	ft_buf_addf(ret, "%s/.local/bin/docker-credential-%s", home, helper);
	free(home);
	return ft_buf_check(ret, "the path of a link", err);
}

int ft_setup_docker_link(const char *account, bool apply, size_t *ret_changes, struct ft_error *err)
{
	struct ft_buf name = FT_BUF_INIT(PATH_SIZE), path = FT_BUF_INIT(PATH_SIZE);
	struct stat st;
	int r;

	ft_buf_addf(&name, "freshtoken-%s", account);
	ft_buf_addf(&path, "docker-credential-freshtoken-%s", account);
	r = name.failed || path.failed ? ft_error_memory(err) : 0;
	if (r != 0 || ft_run_find(path.data, NULL))
		goto out;
	ft_buf_clear(&path);
	r = link_path(name.data, &path, err);
	if (r == 0)
		r = ft_setup_link(path.data, apply, ret_changes, err);
	if (r == 0 && (apply || lstat(path.data, &st) == 0) &&
	    !ft_run_find(strrchr(path.data, '/') + 1, NULL))
		ft_say("%s is not found in PATH: add its folder, or docker cannot call it",
		       path.data);
out:
	ft_buf_release(&name);
	ft_buf_release(&path);
	return r;
}

int ft_setup_docker_unlink(const char *helper, bool apply, struct ft_error *err)
{
	struct ft_buf path = FT_BUF_INIT(PATH_SIZE);
	int r = ft_docker_account_of(helper) != NULL ? link_path(helper, &path, err) :
							     FT_NOT_FOUND;

	if (r == 0)
		r = ft_setup_unlink(path.data, apply, err);
	ft_buf_release(&path);
	return r == FT_NOT_FOUND ? 0 : r;
}
