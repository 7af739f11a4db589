/* SPDX-License-Identifier: MIT */
/*
 * seal-line.h - `seal` of [store]: which sources are asked for the key, and in which order
 *
 *	seal = keyring [NOTFOUND=continue] secret-service [UNAVAIL=return TRYAGAIN=return]
 *
 * The syntax is that of nsswitch.conf(5). The outcomes are NOTFOUND, UNAVAIL and TRYAGAIN, in upper
 * or lower case; "!OUTCOME" means the other ones. An action is return or continue; the default is
 * continue. SUCCESS is accepted too, but a key that was found always ends the search.
 */
#ifndef FT_SEAL_LINE_H
#define FT_SEAL_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/base/error.h"

#define FT_SEAL_SOURCES 8
#define FT_SEAL_NAME_MAX 32
#define FT_SEAL_KEEP (12 * 3600)

/* A source's answer; the numbers are those of freshtoken-seal.h. */
enum ft_seal_outcome {
	FT_SEAL_FOUND, FT_SEAL_NOT_FOUND, FT_SEAL_UNAVAILABLE, FT_SEAL_TRY_AGAIN, FT_SEAL_OUTCOMES
};

struct ft_seal_source {
	char name[FT_SEAL_NAME_MAX + 1];	/* small letters, digits and "-" */
	bool ends[FT_SEAL_OUTCOMES];		/* whether the search ends after that outcome */
};

struct ft_seal_line {
	struct ft_seal_source list[FT_SEAL_SOURCES];
	size_t n;		/* 0: nothing is sealed */
	int64_t keep;		/* seconds that a key stays in the kernel's keyring; 0: for ever */
	bool broken;		/* the line cannot be read: nothing may be written unsealed */
	const char *file;	/* where it is; not owned */
};

/* Parses the sources; other members of ret are kept. FT_CONFIG "expected …": ret is untouched. */
int ft_seal_line_parse(const char *text, struct ft_seal_line *ret, struct ft_error *err);

/* Both allocate *line if it is NULL; the caller frees it. */
/* Notes that the line of the file cannot be read. FT_NO_MEMORY. */
int ft_seal_line_break(struct ft_seal_line **line, const char *file, struct ft_error *err);
/* Sets the line, unless it is broken. keep: seconds, -1 for the default. FT_CONFIG,
 * FT_NO_MEMORY. */
int ft_seal_line_set(struct ft_seal_line **line, const char *file, const char *text, int64_t keep,
		     struct ft_error *err);

#endif
