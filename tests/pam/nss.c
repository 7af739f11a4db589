/* SPDX-License-Identifier: MIT */
/*
 * nss - a source of users that is out of order, for one program alone: libnss_fttest.so.2
 *
 * The file "conf" beside it says "PROGRAM ERRNO STATUS OTHERS": what PROGRAM (the last part of its
 * path; * for all) is told of people, and the status that all the others are told, and everybody of
 * users whose names begin with "_". Statuses as in nss.h:
 * -2 TRYAGAIN, -1 UNAVAIL, 0 NOTFOUND. Without it there are no users here.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <nss.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum nss_status _nss_fttest_getpwnam_r(const char *name, struct passwd *ret, char *buffer,
				       size_t size, int *ret_errno);

static bool is_program(const char *name)
{
	char path[4096] = "";
	const ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
	const char *last = len > 0 ? strrchr(path, '/') : NULL;

	return strcmp(name, "*") == 0 || (last != NULL && strcmp(last + 1, name) == 0);
}

enum nss_status _nss_fttest_getpwnam_r(const char *name, struct passwd *ret, char *buffer,
				       size_t size, int *ret_errno)
{
	static const char marker;
	char path[4096], program[64] = "";
	int number = ENOENT, status = NSS_STATUS_NOTFOUND, others = NSS_STATUS_NOTFOUND;
	const char *slash;
	Dl_info here;
	FILE *file;

	(void)ret, (void)buffer, (void)size;
	if (dladdr(&marker, &here) == 0 || (slash = strrchr(here.dli_fname, '/')) == NULL)
		return NSS_STATUS_NOTFOUND;
	(void)snprintf(path, sizeof path, "%.*s/conf", (int)(slash - here.dli_fname),
		       here.dli_fname);
	file = fopen(path, "re");
	if (file != NULL) {
		if (fscanf(file, "%63s %d %d %d", program, &number, &status, &others) != 4 ||
		    name[0] == '_' || !is_program(program)) {
			status = others;
			number = ENOENT;
		}
		fclose(file);
	}
	*ret_errno = errno = number;
	return (enum nss_status)status;
}
