/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/base/error.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/utf8.h"

/* The length of the first character of a text; 0 if it is not UTF-8, or if it is invisible and
 * changes how a terminal shows the others: U+009B acts as ESC [ does, U+202E reverses the text
 * after it. */
static size_t printable(const char *text)
{
	const unsigned char lead = (unsigned char)text[0];

	if (lead >= 0x20 && lead < 0x7f)
		return 1;
	size_t len = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

	const bool shows = ft_utf8_unseen(text) == 0 && strnlen(text, len) == len &&
			   ft_utf8_valid(text, len);

	return shows ? len : 0;
}

void ft_error_clean(char *text)
{
	while (*text != '\0') {
		size_t len = printable(text);

		if (len == 0)
			*text++ = '?';
		text += len;
	}
}

/* Removes an incomplete UTF-8 character at the end of a text that was cut. */
static void trim_utf8(char *text)
{
	size_t len = strlen(text), i = len;

	while (i > 0 && len - i < 4 && ((unsigned char)text[i - 1] & 0xc0) == 0x80)
		i--;
	if (i == 0 || ((unsigned char)text[i - 1] & 0xc0) != 0xc0)
		return;
	unsigned char lead = (unsigned char)text[i - 1];
	size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

	if (len - (i - 1) < want)
		text[i - 1] = '\0';
}

static void copy_part(char *to, size_t size, const char *from)
{
	const size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	to[len] = '\0';
	trim_utf8(to);
	ft_error_clean(to);
}

/* Where the remedy begins in the text that the format makes of its arguments; 0 if there is none.
 * Only the mark in the format counts, because an argument from outside may hold the same byte. */
static size_t FT_PRINTF(1, 0) find_remedy(const char *format, va_list args)
{
	const char *mark = strchr(format, FT_REMEDY[0]);
	char front[FT_ERROR_TEXT] FT_UNFILLED;
	size_t len = mark != NULL ? (size_t)(mark - format) : sizeof front;

	if (len >= sizeof front)
		return 0;
	memcpy(front, format, len);
	front[len] = '\0';
	/* The compiler has checked the whole format at its caller. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	int n = vsnprintf(NULL, 0, front, args);
#pragma GCC diagnostic pop

	return n < 0 ? 0 : (size_t)n + 1;
}

int ft_error_vset(struct ft_error *err, int code, const char *format, va_list args)
{
	if (err != NULL) {
		char text[4096] FT_UNFILLED;
		va_list again;

		va_copy(again, args);
		size_t remedy = find_remedy(format, again);

		va_end(again);
		/* Into a copy first: the arguments may be parts of err itself. */
		(void)vsnprintf(text, sizeof text, format, args);
		err->code = code;
		err->reason = FT_REASON_NONE;
		err->text[0] = err->foreign[0] = err->remedy[0] = '\0';
		if (remedy > 0 && remedy < sizeof text) {
			text[remedy - 1] = '\0';
			copy_part(err->remedy, sizeof err->remedy, text + remedy);
		}
		copy_part(err->text, sizeof err->text, text);
	}
	return code;
}

int ft_error_set(struct ft_error *err, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)ft_error_vset(err, code, format, args);
	va_end(args);
	return code;
}

int ft_error_fixed(struct ft_error *err, int code, const char *text)
{
	const char *mark = strchr(text, FT_REMEDY[0]);

	(void)ft_error_set(err, code, "%.*s", mark != NULL ? (int)(mark - text) : INT_MAX, text);
	return mark != NULL ? ft_error_remedy(err, code, "%s", mark + 1) : code;
}

int ft_error_errno(struct ft_error *err, int code, int errno_value, const char *format, ...)
{
	if (err != NULL) {
		char text[FT_ERROR_TEXT] FT_UNFILLED, cause[128];
		va_list args;

		va_start(args, format);
		(void)vsnprintf(text, sizeof text, format, args);
		va_end(args);
		(void)ft_error_set(err, code, "%s: %s", text,
				   strerror_r(errno_value, cause, sizeof cause));
		if (errno_value == EMFILE)
			(void)ft_error_remedy(err, code,
					      "allow more of them, as with: ulimit -n 64");
	}
	return code;
}

int ft_error_remedy(struct ft_error *err, int code, const char *format, ...)
{
	if (err != NULL) {
		char remedy[FT_ERROR_REMEDY] FT_UNFILLED;
		va_list args;

		va_start(args, format);
		(void)vsnprintf(remedy, sizeof remedy, format, args);
		va_end(args);
		copy_part(err->remedy, sizeof err->remedy, remedy);
		err->code = code;
	}
	return code;
}

int ft_error_reason(struct ft_error *err, int code, enum ft_reason reason)
{
	if (err != NULL) {
		err->code = code;
		err->reason = reason;
	}
	return code;
}

/* Replaces quotation marks inside the words, so that they cannot end the quotation. */
static void quote(char *to, size_t size, const char *words)
{
	copy_part(to, size, words);
	for (char *c = to; *c != '\0'; c++)
		if (*c == '"')
			*c = '\'';
}

void ft_error_foreign(struct ft_error *err, const char *words)
{
	char copy[FT_ERROR_FOREIGN];

	if (err == NULL)
		return;
	quote(copy, sizeof copy, words != NULL ? words : "");
	memcpy(err->foreign, copy, sizeof copy);
}

const char *ft_error_quoted(const char *words, size_t most, char ret[FT_ERROR_QUOTED])
{
	quote(ret, most < FT_ERROR_QUOTED ? most + 1 : FT_ERROR_QUOTED, words);
	return ret;
}

void ft_error_add(struct ft_error *err, const char *text)
{
	struct ft_error more;

	if (err == NULL || text == NULL)
		return;
	const size_t len = strlen(err->text);

	(void)ft_error_fixed(&more, err->code, text);
	(void)snprintf(err->text + len, sizeof err->text - len, "; %s", more.text);
	trim_utf8(err->text);
	if (more.remedy[0] != '\0')
		memcpy(err->remedy, more.remedy, sizeof err->remedy);
}

int ft_error_copy(struct ft_error *err, int code, const struct ft_error *other)
{
	if (err != NULL) {
		*err = *other;
		err->code = code;
	}
	return code;
}

const char *ft_error_cause(const struct ft_error *err, char ret[FT_ERROR_LINE])
{
	const bool quotes = err->foreign[0] != '\0';

	(void)snprintf(ret, FT_ERROR_LINE, "%s%s%s%s%s", err->text,
		       quotes && err->text[0] != '\0' ? ": " : "", quotes ? "\"" : "", err->foreign,
		       quotes ? "\"" : "");
	return ret;
}

const char *ft_error_line(const struct ft_error *err, char ret[FT_ERROR_LINE])
{
	const size_t len = strlen(ft_error_cause(err, ret));

	(void)snprintf(ret + len, FT_ERROR_LINE - len, "%s%s",
		       len > 0 && err->remedy[0] != '\0' ? "; " : "", err->remedy);
	return ret;
}

/* TAB can separate the parts: it is a control byte, which ft_error_clean has removed from them. */
const char *ft_error_pack(const struct ft_error *err, char ret[FT_ERROR_LINE])
{
	(void)snprintf(ret, FT_ERROR_LINE, "%s\t%s\t%s", err->text, err->foreign, err->remedy);
	return ret;
}

int ft_error_unpack(struct ft_error *err, int code, const char *packed)
{
	const char *foreign = strchrnul(packed, '\t');
	const char *words = *foreign != '\0' ? foreign + 1 : foreign,
		   *remedy = strchrnul(words, '\t');
	char copy[FT_ERROR_FOREIGN];

	(void)ft_error_set(err, code, "%.*s", (int)(foreign - packed), packed);
	(void)snprintf(copy, sizeof copy, "%.*s", (int)(remedy - words), words);
	ft_error_foreign(err, copy);
	return ft_error_remedy(err, code, "%s", *remedy != '\0' ? remedy + 1 : "");
}

void ft_error_prefix(struct ft_error *err, const char *format, ...)
{
	if (err != NULL) {
		const struct ft_error old = *err;
		char front[FT_ERROR_TEXT] FT_UNFILLED;
		va_list args;

		va_start(args, format);
		(void)vsnprintf(front, sizeof front, format, args);
		va_end(args);
		(void)ft_error_set(err, old.code, "%s: %s", front, old.text);
		err->reason = old.reason;
		memcpy(err->foreign, old.foreign, sizeof old.foreign);
		memcpy(err->remedy, old.remedy, sizeof old.remedy);
	}
}

int ft_error_memory(struct ft_error *err)
{
	return ft_error_set(err, FT_NO_MEMORY, "out of memory");
}
