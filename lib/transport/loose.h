/*
 * loose.h - a JSON text that is not quite one
 *
 * A service that rotates has spent the old refresh token when its answer arrives: a flaw of that
 * answer must not take the new one with it. This reads what a strict parser refuses: bytes after
 * the end, bytes of another charset, repeated members, too many levels, a text that was cut short.
 * What it cannot vouch for it marks, and whoever uses a value asks for the mark.
 */
#ifndef FT_TRANSPORT_LOOSE_H
#define FT_TRANSPORT_LOOSE_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/data/json.h"

/* U+FFFD: in the place of a byte that is no text, and as the value of a member that is there
 * twice with different values. */
#define FT_LOOSE_MARK "\xef\xbf\xbd"

/*
 * The tree of an object or array, as far as it goes. What is more than `depth` levels deep is {}.
 * *ret_whole: it came to its end; without that its last value may be missing, and none is cut.
 * Costs time and memory in proportion to the text.
 * Errors: FT_UNTRUSTED (neither object nor array), FT_NO_MEMORY. The caller puts the object.
 */
int ft_loose_json(const char *text, size_t len, int depth, struct json_object **ret,
		  bool *ret_whole);

/* Whether a value has the mark. */
bool ft_loose_marked(struct json_object *value);

/* Adds the character of UTF-8 that text begins with, or the mark in the place of a byte that
 * begins none; how many bytes of text that took. len is not 0. */
size_t ft_loose_add_character(struct ft_buf *buf, const char *text, size_t len);

#endif
