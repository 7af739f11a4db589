/* SPDX-License-Identifier: MIT */
/*
 * socket.h - the way to a freshtoken-pam that systemd starts
 *
 * freshtoken-pam.socket listens, and for each connection systemd starts a
 * freshtoken-pam. What comes from there is nobody's child: the cgroup, the limits,
 * the system call filter, the namespaces and the priority of the calling process,
 * which may be the person's own, do not reach it.
 *
 *  - Who is connected to is root: the socket and its folder are root's and
 *    writable for nobody else, and the kernel says that root listens.
 *  - Where nobody listens there is nothing to be lost, and the module starts the
 *    program itself (start.h). Any other failure is one: whoever can bring it
 *    about must not be able to choose the other way.
 *  - Nothing of the host changes but that a descriptor is open, above 2 and
 *    close-on-exec.
 */
#ifndef FT_PAM_SOCKET_H
#define FT_PAM_SOCKET_H

#include <stdint.h>

#include "lib/base/error.h"

/*
 * Waits up to a point of ft_wire_now while the queue of connections is full. FT_NOT_FOUND: there
 * is no socket, or nobody listens. FT_BUSY: the deadline; FT_UNTRUSTED: somebody else's; FT_SYSTEM.
 */
int ft_socket_connect(const char *path, int64_t deadline, int *ret_fd, struct ft_error *err);

#endif
