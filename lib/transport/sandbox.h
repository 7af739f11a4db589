/* SPDX-License-Identifier: MIT */
/*
 * sandbox.h - what this process can still do when bytes from the network come in
 *
 * It may read and write the descriptors it already has, the connection among
 * them. It makes no other one, opens no file, passes no descriptor on, takes and
 * drops no lock, signals nobody, starts nothing, and maps no code. Nothing of it is needed for the
 * exchange to work: a kernel or a container that refuses a part leaves that part out, and the
 * report says so. Only the first process of a program with a single thread is covered.
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

/* Before any secret is read: no privileges to be gained, no core, no debugger. */
void ft_sandbox_begin(void);

#define FT_LANDLOCK_ANY 1000

/* Connected, and before the first byte from the network is read. Cannot be undone. No later ABI
 * of Landlock is used than the given one, so that a test sees what an older kernel would hold. */
void ft_sandbox_close(int landlock_max, struct ft_sandbox *ret);

#endif
