/* SPDX-License-Identifier: MIT */
/*
 * The switch must work when the configuration, the source of users or the service does not, so it
 * reads none of them. It lets everybody past the check, even disabled users. So the file counts
 * only if nobody but root could have made it.
 */
#include "config.h"
#include "pam/call/off.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define NAME "pam.off"

static bool is_roots(int fd, bool folder)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (folder ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode)) &&
	       st.st_uid == 0 && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool ft_pam_is_off(const struct ft_call *call)
{
	struct ft_places places = { .root = NULL };
	char *run = NULL;
	bool off = false;
	struct ft_error err;

	if (ft_places_for_pam(&places, &run, &err) != 0)
		return false;
	int folder = open(places.system_config, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = folder < 0 ? -1 :
			      openat(folder, NAME,
				     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	const bool absent = fd < 0 && (errno == ENOENT || errno == ENOTDIR);

	off = fd >= 0 && is_roots(fd, false) && is_roots(folder, true);
	if (off)
		ft_log(call, LOG_WARNING,
		       "nobody is checked: freshtoken is switched off by %s/" NAME
		       "; remove it to have logins checked again",
		       places.system_config);
	else if (!absent)
		ft_log(call, LOG_ERR,
		       "%s/" NAME " does not switch freshtoken off: it and its folder have to be "
				  "root's, and writable for nobody else",
		       places.system_config);
	if (fd >= 0)
		(void)close(fd);
	if (folder >= 0)
		(void)close(folder);
	free(run);
	ft_places_release(&places);
	return off;
}
