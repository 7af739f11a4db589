/* SPDX-License-Identifier: MIT */
/*
 * user-map.h - the file that maps local users to subjects at the service
 *
 *	# a comment has a line of its own
 *	alice	248289761001
 *
 * Two words a line. Everything that could be a typing error is refused, with file and line, because
 * a line that is silently ignored or misread lets the wrong person in, or keeps everybody out: a
 * byte order mark, a carriage return, an invisible character, a comment after the subject, a third
 * word, a name given twice, and a file without any line.
 */
#ifndef FT_USER_MAP_H
#define FT_USER_MAP_H

#include <stddef.h>
#include "lib/base/error.h"

struct ft_user_map_entry {
	const char *user, *subject;
	unsigned line;
};

struct ft_user_map {
	struct ft_user_map_entry *list;	/* by the users' names */
	size_t n;
	char *text;			/* holds the strings */
};
#define FT_USER_MAP_INIT { NULL, 0, NULL }

/* FT_CONFIG "FILE:LINE: what is wrong"; FT_NO_MEMORY. */
int ft_user_map_parse(const char *file, const char *text, size_t len, struct ft_user_map *ret,
		      struct ft_error *err);
/* Likewise from a file, which must belong to root (or the caller) and be writable for nobody else:
 * FT_UNTRUSTED. FT_CONFIG also if it cannot be opened; FT_SYSTEM. */
int ft_user_map_load(const char *file, struct ft_user_map *ret, struct ft_error *err);
/* The entry with exactly this name; NULL: there is none. */
const struct ft_user_map_entry *ft_user_map_find(const struct ft_user_map *map, const char *user);
void ft_user_map_release(struct ft_user_map *map);

#endif
