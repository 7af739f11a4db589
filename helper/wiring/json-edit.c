/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/wiring/json-edit.h"

#include <string.h>

#include "helper/cli/command.h"
#include "lib/data/json.h"

#define KEY_MAX 65536

/* Offsets into a text. */
struct member {
	size_t key, value, end;	/* where each begins, and the end of the value */
	size_t before;		/* the comma before the member, or the byte after the brace */
	size_t close;		/* the brace that ends its object */
	bool found, any;	/* the object has this member; the object has any members */
	size_t last;		/* the end of the last member's value */
	size_t first;		/* the key of the first member */
};

static size_t blanks(const char *text, size_t at)
{
	return at + strspn(text + at, " \t\r\n");
}

static size_t string_end(const char *text, size_t at)
{
	for (at++; text[at] != '"'; at++)
		at += text[at] == '\\';
	return at + 1;
}

static size_t value_end(const char *text, size_t at)
{
	size_t level = 0;

	do {
		if (text[at] == '"') {
			at = string_end(text, at);
			continue;
		}
		if (text[at] == '{' || text[at] == '[')
			level++;
		else if (text[at] == '}' || text[at] == ']')
			level--;
		else if (level == 0)
			return at + strcspn(text + at, ",]} \t\r\n");
		at++;
	} while (level > 0);
	return at;
}

/* Compares a key as the parser reads it: it may have escapes. */
static bool is_key(const char *text, size_t at, size_t end, const char *name)
{
	struct ft_buf pair = FT_BUF_INIT(KEY_MAX);
	struct json_object *object = NULL;
	bool is = false;

	ft_buf_adds(&pair, "{");
	ft_buf_add(&pair, text + at, end - at);
	ft_buf_adds(&pair, ":0}");
	if (!pair.failed && ft_json_parse(pair.data, pair.len, 2, "a key", &object, NULL) == 0)
		is = json_object_object_get_ex(object, name, NULL);
	json_object_put(object);
	ft_buf_release(&pair);
	return is;
}

/* `at` is the opening brace of an object. */
static struct member find(const char *text, size_t at, const char *name)
{
	struct member member = { .before = at + 1 };
	size_t before = at + 1;

	for (at = blanks(text, at + 1); text[at] != '}'; at = blanks(text, at)) {
		size_t key = at, key_end = string_end(text, at);
		size_t value = blanks(text, blanks(text, key_end) + 1),
		       end = value_end(text, value);

		if (!member.any)
			member.first = key;
		member.any = true;
		if (!member.found && is_key(text, key, key_end, name)) {
			member.found = true;
			member.key = key;
			member.value = value;
			member.end = end;
			member.before = before;
		}
		member.last = end;
		at = blanks(text, end);
		before = at;
		if (text[at] == ',')
			at++;
	}
	member.close = at;
	return member;
}

/* Replaces the text between `from` and `to` with `new`. */
static int splice(struct ft_buf *text, size_t from, size_t to, const char *new,
		  struct ft_error *err)
{
	struct ft_buf out = FT_BUF_INIT(text->len + strlen(new) + 2);

	ft_buf_add(&out, text->data, from);
	ft_buf_adds(&out, new);
	ft_buf_add(&out, text->data + to, text->len - to);
	if (out.failed) {
		ft_buf_release(&out);
		return ft_error_memory(err);
	}
	ft_buf_release(text);
	*text = out;
	return 0;
}

/* Adds a member at the end of an object, formatted like the first member. */
static int append(struct ft_buf *text, size_t object, const struct member *in, const char *pair,
		  const char *indent, const char *outdent, struct ft_error *err)
{
	struct ft_buf new = FT_BUF_INIT(text->len + KEY_MAX);
	int r;

	if (in->any) {
		size_t space = object + 1;

		ft_buf_adds(&new, ",");
		ft_buf_add(&new, text->data + space, in->first - space);
		ft_buf_adds(&new, in->first == space ? " " : "");
		ft_buf_adds(&new, pair);
		r = new.failed ? ft_error_memory(err) :
				 splice(text, in->last, in->last, new.data, err);
	} else {
		ft_buf_addf(&new, "%s%s%s", indent, pair, outdent);
		r = new.failed ? ft_error_memory(err) :
			splice(text, object + 1, in->close, new.data, err);
	}
	ft_buf_release(&new);
	return r;
}

static void add_pair(struct ft_buf *buf, const char *name, const char *value)
{
	ft_output_json(buf, name);
	ft_buf_adds(buf, ": ");
	ft_output_json(buf, value);
}

int ft_json_edit_set(struct ft_buf *text, const char *section, const char *name, const char *value,
		     struct ft_error *err)
{
	struct ft_buf new = FT_BUF_INIT(KEY_MAX);
	size_t top = blanks(text->data, 0);
	struct member outer = find(text->data, top, section), inner;
	int r = 0;

	if (!outer.found || text->data[outer.value] != '{') {
		if (outer.found) {
			ft_buf_adds(&new, "{\n\t\t");
			add_pair(&new, name, value);
			ft_buf_adds(&new, "\n\t}");
			r = new.failed ? ft_error_memory(err) :
				splice(text, outer.value, outer.end, new.data, err);
		} else {
			ft_output_json(&new, section);
			ft_buf_adds(&new, ": {\n\t\t");
			add_pair(&new, name, value);
			ft_buf_adds(&new, "\n\t}");
			r = new.failed ? ft_error_memory(err) :
				append(text, top, &outer, new.data, "\n\t", "\n", err);
		}
		goto out;
	}
	inner = find(text->data, outer.value, name);
	if (inner.found) {
		ft_output_json(&new, value);
		r = new.failed ? ft_error_memory(err) :
			splice(text, inner.value, inner.end, new.data, err);
	} else {
		add_pair(&new, name, value);
		r = new.failed ? ft_error_memory(err) :
			append(text, outer.value, &inner, new.data, "\n\t\t", "\n\t", err);
	}
out:
	ft_buf_release(&new);
	return r;
}

int ft_json_edit_remove(struct ft_buf *text, const char *section, const char *name,
			struct ft_error *err)
{
	struct member outer = find(text->data, blanks(text->data, 0), section), inner;

	if (!outer.found || text->data[outer.value] != '{')
		return 0;
	inner = find(text->data, outer.value, name);
	if (!inner.found)
		return 0;
	size_t next = blanks(text->data, inner.end);

	/* Removes a member with the comma before it, or the first member with the comma after
	 * it. */
	if (text->data[inner.before] == ',')
		return splice(text, inner.before, inner.end, "", err);
	if (text->data[next] == ',')
		return splice(text, inner.key, blanks(text->data, next + 1), "", err);
	return splice(text, outer.value + 1, inner.close, "", err);
}
