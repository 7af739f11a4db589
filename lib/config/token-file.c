/* SPDX-License-Identifier: MIT */
/* token-file.c - token_file: its path, its mode, and that no two accounts use one file */
#include "config.h"
#include "lib/config/account-keys.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define ID " id"

static size_t path_length(const char *value)
{
	size_t len = strlen(value), id = strlen(ID);

	return len > id && strcmp(value + len - id, ID) == 0 ? len - id : len;
}

/* Allows only one spelling for a file, so that two accounts with the same file are detected. */
int ft_account_check_token_file(const char *value, struct ft_error *err)
{
	size_t len = path_length(value);

	for (const char *p = value; *value == '/' && p < value + len; p++) {
		const char *end = p + 1;

		while (end < value + len && *end != '/')
			end++;
		size_t piece = (size_t)(end - p) - 1;

		/* an empty part, "." or ".." */
		if (piece == 0 || (piece <= 2 && strspn(p + 1, ".") >= piece) ||
		    piece > NAME_MAX - strlen("~next"))
			return ft_error_set(err, FT_CONFIG,
					    "expected a path without empty parts, . and ..");
		p = end - 1;
	}
	return *value == '/' && len < PATH_MAX ? 0 :
	       ft_error_set(err, FT_CONFIG, "expected a path that begins with /, and after it "
			    "\"id\" for the ID token");
}

static bool parse_mode(const char *value, unsigned *ret)
{
	unsigned mode = 0;

	if (value[0] == '\0' || strlen(value) > 4)
		return false;
	for (; *value >= '0' && *value <= '7'; value++)
		mode = mode * 8 + (unsigned)(*value - '0');
	*ret = mode;
	return *value == '\0' && (mode & 0400) != 0 && (mode & ~0664u) == 0;
}

int ft_account_check_token_file_mode(const char *value, struct ft_error *err)
{
	unsigned mode;

	return parse_mode(value, &mode) ? 0 :
	       ft_error_set(err, FT_CONFIG, "expected a mode of a file that its owner can read, "
			    "nobody can execute and not everybody can write to, as 0600 or 0640");
}

int ft_account_finish_token_file(struct ft_account *a, struct ft_error *err)
{
	const char *wrong = NULL;

	if (a->token_file_mode != NULL && a->token_file == NULL)
		wrong = "token_file_mode: there is no token_file";
	a->token_file_rights = 0600;
	if (a->token_file_mode != NULL)
		(void)parse_mode(a->token_file_mode, &a->token_file_rights);
	if (a->token_file != NULL) {
		size_t len = path_length(a->token_file);

		a->token_file_id = a->token_file[len] != '\0';
		a->token_file[len] = '\0';
		if (a->token_file_id && !a->id_token)
			wrong = "token_file: for the ID token it needs id_token = yes";
	}
	return wrong != NULL ? ft_error_set(err, FT_CONFIG, "%s", wrong) : 0;
}

struct ft_account *ft_accounts_token_file_twice(const struct ft_accounts *accounts,
						const struct ft_account *a, struct ft_error *err)
{
	for (size_t i = 0; a->token_file != NULL && !a->broken && i < accounts->n; i++) {
		struct ft_account *other = &accounts->list[i];

		if (other == a)
			break;
		if (other->broken || other->token_file == NULL ||
		    strcmp(other->token_file, a->token_file) != 0)
			continue;
		/* If a user's account and one of the system have the same file, the user's is
		 * wrong, even if it comes first. */
		const bool first = a->system && !other->system;
		const struct ft_account *named = first ? a : other;

		(void)ft_error_set(err, FT_CONFIG, "token_file: account %s, %s:%u, has the same "
				   "one" FT_REMEDY "name another file", named->name, named->file,
				   named->line);
		return first ? other : &accounts->list[a - accounts->list];
	}
	return NULL;
}
