/* SPDX-License-Identifier: MIT */
/*
 * lockless - runs a program with locks that do not work
 *
 *	lockless open|none PROGRAM [ARGUMENT…]
 *
 * open: every lock of an open file description is granted at once; none: no lock is ever granted,
 * as on a network file system without a lock service.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	/* An error of 0 is success without the deed. */
	unsigned error = argc > 1 && strcmp(argv[1], "none") == 0 ? ENOLCK : 0;

	if (argc < 3 || filter == NULL ||
	    seccomp_rule_add(filter, SCMP_ACT_ERRNO(error), SCMP_SYS(fcntl), 1,
			     SCMP_CMP(1, SCMP_CMP_EQ, F_OFD_SETLK, 0)) != 0 ||
	    seccomp_load(filter) != 0) {
		(void)fputs("lockless: cannot be set up\n", stderr);
		return 99;
	}
	(void)execv(argv[2], argv + 2);
	perror(argv[2]);
	return 99;
}
