/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/base/escape.h"

#include <string.h>

#include "lib/base/encode.h"
#include "lib/base/utf8.h"

static const char a_nul[] = "it holds a NUL byte";
static const char no_utf8[] = "it is not UTF-8";
static const char a_control[] = "it holds a control byte";

static bool has_nul(const char *data, size_t len)
{
	return len > 0 && memchr(data, '\0', len) != NULL;
}

/* Why JSON or XML cannot hold this text; NULL if they can. */
static const char *not_text(const char *data, size_t len)
{
	return has_nul(data, len) ? a_nul : ft_utf8_valid(data, len) ? NULL : no_utf8;
}

/* Appends the bytes between two that need an escape. */
static void add_run(struct ft_buf *out, const char *data, size_t from, size_t to)
{
	if (to > from)
		ft_buf_add(out, data + from, to - from);
}

const char *ft_escape_json(struct ft_buf *out, const char *data, size_t len)
{
	const char *wrong = not_text(data, len);
	size_t from = 0;

	for (size_t i = 0; wrong == NULL && i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		add_run(out, data, from, i);
		from = i + 1;
		if (c == '"' || c == '\\') {
			ft_buf_adds(out, "\\");
			from = i;
		} else if (c == '\n') {
			ft_buf_adds(out, "\\n");
		} else {
			ft_buf_addf(out, "\\u%04x", c);
		}
	}
	if (wrong == NULL)
		add_run(out, data, from, len);
	return wrong;
}

const char *ft_escape_xml(struct ft_buf *out, const char *data, size_t len)
{
	const char *wrong = not_text(data, len);
	size_t from = 0;

	for (size_t i = 0; wrong == NULL && i < len; i++) {
		unsigned char c = (unsigned char)data[i];
		const char *entity = NULL;

		switch (c) {
		case '&': entity = "&amp;"; break;
		case '<': entity = "&lt;"; break;
		case '>': entity = "&gt;"; break;
		case '"': entity = "&quot;"; break;
		case '\'': entity = "&apos;"; break;
		/* XML parsers turn these into blanks or line feeds (XML 1.0, 2.11 and 3.3.3). */
		case '\t': entity = "&#9;"; break;
		case '\n': entity = "&#10;"; break;
		case '\r': entity = "&#13;"; break;
		default:
			if (c < 0x20)
				return a_control;
			/* U+FFFE and U+FFFF */
			if (c == 0xef && (unsigned char)data[i + 1] == 0xbf &&
			    (unsigned char)data[i + 2] >= 0xbe)
				return "it holds a character that XML does not have";
		}
		if (entity == NULL)
			continue;
		add_run(out, data, from, i);
		from = i + 1;
		ft_buf_adds(out, entity);
	}
	if (wrong == NULL)
		add_run(out, data, from, len);
	return wrong;
}

const char *ft_escape_percent(struct ft_buf *out, const char *data, size_t len)
{
	if (has_nul(data, len))
		return a_nul;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			     (c >= 'a' && c <= 'z') || strchr("-._~", c) != NULL;

		if (plain)
			ft_buf_add(out, data + i, 1);
		else
			ft_percent_add(out, data[i]);
	}
	return NULL;
}

const char *ft_escape_header(struct ft_buf *out, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] < 0x21 || data[i] > 0x7e)
			return "it holds a byte that a header must not";
	ft_buf_add(out, data, len);
	return NULL;
}

const char *ft_escape_basic_password(struct ft_buf *out, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)data[i] < 0x20 || data[i] == 0x7f)
			return a_control;
	ft_buf_add(out, data, len);
	return NULL;
}

const char *ft_escape_basic_username(struct ft_buf *out, const char *data, size_t len)
{
	if (len > 0 && memchr(data, ':', len) != NULL)
		return "a user name with \":\" cannot be sent";
	return ft_escape_basic_password(out, data, len);
}

const char *ft_escape_nothing(struct ft_buf *out, const char *data, size_t len)
{
	ft_buf_add(out, data, len);
	return NULL;
}
