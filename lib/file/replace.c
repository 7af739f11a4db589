/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/file/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int ft_write_all(int fd, const void *data, size_t len)
{
	const char *rest = data;

	while (len > 0) {
		ssize_t n = write(fd, rest, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		rest += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_whole(int fd, const void *data, size_t len)
{
	return lseek(fd, 0, SEEK_SET) != 0 || ft_write_all(fd, data, len) != 0 ||
			       ftruncate(fd, (off_t)len) != 0 || fsync(fd) != 0 ?
		       -1 :
		       0;
}

int ft_replace(int folder_fd, int fd, const char *temporary, const char *name, const void *data,
	       size_t len, bool *ret_there)
{
	*ret_there = write_whole(fd, data, len) == 0 &&
		     renameat(folder_fd, temporary, folder_fd, name) == 0;
	return *ret_there && fsync(folder_fd) == 0 ? 0 : -1;
}

/* Errors are ignored: the new file is in place, only a crash might bring the old one back. */
static void sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
	int fd = folder != NULL ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		(void)fsync(fd);
		(void)close(fd);
	}
	free(folder);
}

int ft_replace_path(const char *path, const struct stat *rights, const void *data, size_t len,
		    char **ret_complete)
{
	char *temporary = NULL;
	struct stat own;
	int cause = 0;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		errno = ENOMEM;
		return -1;
	}
	int fd = mkostemp(temporary, O_CLOEXEC);
	bool complete = fd >= 0 && write_whole(fd, data, len) == 0 && fstat(fd, &own) == 0;

	if (!complete ||
	    ((own.st_uid != rights->st_uid || own.st_gid != rights->st_gid) &&
	     fchown(fd, rights->st_uid, rights->st_gid) != 0) ||
	    fchmod(fd, rights->st_mode & 07777) != 0 || rename(temporary, path) != 0)
		cause = errno;
	else
		sync_folder(path);
	if (fd >= 0)
		(void)close(fd);
	if (cause != 0 && complete && ret_complete != NULL) {
		*ret_complete = temporary;
		temporary = NULL;
	} else if (cause != 0 && fd >= 0) {
		(void)unlink(temporary);
	}
	free(temporary);
	errno = cause;
	return cause != 0 ? -1 : 0;
}
