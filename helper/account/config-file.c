/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/account/config-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/config/inifile.h"
#include "lib/file/lock.h"
#include "lib/file/replace.h"

static int read_text(struct ft_config_file *file, struct ft_error *err)
{
	int r = ft_ini_text(file->path, &file->text, &file->len, err);

	if (r == FT_NOT_FOUND)
		r = (file->text = calloc(1, 1)) != NULL ? 0 : ft_error_memory(err);
	return r;
}

int ft_config_file_peek(const char *path, struct ft_config_file *ret, struct ft_error *err)
{
	struct ft_config_file file = FT_CONFIG_FILE_INIT;
	int r = (file.path = strdup(path)) != NULL ? read_text(&file, err) :
		ft_error_memory(err);

	if (r != 0)
		ft_config_file_release(&file);
	else
		*ret = file;
	return r;
}

/* Adds the remedy for "…: Permission denied". */
static int cannot_write(const struct ft_config_file *file, int cause, struct ft_error *err)
{
	if (file->system && geteuid() != 0 && (cause == EACCES || cause == EPERM))
		return ft_error_set(err, FT_SYSTEM, "cannot write %s: %s" FT_REMEDY
						"run it as root",
				    file->path, strerror(cause));
	return ft_error_errno(err, FT_SYSTEM, cause, "cannot write %s", file->path);
}

static int make_folder(const struct ft_config_file *file, const char *folder)
{
	if (mkdir(folder, 0700) != 0)
		return errno == EEXIST ? 0 : -1;
	return file->system ? chmod(folder, 0755) : 0;
}

static int make_folders(struct ft_config_file *file, struct ft_error *err)
{
	for (char *slash = strchr(file->path + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int cause = make_folder(file, file->path) != 0 ? errno : 0;

		/* The reason may be a folder in which nobody may create files. */
		if (cause != 0 && access(file->path, F_OK) == 0)
			cause = 0;
		*slash = '/';
		if (cause != 0)
			return cannot_write(file, cause, err);
	}
	return 0;
}

/* Folder and name of the file itself. Symbolic links are followed, because people keep their
 * configuration in a repository. */
static int find(struct ft_config_file *file, struct ft_error *err)
{
	char *real = realpath(file->path, NULL);
	struct stat st;

	if (real == NULL && errno != ENOENT)
		return cannot_write(file, errno, err);
	if (real == NULL && lstat(file->path, &st) == 0)
		return ft_error_set(err, FT_CONFIG,
				    "%s is a symbolic link to a file that is not there" FT_REMEDY
				    "make that "
				    "file, or remove the link",
				    file->path);
	if (real == NULL && (real = strdup(file->path)) == NULL)
		return ft_error_memory(err);
	char *slash = strrchr(real, '/');

	*slash = '\0';
	file->folder = strdup(slash > real ? real : "/");
	file->name = strdup(slash + 1);
	free(real);
	if (file->folder == NULL || file->name == NULL ||
	    asprintf(&file->temporary, "%s~new", file->name) < 0) {
		file->temporary = NULL;
		return ft_error_memory(err);
	}
	file->folder_fd = open(file->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return file->folder_fd >= 0 ? 0 : cannot_write(file, errno, err);
}

/* Whether this name, and no other, still leads to the file that was opened. */
static bool is_ours(const struct ft_config_file *file, int fd)
{
	struct stat opened, named;

	return fstat(fd, &opened) == 0 &&
	       fstatat(file->folder_fd, file->temporary, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

static int check_temporary(const struct ft_config_file *file, int fd, struct ft_error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return cannot_write(file, errno, err);
	if (S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_nlink <= 1)
		return 0;
	return ft_error_set(err, FT_UNTRUSTED, "%s/%s is not a file that freshtoken made" FT_REMEDY
					       "remove it",
			    file->folder, file->temporary);
}

/* While this process waited for the lock, the file may have been renamed to the configuration, or
 * removed. */
static int take_temporary(struct ft_config_file *file, int64_t deadline, struct ft_error *err)
{
	for (;;) {
		int fd = openat(file->folder_fd, file->temporary,
				O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
				0600);
		int r = 0;

		if (fd < 0 && (errno == ELOOP || errno == ENXIO || errno == EISDIR))
			return ft_error_set(err, FT_UNTRUSTED,
					    "%s/%s is not a file that freshtoken made" FT_REMEDY
					    "remove it",
					    file->folder, file->temporary);
		if (fd < 0)
			return cannot_write(file, errno, err);
		r = check_temporary(file, fd, err);
		if (r == 0)
			r = ft_lock_open(fd, file->folder, file->temporary, deadline, err);
		if (r == 0 && is_ours(file, fd)) {
			file->fd = fd;
			return 0;
		}
		(void)close(fd);
		if (r != 0)
			return r;
	}
}

int ft_config_file_open(const char *path, bool system, int64_t deadline,
			struct ft_config_file *ret, struct ft_error *err)
{
	struct ft_config_file file = FT_CONFIG_FILE_INIT;
	int r;

	file.system = system;
	file.path = strdup(path);
	r = file.path != NULL ? make_folders(&file, err) : ft_error_memory(err);
	if (r == 0)
		r = find(&file, err);
	if (r == 0)
		r = take_temporary(&file, deadline, err);
	if (r == 0)
		r = read_text(&file, err);
	if (r != 0)
		ft_config_file_release(&file);
	else
		*ret = file;
	return r;
}

/* Gives the new file the owner, group and mode of the old one. */
static int take_rights(const struct ft_config_file *file, struct ft_error *err)
{
	mode_t mode = file->system ? 0644 : 0600;
	struct stat old, new;
	bool known = fstatat(file->folder_fd, file->name, &old, AT_SYMLINK_NOFOLLOW) == 0;

	if (fstat(file->fd, &new) != 0)
		return cannot_write(file, errno, err);
	if (known && (old.st_uid != new.st_uid || old.st_gid != new.st_gid) &&
	    fchown(file->fd, old.st_uid, old.st_gid) != 0)
		return ft_error_set(err, FT_SYSTEM,
				    "%s belongs to uid %lu and gid %lu, and its new version "
				    "could not be given to them" FT_REMEDY "run it as that user",
				    file->path, (unsigned long)old.st_uid,
				    (unsigned long)old.st_gid);
	return fchmod(file->fd, known ? old.st_mode & 0777 : mode) == 0 ? 0 :
	       cannot_write(file, errno, err);
}

int ft_config_file_commit(struct ft_config_file *file, const struct ft_buf *text,
			  struct ft_error *err)
{
	int r = take_rights(file, err);
	bool there = false;

	/* If the folder cannot be synced, a crash may bring back the old file, which is
	 * complete. */
	if (r == 0 && ft_replace(file->folder_fd, file->fd, file->temporary, file->name, text->data,
				 text->len, &there) != 0 && !there)
		r = cannot_write(file, errno, err);
	if (there) {
		/* The new file is in place, so nothing is left to remove. */
		free(file->temporary);
		file->temporary = NULL;
	}
	ft_config_file_release(file);
	return r;
}

void ft_config_file_release(struct ft_config_file *file)
{
	if (file == NULL)
		return;
	/* Removed while it is locked: a process that waits for the lock then makes a new file. */
	if (file->fd >= 0 && file->temporary != NULL)
		(void)unlinkat(file->folder_fd, file->temporary, 0);
	if (file->fd >= 0)
		(void)close(file->fd);
	if (file->folder_fd >= 0)
		(void)close(file->folder_fd);
	free(file->text);
	free(file->path);
	free(file->folder);
	free(file->name);
	free(file->temporary);
	*file = (struct ft_config_file)FT_CONFIG_FILE_INIT;
}
