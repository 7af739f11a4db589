/* SPDX-License-Identifier: MIT */
/* check-xml.c - checks XML templates: they must be well-formed, with variables only in text and
 * values */
#include "config.h"
#include "lib/provider/check.h"

#include <stdbool.h>
#include <string.h>

#include "lib/provider/template.h"

#define DEPTH 16

struct xml {
	const char *pos;
	struct {
		const char *name;
		size_t len;
	} open[DEPTH];
	size_t depth;
	bool root;
	struct ft_error *err;
};

static int wrong(struct xml *x, const char *text)
{
	return ft_error_fixed(x->err, FT_CONFIG, text);
}

static bool skip_blanks(struct xml *x)
{
	const char *start = x->pos;

	x->pos += strspn(x->pos, " \t\n");
	return x->pos > start;
}

static size_t name_length(const char *s)
{
	size_t len = 0;

	for (; s[len] != '\0'; len++) {
		char c = s[len];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
			      (unsigned char)c >= 0x80;

		if (!letter && (len == 0 || !((c >= '0' && c <= '9') || c == '-' || c == '.' ||
					      c == ':')))
			break;
	}
	return len;
}

/* Skips text up to one of the bytes in `until`. Its references must be complete. */
static int skip_text(struct xml *x, const char *until)
{
	static const char *const known[] = { "amp;", "lt;", "gt;", "quot;", "apos;" };

	for (; *x->pos != '\0' && strchr(until, *x->pos) == NULL; x->pos++) {
		const char *after = x->pos + 1;
		bool whole = false;

		if (*x->pos == '<')
			return wrong(x, "\"<\" in the value of an attribute" FT_REMEDY
					"write &lt;");
		if (*x->pos != '&')
			continue;
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			whole = whole || strncmp(after, known[i], strlen(known[i])) == 0;
		if (*after == '#') {
			bool hex = after[1] == 'x';
			size_t n = strspn(after + 1 + hex, hex ? "0123456789abcdefABCDEF" :
					  "0123456789");

			whole = n > 0 && n < 8 && after[1 + hex + n] == ';';
		}
		if (!whole)
			return wrong(x, "a lone \"&\"" FT_REMEDY "write &amp;");
	}
	return 0;
}

static int attribute(struct xml *x)
{
	size_t len = name_length(x->pos);
	int r;

	if (len == 0)
		return wrong(x, "variables may be in text and in quoted values of attributes");
	x->pos += len;
	(void)skip_blanks(x);
	if (*x->pos != '=')
		return wrong(x, "an attribute needs name=\"value\"");
	x->pos++;
	(void)skip_blanks(x);
	const char quote[2] = { *x->pos, '\0' };

	if (*quote != '"' && *quote != '\'')
		return wrong(x, "the value of an attribute has to be in quotes");
	x->pos++;
	r = skip_text(x, quote);
	if (r != 0)
		return r;
	if (*x->pos != *quote)
		return wrong(x, "the value of an attribute has no end");
	x->pos++;
	return 0;
}

static int close_element(struct xml *x)
{
	size_t len = name_length(x->pos);

	if (x->depth == 0 || x->open[x->depth - 1].len != len ||
	    memcmp(x->open[x->depth - 1].name, x->pos, len) != 0)
		return ft_error_set(x->err, FT_CONFIG, "</%.*s> closes no open element",
				    (int)len, x->pos);
	x->depth--;
	x->pos += len;
	(void)skip_blanks(x);
	if (*x->pos++ != '>')
		return wrong(x, "a tag has no \">\"");
	return 0;
}

static int element(struct xml *x)
{
	size_t len = name_length(x->pos);

	if (*x->pos == '!' || *x->pos == '?')
		return wrong(x, "\"<!\" and \"<?\" are not accepted");
	if (*x->pos == '/') {
		x->pos++;
		return close_element(x);
	}
	if (len == 0)
		return wrong(x, "\"<\" begins no tag" FT_REMEDY "write &lt;");
	if (x->depth == 0 && x->root)
		return wrong(x, "there is more than one root element");
	if (x->depth == DEPTH)
		return wrong(x, "it is nested too deeply");
	x->root = true;
	x->open[x->depth].name = x->pos;
	x->open[x->depth++].len = len;
	x->pos += len;
	while (skip_blanks(x) && *x->pos != '>' && *x->pos != '/') {
		int r = attribute(x);

		if (r != 0)
			return r;
	}
	if (*x->pos == '/') {
		x->pos++;
		x->depth--;
	}
	if (*x->pos != '>')
		return wrong(x, "a tag has no \">\"");
	x->pos++;
	return 0;
}

int ft_check_xml(const char *value, struct ft_error *err)
{
	struct xml x = { .pos = value, .err = err };
	int r = ft_template_check(value, err);

	while (r == 0) {
		if (x.depth == 0)
			(void)skip_blanks(&x);
		else
			r = skip_text(&x, "<");
		if (r != 0 || *x.pos == '\0')
			break;
		if (*x.pos++ != '<')
			return wrong(&x, "text outside of the root element");
		r = element(&x);
	}
	if (r == 0 && (x.depth > 0 || !x.root))
		return wrong(&x, x.root ? "an element is not closed" : "there is no element");
	return r;
}
