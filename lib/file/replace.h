/* SPDX-License-Identifier: MIT */
/*
 * replace.h - replaces a file atomically
 *
 * Readers see the old text or the new one, complete, also after a crash: the new text is written to
 * a temporary file beside it, synchronised and renamed, and then the folder is synchronised.
 */
#ifndef FT_REPLACE_H
#define FT_REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* Writes all of data, retrying after signals. 0; -1 and errno. */
int ft_write_all(int fd, const void *data, size_t len);
/*
 * Writes data into fd, the open file TEMPORARY of the folder, and renames it to NAME. 0; -1 and
 * errno. *ret_there: it was renamed. If that is set and -1 returned, only the folder could not be
 * synchronised, and a crash may bring the old file back.
 */
int ft_replace(int folder_fd, int fd, const char *temporary, const char *name, const void *data,
	       size_t len, bool *ret_there);
/*
 * Likewise for a path, with a temporary file that gets owner, group and mode of `rights`. 0; -1 and
 * errno: the file is unchanged. If the new file is complete but cannot be renamed (over a bind
 * mount, for example), *ret_complete is its path: the caller removes it and frees the string.
 * ret_complete NULL: it is removed here.
 */
int ft_replace_path(const char *path, const struct stat *rights, const void *data, size_t len,
		    char **ret_complete);

#endif
