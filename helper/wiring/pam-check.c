/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/wiring/pam-check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/cli/run.h"
#include "helper/wiring/pam-stack.h"

#define REPORT_MAX (4 * 1024 * 1024)

/* The rest of the next line that begins with a word, *ret_len bytes; NULL: there is none. */
static const char *next(const struct ft_buf *text, const char *word, size_t *at, size_t *ret_len)
{
	const size_t len = strlen(word);

	while (*at < text->len) {
		const char *line = text->data + *at;
		const size_t n = strcspn(line, "\n");

		*at += n + (line[n] == '\n');
		if (n >= len && memcmp(line, word, len) == 0) {
			*ret_len = n - len;
			return line + len;
		}
	}
	return NULL;
}

static int take(struct ft_error *err, int code, const char *text, size_t len)
{
	char packed[FT_ERROR_LINE];

	(void)snprintf(packed, sizeof packed, "%.*s", (int)len, text);
	return ft_error_unpack(err, code, packed);
}

int ft_pam_ask(const struct freshtoken *ft, const char *const options[], struct ft_pam_report *ret,
	       struct ft_error *err)
{
	const char *argv[FT_PAM_WORDS_MAX + 3], *text;
	size_t n = 0, at = 0, len;
	char *program = ft_places_join(ft->places.libexec, "freshtoken-pam");

	*ret = (struct ft_pam_report){ .text = FT_BUF_INIT(REPORT_MAX) };
	if (program == NULL)
		return ft_error_memory(err);
	argv[n++] = program;
	argv[n++] = "--check";
	for (size_t i = 0; options[i] != NULL && n <= FT_PAM_WORDS_MAX + 1; i++)
		argv[n++] = options[i];
	argv[n] = NULL;
	int r = ft_run(argv, true, &ret->text, err);

	if (r > 0 && (text = next(&ret->text, "error ", &at, &len)) != NULL)
		r = take(err, FT_CONFIG, text, len);
	else if (r > 0 && (at = 0, text = next(&ret->text, "unsure ", &at, &len)) != NULL)
		r = take(err, FT_TEMPORARY, text, len);
	else if (r >= 0 && (at = 0, next(&ret->text, "ways", &at, &len)) == NULL)
		r = ft_error_set(err, FT_SYSTEM,
				 "%s does not say whether a login would work" FT_REMEDY
				 "install all of "
				 "freshtoken from one version",
				 program);
	at = 0;
	if (r == 0 && (text = next(&ret->text, "ways", &at, &len)) != NULL)
		ret->device = memmem(text, len, " device", strlen(" device")) != NULL;
	free(program);
	return r;
}

bool ft_pam_report_warning(const struct ft_pam_report *report, size_t *at, struct ft_error *ret)
{
	size_t len;
	const char *text = next(&report->text, "warning ", at, &len);

	if (text != NULL)
		(void)take(ret, FT_CONFIG, text, len);
	return text != NULL;
}

bool ft_pam_report_told(const struct ft_pam_report *report, size_t *at, char ret_result[8],
			struct ft_error *ret)
{
	size_t len, word;
	const char *text = next(&report->text, "told ", at, &len);

	if (text == NULL || (word = strcspn(text, " ")) >= len || word >= 8)
		return false;
	memcpy(ret_result, text, word);
	ret_result[word] = '\0';
	(void)take(ret, FT_CONFIG, text + word + 1, len - word - 1);
	return true;
}

void ft_pam_report_release(struct ft_pam_report *report)
{
	ft_buf_release(&report->text);
}
