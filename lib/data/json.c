/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/data/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/date.h"

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
	const int64_t value = json_object_get_int64(member);

	return value > FT_NUMBER_MAX ? FT_NUMBER_MAX : value < -FT_NUMBER_MAX ? -FT_NUMBER_MAX :
										value;
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

/* The length that ft_json_text writes, with the quotes. */
static size_t string_length(const char *text, size_t len)
{
	size_t n = 2;

	for (size_t i = 0; i < len; i++)
		n += (unsigned char)text[i] >= 0x20 && text[i] != '"' && text[i] != '\\' ? 1 :
		     text[i] != '\0' && strchr("\b\n\r\t\f\"\\", text[i]) != NULL ? 2 : 6;
	return n;
}

/* Adds the length of the text. False: unknown, because json-c formats a number in it. */
static bool add_length(struct json_object *object, size_t *len)
{
	char number[32];
	size_t n = 0;
	bool known = true;

	switch (json_object_get_type(object)) {
	case json_type_object: {
		json_object_object_foreach(object, key, value) {
			*len += string_length(key, strlen(key)) + 1;
			known = known && add_length(value, len);
			n++;
		}
		*len += n > 0 ? n + 1 : 2;
		return known;
	}
	case json_type_array:
		n = json_object_array_length(object);
		for (size_t i = 0; known && i < n; i++)
			known = add_length(json_object_array_get_idx(object, i), len);
		*len += n > 0 ? n + 1 : 2;
		return known;
	case json_type_string:
		*len += string_length(json_object_get_string(object),
				      (size_t)json_object_get_string_len(object));
		return true;
	case json_type_boolean:
		*len += json_object_get_boolean(object) ? 4 : 5;
		return true;
	case json_type_null:
		*len += 4;
		return true;
	case json_type_int:
		if (json_object_get_int64(object) == INT64_MAX)
			(void)snprintf(number, sizeof number, "%" PRIu64,
				       json_object_get_uint64(object));
		else
			(void)snprintf(number, sizeof number, "%" PRId64,
				       json_object_get_int64(object));
		*len += strlen(number);
		return true;
	default:
		return false;
	}
}

/* Without memory json-c returns an incomplete text, and no error. So the length is compared. */
const char *ft_json_text(struct json_object *object, size_t *ret_len)
{
	size_t len = 0, least = 0;
	const char *text = json_object_to_json_string_length(object,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

	if (text != NULL && add_length(object, &least) && len != least)
		return NULL;
	if (ret_len != NULL)
		*ret_len = len;
	return text;
}

bool ft_json_marked(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) &&
	       strstr(json_object_get_string(value), FT_JSON_MARK) != NULL;
}
