/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/config/conf-d.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/config/places.h"

static int check_folder(int fd, const char *folder, struct ft_error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "%s", folder);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return ft_error_set(err, FT_UNTRUSTED,
				    "%s: belongs to uid %lu" FT_REMEDY "run: chown root %s", folder,
				    (unsigned long)st.st_uid, folder);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return ft_error_set(err, FT_UNTRUSTED,
				    "%s: others can write to it" FT_REMEDY "run: chmod go-w %s",
				    folder, folder);
	return 0;
}

static bool is_read(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > 5 && strcmp(name + len - 5, ".conf") == 0;
}

static int add(struct ft_strings *list, const char *folder, const char *name, struct ft_error *err)
{
	if (list->n == FT_CONF_D_MAX)
		return ft_error_set(err, FT_CONFIG, "%s: more than %d files" FT_REMEDY
				    "put several sections into one of them", folder, FT_CONF_D_MAX);
	char *path = ft_places_join(folder, name);
	int r = path != NULL && ft_strings_add(list, path, strlen(path)) == 0 ?
			0 : ft_error_memory(err);

	free(path);
	return r;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int ft_conf_d_list(const char *folder, struct ft_strings *ret, struct ft_error *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct ft_strings list = { NULL, 0 };
	const struct dirent *entry;
	DIR *dir;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return FT_NOT_FOUND;
	if (fd < 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "%s", folder);
	int r = check_folder(fd, folder, err);

	if (r != 0 || (dir = fdopendir(fd)) == NULL) {
		if (r == 0)
			r = ft_error_errno(err, FT_SYSTEM, errno, "%s", folder);
		(void)close(fd);
		return r;
	}
	for (errno = 0; r == 0 && (entry = readdir(dir)) != NULL; errno = 0)
		if (is_read(entry->d_name))
			r = add(&list, folder, entry->d_name, err);
	if (r == 0 && errno != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s", folder);
	(void)closedir(dir);
	if (list.n > 1)
		qsort(list.list, list.n, sizeof *list.list, compare);
	if (r != 0)
		ft_strings_release(&list);
	else
		*ret = list;
	return r;
}
