/* SPDX-License-Identifier: MIT */
/* docker-file.c - finds, reads and writes the files that tell docker, podman, skopeo and buildah
 * which helper to ask */
#include "config.h"
#include "helper/wiring/docker-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/protocol/docker-message.h"
#include "lib/config/places.h"
#include "lib/data/json.h"
#include "lib/file/replace.h"

#define FILE_MAX (4 * 1024 * 1024)
#define DEPTH 32

void ft_docker_file_release(struct ft_docker_file *target)
{
	free(target->path);
	ft_buf_release(&target->text);
	json_object_put(target->config);
}

int ft_docker_file_parse(struct ft_docker_file *target, struct ft_error *err)
{
	struct json_object *config = NULL;
	int r = 0;

	/* docker accepts an empty file as one without entries. */
	if (target->text.len == strspn(target->text.data, " \t\r\n")) {
		ft_buf_clear(&target->text);
		ft_buf_adds(&target->text, "{}\n");
		r = ft_buf_check(&target->text, target->path, err);
	}
	if (r == 0)
		r = ft_json_parse(target->text.data, target->text.len, DEPTH, target->path, &config,
				  err);
	if (r == 0 && !json_object_is_type(config, json_type_object))
		r = ft_error_set(err, FT_UNTRUSTED, "%s is not a JSON object", target->path);
	if (r != 0) {
		json_object_put(config);
		return r;
	}
	json_object_put(target->config);
	target->config = config;
	return 0;
}

int ft_docker_file_load(struct ft_docker_file *target, struct ft_error *err)
{
	struct stat st;
	int r = 0;

	target->text = (struct ft_buf)FT_BUF_INIT(FILE_MAX);
	if (target->path == NULL)
		return ft_error_set(err, FT_CONFIG,
				    "HOME is not set, so docker's configuration cannot be found");
	int fd = open(target->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	target->mode = 0600;
	target->uid = geteuid();
	target->gid = getegid();
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "%s", target->path);
	target->exists = true;
	if (fstat(fd, &st) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s", target->path);
	else if (!S_ISREG(st.st_mode))
		r = ft_error_set(err, FT_UNTRUSTED, "%s is not a regular file", target->path);
	else if (ft_buf_read(&target->text, fd) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s", target->path);
	else
		r = ft_buf_check(&target->text, target->path, err);
	(void)close(fd);
	if (r == 0) {
		target->mode = st.st_mode & 0777;
		target->uid = st.st_uid;
		target->gid = st.st_gid;
	}
	return r;
}

int ft_docker_file_read(struct ft_docker_file *target, struct ft_error *err)
{
	int r = ft_docker_file_load(target, err);

	return r == 0 ? ft_docker_file_parse(target, err) : r;
}

static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
}

/* Writes over a file that cannot be replaced (it is mounted into a container by itself, or its
 * owner cannot be kept), while another file in the folder has the complete new text. */
static int write_over(const char *path, const struct ft_buf *text, const char *complete,
		      struct ft_error *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0) {
		int r = ft_error_errno(err, FT_SYSTEM, errno,
				       "%s cannot be replaced, because it is mounted by itself "
				       "or belongs to another user" FT_REMEDY
				       "change it where it comes from: cannot write it",
				       path);

		(void)unlink(complete);
		return r;
	}
	if (ft_write_all(fd, text->data, text->len) != 0 || ftruncate(fd, (off_t)text->len) != 0 ||
	    fsync(fd) != 0) {
		int r = ft_error_errno(err, FT_SYSTEM, errno,
				       "cannot write %s, whose new text is in %s", path, complete);

		(void)close(fd);
		return r;
	}
	(void)close(fd);
	(void)unlink(complete);
	return 0;
}

/* If the name is a symbolic link, the file that it leads to is replaced: people keep their
 * configuration in a repository. */
int ft_docker_file_write(struct ft_docker_file *target, struct ft_error *err)
{
	char *real = realpath(target->path, NULL), *complete = NULL;
	const char *path = real != NULL ? real : target->path;
	const struct ft_buf *text = &target->text;
	const struct stat rights = { .st_uid = target->uid, .st_gid = target->gid,
				     .st_mode = target->mode };
	struct stat st;
	int r = 0;

	if (real == NULL && lstat(target->path, &st) == 0)
		return ft_error_set(err, FT_UNTRUSTED,
				    "%s is a symbolic link to a file that is not there" FT_REMEDY
				    "make that "
				    "file, or remove the link",
				    target->path);
	if (real == NULL)
		make_folders(target->path);
	if (ft_replace_path(path, &rights, text->data, text->len, &complete) == 0) {
		;
	} else if (complete != NULL && (errno == EPERM || errno == EBUSY || errno == EXDEV)) {
		r = write_over(path, text, complete, err);
	} else {
		r = ft_error_errno(err, FT_SYSTEM, errno, "cannot write %s", path);
		if (complete != NULL)
			(void)unlink(complete);
	}
	free(complete);
	free(real);
	return r;
}

/* The folder that VARIABLE names, as docker and podman use it, else the folder below the home. */
static char *below(const char *variable, const char *fallback, const char *name)
{
	const char *dir = getenv(variable);
	char *path = NULL, *home = NULL;

	if (dir != NULL && dir[0] != '\0')
		return ft_places_join(dir, name);
	home = ft_places_home();
	if (home == NULL || asprintf(&path, "%s/%s/%s", home, fallback, name) < 0)
		path = NULL;
	free(home);
	return path;
}

/* The file that podman and its like read before the lasting one: REGISTRY_AUTH_FILE, or the
 * session's. */
static char *first_auth_json(bool *ret_named)
{
	const char *named = getenv("REGISTRY_AUTH_FILE"), *session = getenv("XDG_RUNTIME_DIR");
	char *path = NULL;

	*ret_named = named != NULL && named[0] != '\0';
	if (*ret_named)
		return strdup(named);
	if (session != NULL && session[0] != '\0')
		return ft_places_join(session, "containers/auth.json");
	return asprintf(&path, "/run/containers/%lu/auth.json", (unsigned long)geteuid()) < 0 ?
		       NULL :
		       path;
}

void ft_docker_files(struct ft_docker_file files[FT_DOCKER_FILES])
{
	bool named;
	char *first = first_auth_json(&named);

	files[FT_DOCKER_CONFIG] = (struct ft_docker_file){
		.path = below("DOCKER_CONFIG", ".docker", "config.json"),
		.hub = ft_docker_hub_names[0], .lasting = true };
	files[FT_DOCKER_AUTH] = (struct ft_docker_file){
		.path = below("XDG_CONFIG_HOME", ".config", "containers/auth.json"),
		.hub = ft_docker_hub_names[1], .lasting = true };
	files[FT_DOCKER_FIRST] = (struct ft_docker_file){
		.path = first, .hub = ft_docker_hub_names[1], .lasting = named };
}

bool ft_docker_can(const struct ft_pattern *pattern)
{
	return pattern->url.scheme == FT_SCHEME_NONE && strchr(pattern->url.host, '*') == NULL &&
	       pattern->path[0] == '\0';
}

bool ft_docker_is_ours(const char *helper)
{
	size_t len = strlen("freshtoken");

	return strncmp(helper, "freshtoken", len) == 0 &&
	       (helper[len] == '\0' || helper[len] == '-');
}

const char *ft_docker_account_of(const char *helper)
{
	size_t len = strlen("freshtoken-");

	return strncmp(helper, "freshtoken-", len) == 0 && helper[len] != '\0' ? helper + len :
										 NULL;
}
