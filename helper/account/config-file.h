/* SPDX-License-Identifier: MIT */
/*
 * config-file.h - freshtoken.conf, replaced by a new text while others keep off
 *
 * Contract: whoever reads the file sees the old text or the new one, whole, and
 * after a crash too. Owner, group and mode stay; a file that a symbolic link leads to
 * is replaced where it is. The new file (NAME~new, beside it) is the lock at the
 * same time: it belongs to one process until it has taken the old one's place,
 * and one that a killed process left is used again.
 */
#ifndef FT_CONFIG_FILE_H
#define FT_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"

struct ft_config_file {
	char *text;	/* its text; "" where the file does not exist yet */
	size_t len;
	/* Used by config-file.c alone. */
	char *path, *folder, *name, *temporary;
	int folder_fd, fd;
	bool system;
};
#define FT_CONFIG_FILE_INIT { NULL, 0, NULL, NULL, NULL, NULL, -1, -1, false }

/* The text alone, without a lock; empty where the file does not exist. Errors as of ft_ini_read. */
int ft_config_file_peek(const char *path, struct ft_config_file *ret, struct ft_error *err);

/* Creates the folder where it is missing (0700; system: 0755), waits up to the deadline (of
 * ft_monotonic_ms) for other processes that replace the file, and reads it. FT_BUSY, FT_SYSTEM,
 * FT_UNTRUSTED, FT_CONFIG, FT_NO_MEMORY. */
int ft_config_file_open(const char *path, bool system, int64_t deadline,
			struct ft_config_file *ret, struct ft_error *err);
/* Puts the text in the file's place, durably (a new file: 0600; system: 0644). FT_SYSTEM: nothing
 * has changed. The file is released in any case. */
int ft_config_file_commit(struct ft_config_file *file, const struct ft_buf *text,
			  struct ft_error *err);
void ft_config_file_release(struct ft_config_file *file);

#endif
