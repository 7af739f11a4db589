/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/data/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/encode.h"
#include "lib/base/utf8.h"

/*
 * The only parser. json-c's own accepts what RFC 8259 forbids (single quotes, NaN, repeated keys,
 * NULs) and saturates large integers, with differences between its versions; and it cannot continue
 * after a flaw, which is needed for an answer with tokens. Only json-c's values are used.
 *
 * In strict mode (ft_json_parse) the first flaw is an error, and there is no tree. In loose mode
 * (ft_json_loose) a flaw inside a string is marked; any other flaw ends the tree, which keeps what
 * was complete before it.
 */
struct reader {
	const char *at, *end;
	int depth, level;
	bool loose;
	const char *wrong;	/* why reading has stopped; NULL: it has not */
	struct ft_buf text;	/* the names of the members around, and the text read now */
};

#define DIGITS "0123456789"
static const char no_memory[] = "needs more memory than there is";
static const char no_json[] = "is not JSON";

static bool read_value(struct reader *reader, struct json_object **ret);

/* A byte becomes at most three, and each name gets a NUL. */
static size_t text_max(size_t len)
{
	return 4 * len + 1;
}

/* Ends the reading here. The first reason is kept, except that no_memory replaces it. */
static bool stop(struct reader *reader, const char *wrong)
{
	reader->end = reader->at;
	if (reader->wrong == NULL || wrong == no_memory)
		reader->wrong = wrong;
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Skips blanks; the byte after them, or 0 at the end. */
static char next(struct reader *reader)
{
	while (reader->at < reader->end && is_blank(*reader->at))
		reader->at++;
	return reader->at < reader->end ? *reader->at : '\0';
}

static void flaw(struct reader *reader, const char *wrong)
{
	if (reader->loose)
		ft_buf_adds(&reader->text, FT_JSON_MARK);
	else
		stop(reader, wrong);
}

/* After the backslash and its u. */
static void read_unicode(struct reader *reader)
{
	const char *at = reader->at;
	int64_t c = reader->end - at >= 4 ? ft_hex_read(at, 4) : -1, low = -1;
	char text[4];

	reader->at += c >= 0 ? 4 : 0;
	if (c >= 0xd800 && c < 0xdc00 && reader->end - at >= 10 && at[4] == '\\' && at[5] == 'u')
		low = ft_hex_read(at + 6, 4);
	if (low >= 0xdc00 && low < 0xe000) {
		reader->at += 6;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	if (c <= 0)
		flaw(reader, c == 0 ? "has a NUL in a string" : no_json);
	else if (c >= 0xd800 && c < 0xe000)
		ft_buf_adds(&reader->text, FT_JSON_MARK);	/* half of a pair: no text */
	else
		ft_buf_add(&reader->text, text, ft_utf8_write(text, (unsigned long)c));
}

static void read_escape(struct reader *reader)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char c = *reader->at++;
	const char *found = memchr(from, c, sizeof from - 1);

	if (c == 'u')
		read_unicode(reader);
	else if (found != NULL)
		ft_buf_add(&reader->text, &to[found - from], 1);
	else
		flaw(reader, no_json);
}

/* Reads a string, from its first quote, and appends it to reader->text. False: it has no end. */
static bool read_text(struct reader *reader)
{
	for (reader->at++; reader->wrong == NULL && reader->at < reader->end;) {
		const char *from = reader->at;

		while (reader->at < reader->end) {
			unsigned char byte = (unsigned char)*reader->at;
			size_t n = 1;

			if (byte < 0x20 || byte == '"' || byte == '\\')
				break;
			if (byte >= 0x80)
				n = ft_utf8_length(reader->at,
						   (size_t)(reader->end - reader->at));
			if (n == 0)
				break;
			reader->at += n;
		}
		ft_buf_add(&reader->text, from, (size_t)(reader->at - from));
		if (reader->text.failed)
			return stop(reader, no_memory);
		if (reader->at == reader->end)
			break;
		char c = *reader->at++;

		if (c == '"')
			return true;
		if (c != '\\')
			flaw(reader, (unsigned char)c >= 0x20 ? "is not UTF-8" :
				     "has a control byte in a string");
		else if (reader->at < reader->end)
			read_escape(reader);
	}
	return stop(reader, no_json);
}

static bool made(struct reader *reader, struct json_object *value, struct json_object **ret)
{
	*ret = value;
	return value != NULL || stop(reader, no_memory);
}

static bool read_string(struct reader *reader, struct json_object **ret)
{
	const size_t from = reader->text.len;
	bool read = read_text(reader) &&
		made(reader, json_object_new_string_len(reader->text.data + from,
							(int)(reader->text.len - from)), ret);

	ft_buf_cut(&reader->text, from);
	return read;
}

/* RFC 8259 section 6 */
static bool is_number(const char *text, bool *ret_integer)
{
	text += *text == '-';
	size_t digits = strspn(text, DIGITS);

	if (digits == 0 || (*text == '0' && digits > 1))
		return false;
	text += digits;
	*ret_integer = *text == '\0';
	if (*text == '.') {
		digits = strspn(++text, DIGITS);
		text += digits;
	}
	if (digits > 0 && (*text == 'e' || *text == 'E')) {
		text++;
		text += *text == '+' || *text == '-';
		digits = strspn(text, DIGITS);
		text += digits;
	}
	return digits > 0 && *text == '\0';
}

static bool make_word(struct reader *reader, const char *word, struct json_object **ret)
{
	bool integer = false;

	if (strcmp(word, "null") == 0)
		return true;
	if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
		return made(reader, json_object_new_boolean(*word == 't'), ret);
	if (!is_number(word, &integer))
		return stop(reader, no_json);
	/* Only the text of the number is used: the value depends on the process's locale. */
	errno = 0;
	int64_t number = integer ? strtoll(word, NULL, 10) : 0;

	if (!integer)
		return made(reader, json_object_new_double_s(strtod(word, NULL), word), ret);
	return made(reader, errno == 0 ? json_object_new_int64(number) :
					 json_object_new_string(word), ret);
}

/* A number, true, false or null. */
static bool read_word(struct reader *reader, struct json_object **ret)
{
	const char *from = reader->at;
	struct ft_buf *text = &reader->text;
	const size_t begin = text->len;

	while (reader->at < reader->end && !is_blank(*reader->at) && *reader->at != ',' &&
	       *reader->at != ']' && *reader->at != '}')
		reader->at++;
	ft_buf_add(text, from, (size_t)(reader->at - from));
	const char *word = text->data + begin;
	/* A word at the end of a text, inside a container, may be cut short. */
	bool read = text->failed ? stop(reader, no_memory) :
		strlen(word) < text->len - begin ||
		(reader->at == reader->end && reader->level > 0) ?
		stop(reader, no_json) : make_word(reader, word, ret);

	ft_buf_cut(text, begin);
	return read;
}

/* Skips a container that is too deep, without recursion, and returns {} for it. */
static bool skip_container(struct reader *reader, struct json_object **ret)
{
	size_t level = 0;
	bool in_string = false;

	for (; reader->at < reader->end; reader->at++) {
		char c = *reader->at;

		if (in_string && c == '\\' && reader->end - reader->at > 1)
			reader->at++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '['))
			level++;
		else if (!in_string && (c == '}' || c == ']') && --level == 0)
			break;
	}
	if (reader->at == reader->end)
		return stop(reader, no_json);
	reader->at++;
	return made(reader, json_object_new_object(), ret);
}

/* Adds a member. A second value of the same name is an error; in loose mode a mark replaces both if
 * they differ, because nobody can know which is meant. */
static void add_member(struct reader *reader, struct json_object *object, const char *name,
		       struct json_object *value)
{
	struct json_object *old = NULL;
	const bool is_new = !json_object_object_get_ex(object, name, &old);

	if (!is_new &&
	    (!reader->loose || !json_object_equal(old, value))) {
		json_object_put(value);
		if (!reader->loose)
			stop(reader, "has a duplicate key");
		if (reader->wrong != NULL ||
		    !made(reader, json_object_new_string(FT_JSON_MARK), &value))
			return;
	}
	if (json_object_object_add_ex(object, name, value,
				      is_new ? JSON_C_OBJECT_ADD_KEY_IS_NEW : 0) != 0) {
		json_object_put(value);
		stop(reader, no_memory);
	}
}

static void read_member(struct reader *reader, struct json_object *object)
{
	const size_t name = reader->text.len;
	struct json_object *value = NULL;

	if (next(reader) != '"' || !read_text(reader) || next(reader) != ':') {
		stop(reader, no_json);
	} else {
		reader->at++;
		/* Keeps the name, with a NUL, in front of the texts of its value. */
		ft_buf_add(&reader->text, "", 1);
		if (read_value(reader, &value))
			add_member(reader, object, reader->text.data + name, value);
	}
	ft_buf_cut(&reader->text, name);
}

static void read_item(struct reader *reader, struct json_object *array)
{
	struct json_object *value = NULL;

	if (read_value(reader, &value) && json_object_array_add(array, value) != 0) {
		json_object_put(value);
		stop(reader, no_memory);
	}
}

/* True also for a container without an end, with what was read; reader->wrong is set then. */
static bool read_container(struct reader *reader, struct json_object **ret)
{
	bool is_object = *reader->at == '{', more;
	char close = is_object ? '}' : ']';

	if (!made(reader, is_object ? json_object_new_object() : json_object_new_array(), ret))
		return false;
	reader->at++;
	reader->level++;
	for (more = next(reader) != close; more && reader->wrong == NULL;) {
		if (is_object)
			read_member(reader, *ret);
		else
			read_item(reader, *ret);
		more = next(reader) == ',';
		reader->at += more;
	}
	reader->level--;
	if (next(reader) == close)
		reader->at++;
	else
		stop(reader, no_json);
	return true;
}

/* False: no value, and reader->wrong is set. A JSON null is true with NULL. */
static bool read_value(struct reader *reader, struct json_object **ret)
{
	char c = next(reader);

	if (c == '"')
		return read_string(reader, ret);
	if (c != '{' && c != '[')
		return read_word(reader, ret);
	if (reader->level < reader->depth)
		return read_container(reader, ret);
	return reader->loose ? skip_container(reader, ret) : stop(reader, "is nested too deeply");
}

int ft_json_parse(const char *text, size_t len, int depth, const char *what,
		  struct json_object **ret, struct ft_error *err)
{
	struct reader reader = { .at = text, .end = text + len, .depth = depth,
				 .text = FT_BUF_INIT(text_max(len)) };
	struct json_object *object = NULL;
	size_t line = 1;

	if (len > INT32_MAX / 8)
		return ft_error_set(err, FT_UNTRUSTED, "%s is too long", what);
	if (read_value(&reader, &object)) {
		(void)next(&reader);
		if (reader.at != reader.end)
			stop(&reader, no_json);
	}
	ft_buf_release(&reader.text);
	if (reader.wrong == NULL) {
		*ret = object;
		return 0;
	}
	json_object_put(object);
	if (reader.wrong == no_memory)
		return ft_error_memory(err);
	for (; text < reader.end; text++)
		line += *text == '\n';
	if (strchr(what, '/') != NULL)
		return ft_error_set(err, FT_UNTRUSTED, "%s:%zu: it %s", what, line, reader.wrong);
	return line == 1 ? ft_error_set(err, FT_UNTRUSTED, "%s %s", what, reader.wrong) :
	       ft_error_set(err, FT_UNTRUSTED, "%s %s (line %zu)", what, reader.wrong, line);
}

int ft_json_loose(const char *text, size_t len, int depth, struct json_object **ret,
		  bool *ret_whole)
{
	struct reader reader = { .at = text, .end = text + len, .depth = depth, .loose = true,
				 .text = FT_BUF_INIT(text_max(len)) };
	struct json_object *object = NULL;
	char c = next(&reader);

	if ((c != '{' && c != '[') || len > INT32_MAX / 8)
		return FT_UNTRUSTED;
	(void)read_value(&reader, &object);
	ft_buf_release(&reader.text);
	if (reader.wrong == no_memory) {
		json_object_put(object);
		return FT_NO_MEMORY;
	}
	*ret = object;
	*ret_whole = reader.wrong == NULL;
	return 0;
}
