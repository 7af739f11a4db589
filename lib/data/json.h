/* SPDX-License-Identifier: MIT */
/*
 * json.h - json-c's values, with a parser of our own
 *
 * The only file that includes json-c. Even json-c's strict parser accepts single quotes, NaN,
 * duplicate keys, leading zeros and NULs in strings, and saturates large integers. So everything
 * from outside is read by ft_json_parse or ft_json_loose, and by the getters below, which check
 * types.
 */
#ifndef FT_JSON_H
#define FT_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <json-c/json.h>
#include "lib/base/error.h"
#include "lib/base/secret.h"

/* Parses RFC 8259 text strictly: UTF-8, no duplicate keys, no U+0000, at most `depth` levels, one
 * value and then only blanks. `what` names the text in messages; if it is the path of a file, they
 * add the line. The text itself never enters a message. An integer beyond 64 bits becomes a string
 * of its digits, and half of a surrogate pair becomes FT_JSON_MARK.
 * Errors: FT_UNTRUSTED, FT_NO_MEMORY. The caller puts the object. */
int ft_json_parse(const char *text, size_t len, int depth, const char *what,
		  struct json_object **ret, struct ft_error *err);

/*
 * Parses text that is not quite JSON. When the answer to a refresh arrives, the service may have
 * invalidated the old refresh token, so a flaw of the answer must not lose the new one. The object
 * or array may have bytes after its end, bytes of another charset, repeated members, or no end.
 * Doubtful values get FT_JSON_MARK: callers must check with ft_json_marked. Containers deeper than
 * `depth` become {}. *ret_whole: the end was found; otherwise the last values may be missing, but
 * none is cut. Takes time and memory in proportion to the text.
 * Errors: FT_UNTRUSTED (neither object nor array), FT_NO_MEMORY. The caller puts the object.
 */
int ft_json_loose(const char *text, size_t len, int depth, struct json_object **ret,
		  bool *ret_whole);

/* U+FFFD: replaces a byte that is not UTF-8, and the value of a member that occurs twice with
 * different values. */
#define FT_JSON_MARK "\xef\xbf\xbd"
/* Whether a value is a string with the mark. */
bool ft_json_marked(struct json_object *value);

/* A member that is a string; NULL if it is absent or of another type. */
const char *ft_json_string(struct json_object *object, const char *key);
/* Copies a member that is a string into a secret. 0 (also if absent), FT_NO_MEMORY. */
int ft_json_secret(struct json_object *object, const char *key, struct ft_secret *secret);
/* A member of that type; fallback if it is absent or of another type. A number saturates at
 * +-FT_NUMBER_MAX (date.h), so that times from an edited file can be added. */
int64_t ft_json_int(struct json_object *object, const char *key, int64_t fallback);
bool ft_json_bool(struct json_object *object, const char *key, bool fallback);

/* Adds a member; value is taken over also on failure. NULL object or value: FT_NO_MEMORY.
 * (A JSON null is json_object_object_add with NULL.) */
int ft_json_add(struct json_object *object, const char *key, struct json_object *value);
int ft_json_add_string(struct json_object *object, const char *key, const char *value);
int ft_json_add_int(struct json_object *object, const char *key, int64_t value);

/* Compact text without escaped slashes, valid until the next call on the object. NULL: no memory;
 * it is never incomplete. The object's strings must be UTF-8. */
const char *ft_json_text(struct json_object *object, size_t *ret_len);

#endif
