/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/config/account.h"

#include <string.h>

#include "lib/config/match.h"

static bool name_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_' || c == '-';
}

bool ft_account_name_valid(const char *name)
{
	size_t len = 0;

	while (name_byte(name[len]) || (len > 0 && name[len] == '.'))
		len++;
	return len > 0 && len <= FT_ACCOUNT_NAME_MAX && name[len] == '\0';
}

const char *ft_account_secret_file(const struct ft_account *account)
{
	return account->client_key_file != NULL ? account->client_key_file :
						  account->client_secret_file;
}

const struct ft_account *ft_accounts_find(const struct ft_accounts *accounts, const char *name)
{
	for (size_t i = 0; i < accounts->n; i++)
		if (strcmp(accounts->list[i].name, name) == 0)
			return &accounts->list[i];
	return NULL;
}

const struct ft_seal_line *ft_accounts_seal(const struct ft_accounts *accounts, const char *name)
{
	const struct ft_account *account = NULL;

	if (accounts->seals[0] == NULL && accounts->seals[1] == NULL)
		return NULL;
	if (name != NULL)
		account = ft_accounts_find(accounts, name);
	if (account != NULL)
		return accounts->seals[account->system ? 0 : 1];
	return accounts->seals[1] != NULL ? accounts->seals[1] : accounts->seals[0];
}

const struct ft_error *ft_accounts_problem(const struct ft_accounts *accounts, const char *name)
{
	for (size_t i = 0; i < accounts->n_problems; i++)
		if (accounts->problems[i].account != NULL &&
		    strcmp(accounts->problems[i].account, name) == 0)
			return &accounts->problems[i].error;
	return NULL;
}

/* Counts insertions, deletions and replacements of letters; two neighbours exchanged count as
 * one. */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][FT_ACCOUNT_NAME_MAX + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > FT_ACCOUNT_NAME_MAX || m > FT_ACCOUNT_NAME_MAX)
		return UINT32_MAX;
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *row = rows[i % 3], *last = rows[(i - 1) % 3], *before = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned best = last[j - 1] + (a[i - 1] != b[j - 1]);

			best = last[j] + 1 < best ? last[j] + 1 : best;
			best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[n % 3][m];
}

const struct ft_account *ft_accounts_closest(const struct ft_accounts *accounts, const char *name)
{
	const struct ft_account *closest = NULL;
	unsigned least = 3;

	for (size_t i = 0; i < accounts->n; i++) {
		unsigned d = distance(name, accounts->list[i].name);

		/* All letters of a name replaced is no similarity. */
		if (d < least && d < strlen(name)) {
			least = d;
			closest = &accounts->list[i];
		}
	}
	return closest;
}

const struct ft_account *ft_accounts_root(const struct ft_accounts *accounts,
					  const struct ft_account *account)
{
	/* No cycles: those were refused when the accounts were loaded. */
	for (const struct ft_account *next = account; next != NULL;
	     next = ft_accounts_source(accounts, next))
		account = next;
	return account;
}

const struct ft_account *ft_accounts_source(const struct ft_accounts *accounts,
					    const struct ft_account *account)
{
	return ft_account_from(account) == FT_FROM_ACCOUNT ?
		       ft_accounts_find(accounts, account->from) : NULL;
}

const char *ft_account_grant(const struct ft_account *account)
{
	return account->grant != NULL ? account->grant :
	       account->from != NULL  ? "token_exchange" : "refresh";
}

bool ft_account_derives(const struct ft_account *account)
{
	return strcmp(ft_account_grant(account), "refresh") != 0;
}

bool ft_accounts_descends(const struct ft_accounts *accounts, const struct ft_account *account,
			  const struct ft_account *from)
{
	while ((account = ft_accounts_source(accounts, account)) != NULL)
		if (account == from)
			return true;
	return false;
}

/* How well an account fits the user name of a request: larger is better; negative: not at all. own:
 * if the account has a `username`, a request for another name does not fit. */
static int user_fits(const struct ft_account *account, const char *username, bool own)
{
	if (username == NULL)
		return account->for_username == NULL;
	if (account->for_username != NULL)
		return strcmp(username, account->for_username) == 0 ? 2 : -1;
	if (account->username != NULL)
		return strcmp(username, account->username) == 0 ? 1 : own ? -1 : 0;
	return 0;
}

/* How well an account fits: the pattern counts first, then the user name; 0: not at all. */
static unsigned long fits(const struct ft_account *account, const struct ft_request_target *target,
			  const char *username, bool own)
{
	int user = user_fits(account, username, own);
	unsigned long best = 0;

	if (user < 0)
		return 0;
	for (size_t i = 0; i < account->match.n; i++) {
		struct ft_pattern pattern;
		unsigned long n = 0;

		if (ft_pattern_worth_parsing(account->match.list[i], target) &&
		    ft_pattern_parse(account->match.list[i], &pattern, NULL) == 0)
			n = ft_pattern_match(&pattern, target);
		if (n > best)
			best = n;
	}
	return best > 0 ? 4 * best + (unsigned long)user : 0;
}

/* Returns the account that fits best, and in *ret_tie another that fits equally well; NULL:
 * none. */
static const struct ft_account *best_of(const struct ft_accounts *accounts,
					const struct ft_request_target *target,
					const char *username, bool own,
					const struct ft_account **ret_tie)
{
	const struct ft_account *best = NULL;
	unsigned long best_fit = 0;

	*ret_tie = NULL;
	for (size_t i = 0; i < accounts->n; i++) {
		/* An account whose secret the caller may not read is for PAM, not for git or
		 * docker. */
		unsigned long fit = accounts->list[i].pam_only ? 0 :
				    fits(&accounts->list[i], target, username, own);

		if (fit > best_fit) {
			best_fit = fit;
			best = &accounts->list[i];
			*ret_tie = NULL;
		} else if (fit > 0 && fit == best_fit) {
			*ret_tie = &accounts->list[i];
		}
	}
	return best;
}

int ft_accounts_match(const struct ft_accounts *accounts, const char *url, const char *username,
		      const struct ft_account **ret, struct ft_error *err)
{
	const struct ft_account *best, *tie;
	struct ft_request_target target;

	/* The user name in "https://@host" is empty. */
	if (username != NULL && *username == '\0')
		username = NULL;
	if (ft_target_parse(url, &target) != 0)
		return ft_error_set(err, FT_NOT_FOUND, "no account matches");
	best = best_of(accounts, &target, username, true, &tie);
	/* If no account fits by name, the only account of the host is used: `username` is not for
	 * selecting. */
	if (best == NULL && username != NULL) {
		best = best_of(accounts, &target, username, false, &tie);
		if (tie != NULL)
			best = NULL;
	}
	if (best == NULL)
		return ft_error_set(err, FT_NOT_FOUND, "no account matches");
	if (tie != NULL)
		return ft_error_set(
			err, FT_CONFIG,
			"accounts %s (%s:%u) and %s (%s:%u) match %s equally well" FT_REMEDY
			"give one of "
			"them a longer match, or for_username and ask with that",
			best->name, best->file, best->line, tie->name, tie->file, tie->line,
			target.url.host);
	*ret = best;
	return 0;
}
