/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/file/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/moment.h"

static int open_lock(const struct ft_folder *folder, const char *name, int *ret_fd,
		     struct ft_error *err)
{
	return ft_private_open(folder, name, O_RDWR | O_CREAT, ret_fd, err);
}

static struct flock whole_file(short type)
{
	struct flock lock;

	memset(&lock, 0, sizeof lock);
	lock.l_type = type;
	lock.l_whence = SEEK_SET;
	return lock;
}

int ft_lock_take(const struct ft_folder *folder, const char *name, int *ret_fd,
		 struct ft_error *err)
{
	struct flock lock = whole_file(F_WRLCK);
	int fd = -1, r = open_lock(folder, name, &fd, err);

	if (r != 0)
		return r;
	if (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
		if (errno == EAGAIN || errno == EACCES)
			r = ft_error_set(err, FT_BUSY, "another process refreshes it");
		else
			r = ft_error_errno(err, FT_SYSTEM, errno, "cannot lock %s/%s", folder->path,
					   name);
		(void)close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int ft_lock_adopt(const struct ft_folder *folder, const char *name, int fd, struct ft_error *err)
{
	struct flock lock = whole_file(F_WRLCK);
	struct stat given, ours;
	int own = -1, r = open_lock(folder, name, &own, err);

	if (r != 0)
		return r;
	/* Locking again succeeds only on the open file description that has the lock. */
	if (fstat(fd, &given) != 0 || fstat(own, &ours) != 0 || given.st_dev != ours.st_dev ||
	    given.st_ino != ours.st_ino || fcntl(fd, F_OFD_SETLK, &lock) != 0)
		r = ft_error_set(err, FT_UNTRUSTED, "descriptor %d is not the lock %s/%s", fd,
				 folder->path, name);
	(void)close(own);
	return r;
}

struct waiter {
	int fd;
	short type;
	int cause;		/* errno; 0: it has the lock */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool over;
};

static void *wait_for_lock(void *argument)
{
	struct waiter *waiter = argument;
	struct flock lock = whole_file(waiter->type);
	int cause = 0;

	/* A cancellation point. */
	while (fcntl(waiter->fd, F_OFD_SETLKW, &lock) != 0 && (cause = errno) == EINTR)
		cause = 0;
	(void)pthread_mutex_lock(&waiter->mutex);
	waiter->over = true;
	waiter->cause = cause;
	(void)pthread_cond_signal(&waiter->changed);
	(void)pthread_mutex_unlock(&waiter->mutex);
	return NULL;
}

static int start_thread(struct waiter *waiter, pthread_t *ret)
{
	sigset_t all, old;
	pthread_attr_t attr;

	/* The new thread inherits this mask: signals stay with the threads of the host program. */
	(void)sigfillset(&all);
	if (pthread_attr_init(&attr) != 0)
		return -1;
	(void)pthread_attr_setstacksize(&attr, 64 * 1024);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	int r = pthread_create(ret, &attr, wait_for_lock, waiter);

	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	(void)pthread_attr_destroy(&attr);
	return r;
}

/* Waits in a thread, because fcntl has no deadline. The thread has ended when this returns. */
static int wait_in_thread(int fd, short type, const char *folder, const char *name,
			  int64_t deadline, struct ft_error *err)
{
	struct waiter waiter = { .fd = fd, .type = type };
	struct timespec until = { (time_t)(deadline / 1000), (long)(deadline % 1000) * 1000000 };
	pthread_condattr_t attr;
	pthread_t thread;
	int r = 0;

	(void)pthread_mutex_init(&waiter.mutex, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&waiter.changed, &attr);
	if (start_thread(&waiter, &thread) != 0) {
		r = ft_error_set(err, FT_SYSTEM, "cannot start a thread to wait for %s/%s",
				 folder, name);
	} else {
		(void)pthread_mutex_lock(&waiter.mutex);
		while (!waiter.over &&
		       pthread_cond_timedwait(&waiter.changed, &waiter.mutex, &until) != ETIMEDOUT)
			continue;
		if (!waiter.over)
			r = ft_error_set(err, FT_BUSY, "another process still holds %s/%s",
					 folder, name);
		else if (waiter.cause != 0)
			r = ft_error_errno(err, FT_SYSTEM, waiter.cause, "cannot lock %s/%s",
					   folder, name);
		(void)pthread_mutex_unlock(&waiter.mutex);
		if (r == FT_BUSY)
			(void)pthread_cancel(thread);
		(void)pthread_join(thread, NULL);
	}
	(void)pthread_cond_destroy(&waiter.changed);
	(void)pthread_condattr_destroy(&attr);
	(void)pthread_mutex_destroy(&waiter.mutex);
	return r;
}

static int lock_until(int fd, short type, const char *folder, const char *name, int64_t deadline,
		      struct ft_error *err)
{
	struct flock lock = whole_file(type);

	/* Often the lock is free; trying is cheaper than a thread. */
	return fcntl(fd, F_OFD_SETLK, &lock) == 0 ? 0 :
	       wait_in_thread(fd, type, folder, name, deadline, err);
}

int ft_lock_open(int fd, const char *folder, const char *name, int64_t deadline,
		 struct ft_error *err)
{
	return lock_until(fd, F_WRLCK, folder, name, deadline, err);
}

bool ft_lock_try_byte(int fd, int64_t at)
{
	struct flock lock = whole_file(F_WRLCK);

	lock.l_start = at;
	lock.l_len = 1;
	return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

int ft_lock_await(const struct ft_folder *folder, const char *name, int64_t deadline, int *ret_fd,
		  struct ft_error *err)
{
	int fd = -1, r = open_lock(folder, name, &fd, err);

	if (r != 0)
		return r;
	r = lock_until(fd, F_WRLCK, folder->path, name, deadline, err);
	if (r != 0)
		(void)close(fd);
	else
		*ret_fd = fd;
	return r;
}

int ft_lock_wait(const struct ft_folder *folder, const char *name, int64_t deadline,
		 struct ft_error *err)
{
	int fd = -1, r = open_lock(folder, name, &fd, err);

	if (r != 0)
		return r;
	/* With read locks all waiters wake at once. */
	r = lock_until(fd, F_RDLCK, folder->path, name, deadline, err);
	(void)close(fd);
	return r;
}
