/*
 * freshtoken setup docker
 *
 * "credHelpers" in docker's config.json, and in the auth.json of podman, skopeo
 * and buildah, which read docker's file only where they have none. An entry is
 * a host: there are no wildcards and no paths.
 */
#include "config.h"
#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "docker-message.h"
#include "json.h"

#define FILE_MAX (4 * 1024 * 1024)
#define DEPTH 32

bool ft_setup_docker_can(const struct ft_pattern *pattern)
{
	return pattern->url.scheme == FT_SCHEME_NONE && strchr(pattern->url.host, '*') == NULL &&
	       pattern->path[0] == '\0';
}

static int add_pattern(void *context, const struct ft_account *account, const char *text,
		       const struct ft_pattern *pattern)
{
	struct ft_strings *names = context;
	struct ft_buf name = FT_BUF_INIT(2 * FT_HOST_SIZE);

	if (pattern->url.scheme != FT_SCHEME_NONE)
		return 0;
	if (!ft_setup_docker_can(pattern)) {
		ft_say("account %s: docker asks by plain names of hosts, so \"match = %s\" is not for it;"
		       " add a line for each registry", account->name, text);
		return 0;
	}
	ft_setup_add_host(&name, &pattern->url);
	int r = name.failed;

	for (size_t i = 0; r == 0 && i < names->n; i++) {
		if (strcmp(names->list[i], name.data) == 0) {
			ft_buf_release(&name);
			return 0;
		}
	}
	if (r == 0)
		r = ft_strings_add(names, name.data, name.len);
	ft_buf_release(&name);
	return r;
}

void ft_docker_file_release(struct ft_docker_file *target)
{
	free(target->path);
	json_object_put(target->config);
}

int ft_docker_file_read(struct ft_docker_file *target, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FILE_MAX);
	struct stat st;
	int r = 0;

	if (target->path == NULL)
		return ft_error_set(err, FT_CONFIG, "HOME is not set, so docker's configuration cannot be found");
	int fd = open(target->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	target->mode = 0600;
	if (fd < 0 && errno == ENOENT) {
		target->config = json_object_new_object();
		return target->config != NULL ? 0 : ft_error_memory(err);
	}
	if (fd < 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "%s", target->path);
	target->exists = true;
	if (fstat(fd, &st) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s", target->path);
	else if (!S_ISREG(st.st_mode))
		r = ft_error_set(err, FT_UNTRUSTED, "%s is not a regular file", target->path);
	else if (ft_buf_read(&text, fd) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s", target->path);
	else
		r = ft_buf_check(&text, target->path, err);
	(void)close(fd);
	if (r == 0) {
		target->mode = st.st_mode & 0777;
		r = ft_json_parse(text.data != NULL ? text.data : "", text.len, DEPTH, target->path,
				  &target->config, err);
	}
	if (r == 0 && !json_object_is_type(target->config, json_type_object))
		r = ft_error_set(err, FT_UNTRUSTED, "%s is not a JSON object", target->path);
	ft_buf_release(&text);
	return r;
}

static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
}

/* In the place of the file itself where its name is a link, as people have who keep
 * their configuration in a repository. */
static int write_target(struct ft_docker_file *target, struct ft_error *err)
{
	char *real = realpath(target->path, NULL), *temporary = NULL;
	struct ft_buf text = FT_BUF_INIT(FILE_MAX);
	struct stat st;
	int fd = -1, r = 0;

	if (real == NULL && lstat(target->path, &st) == 0)
		return ft_error_set(err, FT_UNTRUSTED, "%s is a symbolic link to a file that is not there; make that"
				    " file, or remove the link", target->path);
	ft_buf_adds(&text, json_object_to_json_string_ext(target->config, JSON_C_TO_STRING_PRETTY |
		    JSON_C_TO_STRING_PRETTY_TAB | JSON_C_TO_STRING_SPACED |
		    JSON_C_TO_STRING_NOSLASHESCAPE));
	ft_buf_adds(&text, "\n");
	r = ft_buf_check(&text, target->path, err);
	if (real == NULL)
		make_folders(target->path);
	if (r == 0 && asprintf(&temporary, "%s.XXXXXX", real != NULL ? real : target->path) < 0) {
		temporary = NULL;
		r = ft_error_memory(err);
	}
	if (r == 0) {
		fd = mkostemp(temporary, O_CLOEXEC);
		if (fd < 0 || fchmod(fd, target->mode) != 0 ||
		    ft_output_all(fd, text.data, text.len) != 0 || fsync(fd) != 0 ||
		    rename(temporary, real != NULL ? real : target->path) != 0) {
			r = ft_error_errno(err, FT_SYSTEM, errno, "cannot write %s", target->path);
			if (fd >= 0)
				(void)unlink(temporary);
		}
	}
	if (fd >= 0)
		(void)close(fd);
	ft_buf_release(&text);
	free(temporary);
	free(real);
	return r;
}

/* Adds what is missing and shows it. *ret_changes counts; *ret_taken tells of hosts that
 * another helper has. */
static int change(struct ft_docker_file *target, const struct ft_strings *names, size_t *ret_changes,
		  bool *ret_taken, struct ft_error *err)
{
	struct json_object *helpers = NULL;
	struct ft_buf shown = FT_BUF_INIT(FILE_MAX);
	int r = 0;

	if (!json_object_object_get_ex(target->config, "credHelpers", &helpers)) {
		helpers = json_object_new_object();
		if (ft_json_add(target->config, "credHelpers", helpers) != 0)
			return ft_error_memory(err);
	}
	if (!json_object_is_type(helpers, json_type_object))
		return ft_error_set(err, FT_UNTRUSTED, "%s: \"credHelpers\" is not an object", target->path);
	ft_buf_add(&shown, "", 0);
	for (size_t i = 0; r == 0 && i < names->n; i++) {
		const char *name = ft_docker_is_hub(names->list[i]) ? target->hub : names->list[i];
		const char *helper = ft_json_string(helpers, name);

		if (helper != NULL && strcmp(helper, "freshtoken") == 0)
			continue;
		if (json_object_object_get_ex(helpers, name, NULL)) {
			ft_say("%s: %s has the helper \"%s\" already; change it by hand where freshtoken"
			       " shall serve it", target->path, name, helper != NULL ? helper : "");
			*ret_taken = true;
			continue;
		}
		/* As it can be pasted, whole where there is no file yet. */
		if (shown.len == 0)
			ft_buf_addf(&shown, "%s:\n{\"credHelpers\": {", target->path);
		else
			ft_buf_adds(&shown, ", ");
		ft_output_json(&shown, name);
		ft_buf_adds(&shown, ": \"freshtoken\"");
		++*ret_changes;
		if (ft_json_add_string(helpers, name, "freshtoken") != 0)
			r = ft_error_memory(err);
	}
	if (shown.len > 0)
		ft_buf_adds(&shown, "}}\n");
	if (r == 0 && shown.len > 0 && ft_output(&shown) != FT_EXIT_DONE)
		r = ft_error_set(err, FT_SYSTEM, "stopped, for nobody reads what would be changed");
	ft_buf_release(&shown);
	return r;
}

/* VARIABLE's folder, else HOME with what stands behind it. */
static char *below(const char *variable, const char *fallback, const char *name)
{
	const char *dir = getenv(variable), *home = getenv("HOME");
	char *path = NULL;

	if (dir != NULL && dir[0] == '/')
		return ft_places_join(dir, name);
	if (home == NULL || asprintf(&path, "%s/%s/%s", home, fallback, name) < 0)
		return NULL;
	return path;
}

/* The one that podman and its like read: named, or of this session, or the lasting one. */
static char *auth_json(void)
{
	const char *named = getenv("REGISTRY_AUTH_FILE"), *session = getenv("XDG_RUNTIME_DIR");

	if (named != NULL && named[0] != '\0')
		return strdup(named);
	if (session != NULL && session[0] == '/') {
		char *path = ft_places_join(session, "containers/auth.json");

		if (path == NULL || access(path, F_OK) == 0)
			return path;
		free(path);
	}
	return below("XDG_CONFIG_HOME", ".config", "containers/auth.json");
}

void ft_docker_files(struct ft_docker_file files[FT_DOCKER_FILES])
{
	files[0] = (struct ft_docker_file){ .path = below("DOCKER_CONFIG", ".docker", "config.json"),
					    .hub = ft_docker_hub_names[0] };
	files[1] = (struct ft_docker_file){ .path = auth_json(), .hub = ft_docker_hub_names[1] };
}

static int set_up(struct ft_docker_file *target, const struct ft_strings *names, bool apply,
		  size_t *ret_changes, bool *ret_taken, struct ft_error *err)
{
	size_t changes = 0;
	int r = ft_docker_file_read(target, err);

	if (r == 0)
		r = change(target, names, &changes, ret_taken, err);
	if (r == 0 && apply && changes > 0)
		r = write_target(target, err);
	*ret_changes += changes;
	return r;
}

int ft_setup_docker(const struct freshtoken *ft, bool apply)
{
	struct ft_strings names = { NULL, 0 };
	struct ft_docker_file targets[FT_DOCKER_FILES];
	size_t changes = 0, n = FT_DOCKER_FILES;
	bool taken = false;
	struct ft_error err;
	int r = ft_setup_patterns(ft, add_pattern, &names) != 0 ? ft_error_memory(&err) : 0;

	ft_docker_files(targets);
	if (r == 0 && names.n == 0)
		r = ft_error_set(&err, FT_CONFIG, "no account matches a registry; in its section write"
				 " the name without a scheme: match = registry.example.com");
	for (size_t i = 0; r == 0 && i < n; i++)
		r = set_up(&targets[i], &names, apply, &changes, &taken, &err);
	if (r != 0)
		r = ft_fail(&err);
	else if (changes == 0 && !taken)
		ft_say("docker, podman and skopeo ask freshtoken already; nothing is to be changed");
	else if (changes > 0 && !apply)
		ft_say("nothing is changed yet; to do it: freshtoken setup docker --apply");
	for (size_t i = 0; i < n; i++)
		ft_docker_file_release(&targets[i]);
	ft_strings_release(&names);
	return r != 0 ? r : taken ? FT_EXIT_FAILED : FT_EXIT_DONE;
}
