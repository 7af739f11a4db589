/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/config/user-map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/file/trusted.h"

#define FILE_MAX (4 * 1024 * 1024)
#define BLANK " \t"

static int at_line(const char *file, unsigned line, struct ft_error *err, const char *text)
{
	(void)ft_error_fixed(err, FT_CONFIG, text);
	ft_error_prefix(err, "%s:%u", file, line);
	return FT_CONFIG;
}

/* Whether a character is invisible in an editor: U+0080 to U+00A0, the blanks, marks and joiners of
 * U+2000 to U+206F, U+3000, U+FEFF. */
static bool is_invisible(const char *at, const char *end)
{
	static const char *const marks[] = { "\xe3\x80\x80", "\xef\xbb\xbf" };
	const unsigned char *c = (const unsigned char *)at;
	const size_t left = (size_t)(end - at);

	if (left >= 2 && c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0xa0)
		return true;
	if (left < 3)
		return false;
	if (c[0] == 0xe2 && c[1] == 0x80 && (c[2] <= 0x8f || c[2] >= 0xa8))
		return true;
	return (c[0] == 0xe2 && c[1] == 0x81 && c[2] >= 0x9f && c[2] <= 0xaf) ||
	       memcmp(at, marks[0], 3) == 0 || memcmp(at, marks[1], 3) == 0;
}

static const char *wrong_byte(const char *line, const char *end, bool first)
{
	if (first && end - line >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0)
		return "a byte order mark" FT_REMEDY "save the file as UTF-8 without one";
	for (const char *at = line; at < end; at++) {
		if (*at == '\r')
			return "a carriage return" FT_REMEDY "save the file with Unix line ends";
		if (((unsigned char)*at < 0x20 && *at != '\t') || *at == 0x7f)
			return "a control character";
		if (is_invisible(at, end))
			return "a character that cannot be seen" FT_REMEDY "type the line again";
	}
	return NULL;
}

/* Ends the word that begins at *at, moves on to the next one, and returns the word; NULL: none. */
static char *next_word(char **at)
{
	char *word = *at + strspn(*at, BLANK);
	size_t len = strcspn(word, BLANK);

	*at = word + len;
	if (len == 0)
		return NULL;
	if (**at != '\0')
		*(*at)++ = '\0';
	return word;
}

/* Reads one line, which ends with a NUL. false: it names no user; *ret_wrong is NULL if that is
 * right (a comment, an empty line), else the fault. */
static bool parse_line(char *line, struct ft_user_map_entry *ret, const char **ret_wrong)
{
	char *user, *subject, *third;

	*ret_wrong = NULL;
	line += strspn(line, BLANK);
	if (*line == '\0' || *line == '#')
		return false;
	user = next_word(&line);
	subject = next_word(&line);
	third = next_word(&line);
	if (subject == NULL || *subject == '#')
		*ret_wrong = "expected a local user and, after it, the subject at the service";
	else if (third != NULL && *third == '#')
		*ret_wrong = "a comment has a line of its own; put it above this one";
	else if (third != NULL)
		*ret_wrong = "expected two words, a local user and the subject at the service, and "
			     "nothing"
			     " after them";
	ret->user = user;
	ret->subject = subject;
	return *ret_wrong == NULL;
}

static int add(struct ft_user_map *map, size_t *size, const struct ft_user_map_entry *entry,
	       struct ft_error *err)
{
	if (map->n == *size) {
		const size_t more = *size > 0 ? 2 * *size : 64;
		struct ft_user_map_entry *list = reallocarray(map->list, more, sizeof *list);

		if (list == NULL)
			return ft_error_memory(err);
		map->list = list;
		*size = more;
	}
	map->list[map->n++] = *entry;
	return 0;
}

static int by_name_and_line(const void *a, const void *b)
{
	const struct ft_user_map_entry *one = a, *other = b;
	const int order = strcmp(one->user, other->user);

	return order != 0 ? order : one->line < other->line ? -1 : 1;
}

static int check_twice(const char *file, const struct ft_user_map *map, struct ft_error *err)
{
	const struct ft_user_map_entry *twice = NULL;

	for (size_t i = 1; i < map->n; i++)
		if (strcmp(map->list[i - 1].user, map->list[i].user) == 0 &&
		    (twice == NULL || map->list[i].line < twice->line))
			twice = &map->list[i];
	return twice == NULL ? 0 :
			       ft_error_set(err, FT_CONFIG,
					    "%s:%u: the user %.64s is given twice" FT_REMEDY
					    "leave one line",
					    file, twice->line, twice->user);
}

int ft_user_map_parse(const char *file, const char *text, size_t len, struct ft_user_map *ret,
		      struct ft_error *err)
{
	struct ft_user_map map = { .text = malloc(len + 1) };
	unsigned line = 0;
	size_t size = 0;
	int r = 0;

	if (map.text == NULL)
		return ft_error_memory(err);
	if (len > 0)
		memcpy(map.text, text, len);
	map.text[len] = '\0';
	for (char *at = map.text, *end = at + len; r == 0 && at < end; ) {
		char *stop = memchr(at, '\n', (size_t)(end - at));
		struct ft_user_map_entry entry = { .line = ++line };
		const char *wrong;

		if (stop == NULL)
			stop = end;
		wrong = wrong_byte(at, stop, line == 1);
		*stop = '\0';
		if (wrong == NULL && parse_line(at, &entry, &wrong))
			r = add(&map, &size, &entry, err);
		else if (wrong != NULL)
			r = at_line(file, line, err, wrong);
		at = stop + 1;
	}
	if (r == 0 && map.n == 0)
		r = at_line(file, line > 0 ? line : 1, err,
			    "it has no line with a user, so nobody could log in" FT_REMEDY
			    "write lines \"LOCAL-USER SUBJECT\"");
	if (r == 0)
		qsort(map.list, map.n, sizeof *map.list, by_name_and_line);
	if (r == 0)
		r = check_twice(file, &map, err);
	if (r != 0)
		ft_user_map_release(&map);
	else
		*ret = map;
	return r;
}

int ft_user_map_load(const char *file, struct ft_user_map *ret, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FILE_MAX);
	struct stat st;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		(void)ft_error_errno(err, FT_CONFIG, errno, "users: %s", file);
		return ft_error_remedy(err, FT_CONFIG, "put it there, with lines \"LOCAL-USER "
				       "SUBJECT\", or correct the path");
	}
	int r = ft_trusted_check(fd, file, &st, err);

	if (r != 0)
		ft_error_prefix(err, "%s", file);
	else if (ft_buf_read(&text, fd) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s", file);
	if (r == 0)
		r = ft_buf_check(&text, file, err);
	if (r == 0)
		r = ft_user_map_parse(file, text.data, text.len, ret, err);
	(void)close(fd);
	ft_buf_release(&text);
	return r;
}

static int by_name(const void *key, const void *entry)
{
	return strcmp(key, ((const struct ft_user_map_entry *)entry)->user);
}

const struct ft_user_map_entry *ft_user_map_find(const struct ft_user_map *map, const char *user)
{
	return map->n == 0 ? NULL : bsearch(user, map->list, map->n, sizeof *map->list, by_name);
}

void ft_user_map_release(struct ft_user_map *map)
{
	if (map == NULL)
		return;
	free(map->list);
	free(map->text);
	*map = (struct ft_user_map)FT_USER_MAP_INIT;
}
