/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/wiring/registries.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/wiring/docker-file.h"
#include "helper/wiring/registries-conf.h"
#include "lib/base/buffer.h"
#include "lib/config/places.h"

#define SYSTEM "/etc/containers"
/* This name is read last, and the line of the last file counts. */
#define OWN "zz-freshtoken.conf"
#define FILE_MAX (1024 * 1024)

/* *ret_there: whether the file exists. */
static int read_file(struct ft_registries *all, const char *path, bool *ret_there,
		     struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FILE_MAX);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	bool found = false;
	int r = 0;

	*ret_there = fd >= 0 || errno != ENOENT;
	if (fd < 0)
		return *ret_there ? ft_error_errno(err, FT_SYSTEM, errno, "%s", path) : 0;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		r = ft_error_set(err, FT_UNTRUSTED, "%s is not a regular file", path);
	else if (ft_buf_read(&text, fd) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s", path);
	if (r == 0)
		r = ft_buf_check(&text, path, err);
	(void)close(fd);
	if (r == 0) {
		r = ft_registries_parse(text.data, text.len, &all->helpers, &found, err);
		if (r == FT_UNTRUSTED && err != NULL) {
			struct ft_error reason = *err;

			(void)ft_error_set(err, r, "%s:%s", path, reason.text);
		}
	}
	if (r == 0 && found) {
		free(all->file);
		all->file = strdup(path);
		r = all->file != NULL ? 0 : ft_error_memory(err);
	}
	ft_buf_release(&text);
	return r;
}

static int is_conf(const struct dirent *entry)
{
	const size_t len = strlen(entry->d_name);

	return len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static int by_bytes(const struct dirent **one, const struct dirent **other)
{
	return strcmp((*one)->d_name, (*other)->d_name);
}

static int read_folder(struct ft_registries *all, const char *folder, struct ft_error *err)
{
	struct dirent **entries = NULL;
	int n = scandir(folder, &entries, is_conf, by_bytes), r = 0;

	if (n < 0)
		return errno == ENOENT ?
			       0 :
			       ft_error_errno(err, errno == ENOMEM ? FT_NO_MEMORY : FT_SYSTEM,
					      errno, "%s", folder);
	for (int i = 0; i < n; i++) {
		char *path = r == 0 ? ft_places_join(folder, entries[i]->d_name) : NULL;
		struct stat st;
		bool there;

		if (r == 0 && path == NULL)
			r = ft_error_memory(err);
		if (r == 0 && (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)))
			r = read_file(all, path, &there, err);
		free(path);
		free(entries[i]);
	}
	free(entries);
	return r;
}

int ft_registries_read(struct ft_registries *ret, struct ft_error *err)
{
	const char *named = getenv("CONTAINERS_REGISTRIES_CONF");
	char *home = ft_places_home();
	char *folder = home != NULL ? ft_places_join(home, ".config/containers") : NULL;
	char *file = folder != NULL ? ft_places_join(folder, "registries.conf") : NULL;
	char *drop_ins = folder != NULL ? ft_places_join(folder, "registries.conf.d") : NULL;
	const bool is_named = named != NULL && named[0] != '\0';
	bool users = false, there;
	int r = 0;

	*ret = (struct ft_registries){ .own = drop_ins != NULL ? ft_places_join(drop_ins, OWN) :
								 NULL };
	if (home == NULL)
		r = ft_error_set(err, FT_CONFIG,
				 "HOME is not set, so podman's configuration cannot be found");
	else if (ret->own == NULL || file == NULL)
		r = ft_error_memory(err);
	if (r == 0)
		r = read_file(ret, is_named ? named : file, &users, err);
	/* If the user has a file, the system's are not read. */
	if (r == 0 && !is_named && !users)
		r = read_file(ret, SYSTEM "/registries.conf", &there, err);
	if (r == 0 && (is_named || !users))
		r = read_folder(ret, SYSTEM "/registries.conf.d", err);
	if (r == 0)
		r = read_folder(ret, drop_ins, err);
	if (r == 0 && ret->helpers.n == 0 && ft_strings_add(&ret->helpers, FT_REGISTRIES_AUTH_FILES,
							    strlen(FT_REGISTRIES_AUTH_FILES)) != 0)
		r = ft_error_memory(err);
	if (r == 0 && ret->file != NULL && strncmp(ret->file, drop_ins, strlen(drop_ins)) == 0)
		ret->later = strcmp(ret->file, ret->own) > 0;
	free(home);
	free(folder);
	free(file);
	free(drop_ins);
	return r;
}

void ft_registries_release(struct ft_registries *registries)
{
	ft_strings_release(&registries->helpers);
	free(registries->file);
	free(registries->own);
}

const char *ft_registries_ours(const struct ft_registries *registries, bool *ret_first)
{
	*ret_first = true;
	for (size_t i = 0; i < registries->helpers.n; i++) {
		const char *helper = registries->helpers.list[i];

		if (ft_docker_is_ours(helper))
			return helper;
		if (strcmp(helper, FT_REGISTRIES_AUTH_FILES) == 0)
			*ret_first = false;
	}
	return NULL;
}
