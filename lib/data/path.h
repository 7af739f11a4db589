/* SPDX-License-Identifier: MIT */
/*
 * path.h - a path into an answer: [header:|cookie:|claim:|id_token:]SEG.SEG…
 *
 * A segment is bare (no blank and none of . , " : = [ ]) or a JSON string. An
 * answer is a tree of JSON values, whether it came as JSON or as XML.
 *
 * A profile separates paths by commas. Whoever splits such a list leaves the
 * commas inside of JSON strings alone and hands each item over as it is,
 * quotes included: `".expires"` is one segment, `.expires` an error.
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

/* FT_CONFIG: `"TEXT": what is wrong with it`. FT_NO_MEMORY. */
int ft_path_parse(const char *text, struct ft_path *ret, struct ft_error *err);
void ft_path_release(struct ft_path *path);

/* What the segments lead to, which may be an array; NULL: none, or null. Without segments: all. */
struct json_object *ft_path_node(const struct ft_path *path, struct json_object *tree);
/* Likewise, an array's first item in its place. */
struct json_object *ft_path_value(const struct ft_path *path, struct json_object *tree);

/*
 * That value as text that lives as long as the tree;
 * NULL where there is none. Digits index an array; 0 of anything else is the
 * value itself, unless it is an object with a member "0". A path that ends at
 * an array takes its first item. An object, null and "" are no value. Numbers
 * and booleans are the text that they were written as.
 */
const char *ft_path_find(const struct ft_path *path, struct json_object *tree);

#endif
