/* SPDX-License-Identifier: MIT */
/*
 * replace.h - another file in the place of one
 *
 * Whoever reads the file sees the old text or the new one, whole, and after a crash too: what is
 * new is written beside it and synchronised, takes its name, and the folder is synchronised.
 */
#ifndef FT_REPLACE_H
#define FT_REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* All of it to where the descriptor is, retrying after signals. 0; -1 and errno. */
int ft_write_all(int fd, const void *data, size_t len);
/*
 * Makes data all that is in fd, the open file TEMPORARY of the folder, and gives it NAME. 0; -1 and
 * errno. *ret_there tells then whether only the folder could not be synchronised: a crash may bring
 * the old one back.
 */
int ft_replace(int folder_fd, int fd, const char *temporary, const char *name, const void *data,
	       size_t len, bool *ret_there);
/*
 * The same of a path, with a temporary file of its own that gets owner, group and mode of `rights`.
 * 0; -1 and errno: the file is as it was. Where the new one is complete and cannot take its place
 * (a file that is mounted by itself, say), *ret_complete is its path, which is the caller's to
 * remove and to free; NULL: it is removed.
 */
int ft_replace_path(const char *path, const struct stat *rights, const void *data, size_t len,
		    char **ret_complete);

#endif
