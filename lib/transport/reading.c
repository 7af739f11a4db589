/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/reading.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void ft_reading_release(struct ft_reading *reading)
{
	json_object_put(reading->tree);
	*reading = (struct ft_reading){ .tree = NULL };
}

static const struct ft_exchange_field *asked(const struct ft_exchange *exchange, const char *name)
{
	for (size_t i = 0; i < exchange->n_fields; i++)
		if (strcmp(exchange->fields[i].name, name) == 0)
			return &exchange->fields[i];
	return NULL;
}

bool ft_reading_brings_tokens(const struct ft_exchange *exchange)
{
	return asked(exchange, "access_token") != NULL && !exchange->jwks && !exchange->metadata;
}

static bool finds(const struct ft_exchange_field *field, struct json_object *tree)
{
	for (size_t i = 0; field != NULL && i < field->n; i++)
		if (field->paths[i].source == FT_PATH_BODY &&
		    ft_path_find(&field->paths[i], tree) != NULL)
			return true;
	return false;
}

static bool finds_any(const struct ft_exchange *exchange, struct json_object *tree)
{
	for (size_t i = 0; i < exchange->n_fields; i++)
		if (finds(&exchange->fields[i], tree))
			return true;
	return false;
}

/* Whether a path leads to, or through, a value with the mark of json.h. */
static bool leads_to_mark(const struct ft_path *path, struct json_object *tree)
{
	struct ft_path part = *path;

	for (part.n = 1; path->source == FT_PATH_BODY && part.n <= path->n; part.n++)
		if (ft_json_marked(ft_path_value(&part, tree)))
			return true;
	return false;
}

static bool is_marked(const struct ft_exchange_field *field, struct json_object *tree)
{
	for (size_t i = 0; i < field->n; i++)
		if (leads_to_mark(&field->paths[i], tree))
			return true;
	return false;
}

/* Whether a field decides something; texts for people do not. */
static bool decides(const struct ft_exchange_field *field)
{
	return strcmp(field->name, "message") != 0;
}

static bool is_good(const struct ft_exchange *exchange, struct json_object *tree)
{
	for (size_t i = 0; i < exchange->n_fields; i++)
		if (decides(&exchange->fields[i]) && is_marked(&exchange->fields[i], tree))
			return false;
	return finds(asked(exchange, "access_token"), tree);
}

/* A truncated number or text may look complete; an object or array cannot. */
static bool has_an_end(struct json_object *tree)
{
	return json_object_is_type(tree, json_type_object) ||
	       json_object_is_type(tree, json_type_array);
}

static int read_strictly(const struct ft_exchange *exchange, const struct ft_response *response,
			 const struct ft_body_type *type, struct ft_reading *ret,
			 struct ft_error *err)
{
	struct json_object *tree = NULL;
	int r = ft_body_parse(type->media, &response->body, &tree, err);

	if (r != 0)
		return r;
	bool named = type->media == type->otherwise;
	/* Without a media type, or with that of a web page, the content must show that it is
	 * JSON or XML. */
	bool good = (response->whole || has_an_end(tree)) &&
		    (named || finds_any(exchange, tree) ||
		     (exchange->n_fields == 0 && type->otherwise != FT_MEDIA_HTML));

	if (!good) {
		json_object_put(tree);
		return ft_error_set(err, FT_UNTRUSTED, "it has none of the requested values");
	}
	ret->media = type->media;
	ret->parsed = true;
	ret->tree = tree;
	return 0;
}

/* A new refresh token must not be lost because of an error elsewhere in the answer. */
static int read_loosely(const struct ft_exchange *exchange, const struct ft_response *response,
			struct ft_reading *ret)
{
	const struct ft_exchange_field *refresh = asked(exchange, "refresh_token");
	enum ft_media media = FT_MEDIA_NONE;
	struct json_object *tree = NULL;
	bool whole = false;
	int r = ft_body_loose(&response->body, &media, &tree, &whole);

	if (r != 0)
		return r == FT_NO_MEMORY ? r : 0;
	ret->parsed = whole && is_good(exchange, tree);
	ret->salvaged = !ret->parsed && finds(refresh, tree) && !is_marked(refresh, tree);
	if (!ret->parsed && !ret->salvaged) {
		json_object_put(tree);
		return 0;
	}
	ret->media = media;
	ret->tree = tree;
	return 0;
}

static void explain(const struct ft_response *response, const struct ft_error *err,
		    struct ft_reading *ret)
{
	const char *type = ft_response_header(response, "Content-Type");
	const char *encoding = ft_response_header(response, "Content-Encoding");
	const char *mark = type != NULL ? "\"" : "";
	char text[FT_ERROR_TEXT], quoted[FT_ERROR_QUOTED];

	if (ret->media != FT_MEDIA_JSON && ret->media != FT_MEDIA_XML)
		(void)snprintf(text, sizeof text, "its media type is %s%s%s%s%.80s", mark,
			       type != NULL ? ft_error_quoted(type, 60, quoted) : "not stated",
			       mark, err->text[0] != '\0' ? ", and " : "", err->text);
	else
		(void)snprintf(text, sizeof text, "%s", err->text);
	if (encoding != NULL && strcasecmp(encoding, "identity") != 0)
		(void)snprintf(text, sizeof text,
			       "it is compressed (\"%s\"), which was not requested",
			       ft_error_quoted(encoding, 40, quoted));
	ft_response_copy_text(ret->why, text);
}

int ft_reading_make(const struct ft_exchange *exchange, const struct ft_response *response,
		    struct ft_reading *ret)
{
	struct ft_body_type type = ft_body_type(ft_response_header(response, "Content-Type"),
						&response->body, exchange->untyped);
	struct ft_reading reading = { .media = type.otherwise,
				      .page = type.media == FT_MEDIA_HTML };
	struct ft_error err = FT_ERROR_INIT;
	bool success = response->status >= 200 && response->status <= 299;
	bool read = type.media == FT_MEDIA_JSON || type.media == FT_MEDIA_XML;
	int r = 0;

	if (read) {
		r = read_strictly(exchange, response, &type, &reading, &err);
		if (r == FT_UNTRUSTED)
			r = success && ft_reading_brings_tokens(exchange) ?
				read_loosely(exchange, response, &reading) : 0;
	}
	if (r == 0 && success && !reading.parsed && !reading.page && response->body.len > 0)
		explain(response, &err, &reading);
	if (r != 0)
		ft_reading_release(&reading);
	else
		*ret = reading;
	return r;
}
