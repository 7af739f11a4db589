/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/data/path.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"

static const struct {
	const char *prefix;
	enum ft_path_source source;
} sources[] = {
	{ "header:", FT_PATH_HEADER },
	{ "cookie:", FT_PATH_COOKIE },
	{ "claim:", FT_PATH_CLAIM },
	{ "id_token:", FT_PATH_ID_TOKEN },
};

/* The name of a header or a cookie: a token of RFC 9110 section 5.6.2. */
static bool is_token(const char *name)
{
	static const char characters[] = "!#$%&'*+-.^_`|~0123456789"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	return name[0] != '\0' && name[strspn(name, characters)] == '\0';
}

/* 0 to 999999 without leading zeros; -1 for anything else. */
static long parse_index(const char *name)
{
	size_t digits = strspn(name, "0123456789");

	if (digits == 0 || digits > 6 || name[digits] != '\0' || (name[0] == '0' && digits > 1))
		return -1;
	return strtol(name, NULL, 10);
}

/* The JSON string that text begins with. */
static int parse_quoted(const char **text, char **ret, struct ft_error *err)
{
	struct json_object *string = NULL;
	const char *end = *text + 1;

	while (*end != '\0' && *end != '"')
		end += end[0] == '\\' && end[1] != '\0' ? 2 : 1;
	if (*end == '\0')
		return ft_error_set(err, FT_CONFIG, "a quoted segment has no closing quote");
	end++;
	if (ft_json_parse(*text, (size_t)(end - *text), 0, "the string", &string, err) != 0) {
		err->code = err->code == FT_NO_MEMORY ? FT_NO_MEMORY : FT_CONFIG;
		return err->code;
	}
	*ret = strdup(json_object_get_string(string));
	json_object_put(string);
	*text = end;
	return *ret != NULL ? 0 : ft_error_memory(err);
}

static int parse_bare(const char **text, char **ret, struct ft_error *err)
{
	size_t len = 0;

	while ((unsigned char)(*text)[len] > ' ' && (*text)[len] != 0x7f &&
	       strchr(".,\":=[]", (*text)[len]) == NULL)
		len++;
	if (!ft_utf8_valid(*text, len))
		return ft_error_set(err, FT_CONFIG, "it is not UTF-8");
	*ret = strndup(*text, len);
	*text += len;
	return *ret != NULL ? 0 : ft_error_memory(err);
}

static int parse_segments(const char *text, struct ft_path *path, struct ft_error *err)
{
	for (;; text++) {
		if (path->n == FT_PATH_SEGMENTS)
			return ft_error_set(err, FT_CONFIG, "more than %d segments",
					    FT_PATH_SEGMENTS);

		char **name = &path->segment[path->n].name;
		bool quoted = *text == '"';
		int r = quoted ? parse_quoted(&text, name, err) : parse_bare(&text, name, err);
		if (r != 0)
			return r;
		path->segment[path->n].index = quoted ? -1 : parse_index(*name);
		path->n++;
		if (*text == ':')
			return ft_error_set(err, FT_CONFIG, "the prefix before \":\" is not one of"
					    " header, cookie, claim, id_token");
		if (*text != '\0' && *text != '.')
			return ft_error_set(err, FT_CONFIG, "\"%c\" has to be in a quoted"
					    " segment", *text);
		if ((*name)[0] == '\0')
			return ft_error_set(err, FT_CONFIG, "a segment is empty" FT_REMEDY
						"a name with a"
					    " dot in it is written \"…\"");
		if (*text == '\0')
			return 0;
	}
}

int ft_path_parse(const char *text, struct ft_path *ret, struct ft_error *err)
{
	struct ft_path path = { .source = FT_PATH_BODY };
	struct ft_error cause = FT_ERROR_INIT;
	const char *rest = text;
	int r;

	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		size_t len = strlen(sources[i].prefix);

		if (strncmp(text, sources[i].prefix, len) == 0) {
			path.source = sources[i].source;
			rest += len;
			break;
		}
	}
	r = parse_segments(rest, &path, &cause);
	if (r == 0 && (path.source == FT_PATH_HEADER || path.source == FT_PATH_COOKIE) &&
	    (path.n != 1 || !is_token(path.segment[0].name)))
		r = ft_error_set(&cause, FT_CONFIG, "expected one name of a header or cookie");
	if (r != 0) {
		ft_path_release(&path);
		(void)ft_error_copy(err, r, &cause);
		if (r != FT_NO_MEMORY)
			ft_error_prefix(err, "path \"%s\"", text);
		return r;
	}
	*ret = path;
	return 0;
}

void ft_path_release(struct ft_path *path)
{
	if (path == NULL)
		return;
	for (size_t i = 0; i < path->n; i++)
		free(path->segment[i].name);
	*path = (struct ft_path){ .source = FT_PATH_BODY };
}

struct json_object *ft_path_node(const struct ft_path *path, struct json_object *tree)
{
	for (size_t i = 0; i < path->n; i++) {
		long index = path->segment[i].index;
		struct json_object *member = NULL;

		if (json_object_is_type(tree, json_type_array)) {
			if (index < 0)
				return NULL;
			tree = json_object_array_get_idx(tree, (size_t)index);
		} else if (json_object_is_type(tree, json_type_object) &&
			   json_object_object_get_ex(tree, path->segment[i].name, &member)) {
			tree = member;
		} else if (index != 0) {
			return NULL;
		}
	}
	return tree;
}

struct json_object *ft_path_value(const struct ft_path *path, struct json_object *tree)
{
	tree = ft_path_node(path, tree);
	while (json_object_is_type(tree, json_type_array))
		tree = json_object_array_get_idx(tree, 0);
	return tree;
}

const char *ft_path_find(const struct ft_path *path, struct json_object *tree)
{
	tree = ft_path_value(path, tree);
	if (tree == NULL || json_object_is_type(tree, json_type_object))
		return NULL;
	const char *text = json_object_get_string(tree);

	return text != NULL && text[0] != '\0' ? text : NULL;
}
