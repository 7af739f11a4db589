/* SPDX-License-Identifier: MIT */
/*
 * trusted.h - configuration files: others may read them, but not change them
 */
#ifndef FT_TRUSTED_H
#define FT_TRUSTED_H

#include <sys/stat.h>
#include "lib/base/error.h"

/* Checks that an open file is a regular file of root's or of the effective user's that nobody else
 * can write to. file is only for the remedy: the text has no name in front. FT_UNTRUSTED,
 * FT_SYSTEM. */
int ft_trusted_check(int fd, const char *file, struct stat *ret, struct ft_error *err);

#endif
