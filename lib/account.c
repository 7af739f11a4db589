#include "config.h"
#include "account.h"

#include <string.h>

#include "match.h"

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

const struct ft_account *ft_accounts_find(const struct ft_accounts *accounts, const char *name)
{
	for (size_t i = 0; i < accounts->n; i++)
		if (strcmp(accounts->list[i].name, name) == 0)
			return &accounts->list[i];
	return NULL;
}

const struct ft_account *ft_accounts_root(const struct ft_accounts *accounts,
					  const struct ft_account *account)
{
	/* There are no circles: those were refused when the accounts were loaded. */
	while (account->from != NULL)
		account = ft_accounts_find(accounts, account->from);
	return account;
}

bool ft_accounts_descends(const struct ft_accounts *accounts, const struct ft_account *account,
			  const struct ft_account *from)
{
	while (account->from != NULL) {
		account = ft_accounts_find(accounts, account->from);
		if (account == from)
			return true;
	}
	return false;
}

/* How well an account fits; 0: not at all. */
static unsigned long fits(const struct ft_account *account, const struct ft_request_target *target,
			  const char *username)
{
	unsigned long best = 0;

	if (username != NULL && account->username != NULL &&
	    strcmp(username, account->username) != 0)
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
	/* Between equals, the one that names the user. */
	return 2 * best + (best > 0 && username != NULL && account->username != NULL);
}

int ft_accounts_match(const struct ft_accounts *accounts, const char *url, const char *username,
		      const struct ft_account **ret, struct ft_error *err)
{
	const struct ft_account *best = NULL, *tie = NULL;
	struct ft_request_target target;
	unsigned long best_fit = 0;

	/* "https://@host" names nobody. */
	if (username != NULL && *username == '\0')
		username = NULL;
	if (ft_target_parse(url, &target) != 0)
		return ft_error_set(err, FT_NOT_FOUND, "no account matches");
	for (size_t i = 0; i < accounts->n; i++) {
		/* Whose secret the caller may not read is PAM's, and no host of git's or docker's. */
		unsigned long fit = accounts->list[i].pam_only ? 0 :
				    fits(&accounts->list[i], &target, username);

		if (fit > best_fit) {
			best_fit = fit;
			best = &accounts->list[i];
			tie = NULL;
		} else if (fit > 0 && fit == best_fit) {
			tie = &accounts->list[i];
		}
	}
	if (best == NULL)
		return ft_error_set(err, FT_NOT_FOUND, "no account matches");
	if (tie != NULL)
		return ft_error_set(err, FT_CONFIG, "accounts %s (%s:%u) and %s (%s:%u) match %s"
				    " equally well; give one of them a longer match, or ask with"
				    " the username of one", best->name, best->file, best->line,
				    tie->name, tie->file, tie->line, target.url.host);
	*ret = best;
	return 0;
}
