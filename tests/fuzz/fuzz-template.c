/* SPDX-License-Identifier: MIT */
/* template.h, escape.h: a template that was checked can be expanded, and keeps its structure */
#include "config.h"

#include <string.h>

#include "lib/base/escape.h"
#include "fuzz.h"
#include "lib/data/json.h"
#include "lib/provider/template.h"

static const struct ft_account account = { .name = (char *)"work" };

/* The first line is a template, the rest is what all its variables hold. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	MUST(text != NULL);
	char *line_end = strchrnul(text, '\n');
	size_t used = (size_t)(line_end - text) + (*line_end == '\n');
	const char *value = (const char *)data + (used < size ? used : size);
	size_t len = size - (size_t)(value - (const char *)data);
	struct ft_scope scope = { .account = &account };
	struct ft_buf out = FT_BUF_INIT(1 << 20), json = FT_BUF_INIT(1 << 22);

	*line_end = '\0';
	for (unsigned i = 0; i < FT_VARIABLE_COUNT; i++) {
		scope.value[i].data = value;
		scope.value[i].len = len;
	}
	if (ft_template_check(text, NULL) != 0)
		goto out;
	/* Percent-encoding takes everything but NUL. */
	int r = ft_template_expand(text, &scope, ft_escape_percent, ft_escape_percent, &out, NULL);

	if (r == 0)
		for (size_t i = 0; i < out.len; i++)
			MUST(out.data[i] > 0x20 && out.data[i] < 0x7f &&
			     strchr("&=+/?#\"<>", out.data[i]) == NULL);
	else
		MUST(r == FT_TEMPLATE_DROP || strstr(text, "${param.") != NULL ||
		     memchr(value, '\0', len) != NULL);
	ft_buf_adds(&json, "\"");
	if (ft_template_expand(text, &scope, ft_escape_json, ft_escape_json, &json, NULL) == 0) {
		struct json_object *string = NULL;

		ft_buf_adds(&json, "\"");
		MUST(ft_json_parse(json.data, json.len, 1, "it", &string, NULL) == 0);
		json_object_put(string);
	}
	ft_buf_clear(&out);
	if (ft_template_expand(text, &scope, ft_escape_xml, ft_escape_xml, &out, NULL) == 0)
		for (size_t i = 0; i < out.len; i++)
			MUST((unsigned char)out.data[i] >= 0x20 &&
			     strchr("<>\"'", out.data[i]) == NULL);
out:
	ft_buf_release(&out);
	ft_buf_release(&json);
	free(text);
	return 0;
}
