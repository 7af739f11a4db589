#include "config.h"
#include "lib/base/error.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/utf8.h"

/* How long the character is that a text begins with; 0 where it is none, or one that does not show
 * and changes how others do: U+009B begins what ESC [ does, U+202E turns what follows. */
static size_t printable(const char *text)
{
	const unsigned char lead = (unsigned char)text[0];
	size_t len = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

	const bool shows = ft_utf8_unseen(text) == 0 && strnlen(text, len) == len &&
			   ft_utf8_valid(text, len);

	return shows ? len : 0;
}

/* What came from a server, a browser or a file must not reach a terminal as it is. */
void ft_error_clean(char *text)
{
	while (*text != '\0') {
		size_t len = printable(text);

		if (len == 0)
			*text++ = '?';
		text += len;
	}
}

/* Cut in the middle of a UTF-8 character: drop the half that is left. */
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

static void FT_PRINTF(3, 0) format_part(char *to, size_t size, const char *format, va_list args)
{
	(void)vsnprintf(to, size, format, args);
	trim_utf8(to);
	ft_error_clean(to);
}

int ft_error_set(struct ft_error *err, int code, const char *format, ...)
{
	if (err != NULL) {
		char text[FT_ERROR_TEXT];
		va_list args;

		/* What is printed may be parts of the same error. */
		va_start(args, format);
		format_part(text, sizeof text, format, args);
		va_end(args);
		*err = (struct ft_error){ .code = code };
		(void)snprintf(err->text, sizeof err->text, "%s", text);
	}
	return code;
}

int ft_error_errno(struct ft_error *err, int code, int errno_value, const char *format, ...)
{
	if (err != NULL) {
		char text[FT_ERROR_TEXT], cause[128];
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
		char remedy[FT_ERROR_REMEDY];
		va_list args;

		va_start(args, format);
		format_part(remedy, sizeof remedy, format, args);
		va_end(args);
		memcpy(err->remedy, remedy, sizeof remedy);
		err->code = code;
	}
	return code;
}

void ft_error_foreign(struct ft_error *err, const char *words)
{
	char copy[FT_ERROR_FOREIGN];

	if (err == NULL)
		return;
	(void)snprintf(copy, sizeof copy, "%s", words != NULL ? words : "");
	trim_utf8(copy);
	ft_error_clean(copy);
	/* Nothing ends the quotation but its end. */
	for (char *c = copy; *c != '\0'; c++)
		if (*c == '"')
			*c = '\'';
	memcpy(err->foreign, copy, sizeof copy);
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

void ft_error_prefix(struct ft_error *err, const char *format, ...)
{
	if (err != NULL) {
		const struct ft_error old = *err;
		char front[FT_ERROR_TEXT];
		va_list args;

		va_start(args, format);
		(void)vsnprintf(front, sizeof front, format, args);
		va_end(args);
		(void)ft_error_set(err, old.code, "%s: %s", front, old.text);
		memcpy(err->foreign, old.foreign, sizeof old.foreign);
		memcpy(err->remedy, old.remedy, sizeof old.remedy);
	}
}

int ft_error_memory(struct ft_error *err)
{
	return ft_error_set(err, FT_NO_MEMORY, "out of memory");
}
