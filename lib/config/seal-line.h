/* SPDX-License-Identifier: MIT */
/*
 * seal-line.h - `seal` of [store]: who is asked for the key, in which order, and what follows
 *
 *	seal = keyring [NOTFOUND=continue] secret-service [UNAVAIL=return TRYAGAIN=return]
 *
 * As a line of nsswitch.conf(5). An outcome is FOUND, which always ends it, NOTFOUND, UNAVAIL or
 * TRYAGAIN, in any case of letters; "!OUTCOME" is every other one of the last three; an action is
 * return or continue, which is what happens where nothing is said.
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

/* What a source says: freshtoken-seal.h has the same numbers. */
enum ft_seal_outcome {
	FT_SEAL_FOUND, FT_SEAL_NOT_FOUND, FT_SEAL_UNAVAILABLE, FT_SEAL_TRY_AGAIN, FT_SEAL_OUTCOMES
};

struct ft_seal_source {
	char name[FT_SEAL_NAME_MAX + 1];	/* small letters, digits and "-" */
	bool ends[FT_SEAL_OUTCOMES];		/* whether nobody is asked after that outcome */
};

struct ft_seal_line {
	struct ft_seal_source list[FT_SEAL_SOURCES];
	size_t n;		/* 0: nothing is sealed */
	int64_t keep;		/* seconds that a key stays in the kernel's keyring; 0: for ever */
	bool broken;		/* what the file says cannot be read: nothing may be written */
	const char *file;	/* where it is; not owned */
};

/* The sources alone. FT_CONFIG "expected …", ret is untouched. */
int ft_seal_line_parse(const char *text, struct ft_seal_line *ret, struct ft_error *err);

/* Both of a line of `file`, which is made where *line is NULL, and is freed by the caller. */
/* What the file says of it cannot be read. FT_NO_MEMORY. */
int ft_seal_line_break(struct ft_seal_line **line, const char *file, struct ft_error *err);
/* What it says, unless that cannot be read; keep -1: the default. FT_CONFIG, FT_NO_MEMORY. */
int ft_seal_line_set(struct ft_seal_line **line, const char *file, const char *text, int64_t keep,
		     struct ft_error *err);

#endif
