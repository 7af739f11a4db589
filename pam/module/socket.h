/* SPDX-License-Identifier: MIT */
/*
 * socket.h - connects to a freshtoken-pam that systemd starts
 *
 * freshtoken-pam.socket listens, and systemd starts one freshtoken-pam for each
 * connection. That program is no child of the calling process, which may be the
 * person's own: the caller's cgroup, limits, system call filter, namespaces and
 * priority do not affect it.
 *
 *  - The module talks to root alone: the socket and its folder belong to root and
 *    nobody else may write to them, and the kernel says that root listens.
 *  - Only where nobody listens does the module start the program itself (start.h).
 *    Any other failure is an error: whoever can cause it must not be able to
 *    choose the weaker way.
 *  - The host process changes by one open descriptor, above 2 and close-on-exec.
 */
#ifndef FT_PAM_SOCKET_H
#define FT_PAM_SOCKET_H

#include <stdint.h>

#include "lib/base/error.h"

/*
 * While the queue of connections is full, waits until the deadline, a time of ft_wire_now.
 * FT_NOT_FOUND: there is no socket, or nobody listens (err is not set). FT_BUSY: the deadline has
 * passed. FT_UNTRUSTED: the socket, its folder or the listener is not root's. FT_SYSTEM.
 */
int ft_socket_connect(const char *path, int64_t deadline, int *ret_fd, struct ft_error *err);

#endif
