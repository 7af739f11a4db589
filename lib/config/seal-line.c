/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/config/seal-line.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/box.h"

#define BLANKS " \t"

static const char *const outcomes[FT_SEAL_OUTCOMES] = {
	[FT_SEAL_FOUND] = "SUCCESS", [FT_SEAL_NOT_FOUND] = "NOTFOUND",
	[FT_SEAL_UNAVAILABLE] = "UNAVAIL", [FT_SEAL_TRY_AGAIN] = "TRYAGAIN",
};

/* Takes a word from the text and skips the blanks after it; returns its length. */
static size_t next(const char **text, const char *until, const char **ret)
{
	const size_t len = strcspn(*text, until);

	*ret = *text;
	*text += len;
	*text += strspn(*text, BLANKS);
	return len;
}

/* Takes the sign, and the blanks after it; whether it is there. */
static bool sign(const char **text, char which)
{
	if (**text != which)
		return false;
	*text += 1;
	*text += strspn(*text, BLANKS);
	return true;
}

static bool is(const char *word, const char *text, size_t len)
{
	return strlen(word) == len && strncasecmp(word, text, len) == 0;
}

/* Reads an action, as "NOTFOUND=continue", of the source before the brackets. */
static int read_action(const char **text, struct ft_seal_source *source, struct ft_error *err)
{
	const char *all = *text, *name, *action;
	const bool other = sign(text, '!');
	const size_t name_len = next(text, BLANKS "=]", &name);
	const bool equals = sign(text, '=');
	const size_t action_len = next(text, BLANKS "]", &action);
	const bool ends = is("return", action, action_len);
	const bool known = ends || is("continue", action, action_len);
	size_t which = FT_SEAL_FOUND;

	while (which < FT_SEAL_OUTCOMES && !is(outcomes[which], name, name_len))
		which++;
	/* A key that was found is used. */
	if (!equals || !known || which == FT_SEAL_OUTCOMES ||
	    (which == FT_SEAL_FOUND && !other && !ends)) {
		const size_t len = (size_t)(action + action_len - all);

		return ft_error_set(err, FT_CONFIG,
				    "expected NOTFOUND, UNAVAIL or TRYAGAIN with =return or "
				    "=continue in the brackets, not \"%.*s\"",
				    (int)(len < 40 ? len : 40), all);
	}
	for (size_t i = FT_SEAL_NOT_FOUND; i < FT_SEAL_OUTCOMES; i++)
		if ((i == which) != other)
			source->ends[i] = ends;
	return 0;
}

static int read_actions(const char **text, struct ft_seal_line *line, struct ft_error *err)
{
	int r = 0;

	(void)sign(text, '[');
	if (line->n == 0)
		return ft_error_set(err, FT_CONFIG, "expected a source before \"[\"");
	if (**text == ']')
		return ft_error_set(err, FT_CONFIG, "expected an action in the brackets");
	while (r == 0 && !sign(text, ']'))
		r = **text != '\0' ? read_action(text, &line->list[line->n - 1], err) :
			ft_error_set(err, FT_CONFIG, "expected \"]\" after the actions");
	return r;
}

static int read_source(const char **text, struct ft_seal_line *line, struct ft_error *err)
{
	const char *word;
	const size_t len = next(text, BLANKS "[", &word);

	if (line->n == FT_SEAL_SOURCES)
		return ft_error_set(err, FT_CONFIG, "expected at most %d sources", FT_SEAL_SOURCES);
	if (strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-") < len || word[0] == '-' ||
	    len > FT_SEAL_NAME_MAX)
		return ft_error_set(err, FT_CONFIG, "expected sources' names of small letters, "
				    "digits and \"-\", as keyring and secret-service, not \"%.*s\"",
				    (int)(len < 40 ? len : 40), word);
	for (size_t i = 0; i < line->n; i++)
		if (strlen(line->list[i].name) == len &&
		    memcmp(line->list[i].name, word, len) == 0)
			return ft_error_set(err, FT_CONFIG, "expected each source once, and %s is "
					    "there twice", line->list[i].name);
	memset(&line->list[line->n], 0, sizeof line->list[0]);
	memcpy(line->list[line->n++].name, word, len);
	return 0;
}

int ft_seal_line_parse(const char *text, struct ft_seal_line *ret, struct ft_error *err)
{
	struct ft_seal_line line = *ret;
	int r = ft_box_ready(err);

	line.n = 0;
	text += strspn(text, BLANKS);
	while (r == 0 && *text != '\0')
		r = *text == '[' ? read_actions(&text, &line, err) : read_source(&text, &line, err);
	if (r == 0 && line.n == 0)
		r = ft_error_set(err, FT_CONFIG, "expected a source, as keyring");
	if (r == 0)
		*ret = line;
	return r;
}

static int make(struct ft_seal_line **line, const char *file, struct ft_error *err)
{
	if (*line == NULL && (*line = calloc(1, sizeof **line)) == NULL)
		return ft_error_memory(err);
	(*line)->file = file;
	return 0;
}

int ft_seal_line_break(struct ft_seal_line **line, const char *file, struct ft_error *err)
{
	int r = make(line, file, err);

	if (r == 0)
		(*line)->broken = true;
	return r;
}

int ft_seal_line_set(struct ft_seal_line **line, const char *file, const char *text, int64_t keep,
		     struct ft_error *err)
{
	int r = make(line, file, err);

	if (r != 0 || (*line)->broken)
		return r;
	(*line)->keep = keep >= 0 ? keep : FT_SEAL_KEEP;
	return ft_seal_line_parse(text, *line, err);
}
