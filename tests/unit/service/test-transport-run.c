/* SPDX-License-Identifier: MIT */
/* transport-run.h: the descriptors of its caller that a transport keeps */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file/lock.h"
#include "lib/service/transport-run.h"
#include "tests/unit/unit.h"

static char folder_path[] = "/tmp/freshtoken-run-XXXXXX";

/* In the transport's place: says what it was given, and ends with its request. */
static void write_program(const char *folder)
{
	static const char script[] =
		"#!/bin/sh\nfor fd in /proc/$$/fd/*; do readlink $fd; done\ncat >/dev/null\n";
	char path[sizeof folder_path + 32];

	(void)snprintf(path, sizeof path, "%s/freshtoken-transport", folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, script, sizeof script - 1), (ssize_t)sizeof script - 1);
	ck_assert_int_eq(close(fd), 0);
}

START_TEST(the_lock_is_held_and_out_of_reach)
{
	struct ft_transport transport = FT_TRANSPORT_INIT;
	struct ft_folder folder = { .path = mkdtemp(folder_path) };
	char given[4096] = "";
	int lock = -1, answer;

	ck_assert_ptr_nonnull(folder.path);
	folder.fd = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(folder.fd, 0);
	write_program(folder_path);
	answer = openat(folder.fd, "answer", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(answer, 0);
	ck_assert_int_eq(ft_lock_take(&folder, "work.lock", &lock, NULL), 0);
	ck_assert_int_eq(ft_transport_start(folder_path, NULL, answer, lock, &transport, NULL), 0);
	/* It alone holds the lock now. */
	ck_assert_int_eq(close(lock), 0);
	ck_assert_int_eq(ft_lock_take(&folder, "work.lock", &lock, NULL), FT_BUSY);

	ft_transport_finish(&transport, 60);
	for (int i = 0; i < 6000 && ft_lock_take(&folder, "work.lock", &lock, NULL) == FT_BUSY; i++)
		(void)usleep(10000);
	ck_assert_int_ge(lock, 0);
	ck_assert_int_gt(pread(answer, given, sizeof given - 1, 0), 0);
	ck_assert_msg(strstr(given, "/answer") != NULL && strstr(given, "socket:") != NULL, "%s",
		      given);
	ck_assert_msg(strstr(given, "work.lock") == NULL, "%s", given);

	ck_assert_int_eq(unlinkat(folder.fd, "freshtoken-transport", 0), 0);
	ck_assert_int_eq(unlinkat(folder.fd, "answer", 0), 0);
	ck_assert_int_eq(unlinkat(folder.fd, "work.lock", 0), 0);
	ck_assert_int_eq(rmdir(folder_path), 0);
	(void)close(answer);
	(void)close(lock);
	(void)close(folder.fd);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { the_lock_is_held_and_out_of_reach, NULL };

	return unit_run("transport-run", tests);
}
