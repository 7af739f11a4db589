/* SPDX-License-Identifier: MIT */
/*
 * path.h - paths to values of an answer: [header:|cookie:|claim:|id_token:]SEG.SEG…
 *
 * A segment is bare (no blank and none of . , " : = [ ]) or a JSON string. An answer is a tree of
 * JSON values, whether it came as JSON or as XML.
 *
 * Profiles separate paths by commas. The caller splits such a list, but not at commas inside JSON
 * strings, and passes each item with its quotes: `".expires"` is one segment, `.expires` an error.
 */
#ifndef FT_PATH_H
#define FT_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/base/error.h"
#include "lib/data/json.h"

#define FT_PATH_SEGMENTS 16

enum ft_path_source {
	FT_PATH_BODY, FT_PATH_HEADER, FT_PATH_COOKIE, FT_PATH_CLAIM, FT_PATH_ID_TOKEN
};

/* A header and a cookie have one segment: their name. */
struct ft_path {
	enum ft_path_source source;
	size_t n;
	struct {
		char *name;
		long index;	/* of a bare segment of digits; -1: a name alone */
	} segment[FT_PATH_SEGMENTS];
};

/* FT_CONFIG `path "TEXT": what is wrong`; FT_NO_MEMORY. */
int ft_path_parse(const char *text, struct ft_path *ret, struct ft_error *err);
void ft_path_release(struct ft_path *path);

/* The value that the segments lead to, which may be an array; NULL: none, or null. The whole tree
 * if there are no segments. */
struct json_object *ft_path_node(const struct ft_path *path, struct json_object *tree);
/* Likewise, but the first item instead of an array. */
struct json_object *ft_path_value(const struct ft_path *path, struct json_object *tree);

/*
 * The text of ft_path_value, which lives as long as the tree; NULL if there is none. Digits index
 * an array; 0 of anything else is the value itself, unless it is an object with a member "0". A
 * path that ends at an array takes its first item. An object, null and "" count as no value.
 * Numbers and booleans have the text that they were written with.
 */
const char *ft_path_find(const struct ft_path *path, struct json_object *tree);

#endif
