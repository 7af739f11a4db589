/* SPDX-License-Identifier: MIT */
/* file.c - a token in a file that another program writes and replaces */
#include "config.h"
#include "lib/source/kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/file/trusted.h"

static int cannot_open(int cause, struct ft_error *err)
{
	switch (cause) {
	case ENOENT:
		return ft_error_set(err, FT_TEMPORARY, "there is no such file" FT_REMEDY
				    "start what writes it, or correct from");
	case EACCES:
		return ft_error_set(err, FT_TEMPORARY, "you may not read it" FT_REMEDY
				    "let whatever writes it give you access");
	default:
		return ft_error_errno(err, FT_TEMPORARY, cause, "it cannot be opened");
	}
}

/*
 * Other users may be able to read the file: that is up to whoever provides it. They must not be
 * able to write it, because they could then change who this account is. Kubernetes makes the file a
 * link into a folder that it replaces as a whole, so links are followed and the target is checked.
 */
int ft_source_file(const char *file, struct ft_buf *ret, struct ft_error *err)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return cannot_open(errno, err);
	int r = ft_trusted_check(fd, file, &st, err);

	if (r == FT_UNTRUSTED && err != NULL) {
		err->code = FT_TEMPORARY;
		if (err->remedy[0] == '\0')
			(void)ft_error_remedy(err, r, "name the file that holds the token");
	}
	if (r == 0 && ft_buf_read(ret, fd) != 0)
		r = ft_error_errno(err, FT_TEMPORARY, errno, "it cannot be read");
	(void)close(fd);
	return r == FT_UNTRUSTED ? FT_TEMPORARY : r;
}
