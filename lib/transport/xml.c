/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/xml.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/encode.h"
#include "lib/base/utf8.h"

/* Expat puts it between namespace and local name, neither of which can contain it. */
#define SEPARATOR '\n'

struct element {
	char *name;
	struct json_object *object;	/* made when the first child comes */
	struct ft_buf text;		/* used as long as there is no child */
	bool nil;
};

struct state {
	XML_Parser parser;
	int code;		/* 0, or the reason for which the parser was stopped */
	const char *wrong;	/* its text */
	size_t max, depth;
	bool loose;		/* elements that are nested too deeply are left out */
	size_t left_out;	/* depth within such an element; 0: none */
	bool ended;		/* the root element has ended */
	/* A tree of n levels has its leaves one level deeper. */
	struct element open[FT_XML_DEPTH_MAX + 1];
	struct json_object *tree;
};

static void stop(struct state *state, int code, const char *why)
{
	if (state->code == 0) {
		state->code = code;
		state->wrong = why;
		(void)XML_StopParser(state->parser, XML_FALSE);
	}
}

/* Length of _xHHHH_ or _xHHHHHHHH_, as .NET writes a character that a name may not have; 0: it is
 * not one. */
static size_t scan_escape(const char *name, unsigned long *ret)
{
	size_t digits = name[0] == '_' && name[1] == 'x' ? strcspn(name + 2, "_") : 0;

	if ((digits != 4 && digits != 8) || name[2 + digits] != '_')
		return 0;
	int64_t value = ft_hex_read(name + 2, digits);

	/* Excludes control characters and code points that UTF-8 cannot have. */
	if (value < 0x20 || value == 0x7f || value > 0x10ffff ||
	    (value >= 0xd800 && value < 0xe000))
		return 0;
	*ret = (unsigned long)value;
	return digits + 3;
}

/* Decodes the local name; the result is never longer. */
static char *decode_name(const char *name)
{
	const char *local = strrchr(name, SEPARATOR);

	if (local != NULL)
		name = local + 1;
	char *decoded = malloc(strlen(name) + 1), *out = decoded;

	while (decoded != NULL && *name != '\0') {
		unsigned long c = 0;
		size_t len = scan_escape(name, &c);

		if (len > 0)
			out += ft_utf8_write(out, c);
		else
			*out++ = *name;
		name += len > 0 ? len : 1;
	}
	if (decoded != NULL)
		*out = '\0';
	return decoded;
}

static bool is_nil(const XML_Char **attributes)
{
	for (; *attributes != NULL; attributes += 2)
		if (strcmp(attributes[0], "http://www.w3.org/2001/XMLSchema-instance\nnil") == 0)
			return strcmp(attributes[1], "true") == 0 ||
				strcmp(attributes[1], "1") == 0;
	return false;
}

static void release(struct element *element)
{
	free(element->name);
	json_object_put(element->object);
	ft_buf_release(&element->text);
	*element = (struct element){ .name = NULL };
}

static void XMLCALL on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct state *state = data;

	if (state->code != 0)
		return;
	if (state->depth == state->max + 1 && state->loose) {
		state->left_out++;
		return;
	}
	if (state->depth == state->max + 1) {
		stop(state, FT_UNTRUSTED, "is nested too deeply");
		return;
	}
	if (state->depth > 0) {
		struct element *parent = &state->open[state->depth - 1];

		if (parent->object == NULL)
			parent->object = json_object_new_object();
		if (parent->object == NULL) {
			stop(state, FT_NO_MEMORY, NULL);
			return;
		}
	}
	struct element *element = &state->open[state->depth++];

	ft_buf_init(&element->text, SIZE_MAX / 4);
	element->nil = is_nil(attributes);
	element->name = decode_name(name);
	if (element->name == NULL)
		stop(state, FT_NO_MEMORY, NULL);
}

static void XMLCALL on_text(void *data, const XML_Char *text, int len)
{
	struct state *state = data;

	if (state->code != 0 || state->left_out > 0)
		return;
	struct element *element = &state->open[state->depth - 1];

	if (element->object != NULL)
		return;
	ft_buf_add(&element->text, text, (size_t)len);
	if (element->text.failed)
		stop(state, FT_NO_MEMORY, NULL);
}

/* Adds a value as a member; a second one of the name makes it an array. */
static int add_member(struct json_object *object, const char *name, struct json_object *value)
{
	struct json_object *old = NULL, *array = NULL;

	if (!json_object_object_get_ex(object, name, &old))
		return json_object_object_add(object, name, value);
	if (json_object_is_type(old, json_type_array))
		return json_object_array_add(old, value);
	array = json_object_new_array();
	/* json_object_object_add releases the old value, which is in the array now. */
	if (array == NULL || json_object_array_add(array, json_object_get(old)) != 0) {
		json_object_put(array);
		return -1;
	}
	if (json_object_object_add(object, name, array) != 0) {
		json_object_put(array);
		return -1;
	}
	return json_object_array_add(array, value);
}

static struct json_object *trimmed(const struct ft_buf *text)
{
	const char *start = text->data, *end = start + text->len;

	while (end > start && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	while (start < end && strchr(" \t\r\n", *start) != NULL)
		start++;
	return json_object_new_string_len(start, (int)(end - start));
}

static void XMLCALL on_end(void *data, const XML_Char *name)
{
	struct state *state = data;
	struct json_object *value = NULL;

	(void)name;
	if (state->code != 0)
		return;
	if (state->left_out > 0) {
		state->left_out--;
		return;
	}
	struct element *element = &state->open[--state->depth];

	if (!element->nil) {
		value = element->object != NULL ? json_object_get(element->object) :
			trimmed(&element->text);
		if (value == NULL)
			stop(state, FT_NO_MEMORY, NULL);
	}
	if (state->depth == 0) {
		state->tree = value;
		state->ended = true;
	} else if (add_member(state->open[state->depth - 1].object, element->name, value) != 0) {
		json_object_put(value);
		stop(state, FT_NO_MEMORY, NULL);
	}
	release(element);
}

static void XMLCALL on_doctype(void *data, const XML_Char *name, const XML_Char *system_id,
			       const XML_Char *public_id, int has_internal_subset)
{
	(void)name, (void)system_id, (void)public_id, (void)has_internal_subset;
	stop(data, FT_UNTRUSTED, "has a document type");
}

/* encoding: NULL for what the document says. */
static void parse(struct state *state, const char *text, size_t len, const char *encoding)
{
	state->parser = XML_ParserCreateNS(encoding, SEPARATOR);
	if (state->parser == NULL) {
		state->code = FT_NO_MEMORY;
		return;
	}
	XML_SetUserData(state->parser, state);
	XML_SetElementHandler(state->parser, on_start, on_end);
	XML_SetCharacterDataHandler(state->parser, on_text);
	XML_SetStartDoctypeDeclHandler(state->parser, on_doctype);
	if (XML_Parse(state->parser, text, (int)len, XML_TRUE) != XML_STATUS_OK &&
	    state->code == 0) {
		bool memory = XML_GetErrorCode(state->parser) == XML_ERROR_NO_MEMORY;

		state->code = memory ? FT_NO_MEMORY : FT_UNTRUSTED;
		state->wrong = "is not well-formed";
	}
}

static void clear(struct state *state)
{
	while (state->depth > 0)
		release(&state->open[--state->depth]);
	if (state->parser != NULL)
		XML_ParserFree(state->parser);
	state->parser = NULL;
}

int ft_xml_parse(const char *text, size_t len, int depth, struct json_object **ret,
		 struct ft_error *err)
{
	struct state state = { .max = (size_t)depth };
	int r = 0;

	if (len > INT32_MAX / 2 || depth < 0 || depth > FT_XML_DEPTH_MAX)
		return ft_error_set(err, FT_UNTRUSTED, "XML is too long");
	parse(&state, text, len, NULL);
	if (state.code == FT_NO_MEMORY)
		r = ft_error_memory(err);
	else if (state.code != 0)
		r = ft_error_set(err, state.code, "XML %s", state.wrong);
	if (r == 0)
		*ret = state.tree;
	else
		json_object_put(state.tree);
	clear(&state);
	return r;
}

/* Completes what was open when the text ended, or was not XML any more. */
static struct json_object *take_open(struct state *state)
{
	for (size_t i = state->depth; i-- > 1;) {
		struct element *element = &state->open[i];

		if (element->object == NULL)
			continue;
		if (add_member(state->open[i - 1].object, element->name,
			       json_object_get(element->object)) != 0)
			json_object_put(element->object);
	}
	return state->depth > 0 ? json_object_get(state->open[0].object) : NULL;
}

static int parse_loosely(const char *text, size_t len, int depth, const char *encoding,
			 struct json_object **ret, bool *ret_whole)
{
	struct state state = { .max = (size_t)depth, .loose = true };

	parse(&state, text, len, encoding);
	int r = state.code == FT_NO_MEMORY ? FT_NO_MEMORY : 0;
	struct json_object *tree = r == 0 && !state.ended ? take_open(&state) : NULL;

	if (r == 0 && state.ended) {
		tree = state.tree;
		state.tree = NULL;
	}
	json_object_put(state.tree);
	/* A root without children has no member that a path could name. */
	if (r == 0 && !json_object_is_type(tree, json_type_object)) {
		json_object_put(tree);
		r = FT_UNTRUSTED;
	}
	if (r == 0) {
		*ret_whole = state.ended;
		*ret = tree;
	}
	clear(&state);
	return r;
}

int ft_xml_loose(const char *text, size_t len, int depth, struct json_object **ret, bool *ret_whole)
{
	struct ft_buf clean = FT_BUF_INIT(3 * len + 1);
	struct json_object *again = NULL;
	bool whole = false;

	if (len > INT32_MAX / 8 || depth < 0 || depth > FT_XML_DEPTH_MAX)
		return FT_UNTRUSTED;
	int r = parse_loosely(text, len, depth, NULL, ret, ret_whole);

	if (r == FT_NO_MEMORY || (r == 0 && *ret_whole))
		return r;
	/* The document names a charset that its bytes do not have, or UTF-8 by another name. */
	for (size_t i = 0, n; i < len; i += n > 0 ? n : 1) {
		n = ft_utf8_length(text + i, len - i);
		if (n > 0)
			ft_buf_add(&clean, text + i, n);
		else
			ft_buf_adds(&clean, FT_JSON_MARK);
	}
	int second = clean.failed ? FT_NO_MEMORY :
		parse_loosely(clean.data, clean.len, depth, "UTF-8", &again, &whole);

	ft_buf_release(&clean);
	if (second == 0 && (whole || r != 0)) {
		if (r == 0)
			json_object_put(*ret);
		*ret = again;
		*ret_whole = whole;
		r = 0;
	} else if (second == 0) {
		json_object_put(again);
	}
	return second == FT_NO_MEMORY && r != 0 ? second : r;
}
