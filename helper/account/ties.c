/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/account/section.h"

#include <string.h>

/* Replaces "*" in an example of a host, so that no other pattern matches it more closely. */
#define ANY_LABEL "any-of-freshtoken"

static void add_example(struct ft_buf *url, const char *scheme, const char *pattern)
{
	ft_buf_adds(url, scheme);
	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '*')
			ft_buf_adds(url, ANY_LABEL);
		else
			ft_buf_add(url, pattern, 1);
	}
}

/* If two accounts match equally well, git and docker get an error each time. */
static int check_tie(const char *scheme, const char *pattern, const struct ft_accounts *before,
		     const struct ft_accounts *after, struct ft_error *err)
{
	const struct ft_account *found = NULL, *rival = NULL;
	struct ft_buf url = FT_BUF_INIT(4096);
	int r;

	add_example(&url, scheme, pattern);
	r = ft_buf_check(&url, "the pattern", err);
	if (r == 0)
		r = ft_accounts_match(after, url.data, NULL, &found, err);
	if (r == FT_CONFIG && ft_accounts_match(before, url.data, NULL, &rival, NULL) == 0)
		r = ft_error_set(
			err, FT_CONFIG,
			"match: account %s (%s:%u) matches %s equally well, and then neither is "
			"used" FT_REMEDY "give a longer pattern, or change that account: "
			"freshtoken edit %s",
			rival->name, rival->file, rival->line, pattern, rival->name);
	ft_buf_release(&url);
	return r == FT_NOT_FOUND ? 0 : r;
}

int ft_section_check_ties(const struct ft_section *section, const struct ft_accounts *before,
			  const struct ft_accounts *after, struct ft_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < section->n_match; i++) {
		const char *pattern = section->match[i];

		r = check_tie("", pattern, before, after, err);
		/* Without a scheme the pattern covers a registry, and https. */
		if (r == 0 && strstr(pattern, "://") == NULL)
			r = check_tie("https://", pattern, before, after, err);
	}
	return r;
}
