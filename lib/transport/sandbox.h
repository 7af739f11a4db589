/* SPDX-License-Identifier: MIT */
/*
 * sandbox.h - limits this process before it reads bytes from the network
 *
 * In the sandbox it may read and write its open descriptors, one of which is the
 * connection. It cannot make another connection, open a file, pass on a descriptor,
 * take or release a lock, signal other processes, start a program, or map code. The
 * exchange works without the sandbox too: a part that the kernel or a container
 * refuses is left out, and the report says so. It is for a process with one thread.
 */
#ifndef FT_TRANSPORT_SANDBOX_H
#define FT_TRANSPORT_SANDBOX_H

#include <stdbool.h>

/* What is in force. */
struct ft_sandbox {
	bool no_new_privs;
	bool dumpable;		/* a debugger or a core could read this process */
	bool seccomp;
	int landlock;		/* the ABI in use; 0: none */
	bool landlock_net;	/* no TCP but what is connected */
};

/* Call it before any secret is read: no new privileges, no core file, no debugger. */
void ft_sandbox_begin(void);

#define FT_LANDLOCK_ANY 1000

/* Call it when connected, before the first byte from the network is read. Cannot be undone.
 * landlock_max: the latest Landlock ABI to use, so that a test can behave like an older kernel. */
void ft_sandbox_close(int landlock_max, struct ft_sandbox *ret);

#endif
