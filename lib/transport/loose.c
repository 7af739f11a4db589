#include "config.h"
#include "lib/transport/loose.h"

#include <string.h>

#include "lib/base/utf8.h"

struct reader {
	const char *at, *end;
	int depth, level;
	bool stopped;		/* there is no going on: the end, or what is no JSON */
	int code;		/* 0 or FT_NO_MEMORY */
};

static bool read_value(struct reader *reader, struct json_object **ret);

static void stop(struct reader *reader, int code)
{
	reader->stopped = true;
	if (code != 0)
		reader->code = code;
}

/* The next byte that is no blank; 0 at the end. */
static char next(struct reader *reader)
{
	while (reader->at < reader->end && memchr(" \t\r\n", *reader->at, 4) != NULL)
		reader->at++;
	return reader->at < reader->end ? *reader->at : '\0';
}

size_t ft_loose_add_character(struct ft_buf *buf, const char *text, size_t len)
{
	unsigned char c = (unsigned char)text[0];
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (n <= len && ft_utf8_valid(text, n)) {
		ft_buf_add(buf, text, n);
		return n;
	}
	ft_buf_adds(buf, FT_LOOSE_MARK);
	return 1;
}

/* The four digits of \uXXXX; -1: they are none. */
static long read_hex(const char *at, const char *end)
{
	long value = 0;

	if (end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = at[i];
		int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 :
			    c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

static void add_code_point(struct ft_buf *buf, unsigned long c)
{
	char text[4];
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = len - 1; i > 0; i--, c >>= 6)
		text[i] = (char)(0x80 | (c & 0x3f));
	text[0] = (char)(lead[len] | c);
	ft_buf_add(buf, text, len);
}

/* Behind the backslash and its u. */
static void read_unicode(struct reader *reader, struct ft_buf *buf)
{
	long c = read_hex(reader->at, reader->end), low = -1;

	reader->at += c >= 0 ? 4 : 0;
	if (c >= 0xd800 && c < 0xdc00 && reader->end - reader->at >= 6 && reader->at[0] == '\\' &&
	    reader->at[1] == 'u')
		low = read_hex(reader->at + 2, reader->end);
	if (low >= 0xdc00 && low < 0xe000) {
		reader->at += 6;
		add_code_point(buf, 0x10000UL + (((unsigned long)c - 0xd800) << 10) +
			       ((unsigned long)low - 0xdc00));
	} else if (c <= 0 || (c >= 0xd800 && c < 0xe000)) {
		ft_buf_adds(buf, FT_LOOSE_MARK);
	} else {
		add_code_point(buf, (unsigned long)c);
	}
}

static void read_escape(struct reader *reader, struct ft_buf *buf)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char c = *reader->at++;
	const char *found = c != '\0' ? strchr(from, c) : NULL;

	if (c == 'u')
		read_unicode(reader, buf);
	else if (found != NULL)
		ft_buf_add(buf, &to[found - from], 1);
	else
		ft_buf_adds(buf, FT_LOOSE_MARK);
}

/* At its first quote. False: it has no end. */
static bool read_text(struct reader *reader, struct ft_buf *buf)
{
	reader->at++;
	while (reader->at < reader->end && *reader->at != '"') {
		if (*reader->at == '\\') {
			if (++reader->at == reader->end)
				break;
			read_escape(reader, buf);
		} else if ((unsigned char)*reader->at < 0x20) {
			ft_buf_adds(buf, FT_LOOSE_MARK);
			reader->at++;
		} else {
			reader->at += ft_loose_add_character(buf, reader->at,
							     (size_t)(reader->end - reader->at));
		}
	}
	if (buf->failed)
		stop(reader, FT_NO_MEMORY);
	else if (reader->at == reader->end)
		stop(reader, 0);
	else
		reader->at++;
	return !reader->stopped;
}

static bool read_string(struct reader *reader, struct json_object **ret)
{
	/* A byte becomes three at the most. */
	struct ft_buf buf = FT_BUF_INIT(3 * (size_t)(reader->end - reader->at) + 1);
	bool read = read_text(reader, &buf);

	if (read) {
		*ret = json_object_new_string_len(buf.data != NULL ? buf.data : "", (int)buf.len);
		if (*ret == NULL)
			stop(reader, FT_NO_MEMORY);
	}
	ft_buf_release(&buf);
	return read && *ret != NULL;
}

/* A number, true, false or null: whatever the strict parser says of the word. */
static bool read_word(struct reader *reader, struct json_object **ret)
{
	const char *start = reader->at;

	while (reader->at < reader->end && memchr(" \t\r\n,]}", *reader->at, 7) == NULL)
		reader->at++;
	/* What ends with the text may have been longer. */
	int r = reader->at == reader->end ? FT_UNTRUSTED :
		ft_json_parse(start, (size_t)(reader->at - start), 1, "it", ret, NULL);

	if (r != 0)
		stop(reader, r == FT_NO_MEMORY ? r : 0);
	return r == 0;
}

/* Without recursion: however many levels there are. */
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
	if (reader->at == reader->end) {
		stop(reader, 0);
		return false;
	}
	reader->at++;
	*ret = json_object_new_object();
	if (*ret == NULL)
		stop(reader, FT_NO_MEMORY);
	return *ret != NULL;
}

/* Of two different values of one name nobody knows which is meant. */
static void add_member(struct reader *reader, struct json_object *object, const char *name,
		       struct json_object *value)
{
	struct json_object *old = NULL;

	if (json_object_object_get_ex(object, name, &old) && !json_object_equal(old, value)) {
		json_object_put(value);
		value = json_object_new_string(FT_LOOSE_MARK);
		if (value == NULL) {
			stop(reader, FT_NO_MEMORY);
			return;
		}
	}
	if (json_object_object_add(object, name, value) != 0) {
		json_object_put(value);
		stop(reader, FT_NO_MEMORY);
	}
}

static void read_member(struct reader *reader, struct json_object *object)
{
	struct ft_buf name = FT_BUF_INIT(3 * (size_t)(reader->end - reader->at) + 1);
	struct json_object *value = NULL;

	if (read_text(reader, &name)) {
		if (next(reader) != ':') {
			stop(reader, 0);
		} else {
			reader->at++;
			if (read_value(reader, &value))
				add_member(reader, object, name.data != NULL ? name.data : "",
					   value);
		}
	}
	ft_buf_release(&name);
}

static void read_item(struct reader *reader, struct json_object *array)
{
	struct json_object *value = NULL;

	if (read_value(reader, &value) && json_object_array_add(array, value) != 0) {
		json_object_put(value);
		stop(reader, FT_NO_MEMORY);
	}
}

/* True with what it has also where it has no end: then reader->stopped. */
static bool read_container(struct reader *reader, struct json_object **ret)
{
	char close = *reader->at == '{' ? '}' : ']';
	struct json_object *object = close == '}' ? json_object_new_object() :
				     json_object_new_array();

	if (object == NULL) {
		stop(reader, FT_NO_MEMORY);
		return false;
	}
	reader->at++;
	reader->level++;
	for (bool first = true; next(reader) != close || !first; first = false) {
		if (close == '}' && next(reader) == '"')
			read_member(reader, object);
		else if (close == ']' && next(reader) != '\0')
			read_item(reader, object);
		else
			stop(reader, 0);
		if (!reader->stopped && next(reader) != ',' && next(reader) != close)
			stop(reader, 0);
		if (reader->stopped || next(reader) == close)
			break;
		reader->at++;
	}
	reader->level--;
	if (!reader->stopped)
		reader->at++;
	*ret = object;
	return true;
}

/* False: there is none, and reader->stopped. A null is true with NULL. */
static bool read_value(struct reader *reader, struct json_object **ret)
{
	char c = next(reader);

	if (c == '"')
		return read_string(reader, ret);
	if (c == '{' || c == '[')
		return reader->level < reader->depth ? read_container(reader, ret) :
		       skip_container(reader, ret);
	return read_word(reader, ret);
}

int ft_loose_json(const char *text, size_t len, int depth, struct json_object **ret,
		  bool *ret_whole)
{
	struct reader reader = { .at = text, .end = text + len, .depth = depth };
	struct json_object *object = NULL;
	char c = next(&reader);

	if ((c != '{' && c != '[') || len > INT32_MAX / 8)
		return FT_UNTRUSTED;
	(void)read_value(&reader, &object);
	if (reader.code != 0) {
		json_object_put(object);
		return reader.code;
	}
	*ret = object;
	*ret_whole = !reader.stopped;
	return 0;
}

bool ft_loose_marked(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) &&
	       strstr(json_object_get_string(value), FT_LOOSE_MARK) != NULL;
}
