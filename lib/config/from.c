/* SPDX-License-Identifier: MIT */
/* from.c - what an account's `from` names */
#include "config.h"
#include "lib/config/account.h"

#include <string.h>

#include "lib/config/account-keys.h"

/* How the values of each kind begin. "github-actions" is never the name of an account. */
static const struct {
	const char *word;
	enum ft_from from;
} words[] = {
	{ "file:", FT_FROM_FILE },
	{ "env:", FT_FROM_ENVIRONMENT },
	{ "exec:", FT_FROM_COMMAND },
	{ "github-actions", FT_FROM_GITHUB_ACTIONS },
};

static enum ft_from parse(const char *value, const char **ret_rest)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t len = strlen(words[i].word);

		if (strncmp(value, words[i].word, len) != 0)
			continue;
		*ret_rest = value + len;
		if (words[i].from != FT_FROM_GITHUB_ACTIONS || **ret_rest == '\0')
			return words[i].from;
	}
	*ret_rest = value;
	return FT_FROM_ACCOUNT;
}

enum ft_from ft_account_from(const struct ft_account *account)
{
	const char *rest;

	return account->from == NULL ? FT_FROM_NOTHING : parse(account->from, &rest);
}

const char *ft_account_from_what(const struct ft_account *account)
{
	const char *rest = "";

	if (account->from != NULL)
		(void)parse(account->from, &rest);
	return rest;
}

size_t ft_from_shown(const char *from)
{
	return strncmp(from, "exec:", strlen("exec:")) == 0 ? strcspn(from, " \t") : strlen(from);
}

bool ft_account_suits_pam(const struct ft_account *account)
{
	enum ft_from from = ft_account_from(account);

	return from != FT_FROM_ENVIRONMENT && from != FT_FROM_COMMAND &&
	       from != FT_FROM_GITHUB_ACTIONS;
}

static bool is_variable(const char *name)
{
	static const char digits[] = "0123456789", letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

	return *name != '\0' && strspn(name, letters) == strlen(name) &&
	       strchr(digits, *name) == NULL;
}

int ft_account_check_from(const char *value, struct ft_error *err)
{
	const char *rest;

	switch (parse(value, &rest)) {
	case FT_FROM_FILE:
	case FT_FROM_COMMAND:
		return *rest == '/' ? 0 : ft_error_set(err, FT_CONFIG,
						       "expected a path that begins with / after "
						       "\"%.*s\"", (int)(rest - value), value);
	case FT_FROM_ENVIRONMENT:
		return is_variable(rest) ? 0 : ft_error_set(err, FT_CONFIG,
							    "expected the name of a variable after "
							    "\"env:\"");
	case FT_FROM_GITHUB_ACTIONS:
		return 0;
	default:
		return ft_account_name_valid(value) ? 0 :
		       ft_error_set(err, FT_CONFIG, "expected the name of another account, "
				    "file:PATH, env:NAME, exec:PATH ARG... or github-actions");
	}
}
