/* SPDX-License-Identifier: MIT */
/*
 * failing.so - preloaded, makes one call of a program fail
 *
 *	LD_PRELOAD=…/failing.so FT_FAILING='memory 17 MARK' PROGRAM …
 *
 * The 17th allocation after the start of main fails; with "calls" instead of "memory", the 17th of
 * the system calls below, as with a full or broken disk, or without free processes or descriptors.
 * The file MARK is created when that happens: without it, the program ended before.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

static char mark[4096];
static unsigned long memory, calls;	/* how many until one fails; 0: none does */

static bool now(unsigned long *left, int cause)
{
	if (*left == 0 || --*left > 0)
		return false;
	long fd = syscall(SYS_openat, AT_FDCWD, mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0)
		(void)syscall(SYS_close, fd);
	errno = cause;
	return true;
}

static int (*real_main)(int, char **, char **);

static int counted_main(int argc, char **argv, char **env)
{
	const char *what = getenv("FT_FAILING");
	char kind[8] = "";
	unsigned long n = 0;

	if (what != NULL && sscanf(what, "%7s %lu %4095[^\n]", kind, &n, mark) == 3)
		*(strcmp(kind, "memory") == 0 ? &memory : &calls) = n;
	(void)unsetenv("FT_FAILING");
	(void)unsetenv("LD_PRELOAD");
	return real_main(argc, argv, env);
}

int __libc_start_main(int (*start)(int, char **, char **), int argc, char **argv,
		      void (*init)(void), void (*fini)(void), void (*rtld)(void), void *end)
{
	int (*real)(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void),
		    void (*)(void), void *);

	*(void **)&real = dlsym(RTLD_NEXT, "__libc_start_main");
	real_main = start;
	return real(counted_main, argc, argv, init, fini, rtld, end);
}

void *malloc(size_t size)
{
	return now(&memory, ENOMEM) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return now(&memory, ENOMEM) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	return now(&memory, ENOMEM) ? NULL : __libc_realloc(old, size);
}

/* A call of the C library that fails with a cause, or is the real one. */
#define CALL(type, name, cause, parameters, arguments)			\
	type name parameters						\
	{								\
		static type (*real) parameters;				\
									\
		if (real == NULL)					\
			*(void **)&real = dlsym(RTLD_NEXT, #name);	\
		return now(&calls, cause) ? -1 : real arguments;	\
	}

CALL(ssize_t, read, EIO, (int fd, void *to, size_t n), (fd, to, n))
CALL(ssize_t, pread, EIO, (int fd, void *to, size_t n, off_t at), (fd, to, n, at))
CALL(ssize_t, write, ENOSPC, (int fd, const void *from, size_t n), (fd, from, n))
CALL(ssize_t, pwrite, ENOSPC, (int fd, const void *from, size_t n, off_t at), (fd, from, n, at))
CALL(int, ftruncate, EIO, (int fd, off_t n), (fd, n))
CALL(int, fsync, EIO, (int fd), (fd))
CALL(int, fdatasync, EIO, (int fd), (fd))
CALL(int, fstat, EIO, (int fd, struct stat *st), (fd, st))
CALL(int, fstatat, EIO, (int fd, const char *path, struct stat *st, int flags),
     (fd, path, st, flags))
CALL(int, fchmod, EPERM, (int fd, mode_t mode), (fd, mode))
CALL(int, mkdirat, ENOSPC, (int fd, const char *path, mode_t mode), (fd, path, mode))
CALL(int, unlinkat, EIO, (int fd, const char *path, int flags), (fd, path, flags))
CALL(int, renameat, EIO, (int fd, const char *old, int to, const char *new), (fd, old, to, new))
CALL(int, pipe2, EMFILE, (int ends[2], int flags), (ends, flags))
CALL(int, socketpair, EMFILE, (int domain, int type, int protocol, int ends[2]),
     (domain, type, protocol, ends))
CALL(int, poll, ENOMEM, (struct pollfd *fds, nfds_t n, int ms), (fds, n, ms))
CALL(int, initgroups, EPERM, (const char *name, gid_t group), (name, group))
CALL(int, setresgid, EPERM, (gid_t real_id, gid_t effective, gid_t saved),
     (real_id, effective, saved))
CALL(int, setresuid, EPERM, (uid_t real_id, uid_t effective, uid_t saved),
     (real_id, effective, saved))
CALL(pid_t, fork, EAGAIN, (void), ())
CALL(ssize_t, getrandom, ENOSYS, (void *to, size_t n, unsigned flags), (to, n, flags))

/* Their last argument is there for some flags only; to read it is harmless where it is not. */
#define OPEN(name, parameters, last, arguments)				\
	int name parameters						\
	{								\
		static int (*real)(OPEN_##name);			\
		va_list more;						\
									\
		va_start(more, last);					\
		mode_t mode = va_arg(more, mode_t);			\
		va_end(more);						\
		if (real == NULL)					\
			*(void **)&real = dlsym(RTLD_NEXT, #name);	\
		return now(&calls, EMFILE) ? -1 : real arguments;	\
	}
#define OPEN_open const char *, int, ...
#define OPEN_openat int, const char *, int, ...

OPEN(open, (const char *path, int flags, ...), flags, (path, flags, mode))
OPEN(openat, (int fd, const char *path, int flags, ...), flags, (fd, path, flags, mode))

int fcntl(int fd, int command, ...)
{
	static int (*real)(int, int, ...);
	va_list more;

	va_start(more, command);
	void *argument = va_arg(more, void *);
	va_end(more);
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "fcntl");
	return now(&calls, ENOLCK) ? -1 : real(fd, command, argument);
}
