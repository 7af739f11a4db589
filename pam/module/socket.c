/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/module/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "pam/wire/wire.h"

static bool is_roots(const struct stat *st)
{
	return st->st_uid == 0 && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Checks that only root could have made the socket, and only root can replace it. */
static int check_owner(const char *path, struct ft_error *err)
{
	struct stat socket_st, folder_st;
	char folder[sizeof ((struct sockaddr_un *)NULL)->sun_path];
	const size_t len = (size_t)(strrchr(path, '/') - path);

	memcpy(folder, path, len);
	folder[len] = '\0';
	if (lstat(path, &socket_st) != 0)
		return errno == ENOENT || errno == ENOTDIR ? FT_NOT_FOUND :
		       ft_error_errno(err, FT_SYSTEM, errno, "%s", path);
	if (lstat(folder, &folder_st) != 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "%s", folder);
	if (!S_ISSOCK(socket_st.st_mode) || !S_ISDIR(folder_st.st_mode) || !is_roots(&socket_st) ||
	    !is_roots(&folder_st))
		return ft_error_set(
			err, FT_UNTRUSTED,
			"%s has to be a socket of root's, and it and its folder writable for "
			"nobody else" FT_REMEDY "run: systemctl restart freshtoken-pam.socket",
			path);
	return 0;
}

/* Above 2: a host that has closed 0 to 2 may still write its output there. */
static int new_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	(void)close(fd);
	return moved;
}

/* connect() waits for room in the queue as long as SO_SNDTIMEO says. */
static int connect_by(int fd, const struct sockaddr_un *address, int64_t deadline,
		      struct ft_error *err)
{
	for (;;) {
		const int64_t left = deadline - ft_wire_now();
		const struct timeval patience = { left / 1000, left % 1000 * 1000 };

		/* 0 would mean no limit. */
		if (left <= 0 ||
		    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0)
			return ft_error_set(err, FT_BUSY, "%s takes no more connections in time",
					    address->sun_path);
		if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
			return 0;
		if (errno == ECONNREFUSED || errno == ENOENT)
			return FT_NOT_FOUND;
		/* EINTR: a signal handler of the host has run. EAGAIN: the time is over. */
		if (errno != EINTR && errno != EAGAIN)
			return ft_error_errno(err, FT_SYSTEM, errno, "cannot connect to %s",
					      address->sun_path);
	}
}

/* Checks who listens: the owner of the file need not be the listener. */
static int check_peer(int fd, const char *path, struct ft_error *err)
{
	struct ucred peer = { 0, (uid_t)-1, (gid_t)-1 };
	socklen_t len = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "%s", path);
	return peer.uid == 0 ? 0 :
			       ft_error_set(err, FT_UNTRUSTED,
					    "user %lu listens on %s, not root" FT_REMEDY
					    "run: systemctl "
					    "restart freshtoken-pam.socket",
					    (unsigned long)peer.uid, path);
}

int ft_socket_connect(const char *path, int64_t deadline, int *ret_fd, struct ft_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	/* Nobody can listen at a path that does not fit into an address. */
	if (path[0] != '/' || strlen(path) >= sizeof address.sun_path)
		return FT_NOT_FOUND;
	memcpy(address.sun_path, path, strlen(path) + 1);
	int r = check_owner(path, err);

	if (r != 0)
		return r;
	int fd = new_socket();

	if (fd < 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "cannot make a socket");
	r = connect_by(fd, &address, deadline, err);
	if (r == 0)
		r = check_peer(fd, path, err);
	if (r != 0)
		(void)close(fd);
	else
		*ret_fd = fd;
	return r;
}
