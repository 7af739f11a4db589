/* SPDX-License-Identifier: MIT */
/*
 * privatefile.h - files that nobody else may read or plant
 *
 * Contract: a private folder is a directory of the effective user's without
 * access for group or others; a private file is a regular file likewise, below
 * it, reached by its name alone. Nothing is followed (O_NOFOLLOW), nothing
 * blocks (a FIFO would), and what is wrong is refused with its remedy.
 *
 * Replacing: prepare reserves the space while nothing is lost yet; commit
 * writes, synchronises, renames and synchronises the folder. Whoever prepares
 * holds a lock that keeps others away from the same name.
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
/* Puts data in the place of NAME for good. Whatever happens, `replacement` is released. */
int ft_replacement_commit(struct ft_replacement *replacement, const void *data, size_t len,
			  struct ft_error *err);
void ft_replacement_release(struct ft_replacement *replacement);

/* Makes NAME a new, empty, synchronised file with `size` bytes reserved, open for writing. */
int ft_private_reserve(const struct ft_folder *folder, const char *name, size_t size,
		       int *ret_fd, struct ft_error *err);
/* 0 also where there was none. */
int ft_private_remove(const struct ft_folder *folder, const char *name, struct ft_error *err);
/* Renames NAME to NAME~SUFFIX-TIME and tells the new name; never overwrites. */
int ft_private_set_aside(const struct ft_folder *folder, const char *name, const char *suffix,
			 char **ret_name, struct ft_error *err);

#endif
