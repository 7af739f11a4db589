/* SPDX-License-Identifier: MIT */
/*
 * published.h - a file that freshtoken writes and other programs read
 *
 * Contract: the folder belongs to the effective user, and nobody else can write to it or replace a
 * folder above it: each of those is root's or the user's, and others can write to it only if it is
 * sticky. Symbolic links above it must be root's; the folder and the file are not links. Readers
 * see the old text or the new one, complete (replace.h). The caller holds a lock that keeps other
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
	const char *path;	/* absolute; not owned */
	const char *name;	/* the last part of path */
};
#define FT_PUBLISHED_INIT { -1, NULL, NULL }

/* Opens the file's folder; with create, makes that folder (0700) if it is missing, but none above
 * it. FT_NOT_FOUND: there is no folder; FT_UNTRUSTED with the remedy; FT_SYSTEM, FT_NO_MEMORY. */
int ft_published_open(const char *path, bool create, struct ft_published *ret,
		      struct ft_error *err);
void ft_published_close(struct ft_published *file);

/* Reads all of the file and its mode. FT_NOT_FOUND; FT_UNTRUSTED: not a regular file, or longer
 * than ret's limit; FT_SYSTEM. */
int ft_published_read(const struct ft_published *file, struct ft_buf *ret, mode_t *ret_mode,
		      struct ft_error *err);
/* Replaces the text. If it fails, the old text stays. FT_SYSTEM, FT_NO_MEMORY. */
int ft_published_write(const struct ft_published *file, mode_t mode, const void *data, size_t len,
		       struct ft_error *err);
/* 0 also if there is no file. */
int ft_published_remove(const struct ft_published *file, struct ft_error *err);

#endif
