/* SPDX-License-Identifier: MIT */
/*
 * json.h - json-c's values, and a parser of our own that makes them
 *
 * The only file that includes json-c. Its parser, even a strict one, accepts
 * single quotes, NaN, duplicate keys, leading zeros and NULs in strings and
 * saturates large integers, so everything from outside goes through
 * ft_json_parse, and through the getters below, which check types and ranges.
 */
#ifndef FT_JSON_H
#define FT_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <json-c/json.h>
#include "lib/base/error.h"
#include "lib/base/secret.h"

/* RFC 8259 text, nothing else: UTF-8, no duplicate keys, no U+0000, no more
 * than `depth` levels, one value and then only blanks. `what` names the text
 * in messages, or is the path of its file, which they then give with the line;
 * the text itself never gets there. An integer beyond 64 bits
 * comes as a string of its digits, and half of a surrogate pair as the mark below.
 * Errors: FT_UNTRUSTED, FT_NO_MEMORY. The caller puts the object. */
int ft_json_parse(const char *text, size_t len, int depth, const char *what,
		  struct json_object **ret, struct ft_error *err);

/*
 * A text that is not quite JSON. A service that rotates has spent the old refresh token when its
 * answer arrives: a flaw of that answer must not take the new one with it. This is the tree of an
 * object or array that may have bytes after its end, bytes of another charset, repeated members, or
 * no end. What it cannot vouch for it marks, and whoever uses a value asks for the mark. What is
 * more than `depth` levels deep is {}. *ret_whole: it came to its end; without that its last value
 * may be missing, and none is cut. Costs time and memory in proportion to the text.
 * Errors: FT_UNTRUSTED (neither object nor array), FT_NO_MEMORY. The caller puts the object.
 */
int ft_json_loose(const char *text, size_t len, int depth, struct json_object **ret,
		  bool *ret_whole);

/* U+FFFD: in the place of a byte that is no text, and as the value of a member that is there
 * twice with different values. */
#define FT_JSON_MARK "\xef\xbf\xbd"
/* Whether a value has it. */
bool ft_json_marked(struct json_object *value);

/* A member that is a string; NULL where it is absent or of another type. */
const char *ft_json_string(struct json_object *object, const char *key);
/* A member that is a string into a secret. 0 (also when absent), FT_NO_MEMORY. */
int ft_json_secret(struct json_object *object, const char *key, struct ft_secret *secret);
/* A member that is an integer; fallback where it is absent or no integer. */
int64_t ft_json_int(struct json_object *object, const char *key, int64_t fallback);
bool ft_json_bool(struct json_object *object, const char *key, bool fallback);

/* Adds a member; value is taken over also on failure. NULL object or value: FT_NO_MEMORY.
 * (A JSON null is json_object_object_add with NULL.) */
int ft_json_add(struct json_object *object, const char *key, struct json_object *value);
int ft_json_add_string(struct json_object *object, const char *key, const char *value);
int ft_json_add_int(struct json_object *object, const char *key, int64_t value);

/* Compact text without escaped slashes; valid until the next call on the
 * object; NULL without memory, and never a part. Strings that are no UTF-8 must not be put in. */
const char *ft_json_text(struct json_object *object, size_t *ret_len);

#endif
