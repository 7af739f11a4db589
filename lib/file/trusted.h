/* SPDX-License-Identifier: MIT */
/*
 * trusted.h - files that decide something, and that others may read
 */
#ifndef FT_TRUSTED_H
#define FT_TRUSTED_H

#include <sys/stat.h>
#include "lib/base/error.h"

/* A regular file, root's or of whom this runs as, that nobody else may write to. FT_UNTRUSTED with
 * the remedy, without the name before it; FT_SYSTEM. */
int ft_trusted_check(int fd, const char *file, struct stat *ret, struct ft_error *err);

#endif
