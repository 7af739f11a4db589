/* SPDX-License-Identifier: MIT */
/*
 * files.h - the files that [fleet] names
 *
 * Regular files, root's or of whom this runs as. What is secret is for nobody else but their group,
 * to which an administrator gives a key of root's. Errors: FT_CONFIG (not there, not readable, not
 * what it has to be), FT_UNTRUSTED (others have access), FT_SYSTEM, FT_NO_MEMORY; the file is
 * named, its contents are not.
 */
#ifndef FT_FLEET_FILES_H
#define FT_FLEET_FILES_H

#include <stdbool.h>
#include "lib/base/box.h"
#include "lib/base/secret.h"

/* 32 bytes, as they are. */
int ft_fleet_read_key(const char *file, unsigned char ret[FT_BOX_KEY], struct ft_error *err);
/* A text, without the line feed at its end. `key` of [fleet] names it in messages. */
int ft_fleet_read_text(const char *key, const char *file, bool secret, struct ft_secret *ret,
		       struct ft_error *err);

#endif
