/* SPDX-License-Identifier: MIT */
/*
 * pam-stack.h - the files of /etc/pam.d, read as libpam reads them
 *
 * A line goes on in the next one where it ends with a backslash, and ends at a "#". Its words are
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
#define FT_PAM_BACKUP ".before-freshtoken"	/* the former text of a file is kept beside it */

struct ft_pam_line {
	/* its position in the text, with its line feed and all lines that continue it */
	size_t begin, end;
	unsigned number;	/* of its first line, counted from 1 */
	/* without "-" before the first, and without "[" and "]"; ends with NULL */
	const char *words[FT_PAM_WORDS_MAX];
	size_t n;
	char text[FT_PAM_LINE_MAX];	/* the buffer of the words */
};

/* The next line with words, from *at on. false: there is none; also after a line that is too long.
 */
bool ft_pam_line_next(const struct ft_buf *text, size_t *at, unsigned *number,
		      struct ft_pam_line *ret);
/* Whether it names freshtoken's module, by its name or by a path that ends with it. */
bool ft_pam_line_is_ours(const struct ft_pam_line *line);
/* The file that it includes; NULL: none. *ret_type is the type of the lines that count, NULL: all.
 */
const char *ft_pam_line_includes(const struct ft_pam_line *line, const char **ret_type);

/* One file's text. FT_SYSTEM, FT_UNTRUSTED (no regular file, or too long), FT_NO_MEMORY. */
int ft_pam_file_read(const char *folder, const char *name, struct ft_buf *ret,
		     struct ft_error *err);

/* Replaces the text, with owner, group and mode unchanged; the former text is kept beside it.
 * FT_UNTRUSTED: it is a link; FT_SYSTEM, FT_NO_MEMORY. */
int ft_pam_file_replace(const char *folder, const char *name, const struct ft_buf *old,
			const struct ft_buf *new, struct ft_error *err);
/* Calls it for each file that may be a service's; copies of an editor or a package are not. */
void ft_pam_files(const char *folder, void (*use)(void *context, const char *name), void *context);

/* Called for each line of a service, included ones too, in their order; another result than 0
 * stops, and is returned. */
typedef int ft_pam_visit(void *context, const char *file, const struct ft_pam_line *line);
/* 0 also where a file cannot be read: libpam decides what that means. */
int ft_pam_stack_walk(const char *folder, const char *name, ft_pam_visit *visit, void *context);

#endif
