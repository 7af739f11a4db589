/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/exchange/facts.h"

#ifdef FT_SANITIZED
/* AddressSanitizer maps terabytes, opens files to explain what it found, and
 * traces its own process to look for leaks. */
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

/* The part of Landlock (linux/landlock.h) that is used. Linux 6.1's header has neither network nor
 * scopes. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif
#define LANDLOCK_VERSION_FLAG 1u
#define LANDLOCK_NET_BIND_TCP 1u
#define LANDLOCK_NET_CONNECT_TCP 2u
#define LANDLOCK_SCOPES 3u	/* abstract Unix sockets and signals */

struct landlock_ruleset {
	uint64_t fs, net, scoped;
};

static void limit(__rlimit_resource_t resource, rlim_t value)
{
	struct rlimit old;

	/* Never raises a limit. */
	if (getrlimit(resource, &old) == 0 && old.rlim_max < value)
		value = old.rlim_max;
	(void)setrlimit(resource, &(struct rlimit){ value, value });
}

void ft_sandbox_begin(void)
{
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	limit(RLIMIT_CORE, 0);
	if (!sanitized)
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Every access to files that the kernel's ABI can handle, so that none is allowed. */
static uint64_t landlock_fs(int abi)
{
	return abi >= 5 ? 0xffff :	/* ioctl on devices */
		abi >= 3 ? 0x7fff :	/* truncate */
		abi >= 2 ? 0x3fff :	/* refer */
		0x1fff;
}

/* Forbids files, connections, and, if the kernel can, signals to other processes. */
static void close_landlock(int max, struct ft_sandbox *ret)
{
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION_FLAG);

	if (abi > max)
		abi = max;
	if (abi <= 0)
		return;
	struct landlock_ruleset ruleset = {
		.fs = landlock_fs(abi),
		.net = abi >= 4 ? LANDLOCK_NET_BIND_TCP | LANDLOCK_NET_CONNECT_TCP : 0,
		.scoped = abi >= 6 ? LANDLOCK_SCOPES : 0,
	};
	/* An older kernel accepts a longer structure if the rest is zero. */
	int fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof ruleset, 0);

	if (fd < 0)
		return;
	if (syscall(SYS_landlock_restrict_self, fd, 0) == 0) {
		ret->landlock = abi;
		ret->landlock_net = ruleset.net != 0;
	}
	(void)close(fd);
}

/* The system calls that libcurl, TLS, expat, json-c and the C library need from now on. */
static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(recvfrom), SCMP_SYS(recv),
	SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(send), SCMP_SYS(shutdown),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(pipe2), SCMP_SYS(eventfd2),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64),
	SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(lseek), SCMP_SYS(_llseek),
	SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64), SCMP_SYS(fsync), SCMP_SYS(brk),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	SCMP_SYS(futex_time64), SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(getpid),
	SCMP_SYS(gettid), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn), SCMP_SYS(setitimer),
	SCMP_SYS(restart_syscall), SCMP_SYS(sysinfo), SCMP_SYS(sched_yield),
	SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* System calls that are allowed only with these arguments. So a descriptor's lock, owner and signal
 * cannot be changed, it cannot be copied, nothing can be sent to another address, and a socket pair
 * stays within this process. */
static const struct {
	int call;
	unsigned count;
	struct scmp_arg_cmp arguments[2];
} conditions[] = {
	{ SCMP_SYS(fcntl), 1, { SCMP_A1(SCMP_CMP_EQ, F_GETFD, 0) } },
	{ SCMP_SYS(fcntl), 1, { SCMP_A1(SCMP_CMP_EQ, F_SETFD, 0) } },
	{ SCMP_SYS(fcntl), 1, { SCMP_A1(SCMP_CMP_EQ, F_GETFL, 0) } },
	{ SCMP_SYS(fcntl), 2, { SCMP_A1(SCMP_CMP_EQ, F_SETFL, 0),
				  SCMP_A2(SCMP_CMP_MASKED_EQ, O_ASYNC, 0) } },
	{ SCMP_SYS(fcntl64), 1, { SCMP_A1(SCMP_CMP_EQ, F_GETFD, 0) } },
	{ SCMP_SYS(fcntl64), 1, { SCMP_A1(SCMP_CMP_EQ, F_SETFD, 0) } },
	{ SCMP_SYS(fcntl64), 1, { SCMP_A1(SCMP_CMP_EQ, F_GETFL, 0) } },
	{ SCMP_SYS(fcntl64), 2, { SCMP_A1(SCMP_CMP_EQ, F_SETFL, 0),
				    SCMP_A2(SCMP_CMP_MASKED_EQ, O_ASYNC, 0) } },
	{ SCMP_SYS(sendto), 1, { SCMP_A4(SCMP_CMP_EQ, 0, 0) } },
	{ SCMP_SYS(socketpair), 2, { SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0),
				       SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_STREAM) } },
	{ SCMP_SYS(setsockopt), 2, { SCMP_A1(SCMP_CMP_EQ, IPPROTO_TCP, 0),
				       SCMP_A2(SCMP_CMP_EQ, TCP_NODELAY, 0) } },
	{ SCMP_SYS(getsockopt), 1, { SCMP_A1(SCMP_CMP_EQ, SOL_SOCKET, 0) } },
	{ SCMP_SYS(mmap), 1, { SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) } },
	{ SCMP_SYS(mmap2), 1, { SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) } },
	{ SCMP_SYS(mprotect), 1, { SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) } },
	/* The C library gets a descriptor's state with this call, with an empty name. */
	{ SCMP_SYS(newfstatat), 1, { SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH) } },
};

/* A system call that this architecture does not have needs no rule. */
static int known(int r)
{
	return r == -EDOM ? 0 : r;
}

static int allow_some(scmp_filter_ctx filter)
{
	/* abort() raises its signal with this call. */
	struct scmp_arg_cmp ourselves = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0);
	int r = known(
		seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &ourselves));

	/* libcurl 7.87 and 7.88 connect a socket although they were told that it is connected. The
	 * call is not made, but reported as successful: after EINPROGRESS they would wait 200 ms
	 * before they look at the socket. */
	if (r == 0)
		r = known(seccomp_rule_add(filter, SCMP_ACT_ERRNO(0), SCMP_SYS(connect), 0));
	for (size_t i = 0; r == 0 && i < sizeof allowed / sizeof *allowed; i++)
		r = known(seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0));
	for (size_t i = 0; r == 0 && i < sizeof conditions / sizeof *conditions; i++)
		r = known(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, conditions[i].call,
						 conditions[i].count, conditions[i].arguments));
	return r;
}

/*
 * A forbidden call fails with EPERM instead of killing the process: libcurl turns
 * that into an error, and the caller gets an answer that says whether anything
 * was sent.
 */
static bool close_seccomp(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool closed = filter != NULL && allow_some(filter) == 0 && seccomp_load(filter) == 0;

	seccomp_release(filter);
	return closed;
}

void ft_sandbox_close(int landlock_max, struct ft_sandbox *ret)
{
	*ret = (struct ft_sandbox){
		.no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
		.dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1,
	};
	limit(RLIMIT_NOFILE, 256);
	limit(RLIMIT_NPROC, 0);
	limit(RLIMIT_FSIZE, FT_MESSAGE_MAX);
	if (sanitized)
		return;
	limit(RLIMIT_AS, (rlim_t)1 << 30);
	close_landlock(landlock_max, ret);
	ret->seccomp = close_seccomp();
}
