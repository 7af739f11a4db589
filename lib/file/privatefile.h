/* SPDX-License-Identifier: MIT */
/*
 * privatefile.h - files that no other user can read or create
 *
 * Contract: a private folder belongs to the effective user, without access for group or others. A
 * private file is a regular file in it with the same owner and no access for others, opened
 * relative to the folder. Links are not followed (O_NOFOLLOW), opening never blocks (as a FIFO
 * would), and anything else is refused with a remedy.
 *
 * Replacing a file: prepare reserves the space, before anything can be lost; commit writes,
 * synchronises, renames and synchronises the folder. The caller holds a lock from prepare to
 * commit, so that nobody else writes the same name.
 */
#ifndef FT_PRIVATEFILE_H
#define FT_PRIVATEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"

struct ft_folder {
	int fd;		/* -1: not open */
	char *path;
};
#define FT_FOLDER_INIT { -1, NULL }

/* Opens; with create, makes it (0700) and its parents (root's: 0755). FT_NOT_FOUND, FT_UNTRUSTED,
 * FT_SYSTEM. */
int ft_folder_open(const char *path, bool create, struct ft_folder *ret, struct ft_error *err);
void ft_folder_close(struct ft_folder *folder);

/* Opens a private file. flags are O_RDONLY or O_RDWR, with O_CREAT where it may be new. */
int ft_private_open(const struct ft_folder *folder, const char *name, int flags,
		    int *ret_fd, struct ft_error *err);
/* Reads all of one; ret's limit is the file's. FT_NOT_FOUND, FT_UNTRUSTED, FT_SYSTEM. */
int ft_private_read(const struct ft_folder *folder, const char *name,
		    struct ft_buf *ret, struct ft_error *err);

struct ft_replacement {
	const struct ft_folder *folder;
	char *name, *temporary;
	int fd;		/* -1: nothing prepared */
};
#define FT_REPLACEMENT_INIT { NULL, NULL, NULL, -1 }

/* Reserves `size` bytes in NAME~PURPOSE. FT_SYSTEM (disk full, read-only, …): nothing has
 * changed. */
int ft_replacement_prepare(const struct ft_folder *folder, const char *name, const char *purpose,
			   size_t size, struct ft_replacement *ret, struct ft_error *err);
/* Replaces NAME by data, durably. `replacement` is released in any case. FT_SYSTEM. */
int ft_replacement_commit(struct ft_replacement *replacement, const void *data, size_t len,
			  struct ft_error *err);
void ft_replacement_release(struct ft_replacement *replacement);

/* Creates NAME anew with `size` bytes reserved, open for reading and writing. */
int ft_private_reserve(const struct ft_folder *folder, const char *name, size_t size,
		       int *ret_fd, struct ft_error *err);
/* 0 also where there was none. */
int ft_private_remove(const struct ft_folder *folder, const char *name, struct ft_error *err);
/* Renames NAME to NAME~SUFFIX-TIME, never over another file. *ret_name is the new name, to be
 * freed. */
int ft_private_set_aside(const struct ft_folder *folder, const char *name, const char *suffix,
			 char **ret_name, struct ft_error *err);

#endif
