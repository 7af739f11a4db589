/* SPDX-License-Identifier: MIT */
/* inifile.h, values.h: lines that are handed over are in the file like that */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "lib/config/inifile.h"
#include "lib/config/values.h"

struct seen {
	const char *text, *end;	/* the file */
	const char *pos;	/* the line `line` */
	unsigned line;
	struct object {
		char *one, *block;
		struct ft_strings list, paths, lines;
		bool yes;
		int64_t duration;
	} object;
	struct ft_seen keys;
};

#define KEY(NAME, KIND) \
	{ .name = #NAME, .kind = KIND, .offset = offsetof(struct object, NAME), .max = 1000 }

static const struct ft_key keys[] = {
	KEY(one, FT_ONE), KEY(block, FT_BLOCK), KEY(list, FT_LIST), KEY(paths, FT_PATHS),
	KEY(lines, FT_LINES), KEY(yes, FT_YESNO), KEY(duration, FT_DURATION),
};

static int handle(void *user, const struct ft_ini_line *line, struct ft_error *err)
{
	struct seen *s = user;

	MUST(line->line > s->line || s->line == 0);
	while (s->line < line->line) {
		if (s->line > 0)
			s->pos = memchr(s->pos, '\n', (size_t)(s->end - s->pos));
		MUST(s->pos != NULL);
		s->pos += s->line > 0;
		s->line++;
	}
	const char *lf = memchr(s->pos, '\n', (size_t)(s->end - s->pos));
	size_t len = (size_t)((lf != NULL ? lf : s->end) - s->pos);

	MUST(strlen(line->section) <= FT_INI_NAME_MAX);
	MUST(len <= FT_INI_LINE_MAX + 1 + 3);
	if (line->name == NULL) {
		MUST(memmem(s->pos, len, line->section, strlen(line->section)) != NULL);
		ft_keys_release(keys, sizeof keys / sizeof *keys, &s->object);
		s->keys = (struct ft_seen){ 0 };
		return 0;
	}
	MUST(line->name[0] != '\0' && strlen(line->name) <= FT_INI_NAME_MAX);
	if (!line->continued)
		MUST(memcmp(s->pos, line->name, strlen(line->name)) == 0);
	else
		MUST(*s->pos == ' ' || *s->pos == '\t');
	MUST(memmem(s->pos, len, line->value, strlen(line->value)) != NULL);
	/* Nothing but comments is left out. */
	if (!line->cut) {
		const char *end = s->pos + len;

		while (end > s->pos && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
			end--;
		MUST(memcmp(end - strlen(line->value), line->value, strlen(line->value)) == 0);
	}
	(void)ft_key_set(keys, sizeof keys / sizeof *keys, &s->object, &s->keys, line, err);
	return 0;
}

static int trouble(void *user, const struct ft_ini_line *line, bool section, struct ft_error *err)
{
	const struct seen *s = user;

	MUST(line->line > s->line || s->line == 0);
	MUST(!section || line->section == NULL || strlen(line->section) <= FT_INI_NAME_MAX);
	MUST(strncmp(err->text, "f:", 2) == 0);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct seen s = { .text = text, .end = text + size, .pos = text };
	struct ft_error err;

	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		s.pos += 3;
	int r = ft_ini_parse("f", text, size, handle, &s, &err);

	MUST(r == 0 || r == FT_CONFIG);
	if (r != 0)
		MUST(strncmp(err.text, "f:", 2) == 0);
	ft_keys_release(keys, sizeof keys / sizeof *keys, &s.object);
	/* The same for whoever goes on after errors. */
	s = (struct seen){ .text = text, .end = text + size, .pos = text };
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		s.pos += 3;
	MUST(ft_ini_parse_on("f", text, size, handle, trouble, &s, NULL) == 0);
	ft_keys_release(keys, sizeof keys / sizeof *keys, &s.object);
	return 0;
}
