/* SPDX-License-Identifier: MIT */
/* base/box.h and config/seal-line.h: the first byte chooses, and the rest is a box, a key that is
 * locked with a password, or a line */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "lib/base/box.h"
#include "lib/config/seal-line.h"

static void open_box(const struct ft_buf *closed)
{
	static const unsigned char key[FT_BOX_KEY] = "a key that nobody seals with ..";
	struct ft_buf opened = FT_BUF_INIT(1 << 20);
	const int r = ft_box_open(key, "work.json", closed, &opened, NULL);

	/* Nobody makes one without the key. */
	MUST(r != 0 && opened.len == 0);
	ft_buf_release(&opened);
}

/* How much work the head of a wrapped key asks for, in KiB of memory times rounds. */
static uint64_t work_of(const struct ft_buf *wrapped)
{
	uint64_t n[2] = { 0, 0 };

	for (size_t i = 0; i < 8 && wrapped->len >= 16; i++)
		n[i / 4] = n[i / 4] << 8 | (unsigned char)wrapped->data[8 + i];
	return n[0] > 64 || n[1] > 1 << 20 ? UINT64_MAX : n[0] * n[1];
}

static void unwrap_key(const struct ft_buf *wrapped)
{
	static const char password[] = "horse", ours[] = "the key of a seed, of 32 bytes..";
	unsigned char key[FT_BOX_KEY] = { 0 };
	struct ft_error err = FT_ERROR_INIT;
	const uint64_t most = (uint64_t)FT_BOX_OPERATIONS_MAX * FT_BOX_KIBIBYTES_MAX;
	const uint64_t work = work_of(wrapped);

	/* What is allowed, and would take a second of each run. */
	if (work > 1024 && work <= most && wrapped->len == FT_BOX_WRAPPED)
		return;
	if (ft_box_unwrap(wrapped, password, key, &err) == 0) {
		MUST(work <= most && wrapped->len == FT_BOX_WRAPPED);
		MUST(memcmp(key, ours, sizeof key) == 0);
		return;
	}
	MUST(err.code != FT_OK && err.text[0] != '\0');
	for (size_t i = 0; i < sizeof key; i++)
		MUST(key[i] == 0);
}

static void read_line(const char *text)
{
	struct ft_seal_line line = { .keep = 4711 };
	struct ft_error err = FT_ERROR_INIT;

	if (ft_seal_line_parse(text, &line, &err) != 0) {
		MUST(line.n == 0 && err.code != FT_OK && err.text[0] != '\0');
		return;
	}
	MUST(line.n > 0 && line.n <= FT_SEAL_SOURCES && line.keep == 4711);
	for (size_t i = 0; i < line.n; i++) {
		const char *name = line.list[i].name;

		/* It becomes a part of a file's name. */
		MUST(name[0] != '\0' && name[0] != '-' && strlen(name) <= FT_SEAL_NAME_MAX);
		MUST(strpbrk(name, "/. \t[]=") == NULL);
		MUST(!line.list[i].ends[FT_SEAL_FOUND]);
		for (size_t k = 0; k < i; k++)
			MUST(strcmp(name, line.list[k].name) != 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ft_buf buf = FT_BUF_INIT(1 << 20);

	if (size == 0)
		return 0;
	ft_buf_add(&buf, data + 1, size - 1);
	MUST(buf.failed == 0 || size > 1 << 20);
	if (data[0] == 'b')
		open_box(&buf);
	else if (data[0] == 'p')
		unwrap_key(&buf);
	else
		read_line(buf.data);
	ft_buf_release(&buf);
	return 0;
}
