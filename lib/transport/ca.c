/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/ca.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int ft_ca_read(const char *file, struct ft_buf *ret, struct ft_error *err)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r;
	struct stat st;

	ft_buf_init(ret, 16 * 1024 * 1024);
	if (fd < 0)
		return ft_error_errno(err, FT_UNTRUSTED, errno, "ca_file %s", file);
	if (fstat(fd, &st) != 0)
		r = ft_error_errno(err, FT_UNTRUSTED, errno, "ca_file %s", file);
	else if (!S_ISREG(st.st_mode) || st.st_size == 0)
		r = ft_error_set(err, FT_UNTRUSTED, "ca_file %s: is empty or no file", file);
	else if (ft_buf_read(ret, fd) != 0)
		r = ft_error_errno(err, FT_UNTRUSTED, errno, "ca_file %s", file);
	else
		r = ft_buf_check(ret, "ca_file", err);
	(void)close(fd);
	return r;
}
