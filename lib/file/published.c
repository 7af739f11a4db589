/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/file/published.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file/replace.h"

#define OTHERS_WRITE (S_IWGRP | S_IWOTH)

static int missing(const char *folder, struct ft_error *err)
{
	return ft_error_set(err, FT_NOT_FOUND, "there is no folder %s" FT_REMEDY
			    "run: mkdir -m 700 %s", folder, folder);
}

/* Checks the folder of the file. */
static int check_last(const char *folder, const struct stat *st, struct ft_error *err)
{
	if (S_ISLNK(st->st_mode))
		return ft_error_set(err, FT_UNTRUSTED, "%s is a symbolic link" FT_REMEDY
				    "name the folder that it leads to", folder);
	if (!S_ISDIR(st->st_mode))
		return ft_error_set(err, FT_UNTRUSTED, "%s is no folder", folder);
	if (st->st_uid != geteuid())
		return ft_error_set(err, FT_UNTRUSTED,
				    "%s belongs to uid %lu, but this runs as uid %lu"
				    FT_REMEDY "name a folder of your own", folder,
				    (unsigned long)st->st_uid, (unsigned long)geteuid());
	/* Never advise to chmod /tmp, which is sticky and meant for everybody. */
	if ((st->st_mode & OTHERS_WRITE) != 0 && (st->st_mode & S_ISVTX) != 0)
		return ft_error_set(err, FT_UNTRUSTED, "others can write to %s" FT_REMEDY
				    "name a folder that nobody else can write to", folder);
	if ((st->st_mode & OTHERS_WRITE) != 0)
		return ft_error_set(err, FT_UNTRUSTED, "others can write to %s" FT_REMEDY
				    "run: chmod go-w %s", folder, folder);
	return 0;
}

/* Checks a folder above it. The owner of "/" (`top`) is trusted like uid 0: in a user namespace uid
 * 0 of outside has another number. */
static int check_above(const char *path, const struct stat *st, uid_t top, struct ft_error *err)
{
	if (S_ISLNK(st->st_mode) && st->st_uid != 0 && st->st_uid != top)
		return ft_error_set(err, FT_UNTRUSTED, "%s is a symbolic link" FT_REMEDY
				    "name the folder that it leads to", path);
	if (S_ISLNK(st->st_mode))
		return 0;
	if (!S_ISDIR(st->st_mode))
		return ft_error_set(err, FT_UNTRUSTED, "%s is no folder", path);
	if (st->st_uid != 0 && st->st_uid != top && st->st_uid != geteuid())
		return ft_error_set(err, FT_UNTRUSTED, "%s belongs to uid %lu" FT_REMEDY
				    "name a file below a folder of your own", path,
				    (unsigned long)st->st_uid);
	/* In a sticky folder others can create files, but not replace the next folder, whose owner
	 * is checked. */
	if ((st->st_mode & OTHERS_WRITE) != 0 && (st->st_mode & S_ISVTX) == 0)
		return ft_error_set(err, FT_UNTRUSTED,
				    "others can write to %s, and replace a folder in it"
				    FT_REMEDY "name a file below a folder that nobody else can "
				    "write to", path);
	return 0;
}

/* Checks one folder of the path; with create, the last one is created if it is missing. */
static int check_one(const char *folder, bool last, bool create, uid_t top, struct ft_error *err)
{
	struct stat st;

	if (last && create && mkdir(folder, 0700) != 0 && errno != EEXIST && errno != ENOENT)
		return ft_error_errno(err, FT_SYSTEM, errno, "cannot make %s", folder);
	if (lstat(folder, &st) != 0)
		return errno == ENOENT ? missing(folder, err) :
					 ft_error_errno(err, FT_SYSTEM, errno, "%s", folder);
	return last ? check_last(folder, &st, err) : check_above(folder, &st, top, err);
}

/* Checks from "/" down, so that nobody else can replace a folder that has been checked. */
static int check_way(char *folder, bool create, struct ft_error *err)
{
	const size_t len = strlen(folder);
	struct stat top;

	if (stat("/", &top) != 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "/");
	int r = check_one("/", false, false, top.st_uid, err);

	for (size_t end = 0; r == 0 && end < len;) {
		end += 1 + strcspn(folder + end + 1, "/");
		const char kept = folder[end];

		folder[end] = '\0';
		r = check_one(folder, end == len, create, top.st_uid, err);
		folder[end] = kept;
	}
	return r;
}

int ft_published_open(const char *path, bool create, struct ft_published *ret,
		      struct ft_error *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = strndup(path, (size_t)(slash - path));
	struct stat st;
	int fd = -1, r = folder == NULL ? ft_error_memory(err) :
		      folder[0] == '\0' ? ft_error_set(err, FT_UNTRUSTED, "%s is in / itself"
						       FT_REMEDY "name a folder of your own",
						       path) :
					  check_way(folder, create, err);

	if (r == 0) {
		fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &st) != 0)
			r = ft_error_errno(err, FT_SYSTEM, errno, "%s", folder);
		else
			r = check_last(folder, &st, err);
	}
	free(folder);
	if (r != 0 && fd >= 0)
		(void)close(fd);
	else if (r == 0)
		*ret = (struct ft_published){ fd, path, slash + 1 };
	return r;
}

void ft_published_close(struct ft_published *file)
{
	if (file->folder >= 0)
		(void)close(file->folder);
	file->folder = -1;
}

int ft_published_read(const struct ft_published *file, struct ft_buf *ret, mode_t *ret_mode,
		      struct ft_error *err)
{
	struct stat st;
	int fd = openat(file->folder, file->name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int r = 0;

	if (fd < 0 && errno == ELOOP)
		return ft_error_set(err, FT_UNTRUSTED, "%s is a symbolic link" FT_REMEDY
				    "remove it, or name the file that it leads to", file->path);
	if (fd < 0)
		return ft_error_errno(err, errno == ENOENT ? FT_NOT_FOUND : FT_SYSTEM, errno,
				      "%s", file->path);
	if (fstat(fd, &st) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s", file->path);
	else if (!S_ISREG(st.st_mode))
		r = ft_error_set(err, FT_UNTRUSTED, "%s is no regular file" FT_REMEDY
				 "remove it, or name another file", file->path);
	else if (ft_buf_read(ret, fd) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s", file->path);
	else
		r = ft_buf_check(ret, file->path, err);
	if (r == 0)
		*ret_mode = st.st_mode & 07777;
	(void)close(fd);
	return r;
}

int ft_published_write(const struct ft_published *file, mode_t mode, const void *data, size_t len,
		       struct ft_error *err)
{
	char *temporary = NULL;
	bool there = false;
	int cause = 0, fd = -1;

	if (asprintf(&temporary, "%s~next", file->name) < 0)
		return ft_error_memory(err);
	/* An existing temporary file is left from a process that was killed. */
	if (unlinkat(file->folder, temporary, 0) == 0 || errno == ENOENT)
		fd = openat(file->folder, temporary,
			    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, mode) != 0 ||
	    ft_replace(file->folder, fd, temporary, file->name, data, len, &there) != 0)
		cause = errno;
	if (fd >= 0 && !there)
		(void)unlinkat(file->folder, temporary, 0);
	if (fd >= 0)
		(void)close(fd);
	free(temporary);
	/* If only fsync of the folder failed, the new file is in place; a crash may undo that. */
	return cause == 0 || there ? 0 :
	       ft_error_errno(err, FT_SYSTEM, cause, "cannot write %s", file->path);
}

int ft_published_remove(const struct ft_published *file, struct ft_error *err)
{
	char *temporary = NULL;

	if (asprintf(&temporary, "%s~next", file->name) < 0)
		return ft_error_memory(err);
	(void)unlinkat(file->folder, temporary, 0);
	free(temporary);
	return unlinkat(file->folder, file->name, 0) == 0 || errno == ENOENT ? 0 :
	       ft_error_errno(err, FT_SYSTEM, errno, "cannot remove %s", file->path);
}
