/* SPDX-License-Identifier: MIT */
/*
 * pam-stack.h - reads and changes the files of /etc/pam.d, as libpam reads them
 *
 * A line that ends with a backslash continues in the next one, and ends at a "#". Its words are
 *
 *	[-]TYPE CONTROL MODULE ARGUMENT…
 *		CONTROL may be [VALUE=ACTION …], an argument [with blanks]
 *	TYPE include|substack FILE
 *	@include FILE
 */
#ifndef FT_PAM_STACK_H
#define FT_PAM_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"

#define FT_PAM_FILE_MAX (256 * 1024)
#define FT_PAM_LINE_MAX 8192
#define FT_PAM_WORDS_MAX 128

#define FT_PAM_MODULE "pam_freshtoken.so"
#define FT_PAM_BACKUP ".before-freshtoken"	/* copy of a file's former text */

struct ft_pam_line {
	/* its position in the text, with its line feed and all lines that continue it */
	size_t begin, end;
	unsigned number;	/* of its first line, counted from 1 */
	/* without the leading "-" and without "[" and "]"; ends with NULL */
	const char *words[FT_PAM_WORDS_MAX];
	size_t n;
	char text[FT_PAM_LINE_MAX];	/* the words point into this */
};

/* Gets the next line with words, and moves *at. false: there is none, also after a line that is too
 * long. */
bool ft_pam_line_next(const struct ft_buf *text, size_t *at, unsigned *number,
		      struct ft_pam_line *ret);
/* Whether the line names freshtoken's module, by its name or by a path that ends with it. */
bool ft_pam_line_is_ours(const struct ft_pam_line *line);
/* The file that the line includes; NULL: none. *ret_type: only lines of this type count; NULL:
 * all. */
const char *ft_pam_line_includes(const struct ft_pam_line *line, const char **ret_type);

/* Reads a file's text. FT_SYSTEM, FT_UNTRUSTED (not a regular file, or too long), FT_NO_MEMORY. */
int ft_pam_file_read(const char *folder, const char *name, struct ft_buf *ret,
		     struct ft_error *err);

/* Replaces a file's text; owner, group and mode stay, and the former text is kept in a copy.
 * FT_UNTRUSTED: it is a link; FT_SYSTEM, FT_NO_MEMORY. */
int ft_pam_file_replace(const char *folder, const char *name, const struct ft_buf *old,
			const struct ft_buf *new, struct ft_error *err);
/* Calls a function for each file that may be a service's, not for copies of an editor or a
 * package. */
void ft_pam_files(const char *folder, void (*use)(void *context, const char *name), void *context);

/* Called for each line of a service, also of included files, in their order. A result other than 0
 * stops, and is returned. */
typedef int ft_pam_visit(void *context, const char *file, const struct ft_pam_line *line);
/* Returns 0 also if a file cannot be read: libpam decides what that means. */
int ft_pam_stack_walk(const char *folder, const char *name, ft_pam_visit *visit, void *context);

#endif
