#include "config.h"
#include "lib/base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/utf8.h"

/* How long the character is that a text begins with; 0 where it is none, or one that does not show
 * and changes how others do: U+009B begins what ESC [ does, U+202E turns what follows. */
static size_t printable(const char *text)
{
	const unsigned char lead = (unsigned char)text[0];
	size_t len = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

	return ft_utf8_unseen(text) == 0 && strnlen(text, len) == len && ft_utf8_valid(text, len) ? len : 0;
}

/* What came from a server, a browser or a file must not reach a terminal as it is. */
static void clean(char *text)
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

int ft_error_set(struct ft_error *err, int code, const char *format, ...)
{
	if (err != NULL) {
		va_list args;

		va_start(args, format);
		(void)vsnprintf(err->text, sizeof err->text, format, args);
		va_end(args);
		err->code = code;
		trim_utf8(err->text);
		clean(err->text);
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
		(void)ft_error_set(err, code, "%s: %s%s", text,
				   strerror_r(errno_value, cause, sizeof cause),
				   errno_value == EMFILE ? "; allow more of them, as with: ulimit -n 64" : "");
	}
	return code;
}

void ft_error_prefix(struct ft_error *err, const char *format, ...)
{
	if (err != NULL) {
		char front[FT_ERROR_TEXT], old[FT_ERROR_TEXT];
		va_list args;

		va_start(args, format);
		(void)vsnprintf(front, sizeof front, format, args);
		va_end(args);
		memcpy(old, err->text, sizeof old);
		(void)ft_error_set(err, err->code, "%s: %s", front, old);
	}
}

int ft_error_memory(struct ft_error *err)
{
	return ft_error_set(err, FT_NO_MEMORY, "out of memory");
}
