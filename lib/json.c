#include "config.h"
#include "json.h"

#include <string.h>

bool ft_utf8_valid(const char *data, size_t len)
{
	const unsigned char *s = (const unsigned char *)data, *end = s + len;

	while (s < end) {
		if (*s < 0x80) {
			s++;
			continue;
		}
		size_t more = *s >= 0xf0 ? 3 : *s >= 0xe0 ? 2 : 1;

		if (*s < 0xc2 || *s > 0xf4 || (size_t)(end - s) <= more)
			return false;
		/* Overlong forms, surrogates, and what lies beyond U+10FFFF. */
		if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
		    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
			return false;
		for (size_t i = 1; i <= more; i++)
			if ((s[i] & 0xc0) != 0x80)
				return false;
		s += more + 1;
	}
	return true;
}

/*
 * What json-c lets pass, seen before it parses: single quotes, NaN and
 * Infinity, comments, control bytes in strings, \u0000. Counts the colons
 * outside of strings, which are the members that the tree must have: a
 * duplicate key leaves one fewer.
 */
static const char *prescan(const char *text, size_t len, size_t *ret_members)
{
	bool in_string = false;
	size_t members = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (in_string) {
			if (c < 0x20)
				return "has a control byte in a string";
			if (c == '\\') {
				if (len - i > 5 && memcmp(text + i + 1, "u0000", 5) == 0)
					return "has a NUL in a string";
				i++;
			} else if (c == '"') {
				in_string = false;
			}
		} else if (c == '"') {
			in_string = true;
		} else if (c == ':') {
			members++;
		} else if (c == 0 || strchr("{}[],+-.0123456789aeflnrstuE \t\r\n", c) == NULL) {
			return "is not JSON";
		}
	}
	*ret_members = members;
	return NULL;
}

static size_t count_members(struct json_object *value)
{
	size_t n = 0;

	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member) {
			(void)key;
			n += 1 + count_members(member);
		}
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			n += count_members(json_object_array_get_idx(value, i));
	}
	return n;
}

int ft_json_parse(const char *text, size_t len, int depth, const char *what,
		  struct json_object **ret, struct ft_error *err)
{
	size_t members = 0;
	const char *wrong = prescan(text, len, &members);

	if (wrong == NULL && !ft_utf8_valid(text, len))
		wrong = "is not UTF-8";
	if (wrong == NULL && len > INT32_MAX)
		wrong = "is too long";
	if (wrong != NULL)
		return ft_error_set(err, FT_UNTRUSTED, "%s %s", what, wrong);

	/* json-c counts the level of a scalar too. */
	struct json_tokener *tokener = json_tokener_new_ex(depth + 1);

	if (tokener == NULL)
		return ft_error_memory(err);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	struct json_object *object = json_tokener_parse_ex(tokener, text, (int)len);
	enum json_tokener_error state = json_tokener_get_error(tokener);

	/* A bare number at the end needs a NUL to be known as complete. */
	if (state == json_tokener_continue)
		object = json_tokener_parse_ex(tokener, "", 1),
		state = json_tokener_get_error(tokener);
	json_tokener_free(tokener);

	if (state == json_tokener_error_depth)
		wrong = "is nested too deeply";
	else if (state != json_tokener_success)
		wrong = "is not JSON";
	else if (count_members(object) != members)
		wrong = "has a duplicate key";
	if (wrong != NULL) {
		json_object_put(object);
		return ft_error_set(err, FT_UNTRUSTED, "%s %s", what, wrong);
	}
	*ret = object;
	return 0;
}

const char *ft_json_string(struct json_object *object, const char *key)
{
	struct json_object *member = NULL;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, key, &member) ||
	    !json_object_is_type(member, json_type_string))
		return NULL;
	return json_object_get_string(member);
}

int ft_json_secret(struct json_object *object, const char *key, struct ft_secret *secret)
{
	const char *value = ft_json_string(object, key);

	return value == NULL ? 0 : ft_secret_set(secret, value, strlen(value));
}

int64_t ft_json_int(struct json_object *object, const char *key, int64_t fallback)
{
	struct json_object *member = NULL;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, key, &member) ||
	    !json_object_is_type(member, json_type_int))
		return fallback;
	return json_object_get_int64(member);
}

bool ft_json_bool(struct json_object *object, const char *key, bool fallback)
{
	struct json_object *member = NULL;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, key, &member) ||
	    !json_object_is_type(member, json_type_boolean))
		return fallback;
	return json_object_get_boolean(member) != 0;
}

int ft_json_add(struct json_object *object, const char *key, struct json_object *value)
{
	if (object == NULL || value == NULL || json_object_object_add(object, key, value) != 0) {
		json_object_put(value);
		return FT_NO_MEMORY;
	}
	return 0;
}

int ft_json_add_string(struct json_object *object, const char *key, const char *value)
{
	return ft_json_add(object, key, json_object_new_string(value));
}

int ft_json_add_int(struct json_object *object, const char *key, int64_t value)
{
	return ft_json_add(object, key, json_object_new_int64(value));
}

const char *ft_json_text(struct json_object *object, size_t *ret_len)
{
	return json_object_to_json_string_length(object,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, ret_len);
}
