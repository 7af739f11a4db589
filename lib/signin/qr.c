/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/signin/qr.h"

#include <dlfcn.h>
#include <qrencode.h>
#include <string.h>

#define LIBRARY "libqrencode.so.4"
#define QUIET 2		/* light modules around the code; the standard has 4, cameras need 2 */

typedef QRcode *encode_function(const char *, int, QRecLevel, QRencodeMode, int);
typedef void free_function(QRcode *);

/* Modules outside of the code are light. */
static bool is_dark(const QRcode *code, int x, int y)
{
	return x >= 0 && y >= 0 && x < code->width && y < code->width &&
	       (code->data[y * code->width + x] & 1) != 0;
}

static void add_lines(struct ft_buf *buf, const QRcode *code, bool colour)
{
	/* Light modules are drawn; the terminal's background is assumed to be dark. */
	static const char *const blocks[2][2] = {
		{ "\xe2\x96\x88", "\xe2\x96\x80" },	/* light above light, light above dark */
		{ "\xe2\x96\x84", " " },		/* dark above light, dark above dark */
	};

	for (int y = -QUIET; y < code->width + QUIET; y += 2) {
		ft_buf_adds(buf, colour ? "  \033[97;40m" : "  ");
		for (int x = -QUIET; x < code->width + QUIET; x++)
			ft_buf_adds(buf, blocks[is_dark(code, x, y)][is_dark(code, x, y + 1)]);
		ft_buf_adds(buf, colour ? "\033[0m\n" : "\n");
	}
}

static bool fits(const QRcode *code, size_t columns, size_t rows)
{
	const size_t modules = (size_t)code->width + 2 * QUIET;

	return modules + 2 <= columns && (modules + 1) / 2 <= rows;
}

size_t ft_qr_rows_of(const char *text, size_t columns)
{
	size_t rows = 0;

	while (*text != '\0') {
		const size_t len = strcspn(text, "\n");

		rows += len > columns && columns > 0 ? (len + columns - 1) / columns : 1;
		text += len + (text[len] == '\n');
	}
	return rows;
}

bool ft_qr_add(struct ft_buf *buf, const char *text, size_t columns, size_t rows, bool colour)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL), *encode = NULL, *release = NULL;
	bool shown = false;

	if (library == NULL)
		return false;
	encode = dlsym(library, "QRcode_encodeString");
	release = dlsym(library, "QRcode_free");
	if (encode != NULL && release != NULL) {
		encode_function *encode_string;
		free_function *free_code;

		/* POSIX allows this conversion of a data pointer to a function pointer; C does
		 * not. */
		memcpy(&encode_string, &encode, sizeof encode_string);
		memcpy(&free_code, &release, sizeof free_code);
		QRcode *code = encode_string(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);

		if (code != NULL && fits(code, columns, rows)) {
			add_lines(buf, code, colour);
			shown = true;
		}
		if (code != NULL)
			free_code(code);
	}
	(void)dlclose(library);
	return shown;
}
