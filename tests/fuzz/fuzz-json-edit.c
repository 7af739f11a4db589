/* SPDX-License-Identifier: MIT */
/* helper/wiring/json-edit.h: after an edit the text is still JSON, with the member as it was set
 * and all others unchanged */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "helper/wiring/json-edit.h"
#include "lib/data/json.h"

#define TEXT_MAX (4 * 1024 * 1024)
#define DEPTH 34

static struct json_object *parse(const struct ft_buf *text)
{
	struct json_object *object = NULL;

	MUST(ft_json_parse(text->data, text->len, DEPTH, "the text", &object, NULL) == 0);
	MUST(json_object_is_type(object, json_type_object));
	return object;
}

/* Whether two objects are alike but for one member of one section. */
static bool alike(struct json_object *one, struct json_object *other, const char *name)
{
	struct json_object *a = NULL, *b = NULL;
	bool empty;

	(void)json_object_object_get_ex(one, "credHelpers", &a);
	(void)json_object_object_get_ex(other, "credHelpers", &b);
	if (a != NULL)
		json_object_object_del(a, name);
	if (b != NULL)
		json_object_object_del(b, name);
	/* A section that was made stays. */
	empty = (a == NULL || json_object_object_length(a) == 0) &&
		(b == NULL || json_object_object_length(b) == 0);
	if (empty) {
		json_object_object_del(one, "credHelpers");
		json_object_object_del(other, "credHelpers");
	}
	return json_object_equal(one, other);
}

static void edit(const char *data, size_t size, const char *name)
{
	struct ft_buf text = FT_BUF_INIT(TEXT_MAX);
	struct json_object *before = NULL, *after, *helpers = NULL;
	const char *helper;

	ft_buf_add(&text, data, size);
	if (text.failed ||
	    ft_json_parse(text.data, text.len, DEPTH - 2, "the text", &before, NULL) != 0)
		goto out;
	if (!json_object_is_type(before, json_type_object) ||
	    (json_object_object_get_ex(before, "credHelpers", &helpers) && helpers != NULL &&
	     !json_object_is_type(helpers, json_type_object)))
		goto out;
	MUST(ft_json_edit_set(&text, "credHelpers", name, "fresh\"token", NULL) == 0);
	after = parse(&text);
	MUST(json_object_object_get_ex(after, "credHelpers", &helpers));
	helper = ft_json_string(helpers, name);
	MUST(helper != NULL && strcmp(helper, "fresh\"token") == 0);
	MUST(alike(before, after, name));
	json_object_put(after);

	/* Once more is the same, and taken out it is gone. */
	struct ft_buf again = FT_BUF_INIT(TEXT_MAX);

	ft_buf_add(&again, text.data, text.len);
	MUST(ft_json_edit_set(&again, "credHelpers", name, "fresh\"token", NULL) == 0);
	MUST(again.len == text.len && memcmp(again.data, text.data, text.len) == 0);
	ft_buf_release(&again);
	MUST(ft_json_edit_remove(&text, "credHelpers", name, NULL) == 0);
	after = parse(&text);
	MUST(json_object_object_get_ex(after, "credHelpers", &helpers));
	MUST(!json_object_object_get_ex(helpers, name, NULL));
	MUST(alike(before, after, name));
	json_object_put(after);
out:
	json_object_put(before);
	ft_buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	edit((const char *)data, size, "registry.example.com");
	edit((const char *)data, size, "a\\\"\n");
	return 0;
}
