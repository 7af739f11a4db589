/* SPDX-License-Identifier: MIT */
/*
 * unboxed - runs a program on a system without a sandbox
 *
 *	unboxed PROGRAM [ARGUMENT…]
 *
 * There is no Landlock, and further seccomp filters are refused, as in an old kernel or a
 * container.
 */
#include "config.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	/* 444 is landlock_create_ruleset, on every architecture. */
	if (argc < 2 || filter == NULL ||
	    seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), 444, 0) != 0 ||
	    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(seccomp), 0) != 0 ||
	    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prctl), 1,
			     SCMP_CMP(0, SCMP_CMP_EQ, PR_SET_SECCOMP, 0)) != 0 ||
	    seccomp_load(filter) != 0) {
		(void)fputs("unboxed: cannot be set up\n", stderr);
		return 99;
	}
	(void)execv(argv[1], argv + 1);
	perror(argv[1]);
	return 99;
}
