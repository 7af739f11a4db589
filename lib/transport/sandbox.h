/*
 * sandbox.h - what this process can still do when bytes from the network come in
 *
 * It may talk over TCP, to the one port where the kernel can tell, and write to
 * the descriptors it already has. It opens no file, starts nothing, and maps no
 * code. Nothing of it is needed for the exchange to work: a kernel or a
 * container that refuses a part leaves that part out, and the report says so.
 * Only the first process of a program with a single thread is covered.
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
	bool landlock_net;	/* TCP to one port alone */
};

/* Before any secret is read: no privileges to be gained, no core, no debugger. */
void ft_sandbox_begin(void);

/* Before the first byte from the network is read. Cannot be undone. */
void ft_sandbox_close(unsigned port, struct ft_sandbox *ret);

#endif
