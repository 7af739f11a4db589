/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/file/trusted.h"

#include <errno.h>
#include <unistd.h>

int ft_trusted_check(int fd, const char *file, struct stat *ret, struct ft_error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "cannot be checked");
	if (!S_ISREG(st.st_mode))
		return ft_error_set(err, FT_UNTRUSTED, "not a regular file");
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return geteuid() == 0 ?
			       ft_error_set(err, FT_UNTRUSTED,
					    "belongs to uid %lu" FT_REMEDY "run: chown root %s",
					    (unsigned long)st.st_uid, file) :
			       ft_error_set(
				       err, FT_UNTRUSTED,
				       "belongs to uid %lu" FT_REMEDY
				       "it must be root's or yours (chown)",
				       (unsigned long)st.st_uid);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return ft_error_set(err, FT_UNTRUSTED,
				    "others can write to it" FT_REMEDY "run: chmod go-w %s", file);
	*ret = st;
	return 0;
}
