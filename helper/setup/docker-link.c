/*
 * freshtoken setup docker: the link by which docker asks for one account
 *
 * docker knows helpers by their names alone, so that an account that is to be told from others of
 * the same registry needs a program of its own name. PATH has to have it.
 */
#include "config.h"
#include "helper/setup/docker.h"
#include "helper/wiring/docker-file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/cli/run.h"

#define PATH_SIZE 8192

/* ~/.local/bin/docker-credential-NAME */
static int link_path(const char *helper, struct ft_buf *ret, struct ft_error *err)
{
	char *home = ft_places_home();

	if (home == NULL)
		return ft_error_set(err, FT_CONFIG, "HOME is not set, so a link has no place");
	ft_buf_addf(ret, "%s/.local/bin/docker-credential-%s", home, helper);
	free(home);
	return ft_buf_check(ret, "the path of a link", err);
}

static int make(const char *target, char *path, struct ft_error *err)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0777);
		*slash = '/';
	}
	return symlink(target, path) == 0 ?
		       0 :
		       ft_error_errno(err, FT_SYSTEM, errno, "cannot make the link %s", path);
}

int ft_setup_docker_link(const char *account, bool apply, size_t *ret_changes, struct ft_error *err)
{
	struct ft_buf name = FT_BUF_INIT(PATH_SIZE), path = FT_BUF_INIT(PATH_SIZE),
		      shown = FT_BUF_INIT(3 * PATH_SIZE);
	struct ft_buf target = FT_BUF_INIT(PATH_SIZE);
	char self[PATH_SIZE];
	struct stat st;
	int r;

	ft_buf_addf(&name, "freshtoken-%s", account);
	ft_buf_addf(&path, "docker-credential-freshtoken-%s", account);
	r = name.failed || path.failed ? ft_error_memory(err) : 0;
	if (r != 0 || ft_run_find(path.data, NULL))
		goto out;
	ft_buf_clear(&path);
	r = link_path(name.data, &path, err);
	/* By the name that an upgrade keeps. */
	if (r == 0 && !ft_run_find("docker-credential-freshtoken", &target)) {
		ssize_t n = readlink("/proc/self/exe", self, sizeof self);

		ft_buf_add(&target, self, n > 0 ? (size_t)n : 0);
		r = n > 0 ? ft_buf_check(&target, "the path of freshtoken", err) :
			ft_error_errno(err, FT_SYSTEM, errno, "/proc/self/exe");
	}
	if (r == 0 && lstat(path.data, &st) != 0) {
		ft_buf_addf(&shown, "ln -s '%s' '%s'\n", target.data, path.data);
		r = ft_setup_docker_show(&shown, err);
		++*ret_changes;
		if (r == 0 && apply)
			r = make(target.data, path.data, err);
	}
	if (r == 0 && (apply || lstat(path.data, &st) == 0) &&
	    !ft_run_find(strrchr(path.data, '/') + 1, NULL))
		ft_say("%s is not found in PATH: add its folder, or docker cannot call it",
		       path.data);
out:
	ft_buf_release(&name);
	ft_buf_release(&path);
	ft_buf_release(&target);
	ft_buf_release(&shown);
	return r;
}

int ft_setup_docker_unlink(const char *helper, bool apply, struct ft_error *err)
{
	struct ft_buf path = FT_BUF_INIT(PATH_SIZE), shown = FT_BUF_INIT(2 * PATH_SIZE);
	char target[PATH_SIZE];
	int r = ft_docker_account_of(helper) != NULL ? link_path(helper, &path, err) :
							     FT_NOT_FOUND;
	ssize_t n = r == 0 ? readlink(path.data, target, sizeof target - 1) : -1;

	target[n > 0 ? n : 0] = '\0';
	const char *slash = strrchr(target, '/'), *base = slash != NULL ? slash + 1 : target;

	if (strcmp(base, "freshtoken") == 0 || strcmp(base, "docker-credential-freshtoken") == 0) {
		ft_buf_addf(&shown, "rm '%s'\n", path.data);
		r = ft_setup_docker_show(&shown, err);
		if (r == 0 && apply && unlink(path.data) != 0 && errno != ENOENT)
			r = ft_error_errno(err, FT_SYSTEM, errno, "cannot remove %s", path.data);
	}
	ft_buf_release(&path);
	ft_buf_release(&shown);
	return r == FT_NOT_FOUND ? 0 : r;
}
