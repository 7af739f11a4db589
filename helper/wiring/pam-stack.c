/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/wiring/pam-stack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file/replace.h"

/* The depth to which libpam follows includes. */
#define DEPTH_MAX 16

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Joins the pieces of a line, and moves *at after the last one. */
static bool join(const struct ft_buf *text, size_t *at, unsigned *number, struct ft_pam_line *ret)
{
	size_t len = 0;
	bool begun = false, more = true;

	while (more && *at < text->len) {
		const char *line = text->data + *at, *stop = text->data + text->len;
		const char *lf = memchr(line, '\n', (size_t)(stop - line)),
			   *end = lf != NULL ? lf : stop;
		const char *hash = memchr(line, '#', (size_t)(end - line));

		if (!begun) {
			ret->begin = *at;
			ret->number = *number + 1;
		}
		*at = (size_t)(end - text->data) + (lf != NULL);
		++*number;
		while (line < end && blank(*line))
			line++;
		/* A comment, or an empty line, between the pieces of a line is skipped. */
		if (line == end || line == hash)
			continue;
		if (hash != NULL)
			end = hash;
		while (end > line && blank(end[-1]))
			end--;
		more = hash == NULL && end > line && end[-1] == '\\';
		end -= more;
		begun = true;
		if (len + (size_t)(end - line) + 2 > sizeof ret->text)
			return false;
		memcpy(ret->text + len, line, (size_t)(end - line));
		len += (size_t)(end - line);
		ret->text[len++] = ' ';
		ret->end = *at;
	}
	ret->text[len] = '\0';
	return begun;
}

/* Splits the line in place. */
static void split(struct ft_pam_line *line)
{
	char *from = line->text, *to;

	line->n = 0;
	while (line->n + 1 < FT_PAM_WORDS_MAX) {
		while (blank(*from))
			from++;
		if (*from == '\0')
			break;
		const bool brackets = *from == '[';

		from += brackets;
		line->words[line->n++] = to = from;
		while (*from != '\0' && (brackets ? *from != ']' : !blank(*from))) {
			if (brackets && from[0] == '\\' && from[1] == ']')
				from++;
			*to++ = *from++;
		}
		if (*from != '\0')
			from++;
		*to = '\0';
	}
	line->words[line->n] = NULL;
	if (line->n > 0 && line->words[0][0] == '-')
		line->words[0]++;
}

bool ft_pam_line_next(const struct ft_buf *text, size_t *at, unsigned *number,
		      struct ft_pam_line *ret)
{
	/* A line with only "\\" has pieces, but no words. */
	do {
		if (!join(text, at, number, ret))
			return false;
		split(ret);
	} while (ret->n == 0);
	return true;
}

bool ft_pam_line_is_ours(const struct ft_pam_line *line)
{
	const char *type;

	if (line->n < 3 || ft_pam_line_includes(line, &type) != NULL)
		return false;
	const char *slash = strrchr(line->words[2], '/');

	return strcmp(slash != NULL ? slash + 1 : line->words[2], FT_PAM_MODULE) == 0;
}

const char *ft_pam_line_includes(const struct ft_pam_line *line, const char **ret_type)
{
	*ret_type = NULL;
	if (line->n >= 2 && strcasecmp(line->words[0], "@include") == 0)
		return line->words[1];
	if (line->n < 3 || (strcasecmp(line->words[1], "include") != 0 &&
			    strcasecmp(line->words[1], "substack") != 0))
		return NULL;
	*ret_type = line->words[0];
	return line->words[2];
}

int ft_pam_file_read(const char *folder, const char *name, struct ft_buf *ret, struct ft_error *err)
{
	struct ft_buf path = FT_BUF_INIT(8192);
	struct stat st;
	int fd = -1;

	ft_buf_addf(&path, "%s%s%s", name[0] == '/' ? "" : folder, name[0] == '/' ? "" : "/", name);
	int r = ft_buf_check(&path, "the path of a file of PAM's", err);

	if (r == 0 && (fd = open(path.data, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) < 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s", path.data);
	if (r == 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)))
		r = ft_error_set(err, FT_UNTRUSTED, "%s is not a regular file", path.data);
	if (r == 0 && ft_buf_read(ret, fd) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s", path.data);
	if (r == 0)
		r = ft_buf_check(ret, path.data, err);
	if (fd >= 0)
		(void)close(fd);
	ft_buf_release(&path);
	return r;
}

static int write_file(const char *path, const struct ft_buf *text, const struct stat *st,
		      struct ft_error *err)
{
	return ft_replace_path(path, st, text->data, text->len, NULL) == 0 ? 0 :
	       ft_error_errno(err, FT_SYSTEM, errno, "cannot write %s", path);
}

int ft_pam_file_replace(const char *folder, const char *name, const struct ft_buf *old,
			const struct ft_buf *new, struct ft_error *err)
{
	struct ft_buf path = FT_BUF_INIT(8192), backup = FT_BUF_INIT(8192);
	struct stat st;

	ft_buf_addf(&path, "%s/%s", folder, name);
	ft_buf_addf(&backup, "%s/%s" FT_PAM_BACKUP, folder, name);
	int r = ft_buf_check(&path, name, err);

	if (r == 0)
		r = ft_buf_check(&backup, name, err);
	if (r == 0 && lstat(path.data, &st) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s", path.data);
	else if (r == 0 && !S_ISREG(st.st_mode))
		r = ft_error_set(err, FT_UNTRUSTED,
				 "%s is a link" FT_REMEDY
				 "change the file that it leads to", path.data);
	if (r == 0)
		r = write_file(backup.data, old, &st, err);
	if (r == 0)
		r = write_file(path.data, new, &st, err);
	ft_buf_release(&path);
	ft_buf_release(&backup);
	return r;
}

static bool is_copy(const char *name)
{
	static const char *const ends[] = { "~",	 ".bak",       ".orig",	    ".dpkg-old",
					    ".dpkg-new", ".dpkg-dist", ".dpkg-tmp", ".rpmsave",
					    ".rpmnew",	 ".ucf-old",   ".ucf-dist", FT_PAM_BACKUP };
	const size_t len = strlen(name);
	bool is = name[0] == '.';

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		is = is ||
		     (len > strlen(ends[i]) && strcmp(name + len - strlen(ends[i]), ends[i]) == 0);
	return is;
}

void ft_pam_files(const char *folder, void (*use)(void *context, const char *name), void *context)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (!is_copy(entry->d_name))
			use(context, entry->d_name);
	if (dir != NULL)
		(void)closedir(dir);
	else if (fd >= 0)
		(void)close(fd);
}

/* type NULL: all lines count; else only those of that type. */
static int walk(const char *folder, const char *name, const char *type, unsigned depth,
		ft_pam_visit *visit, void *context)
{
	struct ft_buf text = FT_BUF_INIT(FT_PAM_FILE_MAX);
	struct ft_pam_line *line = malloc(sizeof *line);
	unsigned number = 0;
	size_t at = 0;
	int r = line == NULL ? FT_NO_MEMORY : 0;

	if (r != 0 || depth > DEPTH_MAX || ft_pam_file_read(folder, name, &text, NULL) != 0)
		goto out;
	while (r == 0 && ft_pam_line_next(&text, &at, &number, line)) {
		const char *of_type, *file = ft_pam_line_includes(line, &of_type);

		if (of_type == NULL)
			of_type = type;
		if (file == NULL && (type == NULL || strcasecmp(line->words[0], type) == 0))
			r = visit(context, name, line);
		else if (file != NULL && (type == NULL || strcasecmp(of_type, type) == 0))
			r = walk(folder, file, of_type, depth + 1, visit, context);
	}
out:
	ft_buf_release(&text);
	free(line);
	return r;
}

int ft_pam_stack_walk(const char *folder, const char *name, ft_pam_visit *visit, void *context)
{
	return walk(folder, name, NULL, 0, visit, context);
}
