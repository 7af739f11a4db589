/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "service.h"

#include <ctype.h>
#include <expat.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct pair *add(struct body *body, const char *name, size_t len)
{
	body->list = must(realloc(body->list, (body->n + 1) * sizeof(*body->list)));
	body->list[body->n] = (struct pair){ must(strndup(name, len)), NULL, NULL };
	return &body->list[body->n++];
}

/* --- application/x-www-form-urlencoded ----------------------------------------- */

char *form_decode(const char *text, size_t len)
{
	char *out = must(malloc(len + 1)), *p = out;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '%' && i + 2 < len && isxdigit((unsigned char)text[i + 1]) &&
		    isxdigit((unsigned char)text[i + 2])) {
			char digits[] = { text[i + 1], text[i + 2], 0 };

			c = (unsigned char)strtoul(digits, NULL, 16);
			i += 2;
		} else if (c == '+') {
			c = ' ';
		} else if (c <= ' ' || c >= 0x7f || c == '%') {
			c = '\0';
		}
		if (c == '\0') {
			free(out);
			return NULL;
		}
		*p++ = (char)c;
	}
	*p = '\0';
	return out;
}

static bool parse_form(struct body *body, const char *raw, size_t len)
{
	const char *end = raw + len;

	while (raw < end) {
		const char *amp = memchr(raw, '&', (size_t)(end - raw));
		const char *stop = amp != NULL ? amp : end;
		const char *equals = memchr(raw, '=', (size_t)(stop - raw));
		char *name;

		if (equals == NULL)
			return false;
		name = form_decode(raw, (size_t)(equals - raw));
		if (name == NULL)
			return false;
		struct pair *pair = add(body, name, strlen(name));

		free(name);
		pair->value = form_decode(equals + 1, (size_t)(stop - equals - 1));
		if (pair->value == NULL)
			return false;
		raw = stop + 1;
	}
	return true;
}

/* --- JSON ------------------------------------------------------------------------- */

static bool parse_json(struct body *body, const char *raw, size_t len)
{
	struct json_tokener *tokener = must(json_tokener_new());
	struct json_object *object;
	bool good;

	/* Not JSON_TOKENER_STRICT: json-c 0.18 then refuses letters beyond ASCII. */
	json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, raw, (int)len);
	good = json_tokener_get_error(tokener) == json_tokener_success &&
	       json_tokener_get_parse_end(tokener) == len &&
	       json_object_is_type(object, json_type_object);
	if (good) {
		json_object_object_foreach(object, key, value) {
			struct pair *pair = add(body, key, strlen(key));

			if (json_object_is_type(value, json_type_string))
				pair->value = must(strdup(json_object_get_string(value)));
		}
	}
	json_object_put(object);
	json_tokener_free(tokener);
	return good;
}

/* --- XML --------------------------------------------------------------------------- */

struct reader {
	XML_Parser parser;
	struct body *body;
	int depth;
	bool refused;
	struct text text;
};

/* "NAMESPACE LOCAL" or "LOCAL" */
static void split(const char *name, char **ret_space, char **ret_local)
{
	const char *blank = strrchr(name, ' ');

	*ret_space = must(strndup(name, blank != NULL ? (size_t)(blank - name) : 0));
	*ret_local = must(strdup(blank != NULL ? blank + 1 : name));
}

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *reader = data;
	char *space, *local;

	(void)attributes;
	reader->depth++;
	split(name, &space, &local);
	if (reader->depth == 1) {
		reader->body->space = space;
		reader->body->root = local;
		return;
	}
	if (reader->depth == 2) {
		struct pair *pair = add(reader->body, local, strlen(local));

		pair->space = space;
		free(local);
		text_open(&reader->text);
		return;
	}
	reader->refused = true;
	free(space);
	free(local);
}

static void on_end(void *data, const XML_Char *name)
{
	struct reader *reader = data;

	(void)name;
	if (reader->depth == 2) {
		text_close(&reader->text);
		reader->body->list[reader->body->n - 1].value = reader->text.data;
	}
	reader->depth--;
}

static void on_text(void *data, const XML_Char *text, int len)
{
	struct reader *reader = data;

	if (reader->depth == 2)
		fwrite(text, 1, (size_t)len, reader->text.file);
}

/* As .NET does: a document type is prohibited. */
static void on_doctype(void *data, const XML_Char *name, const XML_Char *system,
		       const XML_Char *public, int internal)
{
	struct reader *reader = data;

	(void)name, (void)system, (void)public, (void)internal;
	reader->refused = true;
	XML_StopParser(reader->parser, XML_FALSE);
}

static bool parse_xml(struct body *body, const char *raw, size_t len)
{
	struct reader reader = { .parser = must(XML_ParserCreateNS(NULL, ' ')), .body = body };
	bool good;

	XML_SetUserData(reader.parser, &reader);
	XML_SetElementHandler(reader.parser, on_start, on_end);
	XML_SetCharacterDataHandler(reader.parser, on_text);
	XML_SetStartDoctypeDeclHandler(reader.parser, on_doctype);
	good = XML_Parse(reader.parser, raw, (int)len, 1) == XML_STATUS_OK && !reader.refused;
	XML_ParserFree(reader.parser);
	if (reader.text.file != NULL) {
		text_close(&reader.text);
		free(reader.text.data);
	}
	return good;
}

/* --- all of them -------------------------------------------------------------------- */

static enum body_kind kind_of(const char *content_type)
{
	static const struct {
		const char *media;
		enum body_kind kind;
	} known[] = {
		{ "application/json", BODY_JSON }, { "text/json", BODY_JSON },
		{ "application/xml", BODY_XML }, { "text/xml", BODY_XML },
		{ "application/x-www-form-urlencoded", BODY_FORM },
	};
	size_t len;

	if (content_type == NULL)
		return BODY_OTHER;
	len = strcspn(content_type, "; \t");
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strlen(known[i].media) == len &&
		    strncasecmp(known[i].media, content_type, len) == 0)
			return known[i].kind;
	return BODY_OTHER;
}

void body_parse(struct body *body, const char *content_type, const char *raw, size_t len)
{
	bool good = true;

	*body = (struct body){ .kind = len > 0 ? kind_of(content_type) : BODY_NONE };
	if (body->kind == BODY_FORM)
		good = parse_form(body, raw, len);
	else if (body->kind == BODY_JSON)
		good = parse_json(body, raw, len);
	else if (body->kind == BODY_XML)
		good = parse_xml(body, raw, len);
	if (!good)
		body->kind = BODY_BROKEN;
}

void body_release(struct body *body)
{
	for (size_t i = 0; i < body->n; i++) {
		free(body->list[i].name);
		free(body->list[i].value);
		free(body->list[i].space);
	}
	free(body->list);
	free(body->root);
	free(body->space);
	*body = (struct body){ .kind = BODY_NONE };
}

const char *body_get(const struct body *body, const char *name)
{
	const struct pair *found = NULL;

	if (body->kind != BODY_JSON && body->kind != BODY_FORM)
		return NULL;
	for (size_t i = 0; i < body->n; i++) {
		if (strcmp(body->list[i].name, name) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = &body->list[i];
	}
	return found != NULL ? found->value : NULL;
}

const char *body_get_contract(const struct body *body, const char *root, const char *space,
			      const char *const *order, const char *name)
{
	size_t next = 0;

	if (body->kind != BODY_XML || strcmp(body->root, root) != 0 ||
	    strcmp(body->space, space) != 0)
		return NULL;
	for (size_t i = 0; i < body->n; i++) {
		const struct pair *pair = &body->list[i];
		size_t at = next;

		if (strcmp(pair->space, space) != 0)
			continue;
		while (order[at] != NULL && strcmp(order[at], pair->name) != 0)
			at++;
		if (order[at] == NULL)
			continue;
		if (strcmp(pair->name, name) == 0)
			return pair->value;
		next = at + 1;
	}
	return NULL;
}
