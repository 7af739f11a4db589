/* SPDX-License-Identifier: MIT */
/*
 * files.h - the files that [fleet] names
 *
 * They must be regular files of root or the effective user. Others must not have access to a secret
 * one; its group may read it, so that an administrator can give users a key of root's. Errors:
 * FT_CONFIG (missing, not readable, wrong contents), FT_UNTRUSTED (others have access), FT_SYSTEM,
 * FT_NO_MEMORY. Messages name the file, never its contents.
 */
#ifndef FT_FLEET_FILES_H
#define FT_FLEET_FILES_H

#include <stdbool.h>
#include "lib/base/box.h"
#include "lib/base/secret.h"

/* A file of exactly 32 bytes. */
int ft_fleet_read_key(const char *file, unsigned char ret[FT_BOX_KEY], struct ft_error *err);
/* A text, without the line feed at its end. key: the key of [fleet], for messages. secret: refuse a
 * file that others can read. */
int ft_fleet_read_text(const char *key, const char *file, bool secret, struct ft_secret *ret,
		       struct ft_error *err);

#endif
