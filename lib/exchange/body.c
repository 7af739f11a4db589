/* SPDX-License-Identifier: MIT */
/* Bodies: forms, and templates of JSON and XML. */
#include "config.h"
#include "lib/exchange/parts.h"

#include <string.h>

#include "lib/base/escape.h"
#include "lib/data/json.h"

#define TEMPLATE_DEPTH 16

int ft_request_pairs(const char *key, const struct ft_strings *pairs,
		     const struct ft_scope *scope, struct ft_buf *out, struct ft_error *err)
{
	bool first = true;

	for (size_t i = 0; i < pairs->n; i++) {
		const char *name = pairs->list[i], *equals = strchr(name, '=');
		size_t before = out->len;

		if (!first)
			ft_buf_adds(out, "&");
		for (size_t len; name < equals; name += len + (name[len] == '$')) {
			const char *dollar = memchr(name, '$', (size_t)(equals - name));

			len = (size_t)((dollar != NULL ? dollar + 1 : equals) - name);
			(void)ft_escape_percent(out, name, len);
		}
		ft_buf_adds(out, "=");
		int r = ft_template_expand(equals + 1, scope, ft_escape_percent, ft_escape_percent,
					   out, err);

		if (r < 0) {
			ft_error_prefix(err, "%s", key);
			return r;
		}
		if (r == FT_TEMPLATE_DROP)
			ft_buf_cut(out, before);
		else
			first = false;
	}
	return 0;
}

static int add_json(struct json_object *value, const struct ft_scope *scope, struct ft_buf *out,
		    struct ft_error *err);

static int add_member(const char *name, struct json_object *member, bool *first,
		      const struct ft_scope *scope, struct ft_buf *out, struct ft_error *err)
{
	size_t before = out->len;

	if (!*first)
		ft_buf_adds(out, ",");
	if (name != NULL) {
		ft_buf_adds(out, "\"");
		(void)ft_escape_json(out, name, strlen(name));
		ft_buf_adds(out, "\":");
	}
	int r = add_json(member, scope, out, err);

	if (r == FT_TEMPLATE_DROP) {
		ft_buf_cut(out, before);
		return 0;
	}
	*first = false;
	return r;
}

/* Written here and not by json-c, which would leave tokens in memory that nobody wipes. */
static int add_json(struct json_object *value, const struct ft_scope *scope, struct ft_buf *out,
		    struct ft_error *err)
{
	bool first = true;
	int r = 0;

	switch (json_object_get_type(value)) {
	case json_type_object:
		ft_buf_adds(out, "{");
		{
			json_object_object_foreach(value, name, member) {
				r = add_member(name, member, &first, scope, out, err);
				if (r != 0)
					return r;
			}
		}
		ft_buf_adds(out, "}");
		return 0;
	case json_type_array:
		ft_buf_adds(out, "[");
		for (size_t i = 0; r == 0 && i < json_object_array_length(value); i++)
			r = add_member(NULL, json_object_array_get_idx(value, i), &first, scope,
				       out, err);
		ft_buf_adds(out, "]");
		return r;
	case json_type_string:
		ft_buf_adds(out, "\"");
		r = ft_template_expand(json_object_get_string(value), scope, ft_escape_json,
				       ft_escape_json, out, err);
		ft_buf_adds(out, "\"");
		return r;
	case json_type_null:
		ft_buf_adds(out, "null");
		return 0;
	default:
		ft_buf_adds(out, json_object_get_string(value));
		return 0;
	}
}

static int json_body(const char *text, const struct ft_scope *scope, struct ft_buf *out,
		     struct ft_error *err)
{
	struct json_object *tree = NULL;
	int r = ft_json_parse(text, strlen(text), TEMPLATE_DEPTH, "the template", &tree, err);

	if (r == 0)
		r = add_json(tree, scope, out, err);
	json_object_put(tree);
	if (r < 0)
		ft_error_prefix(err, "json");
	return r;
}

static int xml_body(const char *text, const struct ft_scope *scope, struct ft_buf *out,
		    struct ft_error *err)
{
	struct ft_piece piece;
	int r;

	while ((r = ft_template_next(&text, &piece, err)) > 0) {
		/* An element that an unset ${x?} leaves empty is kept: .NET expects the elements in
		 * their order. */
		r = ft_template_add(&piece, scope, ft_escape_nothing, ft_escape_xml, out, err);
		if (r < 0)
			break;
	}
	if (r < 0)
		ft_error_prefix(err, "xml");
	return r;
}

int ft_request_body(const struct ft_request_template *request, enum ft_format format,
		    const struct ft_scope *scope, struct ft_buf *out, struct ft_error *err)
{
	switch (format) {
	case FT_FORMAT_FORM:
		return ft_request_pairs("form", &request->form, scope, out, err);
	case FT_FORMAT_JSON:
		return json_body(request->json, scope, out, err);
	case FT_FORMAT_XML:
		return xml_body(request->xml, scope, out, err);
	default:
		return 0;
	}
}
