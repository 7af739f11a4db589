/* SPDX-License-Identifier: MIT */
/*
 * config-file.h - replaces the text of freshtoken.conf, under a lock
 *
 * Contract: readers of the file see either the old text or the new one, complete, also after a
 * crash. Owner, group and mode stay. If the file is a symbolic link, the file that it leads to is
 * replaced. The new file (NAME~new, in the same folder) is also the lock: it belongs to one process
 * until it has replaced the old one. If a process is killed, the next one uses its file.
 */
#ifndef FT_CONFIG_FILE_H
#define FT_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"

struct ft_config_file {
	char *text;	/* the file's text; "": it does not exist yet */
	size_t len;
	/* Only for config-file.c. */
	char *path, *folder, *name, *temporary;
	int folder_fd, fd;
	bool system;
};
#define FT_CONFIG_FILE_INIT { NULL, 0, NULL, NULL, NULL, NULL, -1, -1, false }

/* Reads only the text, without a lock; empty if the file does not exist. Errors of ft_ini_read. */
int ft_config_file_peek(const char *path, struct ft_config_file *ret, struct ft_error *err);

/* Makes the folder if it is missing (0700; system: 0755), waits until the deadline
 * (ft_monotonic_ms) for other processes that replace the file, and reads it. FT_BUSY, FT_SYSTEM,
 * FT_UNTRUSTED, FT_CONFIG, FT_NO_MEMORY. */
int ft_config_file_open(const char *path, bool system, int64_t deadline,
			struct ft_config_file *ret, struct ft_error *err);
/* Replaces the file's text durably (a new file: 0600; system: 0644). FT_SYSTEM: nothing has
 * changed. The file is released in any case. */
int ft_config_file_commit(struct ft_config_file *file, const struct ft_buf *text,
			  struct ft_error *err);
void ft_config_file_release(struct ft_config_file *file);

#endif
