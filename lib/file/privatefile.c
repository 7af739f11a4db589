/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/file/privatefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/file/replace.h"

/*
 * Creates the folder with mode 0700. Parents that root creates get 0755, whatever the umask is,
 * because everybody has to pass through them (as /run and /var); a user's get 0700, as the XDG base
 * directory specification wants.
 */
static int make_folders(const char *path, struct ft_error *err)
{
	char *copy = strdup(path);

	if (copy == NULL)
		return ft_error_memory(err);
	for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0700) == 0 && geteuid() == 0)
			(void)chmod(copy, 0755);
		*slash = '/';
	}
	int r = 0;

	if (mkdir(copy, 0700) != 0 && errno != EEXIST) {
		(void)ft_error_errno(err, FT_SYSTEM, errno, "cannot make %s", path);
		r = ft_error_remedy(err, FT_SYSTEM, "see who may write there, or set "
				    "XDG_STATE_HOME to another folder");
	}
	free(copy);
	return r;
}

int ft_folder_open(const char *path, bool create, struct ft_folder *ret, struct ft_error *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 && errno == ENOENT && create) {
		int r = make_folders(path, err);

		if (r != 0)
			return r;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY);
	}
	if (fd < 0)
		return ft_error_errno(err, errno == ENOENT ? FT_NOT_FOUND : FT_SYSTEM, errno,
				      "%s", path);
	int r = 0;

	if (fstat(fd, &st) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s", path);
	else if (st.st_uid != geteuid())
		r = ft_error_set(err, FT_UNTRUSTED,
				 "%s belongs to uid %lu, but this runs as uid %lu" FT_REMEDY
				 "use your own, or set XDG_STATE_HOME",
				 path, (unsigned long)st.st_uid, (unsigned long)geteuid());
	else if ((st.st_mode & 077) != 0)
		r = ft_error_set(err, FT_UNTRUSTED, "%s is open to other users" FT_REMEDY
						"run: chmod 700 %s",
				 path, path);
	char *copy = r == 0 ? strdup(path) : NULL;

	if (r == 0 && copy == NULL)
		r = ft_error_memory(err);
	if (r != 0) {
		(void)close(fd);
		return r;
	}
	*ret = (struct ft_folder){ fd, copy };
	return 0;
}

void ft_folder_close(struct ft_folder *folder)
{
	if (folder == NULL)
		return;
	if (folder->fd >= 0)
		(void)close(folder->fd);
	free(folder->path);
	*folder = (struct ft_folder)FT_FOLDER_INIT;
}

int ft_private_open(const struct ft_folder *folder, const char *name, int flags,
		    int *ret_fd, struct ft_error *err)
{
	struct stat st;
	int fd = openat(folder->fd, name,
			flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
	int r = 0;

	if (fd < 0 && errno == ELOOP)
		return ft_error_set(err, FT_UNTRUSTED, "%s/%s is a symbolic link" FT_REMEDY
						"remove it",
				    folder->path, name);
	/* A FIFO opened for writing, or a socket. */
	if (fd < 0 && errno == ENXIO)
		return ft_error_set(err, FT_UNTRUSTED, "%s/%s is not a regular file" FT_REMEDY
						"remove it",
				    folder->path, name);
	if (fd < 0)
		return ft_error_errno(err, errno == ENOENT ? FT_NOT_FOUND : FT_SYSTEM, errno,
				      "%s/%s", folder->path, name);
	if (fstat(fd, &st) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s/%s", folder->path, name);
	else if (!S_ISREG(st.st_mode))
		r = ft_error_set(err, FT_UNTRUSTED, "%s/%s is not a regular file" FT_REMEDY
						"remove it",
				 folder->path, name);
	else if (st.st_uid != geteuid())
		r = ft_error_set(err, FT_UNTRUSTED,
				 "%s/%s belongs to uid %lu" FT_REMEDY
				 "remove it, or chown it to yourself",
				 folder->path, name, (unsigned long)st.st_uid);
	else if ((st.st_mode & 077) != 0)
		r = ft_error_set(
			err, FT_UNTRUSTED,
			"%s/%s is open to other users: what is in it may be known" FT_REMEDY "run: "
			"chmod 600 %s/%s",
			folder->path, name, folder->path, name);
	if (r != 0) {
		(void)close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int ft_private_read(const struct ft_folder *folder, const char *name,
		    struct ft_buf *ret, struct ft_error *err)
{
	int fd = -1, r = ft_private_open(folder, name, O_RDONLY, &fd, err);

	if (r != 0)
		return r;
	if (ft_buf_read(ret, fd) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s/%s", folder->path, name);
	else if ((r = ft_buf_check(ret, name, err)) != 0)
		ft_error_prefix(err, "%s", folder->path);
	(void)close(fd);
	return r;
}

int ft_private_reserve(const struct ft_folder *folder, const char *name, size_t size,
		       int *ret_fd, struct ft_error *err)
{
	/* An existing file is left from a process that was killed; it may even be a link. */
	if (unlinkat(folder->fd, name, 0) != 0 && errno != ENOENT)
		return ft_error_errno(err, FT_SYSTEM, errno, "%s/%s", folder->path, name);
	int fd = openat(folder->fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "cannot make %s/%s", folder->path,
				      name);
	int cause = fchmod(fd, 0600) != 0 ? errno : posix_fallocate(fd, 0, (off_t)size);

	if (cause != 0) {
		(void)close(fd);
		(void)unlinkat(folder->fd, name, 0);
		return ft_error_errno(err, FT_SYSTEM, cause, "no room for %zu bytes in %s",
				      size, folder->path);
	}
	*ret_fd = fd;
	return 0;
}

int ft_replacement_prepare(const struct ft_folder *folder, const char *name, const char *purpose,
			   size_t size, struct ft_replacement *ret, struct ft_error *err)
{
	struct ft_replacement new = { folder, strdup(name), NULL, -1 };

	if (new.name == NULL || asprintf(&new.temporary, "%s~%s", name, purpose) < 0) {
		free(new.name);
		return ft_error_memory(err);
	}
	int r = ft_private_reserve(folder, new.temporary, size, &new.fd, err);

	if (r != 0) {
		ft_replacement_release(&new);
		return r;
	}
	*ret = new;
	return 0;
}

int ft_replacement_commit(struct ft_replacement *replacement, const void *data, size_t len,
			  struct ft_error *err)
{
	const struct ft_folder *folder = replacement->folder;
	bool there;
	int r = 0;

	if (ft_replace(folder->fd, replacement->fd, replacement->temporary, replacement->name, data,
		       len, &there) != 0)
		r = there ? ft_error_errno(err, FT_SYSTEM, errno, "cannot synchronise %s",
					   folder->path) :
			    ft_error_errno(err, FT_SYSTEM, errno, "cannot write %s/%s",
					   folder->path, replacement->name);
	if (there) {
		/* Renamed: there is no temporary file to remove any more. */
		free(replacement->temporary);
		replacement->temporary = NULL;
	}
	ft_replacement_release(replacement);
	return r;
}

void ft_replacement_release(struct ft_replacement *replacement)
{
	if (replacement == NULL)
		return;
	if (replacement->fd >= 0) {
		if (replacement->temporary != NULL)
			(void)unlinkat(replacement->folder->fd, replacement->temporary, 0);
		(void)close(replacement->fd);
	}
	free(replacement->name);
	free(replacement->temporary);
	*replacement = (struct ft_replacement)FT_REPLACEMENT_INIT;
}

int ft_private_remove(const struct ft_folder *folder, const char *name, struct ft_error *err)
{
	if (unlinkat(folder->fd, name, 0) != 0 && errno != ENOENT)
		return ft_error_errno(err, FT_SYSTEM, errno, "cannot remove %s/%s", folder->path,
				      name);
	return 0;
}

int ft_private_set_aside(const struct ft_folder *folder, const char *name, const char *suffix,
			 char **ret_name, struct ft_error *err)
{
	char *aside = NULL;

	for (long long n = (long long)time(NULL); ; n++) {
		if (asprintf(&aside, "%s~%s-%lld", name, suffix, n) < 0)
			return ft_error_memory(err);
		/* link fails where the name is taken, rename would overwrite it. */
		if (linkat(folder->fd, name, folder->fd, aside, 0) == 0)
			break;
		int cause = errno;

		free(aside);
		if (cause != EEXIST)
			return ft_error_errno(err, FT_SYSTEM, cause, "cannot rename %s/%s",
					      folder->path, name);
	}
	if (unlinkat(folder->fd, name, 0) != 0) {
		int cause = errno;

		free(aside);
		return ft_error_errno(err, FT_SYSTEM, cause, "cannot rename %s/%s", folder->path,
				      name);
	}
	*ret_name = aside;
	return 0;
}
