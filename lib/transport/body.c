/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/body.h"

#include <string.h>
#include <strings.h>

#include "lib/transport/xml.h"

static const char blanks[] = " \t\r\n";

/* Compares the len bytes of a media type with a name, or with a suffix like "+json". */
static bool is_type(const char *type, size_t len, const char *name)
{
	size_t n = strlen(name);

	if (name[0] == '+')
		return len > n && strncasecmp(type + len - n, name, n) == 0;
	return len == n && strncasecmp(type, name, n) == 0;
}

static enum ft_media media_of_type(const char *content_type)
{
	static const struct {
		const char *name;
		enum ft_media media;
	} table[] = {
		{ "text/html", FT_MEDIA_HTML },
		{ "application/xhtml+xml", FT_MEDIA_HTML },
		{ "application/json", FT_MEDIA_JSON },
		{ "text/json", FT_MEDIA_JSON },
		{ "application/xml", FT_MEDIA_XML },
		{ "text/xml", FT_MEDIA_XML },
		{ "+json", FT_MEDIA_JSON },
		{ "+xml", FT_MEDIA_XML },
	};
	size_t len = strcspn(content_type, "; \t");

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (is_type(content_type, len, table[i].name))
			return table[i].media;
	return FT_MEDIA_OTHER;
}

static bool skip(const char **text, const char *end, const char *what)
{
	size_t len = strlen(what);

	if ((size_t)(end - *text) < len || strncasecmp(*text, what, len) != 0)
		return false;
	*text += len;
	return true;
}

static void skip_past(const char **text, const char *end, const char *what)
{
	const char *found = memmem(*text, (size_t)(end - *text), what, strlen(what));

	*text = found != NULL ? found + strlen(what) : end;
}

/* Blanks, comments and an XML declaration may come before the first element. */
static bool looks_like_html(const char *text, const char *end)
{
	static const char *const starts[] = { "<!doctype html", "<html", "<head", "<body" };

	for (;;) {
		while (text < end && memchr(blanks, *text, 4) != NULL)
			text++;
		if (skip(&text, end, "<!--"))
			skip_past(&text, end, "-->");
		else if (skip(&text, end, "<?xml"))
			skip_past(&text, end, "?>");
		else
			break;
	}
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if (skip(&text, end, starts[i]))
			return text == end || memchr(" \t\r\n>/", *text, 6) != NULL;
	return false;
}

/* Skips a byte order mark, which servers on Windows send. */
static const char *content(const struct ft_buf *body, size_t *ret_len)
{
	const char *text = body->data, *end = text + body->len;

	(void)skip(&text, end, "\xef\xbb\xbf");
	*ret_len = (size_t)(end - text);
	return text;
}

struct ft_body_type ft_body_type(const char *content_type, const struct ft_buf *body,
				 enum ft_untyped untyped)
{
	size_t len = 0;
	const char *text = content(body, &len);
	enum ft_media media = content_type != NULL ? media_of_type(content_type) : FT_MEDIA_OTHER;

	if (len == 0)
		return (struct ft_body_type){ FT_MEDIA_NONE, FT_MEDIA_NONE };
	if (looks_like_html(text, text + len))
		return (struct ft_body_type){ FT_MEDIA_HTML, FT_MEDIA_HTML };
	if (media == FT_MEDIA_JSON || media == FT_MEDIA_XML)
		return (struct ft_body_type){ media, media };
	switch (untyped) {
	case FT_UNTYPED_JSON:
		return (struct ft_body_type){ FT_MEDIA_JSON,
					      media == FT_MEDIA_HTML ? media : FT_MEDIA_NONE };
	case FT_UNTYPED_XML:
		return (struct ft_body_type){ FT_MEDIA_XML,
					      media == FT_MEDIA_HTML ? media : FT_MEDIA_NONE };
	case FT_UNTYPED_IGNORE:
		media = media == FT_MEDIA_HTML ? media : FT_MEDIA_NONE;
		break;
	case FT_UNTYPED_REFUSE:
		break;
	}
	return (struct ft_body_type){ media, media };
}

int ft_body_parse(enum ft_media media, const struct ft_buf *body, struct json_object **ret,
		  struct ft_error *err)
{
	size_t len = 0;
	const char *text = content(body, &len);

	if (media == FT_MEDIA_JSON)
		return ft_json_parse(text, len, FT_BODY_DEPTH, "the answer", ret, err);
	if (media == FT_MEDIA_XML)
		return ft_xml_parse(text, len, FT_BODY_DEPTH, ret, err);
	return ft_error_set(err, FT_UNTRUSTED, "it is neither JSON nor XML");
}

int ft_body_loose(const struct ft_buf *body, enum ft_media *ret_media, struct json_object **ret,
		  bool *ret_whole)
{
	size_t len = 0;
	const char *text = content(body, &len);

	while (len > 0 && memchr(blanks, *text, 4) != NULL) {
		text++;
		len--;
	}
	if (len == 0)
		return FT_UNTRUSTED;
	*ret_media = *text == '<' ? FT_MEDIA_XML : FT_MEDIA_JSON;
	return *text == '<' ? ft_xml_loose(text, len, FT_BODY_DEPTH, ret, ret_whole) :
	       ft_json_loose(text, len, FT_BODY_DEPTH, ret, ret_whole);
}
