/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/config/inifile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/utf8.h"
#include "lib/file/trusted.h"

/* A section that was seen. The hash saves nearly all comparisons of the names. */
struct seen {
	uint32_t hash, len;
	const char *name;
};

struct reader {
	int (*handler)(void *user, const struct ft_ini_line *line, struct ft_error *err);
	int (*trouble)(void *user, const struct ft_ini_line *line, bool section,
		       struct ft_error *err);
	void *user;
	struct ft_error *err;
	struct ft_ini_line line;
	bool skips_section;	/* the section's own line was wrong: skip all of it */
	bool skips_value;	/* the last key was wrong: skip what continues it */
	char section[FT_INI_NAME_MAX + 1], name[FT_INI_NAME_MAX + 1], value[FT_INI_LINE_MAX + 1];
	struct seen *seen;
	size_t n_seen, size_seen;
};

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *s, const char *end)
{
	while (s < end && blank(*s))
		s++;
	return s;
}

static const char *trim_blanks(const char *s, const char *end)
{
	while (end > s && blank(end[-1]))
		end--;
	return end;
}

/* Where a comment begins: at a semicolon after a blank; NULL: nowhere. */
static const char *find_comment(const char *s, const char *end)
{
	const char *semicolon = s;

	while ((semicolon = memchr(semicolon, ';', (size_t)(end - semicolon))) != NULL) {
		if (semicolon > s && blank(semicolon[-1]))
			return semicolon;
		semicolon++;
	}
	return NULL;
}

static int FT_PRINTF(2, 3) fail(struct reader *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)ft_error_vset(r->err, FT_CONFIG, format, args);
	va_end(args);
	ft_error_prefix(r->err, "%s:%u", r->line.file, r->line.line);
	return FT_CONFIG;
}

static int deliver(struct reader *r)
{
	int code = r->handler(r->user, &r->line, r->err);

	if (code != 0)
		ft_error_prefix(r->err, "%s:%u", r->line.file, r->line.line);
	return code;
}

static int deliver_value(struct reader *r, const char *s, const char *end)
{
	memcpy(r->value, s, (size_t)(end - s));
	r->value[end - s] = '\0';
	r->line.name = r->name;
	r->line.value = r->value;
	return deliver(r);
}

static int begin_section(struct reader *r, const char *s, const char *end)
{
	const char *close = memchr(s, ']', (size_t)(end - s));
	size_t len = close != NULL ? (size_t)(close - s) : 0;
	uint32_t hash = 2166136261u;

	if (close == NULL)
		return fail(r, "a section needs its ]");
	if (close + 1 != end)
		return fail(
			r,
			"nothing may follow the ] of a section" FT_REMEDY
			"comments have lines of their own");
	if (len > FT_INI_NAME_MAX)
		return fail(r, "the name of a section is at most %d bytes long", FT_INI_NAME_MAX);
	if (find_comment(s, close) != NULL)
		return fail(r, "the name of a section cannot hold a blank and \";\"");
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)s[i]) * 16777619u;
	for (size_t i = 0; i < r->n_seen; i++)
		if (r->seen[i].hash == hash && r->seen[i].len == len &&
		    memcmp(r->seen[i].name, s, len) == 0) {
			memcpy(r->section, s, len);
			r->section[len] = '\0';
			r->line.section = r->section;
			return fail(r, "there are two sections [%.*s]" FT_REMEDY
				       "merge them", (int)len, s);
		}
	if (r->n_seen == r->size_seen) {
		size_t size = r->size_seen > 0 ? 2 * r->size_seen : 32;
		struct seen *seen = reallocarray(r->seen, size, sizeof *seen);

		if (seen == NULL)
			return ft_error_memory(r->err);
		r->seen = seen;
		r->size_seen = size;
	}
	r->seen[r->n_seen++] = (struct seen){ hash, (uint32_t)len, s };
	memcpy(r->section, s, len);
	r->section[len] = '\0';
	r->name[0] = '\0';
	r->line.section = r->section;
	r->line.name = NULL;
	r->line.value = NULL;
	r->line.continued = r->line.cut = false;
	return deliver(r);
}

static int begin_key(struct reader *r, const char *s, const char *end)
{
	const char *equals = memchr(s, '=', (size_t)(end - s));
	const char *colon = memchr(s, ':', (size_t)(end - s));

	if (colon != NULL && (equals == NULL || colon < equals))
		return fail(r, "%.*s: write \"key = value\"" FT_REMEDY "a colon does not end a key",
			    (int)(colon - s), s);
	if (equals == NULL || find_comment(s, equals) != NULL)
		return fail(r, "neither a [section], nor \"key = value\", nor a comment");
	size_t len = (size_t)(trim_blanks(s, equals) - s);

	if (len == 0)
		return fail(r, "there is no key before \"=\"");
	if (len > FT_INI_NAME_MAX)
		return fail(r, "a key is at most %d bytes long", FT_INI_NAME_MAX);
	if (r->line.section == NULL)
		return fail(r, "a key before the first [section]");
	memcpy(r->name, s, len);
	r->name[len] = '\0';
	const char *comment = find_comment(equals, end), *value = skip_blanks(equals + 1, end);

	r->line.continued = false;
	r->line.cut = comment != NULL;
	return deliver_value(r, value, trim_blanks(value, comment != NULL ? comment : end));
}

static int continue_key(struct reader *r, const char *s, const char *end)
{
	if (r->name[0] == '\0')
		return fail(r, "an indented line continues the value above it" FT_REMEDY
			       "write a key above it, or do not indent it");
	if (find_comment(s, end) != NULL)
		return fail(r, "a continued line cannot hold a blank and \";\"" FT_REMEDY
			       "write \\u003b in"
			    " JSON, &#59; in XML");
	r->line.continued = true;
	r->line.cut = false;
	return deliver_value(r, s, end);
}

static int read_line(struct reader *r, const char *s, const char *end)
{
	const char *start = skip_blanks(s, end);
	bool ascii = true;

	if (end - s > FT_INI_LINE_MAX)
		return fail(r, "the line is %zu bytes long, %d is the limit" FT_REMEDY
			       "go on in an indented"
			    " line", (size_t)(end - s), FT_INI_LINE_MAX);
	for (const char *p = start; p < end; p++) {
		unsigned char c = (unsigned char)*p;

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return fail(r, c == '\r' ? "a carriage return inside a line" :
				    "a control byte; only tabs are accepted");
		ascii = ascii && c < 0x80;
	}
	if (start == end || *start == '#' || *start == ';')
		return 0;
	if (!ascii && !ft_utf8_valid(start, (size_t)(end - start)))
		return fail(r, "this is not UTF-8");
	end = trim_blanks(start, end);
	if (start > s)
		return continue_key(r, start, end);
	if (*start == '[')
		return begin_section(r, start + 1, end);
	return begin_key(r, start, end);
}

/* Reads one line, and decides whether to continue after an error in it. */
static int take_line(struct reader *r, const char *s, const char *end)
{
	bool section = s < end && *s == '[';

	if (s < end && !blank(*s))
		r->skips_value = false;
	if (section) {
		r->skips_section = false;
		r->line.section = NULL;
	}
	if (r->skips_section || r->skips_value)
		return 0;
	int code = read_line(r, s, end);

	if (code == 0 || code == FT_NO_MEMORY || r->trouble == NULL)
		return code;
	r->skips_section = section;
	r->skips_value = true;
	return r->trouble(r->user, &r->line, section, r->err);
}

int ft_ini_parse_on(const char *file, const char *text, size_t len,
		    int (*handler)(void *user, const struct ft_ini_line *line,
				   struct ft_error *err),
		    int (*trouble)(void *user, const struct ft_ini_line *line, bool section,
				   struct ft_error *err),
		    void *user, struct ft_error *err)
{
	struct ft_error ignored;
	struct reader r = {
		.handler = handler, .trouble = trouble, .user = user,
		.err = err != NULL || trouble == NULL ? err : &ignored, .line = { .file = file },
	};
	const char *pos = text, *end = text + len;
	int code = 0;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		pos += 3;
	while (code == 0 && pos < end) {
		const char *lf = memchr(pos, '\n', (size_t)(end - pos)),
			   *stop = lf != NULL ? lf : end;

		r.line.line++;
		code = take_line(&r, pos, stop > pos && stop[-1] == '\r' ? stop - 1 : stop);
		pos = lf != NULL ? lf + 1 : end;
	}
	free(r.seen);
	return code;
}

int ft_ini_parse(const char *file, const char *text, size_t len,
		 int (*handler)(void *user, const struct ft_ini_line *line, struct ft_error *err),
		 void *user, struct ft_error *err)
{
	return ft_ini_parse_on(file, text, len, handler, NULL, user, err);
}

int ft_ini_text(const char *file, char **ret, size_t *ret_len, struct ft_error *err)
{
	/* A FIFO must not block, and a terminal must not become our controlling one. */
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st = { .st_size = 0 };
	char *text = NULL;
	size_t size, len = 0;
	int r;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return FT_NOT_FOUND;
	if (fd < 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "%s", file);
	r = ft_trusted_check(fd, file, &st, err);
	if (r != 0)
		ft_error_prefix(err, "%s", file);
	else if (st.st_size > FT_INI_MAX)
		r = ft_error_set(err, FT_CONFIG, "%s: longer than 1 MiB", file);
	if (r != 0)
		goto out;
	size = (size_t)st.st_size;
	text = malloc(size + 1);
	if (text == NULL) {
		r = ft_error_memory(err);
		goto out;
	}
	while (len < size) {
		ssize_t n = read(fd, text + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			r = ft_error_errno(err, FT_SYSTEM, errno, "%s", file);
			goto out;
		}
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret = text;
	*ret_len = len;
	text = NULL;
out:
	free(text);
	(void)close(fd);
	return r;
}

int ft_ini_read(const char *file,
		int (*handler)(void *user, const struct ft_ini_line *line, struct ft_error *err),
		void *user, struct ft_error *err)
{
	char *text = NULL;
	size_t len = 0;
	int r = ft_ini_text(file, &text, &len, err);

	if (r == 0)
		r = ft_ini_parse(file, text, len, handler, user, err);
	free(text);
	return r;
}
