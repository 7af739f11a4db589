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

/* Turns are given out in the order in which they are asked for, and a person has one at a time:
 * whoever asks again and again is not before others for it. The file has when the next one is, in
 * ms of the boot clock. */
static int take_turn(const struct ft_call *call, const char *path, int fd, const char *name,
		     int64_t most, int64_t *ret, struct ft_error *err)
{
	const int64_t rate = call->checker->person_rate > 0 ? call->checker->person_rate :
							      FT_PERSON_RATE;
	const int64_t between = (1000 + rate - 1) / rate;
	struct ft_buf text = FT_BUF_INIT(FILE_MAX);
	struct ft_moment now;
	char line[FILE_MAX];
	int r = ft_lock_open(fd, path, name, ft_monotonic_ms() + most, err);

	if (r == 0 && ft_buf_read(&text, fd) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s/%s", path, name);
	if (r != 0)
		goto out;
	ft_moment_now(&now);
	int64_t turn = text.data != NULL ? strtoll(text.data, NULL, 10) : 0;

	/* One that is later than anybody may wait is of another boot. */
	if (turn < now.boot || turn > now.boot + FT_DIRECTORY_QUEUE + between)
		turn = now.boot;
	if (turn - now.boot > most) {
		r = ft_error_set(err, FT_BUSY, "too many logins wait for the directory at once");
		goto out;
	}
	const int len = snprintf(line, sizeof line, "%" PRId64 "\n", turn + between);

	if (pwrite(fd, line, (size_t)len, 0) != len || ftruncate(fd, len) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "cannot write %s/%s", path, name);
	*ret = turn - now.boot;
out:
	ft_buf_release(&text);
	return r;
}

int ft_pace_wait(const struct ft_call *call, int64_t deadline, struct ft_error *err)
{
	struct ft_folder folder = FT_FOLDER_INIT;
	char *path = ft_checker_folder(call), name[NAME_SIZE];
	const int64_t most = deadline - ft_monotonic_ms();
	int64_t pause = 0;
	int fd = -1;

	if (path == NULL)
		return ft_error_memory(err);
	(void)snprintf(name, sizeof name, "%s~turn", call->checker->name);
	int r = ft_folder_open(path, true, &folder, err);

	if (r == 0)
		r = ft_private_open(&folder, name, O_RDWR | O_CREAT, &fd, err);
	if (r == 0)
		r = take_turn(call, path, fd, name, most > 0 ? most : 0, &pause, err);
	if (fd >= 0)
		(void)close(fd);
	ft_folder_close(&folder);
	free(path);
	if (r != 0 && r != FT_BUSY && r != FT_NO_MEMORY) {
		ft_log_error(call, LOG_ERR, "person_rate cannot be kept", err);
		r = 0;
	}
	if (r == 0 && pause > 0) {
		struct timespec left = { (time_t)(pause / 1000), (long)(pause % 1000) * 1000000 };

		while (nanosleep(&left, &left) != 0 && errno == EINTR)
			continue;
	}
	return r;
}
