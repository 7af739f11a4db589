/* SPDX-License-Identifier: MIT */
/* helper/wiring/pam-stack.h: lines are where they are said to be, and removing one does not remove
 * another */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "helper/wiring/pam-stack.h"

#define LINES_MAX 32

/* The words of all lines but one, with a byte after each word and each line; returns how many
 * lines. */
static size_t words(const struct ft_buf *text, size_t but, struct ft_buf *ret,
		    size_t begin[LINES_MAX], size_t end[LINES_MAX])
{
	struct ft_pam_line *line = malloc(sizeof *line);
	size_t at = 0, last = 0, n = 0;
	unsigned number = 0, before = 0;

	MUST(line != NULL);
	while (ft_pam_line_next(text, &at, &number, line) && n < LINES_MAX) {
		const char *type, *file = ft_pam_line_includes(line, &type);

		MUST(line->n > 0 && line->n < FT_PAM_WORDS_MAX && line->words[line->n] == NULL);
		MUST(last <= line->begin && line->begin < line->end && line->end <= at &&
		     at <= text->len);
		MUST(before < line->number && line->number <= number);
		MUST(file == NULL || !ft_pam_line_is_ours(line));
		last = line->end;
		before = line->number;
		begin[n] = line->begin;
		end[n] = line->end;
		for (size_t i = 0; n != but && i < line->n; i++) {
			MUST(line->words[i] >= line->text &&
			     line->words[i] < line->text + sizeof line->text);
			ft_buf_adds(ret, line->words[i]);
			ft_buf_add(ret, "", 1);
		}
		if (n != but)
			ft_buf_add(ret, "\n", 1);
		n++;
	}
	free(line);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ft_buf text = FT_BUF_INIT(FT_PAM_FILE_MAX),
		      ignored = FT_BUF_INIT(2 * FT_PAM_FILE_MAX);
	size_t begin[LINES_MAX], end[LINES_MAX], n;

	ft_buf_add(&text, data, size);
	if (text.failed)
		return 0;
	n = words(&text, LINES_MAX, &ignored, begin, end);
	for (size_t i = 0; i < n && n < LINES_MAX; i++) {
		struct ft_buf rest = FT_BUF_INIT(FT_PAM_FILE_MAX);
		struct ft_buf before = FT_BUF_INIT(2 * FT_PAM_FILE_MAX),
			      after = FT_BUF_INIT(2 * FT_PAM_FILE_MAX);
		size_t other_begin[LINES_MAX], other_end[LINES_MAX];

		ft_buf_add(&rest, text.data, begin[i]);
		ft_buf_add(&rest, text.data + end[i], text.len - end[i]);
		(void)words(&text, i, &before, other_begin, other_end);
		MUST(words(&rest, LINES_MAX, &after, other_begin, other_end) == n - 1);
		MUST(before.len == after.len &&
		     (before.len == 0 || memcmp(before.data, after.data, before.len) == 0));
		ft_buf_release(&rest);
		ft_buf_release(&before);
		ft_buf_release(&after);
	}
	ft_buf_release(&text);
	ft_buf_release(&ignored);
	return 0;
}
