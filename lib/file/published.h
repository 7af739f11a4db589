/* SPDX-License-Identifier: MIT */
/*
 * published.h - a file of ours that other programs read
 *
 * Contract: its folder belongs to the effective user, and nobody else can write to it, or rename
 * what leads to it: each folder above is root's or the user's, and others can write to it only
 * where it is sticky. A symbolic link on the way is root's; the folder and the file are none.
 * Readers see an old text or a new one, whole (replace.h). Who writes holds a lock that keeps other
 * writers away.
 */
#ifndef FT_PUBLISHED_H
#define FT_PUBLISHED_H

#include <stdbool.h>
#include <sys/types.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"

struct ft_published {
	int folder;		/* -1: not open */
	const char *path;	/* absolute; lent … */
	const char *name;	/* … and what of it is below the folder */
};
#define FT_PUBLISHED_INIT { -1, NULL, NULL }

/* Opens its folder; with create makes that (0700), if it is missing, but none above it.
 * FT_NOT_FOUND: there is no folder; FT_UNTRUSTED with the remedy; FT_SYSTEM, FT_NO_MEMORY. */
int ft_published_open(const char *path, bool create, struct ft_published *ret,
		      struct ft_error *err);
void ft_published_close(struct ft_published *file);

/* All of it, and its mode. FT_NOT_FOUND; FT_UNTRUSTED: no regular file, or longer than ret's
 * limit; FT_SYSTEM. */
int ft_published_read(const struct ft_published *file, struct ft_buf *ret, mode_t *ret_mode,
		      struct ft_error *err);
/* Where this fails the old text stays. FT_SYSTEM. */
int ft_published_write(const struct ft_published *file, mode_t mode, const void *data, size_t len,
		       struct ft_error *err);
/* 0 also where there is none. */
int ft_published_remove(const struct ft_published *file, struct ft_error *err);

#endif
