/* SPDX-License-Identifier: MIT */
/*
 * Turns are given out in the order of the requests. A person has one turn at a time, so repeated
 * logins do not overtake other people's. On a busy machine many logins may miss their turns and
 * would then ask all at once: so each also keeps its distance from the question before it.
 */
#include "config.h"
#include "pam/directory/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "lib/file/lock.h"
#include "lib/file/privatefile.h"

#define FILE_MAX 64
#define NAME_SIZE (FT_ACCOUNT_NAME_MAX + 16)

struct pace {
	struct ft_folder folder;
	int64_t between;	/* ms from one question to the next */
	int64_t deadline;
};

static int64_t left(const struct pace *pace)
{
	const int64_t ms = pace->deadline - ft_monotonic_ms();

	return ms > 0 ? ms : 0;
}

static void pause_for(int64_t ms)
{
	struct timespec rest = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	while (ms > 0 && nanosleep(&rest, &rest) != 0 && errno == EINTR)
		continue;
}

/* Locks and reads a file with a time in ms of the boot clock. Closing *ret_fd unlocks it. */
static int open_time(const struct pace *pace, const char *name, int *ret_fd, int64_t *ret,
		     struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FILE_MAX);
	int fd = -1, r = ft_private_open(&pace->folder, name, O_RDWR | O_CREAT, &fd, err);

	if (r == 0)
		r = ft_lock_open(fd, pace->folder.path, name, ft_monotonic_ms() + left(pace), err);
	if (r == 0 && ft_buf_read(&text, fd) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s/%s", pace->folder.path, name);
	if (r == 0) {
		*ret = text.data != NULL ? strtoll(text.data, NULL, 10) : 0;
		*ret_fd = fd;
	} else if (fd >= 0) {
		(void)close(fd);
	}
	ft_buf_release(&text);
	return r;
}

static int close_time(const struct pace *pace, const char *name, int fd, int64_t time,
		      struct ft_error *err)
{
	char line[FILE_MAX];
	const int len = snprintf(line, sizeof line, "%" PRId64 "\n", time);
	int r = 0;

	if (pwrite(fd, line, (size_t)len, 0) != len || ftruncate(fd, len) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "cannot write %s/%s", pace->folder.path,
				   name);
	(void)close(fd);
	return r;
}

static int take_turn(const struct pace *pace, const char *name, struct ft_error *err)
{
	struct ft_moment now;
	int64_t turn = 0;
	int fd, r = open_time(pace, name, &fd, &turn, err);

	if (r != 0)
		return r;
	ft_moment_now(&now);
	/* A turn in the past is over; one after the longest wait is from before the last boot. */
	if (turn < now.boot || turn > now.boot + FT_DIRECTORY_QUEUE + pace->between)
		turn = now.boot;
	if (turn - now.boot > left(pace)) {
		(void)close(fd);
		return ft_error_set(err, FT_BUSY,
				    "too many logins wait for the directory at once");
	}
	r = close_time(pace, name, fd, turn + pace->between, err);
	pause_for(turn - now.boot);
	return r;
}

static int keep_distance(const struct pace *pace, const char *name, struct ft_error *err)
{
	struct ft_moment now;
	int64_t before = 0;
	int fd, r = open_time(pace, name, &fd, &before, err);

	if (r != 0)
		return r;
	ft_moment_now(&now);
	if (before >= 0 && before <= now.boot && now.boot - before < pace->between)
		pause_for(pace->between - (now.boot - before));
	ft_moment_now(&now);
	return close_time(pace, name, fd, now.boot, err);
}

int ft_pace_wait(const struct ft_call *call, int64_t deadline, struct ft_error *err)
{
	const int64_t rate = call->checker->person_rate > 0 ? call->checker->person_rate :
							      FT_PERSON_RATE;
	struct pace pace = { .folder = FT_FOLDER_INIT, .between = (1000 + rate - 1) / rate,
			     .deadline = deadline };
	char name[NAME_SIZE];
	int r = ft_checker_folder(call, &pace.folder, err);

	(void)snprintf(name, sizeof name, "%s~turn", call->checker->name);
	if (r == 0)
		r = take_turn(&pace, name, err);
	(void)snprintf(name, sizeof name, "%s~sent", call->checker->name);
	if (r == 0)
		r = keep_distance(&pace, name, err);
	ft_folder_close(&pace.folder);
	if (r == 0 || r == FT_BUSY || r == FT_NO_MEMORY)
		return r;
	ft_log_error(call, LOG_ERR, "person_rate cannot be kept", err);
	return 0;
}
