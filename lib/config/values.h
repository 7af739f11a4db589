/* SPDX-License-Identifier: MIT */
/*
 * values.h - puts the lines of an INI file into the members of a struct, by a table
 *
 * Each section has a table, with its keys, the kinds of their values, and the members that they go
 * to. Kinds:
 *
 *   ONE       given once
 *   LIST      every line adds comma-separated items; an item may be a JSON string
 *   PATHS     like LIST, but quotes belong to the item: paths into an answer
 *   LINES     every line, repeated or continued, is one item
 *   BLOCK     one line and the indented ones below it, joined by LF
 *   YESNO     yes or no
 *   CHOICE    one of some words
 *   DURATION, SECONDS  a number with s, m, h or d
 *   NUMBER    decimal digits
 *   REPLAY    never, always, or window:DURATION
 *
 * Messages have the form "KEY: what is expected"; inifile.h puts file and line in front.
 */
#ifndef FT_VALUES_H
#define FT_VALUES_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/error.h"
#include "lib/config/inifile.h"

enum ft_kind {
	FT_ONE,		/* char * */
	FT_LIST,	/* struct ft_strings */
	FT_PATHS,	/* struct ft_strings */
	FT_LINES,	/* struct ft_strings */
	FT_BLOCK,	/* char * */
	FT_YESNO,	/* bool */
	FT_CHOICE,	/* int: first + index of the word */
	FT_DURATION,	/* int64_t, seconds */
	FT_SECONDS,	/* the same into an unsigned */
	FT_NUMBER,	/* int64_t */
	FT_REPLAY,	/* int64_t, seconds; FT_REPLAY_NEVER, FT_REPLAY_ALWAYS */
};

/* For how many seconds a refresh token may be sent again after an exchange without an answer. */
#define FT_REPLAY_UNSET (-1)
#define FT_REPLAY_NEVER 0
#define FT_REPLAY_ALWAYS INT64_MAX

struct ft_strings {
	char **list;
	size_t n;
};

struct ft_key {
	const char *name;
	enum ft_kind kind;
	size_t offset;
	/* ONE: the value; the others: each item. 0 or FT_CONFIG with a reason. */
	int (*check)(const char *value, struct ft_error *err);
	const char *const *words;	/* CHOICE; ends with NULL */
	int first;			/* CHOICE */
	int64_t min, max;		/* DURATION, SECONDS, NUMBER */
};

/* The keys that the section has had so far; zero it when a section begins. */
struct ft_seen {
	uint64_t keys;
};

/* The error for an unknown key or section, with the nearest of the n known names. FT_CONFIG. */
int ft_unknown(const char *what, const char *name, const char *const *names, size_t n,
	       struct ft_error *err);

/* Sets the member of a line's key. The first line of a key in a section replaces the old value. The
 * table has at most 64 rows. FT_CONFIG, FT_NO_MEMORY. */
int ft_key_set(const struct ft_key *keys, size_t n, void *object, struct ft_seen *seen,
	       const struct ft_ini_line *line, struct ft_error *err);
/* Releases what a table's keys point to; the object itself stays. */
void ft_keys_release(const struct ft_key *keys, size_t n, void *object);

void ft_key_release(const struct ft_key *key, void *object);

int ft_strings_add(struct ft_strings *strings, const char *text, size_t len);
void ft_strings_release(struct ft_strings *strings);

/* "90s", "15m", "8h", "2d", and "0", to seconds; -1 for anything else. */
int64_t ft_duration_parse(const char *text);

#endif
