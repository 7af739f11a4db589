/* SPDX-License-Identifier: MIT */
/* lib/config/: the values of `from`, `token_file` and `token_file_mode`, a line each */
#include "config.h"

#include <limits.h>
#include <string.h>

#include "fuzz.h"
#include "lib/config/account-keys.h"
#include "lib/config/account.h"

static void use_from(char *value)
{
	struct ft_account account = { .from = value };
	struct ft_error err = FT_ERROR_INIT;

	if (ft_account_check_from(value, &err) != 0) {
		MUST(err.code == FT_CONFIG && err.text[0] != '\0');
		return;
	}
	const enum ft_from from = ft_account_from(&account);
	const char *what = ft_account_from_what(&account);

	MUST(from != FT_FROM_NOTHING);
	/* What it names is the end of it, and nothing relative or empty. */
	MUST(what >= value && what <= value + strlen(value));
	MUST((from != FT_FROM_FILE && from != FT_FROM_COMMAND) || *what == '/');
	MUST(from != FT_FROM_ENVIRONMENT || (*what != '\0' && strpbrk(what, "= \t") == NULL));
	MUST(from != FT_FROM_ACCOUNT || (what == value && ft_account_name_valid(value)));
	/* A login takes neither what its caller sets nor what its caller runs. */
	MUST(ft_account_suits_pam(&account) == (from == FT_FROM_FILE || from == FT_FROM_ACCOUNT));
	/* The words of a command may be secret. */
	MUST(ft_from_shown(value) <= strlen(value));
	MUST(from != FT_FROM_COMMAND || strcspn(value, " \t") == ft_from_shown(value));
}

static void use_file(char *value)
{
	struct ft_account account = { .token_file = value, .id_token = true };
	struct ft_error err = FT_ERROR_INIT;

	if (ft_account_check_token_file(value, &err) != 0) {
		MUST(err.code == FT_CONFIG && err.text[0] != '\0');
		return;
	}
	const size_t before = strlen(value);

	MUST(ft_account_finish_token_file(&account, &err) == 0);
	MUST(strlen(value) == before - (account.token_file_id ? strlen(" id") : 0));
	MUST(account.token_file_rights == 0600);
	MUST(*value == '/' && value[1] != '\0' && strlen(value) < PATH_MAX);
	MUST(strstr(value, "//") == NULL && strstr(value, "/./") == NULL &&
	     strstr(value, "/../") == NULL && value[strlen(value) - 1] != '/');
}

static void use_mode(char *value)
{
	char path[] = "/t";
	struct ft_account account = { .token_file = path, .token_file_mode = value };

	if (ft_account_check_token_file_mode(value, NULL) != 0)
		return;
	MUST(ft_account_finish_token_file(&account, NULL) == 0);
	/* Its owner reads it, nobody executes it, and not everybody writes to it. */
	MUST((account.token_file_rights & 0400) != 0 && (account.token_file_rights & ~0664u) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *rest = text;
	char *from, *file, *mode;

	MUST(text != NULL);
	from = strsep(&rest, "\n");
	file = strsep(&rest, "\n");
	mode = strsep(&rest, "\n");
	use_from(from);
	if (file != NULL)
		use_file(file);
	if (mode != NULL)
		use_mode(mode);
	free(text);
	return 0;
}
