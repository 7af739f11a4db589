/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/config/values.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/data/json.h"

#define BLOCK_MAX (64 * 1024)

int ft_strings_add(struct ft_strings *strings, const char *text, size_t len)
{
	/* The room is doubled whenever the number reaches a power of two. */
	if ((strings->n & (strings->n - 1)) == 0) {
		char **list = reallocarray(strings->list, strings->n > 0 ? 2 * strings->n : 1,
					   sizeof *list);

		if (list == NULL)
			return FT_NO_MEMORY;
		strings->list = list;
	}
	char *copy = strndup(text, len);

	if (copy == NULL)
		return FT_NO_MEMORY;
	strings->list[strings->n++] = copy;
	return 0;
}

void ft_strings_release(struct ft_strings *strings)
{
	for (size_t i = 0; i < strings->n; i++)
		free(strings->list[i]);
	free(strings->list);
	*strings = (struct ft_strings){ NULL, 0 };
}

/* Only digits, at most 15; -1 for anything else. */
static int64_t parse_number(const char *text, size_t len)
{
	int64_t value = 0;

	if (len == 0 || len > 15)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = 10 * value + (text[i] - '0');
	}
	return value;
}

int64_t ft_duration_parse(const char *text)
{
	static const char units[] = "smhd";
	static const int64_t seconds[] = { 1, 60, 3600, 86400 };
	size_t len = strlen(text);

	/* 0 needs no unit. */
	if (strcmp(text, "0") == 0)
		return 0;
	const char *unit = len > 0 ? strchr(units, text[len - 1]) : NULL;
	int64_t value = unit != NULL ? parse_number(text, len - 1) : -1;

	return value < 0 || value > 100000000000 ? -1 : value * seconds[unit - units];
}

/* Edit distance (insert, delete, replace) if it is below the limit, else the limit. */
static unsigned distance(const char *a, const char *b, unsigned limit)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned row[64];

	if (la >= 64 || lb >= 64)
		return limit;
	for (unsigned j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb] < limit ? row[lb] : limit;
}

int ft_unknown(const char *what, const char *name, const char *const *names, size_t n,
	       struct ft_error *err)
{
	const char *nearest = NULL;
	unsigned best = strlen(name) > 3 ? 3 : 2;

	for (size_t i = 0; i < n; i++) {
		unsigned d = distance(name, names[i], best);

		if (d < best) {
			best = d;
			nearest = names[i];
		}
	}
	if (nearest != NULL)
		return ft_error_set(err, FT_CONFIG, "unknown %s \"%s\"" FT_REMEDY
						"is \"%s\" meant?",
				    what, name, nearest);
	return ft_error_set(err, FT_CONFIG, "unknown %s \"%s\"", what, name);
}

static int unknown_key(const struct ft_key *keys, size_t n, const char *name,
		       struct ft_error *err)
{
	const char *names[64];

	for (size_t i = 0; i < n; i++)
		names[i] = keys[i].name;
	return ft_unknown("key", name, names, n, err);
}

static int add_item(const struct ft_key *key, struct ft_strings *strings, const char *text,
		    size_t len, struct ft_error *err)
{
	if (len == 0)
		return ft_error_set(err, FT_CONFIG, "an item is empty");
	if (ft_strings_add(strings, text, len) != 0)
		return ft_error_memory(err);
	return key->check != NULL ? key->check(strings->list[strings->n - 1], err) : 0;
}

/* The end of a JSON string that begins at s, after its quote; NULL where it has none. */
static const char *end_of_quoted(const char *s)
{
	for (s++; *s != '\0' && *s != '"'; s++)
		if (*s == '\\' && s[1] != '\0')
			s++;
	return *s == '"' ? s + 1 : NULL;
}

static int add_quoted(const struct ft_key *key, struct ft_strings *strings, const char *text,
		      size_t len, struct ft_error *err)
{
	struct json_object *string = NULL;
	int r = ft_json_parse(text, len, 1, "the quoted item", &string, err);

	if (r == FT_UNTRUSTED)
		return ft_error_set(err, FT_CONFIG, "a quoted item is not a JSON string");
	if (r == 0)
		r = add_item(key, strings, json_object_get_string(string),
			     (size_t)json_object_get_string_len(string), err);
	json_object_put(string);
	return r;
}

static const char *past_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

static const char *trim(const char *start, const char *end)
{
	while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return end;
}

/* One item from s to its comma or the end, which it returns. */
static const char *item_end(enum ft_kind kind, const char *s)
{
	bool quoted = *s == '"';

	while (s != NULL && *s != '\0' && *s != ',') {
		bool quote = *s == '"' && (kind == FT_PATHS || quoted);

		s = quote ? end_of_quoted(s) : s + 1;
	}
	return s;
}

static int add_list(const struct ft_key *key, struct ft_strings *strings, const char *s,
		    struct ft_error *err)
{
	for (;;) {
		const char *start = past_blanks(s);
		int r;

		s = item_end(key->kind, start);
		if (s == NULL)
			return ft_error_set(err, FT_CONFIG, "a quoted item has no end");
		const char *end = trim(start, s);

		if (key->kind == FT_LIST && *start == '"')
			r = add_quoted(key, strings, start, (size_t)(end - start), err);
		else
			r = add_item(key, strings, start, (size_t)(end - start), err);
		if (r != 0 || *s == '\0')
			return r;
		s++;
	}
}

static int set_once(const struct ft_key *key, char **value, const char *text,
		    struct ft_error *err)
{
	if (*text == '\0')
		return ft_error_set(err, FT_CONFIG, "the value is empty");
	int r = key->check != NULL ? key->check(text, err) : 0;

	/* A value that is refused is not kept: it may hold a password, and would be shown. */
	if (r != 0)
		return r;
	*value = strdup(text);
	return *value != NULL ? 0 : ft_error_memory(err);
}

static int append_line(char **value, const char *text, struct ft_error *err)
{
	size_t len = *value != NULL ? strlen(*value) : 0, more = strlen(text);

	if (len + more > BLOCK_MAX)
		return ft_error_set(err, FT_CONFIG, "longer than 64 KiB");
	char *joined = realloc(*value, len + more + 2);

	if (joined == NULL)
		return ft_error_memory(err);
	if (len > 0)
		joined[len++] = '\n';
	memcpy(joined + len, text, more + 1);
	*value = joined;
	return 0;
}

static int set_choice(const struct ft_key *key, int *value, const char *text,
		      struct ft_error *err)
{
	char expected[256] = "";
	size_t len = 0;

	for (int i = 0; key->words[i] != NULL; i++) {
		if (strcmp(key->words[i], text) == 0) {
			*value = key->first + i;
			return 0;
		}
		int n = snprintf(expected + len, sizeof expected - len, "%s%s", i == 0 ? "" :
				 key->words[i + 1] != NULL ? ", " : " or ", key->words[i]);

		len += n > 0 && (size_t)n < sizeof expected - len ? (size_t)n : 0;
	}
	return ft_error_set(err, FT_CONFIG, "expected %s", expected);
}

static int set_range(const struct ft_key *key, int64_t *value, const char *text,
		     struct ft_error *err)
{
	bool duration = key->kind != FT_NUMBER;
	int64_t number = duration ? ft_duration_parse(text) : parse_number(text, strlen(text));

	if (number < 0)
		return ft_error_set(err, FT_CONFIG, duration ?
				    "expected a number with s, m, h or d, as 90s or 15m" :
				    "expected a number");
	if (number < key->min || number > key->max)
		return ft_error_set(err, FT_CONFIG, "expected %lld to %lld%s", (long long)key->min,
				    (long long)key->max, duration ? " seconds" : "");
	*value = number;
	return 0;
}

static int set_replay(int64_t *value, const char *text, struct ft_error *err)
{
	static const char window[] = "window:";
	int64_t duration = strncmp(text, window, sizeof window - 1) == 0 ?
				   ft_duration_parse(text + sizeof window - 1) : -1;

	if (strcmp(text, "never") == 0)
		*value = FT_REPLAY_NEVER;
	else if (strcmp(text, "always") == 0)
		*value = FT_REPLAY_ALWAYS;
	else if (duration > 0)
		*value = duration;
	else
		return ft_error_set(err, FT_CONFIG, "expected never, always, or window:DURATION as"
				    " window:30s");
	return 0;
}

static int set_value(const struct ft_key *key, void *member, const struct ft_ini_line *line,
		     bool again, struct ft_error *err)
{
	static const char *const yes_no[] = { "no", "yes", NULL };
	const struct ft_key yesno = { .words = yes_no };
	int64_t seconds;
	int truth, r;

	if (key->kind == FT_LIST || key->kind == FT_PATHS)
		return add_list(key, member, line->value, err);
	if (key->kind == FT_LINES)
		return add_item(key, member, line->value, strlen(line->value), err);
	if (key->kind == FT_BLOCK && (!again || line->continued))
		return append_line(member, line->value, err);
	if (again)
		return ft_error_set(err, FT_CONFIG, line->continued ?
				    "its value is one line" : "it may be given only once");
	switch (key->kind) {
	case FT_ONE:
		return set_once(key, member, line->value, err);
	case FT_YESNO:
		r = set_choice(&yesno, &truth, line->value, err);
		if (r == 0)
			*(bool *)member = truth != 0;
		return r;
	case FT_CHOICE:
		return set_choice(key, member, line->value, err);
	case FT_SECONDS:
		r = set_range(key, &seconds, line->value, err);
		if (r == 0)
			*(unsigned *)member = (unsigned)seconds;
		return r;
	case FT_REPLAY:
		return set_replay(member, line->value, err);
	default:
		return set_range(key, member, line->value, err);
	}
}

void ft_key_release(const struct ft_key *key, void *object)
{
	void *member = (char *)object + key->offset;

	switch (key->kind) {
	case FT_ONE:
	case FT_BLOCK:
		free(*(char **)member);
		*(char **)member = NULL;
		break;
	case FT_LIST:
	case FT_PATHS:
	case FT_LINES:
		ft_strings_release(member);
		break;
	default:
		break;
	}
}

int ft_key_set(const struct ft_key *keys, size_t n, void *object, struct ft_seen *seen,
	       const struct ft_ini_line *line, struct ft_error *err)
{
	size_t i = 0;

	while (i < n && strcmp(keys[i].name, line->name) != 0)
		i++;
	if (i == n)
		return unknown_key(keys, n, line->name, err);
	bool again = (seen->keys >> i & 1) != 0;

	if (!again)
		ft_key_release(&keys[i], object);
	int r = set_value(&keys[i], (char *)object + keys[i].offset, line, again, err);

	seen->keys |= UINT64_C(1) << i;
	if (r == FT_CONFIG)
		ft_error_prefix(err, "%s", line->name);
	return r;
}

void ft_keys_release(const struct ft_key *keys, size_t n, void *object)
{
	for (size_t i = 0; i < n; i++)
		ft_key_release(&keys[i], object);
}
