/*
 * inifile.h - a strict reader of INI files, around inih
 *
 * inih (as Debian builds it) gives no line number, reads 199 bytes a line,
 * cuts section names and the names of continued keys at 49, and takes the tail
 * of a longer line for a line of its own, even behind a comment. So the bytes
 * reach it through a reader of ours, which counts lines and refuses, with file
 * and line, whatever inih would misread:
 *
 *   - lines over 198 bytes, control bytes but tab, CR inside a line
 *   - text behind "]", a section that stands twice or has a name over 49 bytes
 *   - "key: value", a line without "=", a key over 49 bytes, a key outside of
 *     every section, an indented line with no key above it
 *   - blank and ";" in an indented line (some versions cut there, others do not)
 *   - bytes that are not UTF-8 outside of comments
 *
 * A byte order mark, CRLF and trailing blanks are fine. "#" and ";" begin a
 * comment where a line begins, also an indented one.
 *
 * What is assumed of inih's build (r53 to r62; Debian's is as its upstream):
 * INI_ALLOW_MULTILINE and INI_ALLOW_INLINE_COMMENTS with ";", comments at the
 * start of a line with ";" and "#", INI_MAX_LINE of 200 or more. A build that
 * hands over another key than the one that stands in the file is noticed.
 */
#ifndef FT_INIFILE_H
#define FT_INIFILE_H

#include <stdbool.h>
#include "error.h"

#define FT_INI_MAX (1024 * 1024)	/* bytes of the longest file that is read … */
#define FT_INI_LINE_MAX 198		/* … and of a line, without its end; LF and NUL fill inih's 200 */

struct ft_ini_line {
	const char *file;
	unsigned line;		/* 1 … */
	const char *section;
	const char *name;	/* NULL: the section begins here */
	const char *value;	/* trimmed; "" where nothing stands behind "=" */
	bool continued;		/* an indented line: one more value of the same key */
	bool cut;		/* blank and ";" stand in the value, which may end there */
};

/*
 * file is what messages call it. The handler returns 0, or an error whose text
 * does not name file and line yet. Stops at the first error: FT_CONFIG with
 * "FILE:LINE: …", or what the handler returned with that in front.
 */
int ft_ini_parse(const char *file, const char *text, size_t len,
		 int (*handler)(void *user, const struct ft_ini_line *line, struct ft_error *err),
		 void *user, struct ft_error *err);

/*
 * Reads a file that root or the effective user owns and nobody else can write.
 * Symbolic links are followed: a configuration may well live in a repository
 * of dotfiles; what counts is who owns the file in the end.
 * Errors besides: FT_NOT_FOUND (no text), FT_UNTRUSTED, FT_SYSTEM, FT_NO_MEMORY.
 */
int ft_ini_read(const char *file,
		int (*handler)(void *user, const struct ft_ini_line *line, struct ft_error *err),
		void *user, struct ft_error *err);

/* The text of such a file alone, for whoever changes it. The caller frees it. */
int ft_ini_text(const char *file, char **ret, size_t *ret_len, struct ft_error *err);

#endif
