/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/fleet/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/file/trusted.h"

#define TEXT_MAX (64 * 1024)

static int check(int fd, const char *file, bool secret, struct ft_error *err)
{
	struct stat st;
	int r = ft_trusted_check(fd, file, &st, err);

	if (r == 0 && secret && (st.st_mode & 027) != 0)
		return ft_error_set(err, FT_UNTRUSTED, "others have access to it" FT_REMEDY
				    "run: chmod u=rw,g-wx,o= %s; and if another person has used "
				    "this machine, replace the file",
				    file);
	return r;
}

/* Links are followed: the file was named by whoever wrote the configuration. */
static int read_file(const char *key, const char *file, bool secret, struct ft_buf *ret,
		     struct ft_error *err)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r;

	if (fd < 0) {
		(void)ft_error_errno(err, FT_CONFIG, errno, "cannot be read");
		r = ft_error_remedy(err, FT_CONFIG, "put it there, readable for nobody else, or "
				    "correct %s", key);
	} else {
		r = check(fd, file, secret, err);
	}
	if (r == 0 && ft_buf_read(ret, fd) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "cannot be read");
	if (r == 0)
		r = ft_buf_check(ret, "it", err);
	if (fd >= 0)
		(void)close(fd);
	if (r != 0)
		ft_error_prefix(err, "%s %s", key, file);
	return r;
}

int ft_fleet_read_key(const char *file, unsigned char ret[FT_BOX_KEY], struct ft_error *err)
{
	struct ft_buf bytes = FT_BUF_INIT(TEXT_MAX);
	int r = read_file("key_file", file, true, &bytes, err);

	if (r == 0 && bytes.len != FT_BOX_KEY)
		r = ft_error_set(err, FT_CONFIG, "key_file %s: expected %d bytes, but it has %zu"
				 FT_REMEDY "on one host run: umask 077; head -c %d "
				 "/dev/urandom >%s; then copy that file to the others",
				 file, FT_BOX_KEY, bytes.len, FT_BOX_KEY, file);
	if (r == 0)
		memcpy(ret, bytes.data, FT_BOX_KEY);
	ft_buf_release(&bytes);
	return r;
}

int ft_fleet_read_text(const char *key, const char *file, bool secret, struct ft_secret *ret,
		       struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(TEXT_MAX);
	int r = read_file(key, file, secret, &text, err);
	size_t len = text.len;

	if (len > 0 && text.data[len - 1] == '\n')
		len--;
	if (r == 0 && (len == 0 || memchr(text.data, '\0', len) != NULL))
		r = ft_error_set(err, FT_CONFIG, "%s %s: expected a text, but it is empty or "
				 "has a NUL byte", key, file);
	if (r == 0 && ft_secret_set(ret, text.data, len) != 0)
		r = ft_error_memory(err);
	ft_buf_release(&text);
	return r;
}
