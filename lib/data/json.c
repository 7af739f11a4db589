#include "config.h"
#include "lib/data/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/utf8.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The number that text begins with (RFC 8259 section 6): its length, 0 where it is none. */
static size_t scan_number(const char *text, size_t len, bool *ret_integer)
{
	size_t i = 0, first;
	bool integer = true;

	if (i < len && text[i] == '-')
		i++;
	for (first = i; i < len && is_digit(text[i]); i++)
		;
	if (i == first || (text[first] == '0' && i > first + 1))
		return 0;
	if (i < len && text[i] == '.') {
		for (first = ++i; i < len && is_digit(text[i]); i++)
			;
		if (i == first)
			return 0;
		integer = false;
	}
	if (i < len && (text[i] == 'e' || text[i] == 'E')) {
		i++;
		if (i < len && (text[i] == '+' || text[i] == '-'))
			i++;
		for (first = i; i < len && is_digit(text[i]); i++)
			;
		if (i == first)
			return 0;
		integer = false;
	}
	*ret_integer = integer;
	return i;
}

static bool fits_int64(const char *digits, size_t len)
{
	char copy[24];

	if (len >= sizeof copy)
		return false;
	memcpy(copy, digits, len);
	copy[len] = '\0';
	errno = 0;
	(void)strtoll(copy, NULL, 10);
	return errno == 0;
}

/* A character of valid UTF-8 as \\uXXXX, or as a pair of them; its length. */
static size_t add_escaped(struct ft_buf *buf, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	unsigned long c = s[0] & (0xffu >> (len + 1));

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (s[i] & 0x3f);
	if (c >= 0x10000) {
		c -= 0x10000;
		ft_buf_addf(buf, "\\u%04lx", 0xd800 | c >> 10);
		c = 0xdc00 | (c & 0x3ff);
	}
	ft_buf_addf(buf, "\\u%04lx", c);
	return len;
}

/*
 * What json-c lets pass, seen before it parses: single quotes, NaN and
 * Infinity, comments, control bytes in strings, \u0000, leading zeros, "1.".
 * Counts the colons outside of strings, which are the members that the tree
 * must have: a duplicate key leaves one fewer. Into `rewritten` goes what json-c
 * would take for something else: an integer beyond 64 bits, which it would saturate,
 * as a string, and letters beyond ASCII as escapes, for strict json-c 0.18 refuses
 * their bytes where char is signed.
 */
static const char *prescan(const char *text, size_t len, int depth, size_t *ret_members,
			   struct ft_buf *rewritten)
{
	bool in_string = false, integer = false;
	size_t members = 0, copied = 0, digits;
	int level = 0;

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
			} else if (c >= 0x80) {
				ft_buf_add(rewritten, text + copied, i - copied);
				copied = i + add_escaped(rewritten, text + i);
				i = copied - 1;
			}
		} else if (c == '"') {
			in_string = true;
		} else if (c == ':') {
			members++;
		} else if (c == '{' || c == '[') {
			if (++level > depth)
				return "is nested too deeply";
		} else if (c == '}' || c == ']') {
			level--;
		} else if (c == '-' || is_digit((char)c)) {
			digits = scan_number(text + i, len - i, &integer);
			if (digits == 0)
				return "is not JSON";
			if (integer && !fits_int64(text + i, digits)) {
				ft_buf_add(rewritten, text + copied, i - copied);
				ft_buf_adds(rewritten, "\"");
				ft_buf_add(rewritten, text + i, digits);
				ft_buf_adds(rewritten, "\"");
				copied = i + digits;
				/* As a string it could be a key; as a number it is none. */
				for (size_t j = copied; j < len && strchr(": \t\r\n", text[j]); j++)
					if (text[j] == ':')
						return "is not JSON";
			}
			i += digits - 1;
		} else if (c == 0 || strchr(",aeflnrstu \t\r\n", c) == NULL) {
			return "is not JSON";
		}
	}
	if (copied > 0)
		ft_buf_add(rewritten, text + copied, len - copied);
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

/*
 * What json-c makes of checked text; a reason where it makes nothing of it.
 * Out of memory, json-c before 0.17 stops where it is and reports a success with
 * what it has: then *ret_whole is false.
 */
static const char *parse(struct json_tokener *tokener, const char *text, size_t len,
			 struct json_object **ret, bool *ret_whole)
{
	struct json_object *object = json_tokener_parse_ex(tokener, text, (int)len);
	enum json_tokener_error state = json_tokener_get_error(tokener);
	size_t end = json_tokener_get_parse_end(tokener);

	/* A bare number at the end needs a NUL to be known as complete. */
	if (state == json_tokener_continue) {
		object = json_tokener_parse_ex(tokener, "", 1);
		state = json_tokener_get_error(tokener);
	}
#if JSON_C_VERSION_NUM >= (17 << 8)
	if (state == json_tokener_error_memory) {
		*ret_whole = false;
		return NULL;
	}
#endif
	if (state != json_tokener_success)
		return "is not JSON";
	while (end < len && strchr(" \t\r\n", text[end]) != NULL)
		end++;
	*ret_whole = end == len;
	*ret = object;
	return NULL;
}

int ft_json_parse(const char *text, size_t len, int depth, const char *what,
		  struct json_object **ret, struct ft_error *err)
{
	/* Of two bytes become six at the most, and an empty text is no pointer. */
	struct ft_buf rewritten = FT_BUF_INIT(3 * len + 2);
	struct json_tokener *tokener = NULL;
	struct json_object *object = NULL;
	size_t members = 0;
	bool whole = true;
	const char *wrong = len > INT32_MAX / 8 ? "is too long" :
		!ft_utf8_valid(text, len) ? "is not UTF-8" :
		prescan(text, len, depth, &members, &rewritten);
	int r = 0;

	if (wrong == NULL && rewritten.failed) {
		r = ft_error_memory(err);
		goto out;
	}
	if (wrong != NULL)
		goto out;
	/* json-c counts the level of a scalar too, but not that of an empty array. */
	tokener = json_tokener_new_ex(depth + 1);
	if (tokener == NULL) {
		r = ft_error_memory(err);
		goto out;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	if (rewritten.len > 0)
		wrong = parse(tokener, rewritten.data, rewritten.len, &object, &whole);
	else
		wrong = parse(tokener, text, len, &object, &whole);
	if (wrong == NULL && !whole)
		r = ft_error_memory(err);
	else if (wrong == NULL && count_members(object) != members)
		wrong = "has a duplicate key";
out:
	if (wrong != NULL)
		r = ft_error_set(err, FT_UNTRUSTED, "%s %s", what, wrong);
	if (r == 0)
		*ret = object;
	else
		json_object_put(object);
	if (tokener != NULL)
		json_tokener_free(tokener);
	ft_buf_release(&rewritten);
	return r;
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

/* As ft_json_text writes it, quotes included. */
static size_t string_length(const char *text, size_t len)
{
	size_t n = 2;

	for (size_t i = 0; i < len; i++)
		n += (unsigned char)text[i] >= 0x20 && text[i] != '"' && text[i] != '\\' ? 1 :
		     text[i] != '\0' && strchr("\b\n\r\t\f\"\\", text[i]) != NULL ? 2 : 6;
	return n;
}

/* false: it holds a number whose text is json-c's. */
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
		*len += string_length(json_object_get_string(object), (size_t)json_object_get_string_len(object));
		return true;
	case json_type_boolean:
		*len += json_object_get_boolean(object) ? 4 : 5;
		return true;
	case json_type_null:
		*len += 4;
		return true;
	case json_type_int:
		if (json_object_get_int64(object) == INT64_MAX)
			(void)snprintf(number, sizeof number, "%" PRIu64, json_object_get_uint64(object));
		else
			(void)snprintf(number, sizeof number, "%" PRId64, json_object_get_int64(object));
		*len += strlen(number);
		return true;
	default:
		return false;
	}
}

/* json-c goes on with what fits where its buffer cannot grow: a text that is too short lacks something. */
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
