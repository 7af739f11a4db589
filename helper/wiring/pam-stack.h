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
#define FT_PAM_BACKUP ".before-freshtoken"	/* what a file was is kept beside it */

struct ft_pam_line {
	size_t begin,
		end; /* where the text has it, with its line feed, and whatever lines go on in it */
	unsigned number;	/* of its first line, 1 … */
	const char *words[FT_PAM_WORDS_MAX]; /* "-" taken from the first, "[" and "]" from all; then
						NULL */
	size_t n;
	char text[FT_PAM_LINE_MAX];	/* what the words are in */
};

/* The next line that has words, from *at on. false: there is none; also past one that is too
 * long. */
bool ft_pam_line_next(const struct ft_buf *text, size_t *at, unsigned *number,
		      struct ft_pam_line *ret);
/* Whether it starts our module, by its name or by a path that ends with it. */
bool ft_pam_line_is_ours(const struct ft_pam_line *line);
/* The file that it includes; NULL: none. *ret_type is the type of lines that count, NULL: all. */
const char *ft_pam_line_includes(const struct ft_pam_line *line, const char **ret_type);

/* One file's text. FT_SYSTEM, FT_UNTRUSTED (no regular file, or too long), FT_NO_MEMORY. */
int ft_pam_file_read(const char *folder, const char *name, struct ft_buf *ret,
		     struct ft_error *err);

/* Puts another text in its place, with owner, group and mode as they were; what it was is kept
 * beside it. FT_UNTRUSTED: it is a link; FT_SYSTEM, FT_NO_MEMORY. */
int ft_pam_file_replace(const char *folder, const char *name, const struct ft_buf *old,
			const struct ft_buf *new, struct ft_error *err);
/* Calls it for each file that may be a service's; an editor's and a package's copies are none. */
void ft_pam_files(const char *folder, void (*use)(void *context, const char *name), void *context);

/* What is called for each line of a service, included ones too, in their order; stops where it
 * returns other than 0, and returns that. */
typedef int ft_pam_visit(void *context, const char *file, const struct ft_pam_line *line);
/* 0 also where a file cannot be read: libpam's answer to that is its own affair. */
int ft_pam_stack_walk(const char *folder, const char *name, ft_pam_visit *visit, void *context);

#endif
