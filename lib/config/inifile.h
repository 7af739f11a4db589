/* SPDX-License-Identifier: MIT */
/*
 * inifile.h - a strict reader of INI files
 *
 *	[section]
 *	key = value
 *	    an indented line: one more value of the same key
 *
 * "#" and ";" at the beginning of a line, indented or not, begin a comment; in a value, ";" after a
 * blank does. A byte order mark, CRLF and trailing blanks are accepted. Everything else that could
 * be read in two ways is refused, with file and line:
 *
 *   - control bytes except tab, CR inside a line, long lines and names
 *   - text after "]", a second section of the same name
 *   - "key: value", a line without "=", a key outside of every section, an
 *     indented line with no key above it, or with a blank and ";"
 *   - bytes that are not UTF-8 outside of comments
 */
#ifndef FT_INIFILE_H
#define FT_INIFILE_H

#include <stdbool.h>
#include "lib/base/error.h"

#define FT_INI_MAX (1024 * 1024)	/* bytes of the longest file */
#define FT_INI_LINE_MAX 4096		/* bytes of a line, without its end */
#define FT_INI_NAME_MAX 64		/* bytes of the name of a section or key */

struct ft_ini_line {
	const char *file;
	unsigned line;		/* 1 … */
	const char *section;
	const char *name;	/* NULL: the line begins the section */
	const char *value;	/* trimmed; "" where nothing follows "=" */
	bool continued;		/* an indented line: one more value of the same key */
	bool cut;		/* a comment in the same line ended the value */
};

/*
 * Calls the handler for each section and each value. file: its name in messages. The handler
 * returns 0, or an error without file and line. Stops at the first error: FT_CONFIG with
 * "FILE:LINE: …", or the handler's with that in front.
 */
int ft_ini_parse(const char *file, const char *text, size_t len,
		 int (*handler)(void *user, const struct ft_ini_line *line, struct ft_error *err),
		 void *user, struct ft_error *err);

/*
 * Likewise, but can continue after an error: `trouble` gets the error, with file and line, and
 * returns 0 to continue, or the code to end with. The continuation of a wrong line is skipped. If
 * the line of a section itself is wrong (`section` is true), the whole section is skipped;
 * line->section is its name if that is known, as for a section that occurs twice, else NULL.
 * FT_NO_MEMORY always ends it.
 */
int ft_ini_parse_on(const char *file, const char *text, size_t len,
		    int (*handler)(void *user, const struct ft_ini_line *line,
				   struct ft_error *err),
		    int (*trouble)(void *user, const struct ft_ini_line *line, bool section,
				   struct ft_error *err),
		    void *user, struct ft_error *err);

/*
 * Reads a file that root or the effective user owns and nobody else can write to. Symbolic links
 * are followed, because a configuration may be in a repository of dotfiles; the owner of the file
 * itself is checked.
 * Errors besides: FT_NOT_FOUND (no text), FT_UNTRUSTED, FT_SYSTEM, FT_NO_MEMORY.
 */
int ft_ini_read(const char *file,
		int (*handler)(void *user, const struct ft_ini_line *line, struct ft_error *err),
		void *user, struct ft_error *err);

/* Only the text of such a file, without a NUL at its end, for callers that edit it. To be freed. */
int ft_ini_text(const char *file, char **ret, size_t *ret_len, struct ft_error *err);

#endif
