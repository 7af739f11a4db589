/* SPDX-License-Identifier: MIT */
/* checker.c - what the account check of a login asks, and which account's token it uses */
#include "config.h"
#include "lib/config/account.h"

#include <string.h>

#include "lib/config/account-keys.h"

bool ft_account_checks(const struct ft_account *account, const char *what)
{
	for (size_t i = 0; i < account->check.n; i++)
		if (strcmp(account->check.list[i], what) == 0)
			return true;
	return account->check.n == 0 && strcmp(what, "refresh") == 0;
}

static const struct ft_account *asks_with(const struct ft_accounts *accounts,
					  const struct ft_account *checker)
{
	for (size_t i = 0; i < accounts->n; i++)
		if (accounts->list[i].checker != NULL &&
		    strcmp(accounts->list[i].checker, checker->name) == 0)
			return &accounts->list[i];
	return NULL;
}

/* The checker must be a machine account of the system, not the sign-in of any person. */
int ft_account_check_checker(const struct ft_accounts *accounts, const struct ft_account *a,
			     struct ft_error *err)
{
	const struct ft_account *checker =
		a->checker != NULL ? ft_accounts_find(accounts, a->checker) : NULL;

	if (a->broken)
		return 0;
	if (a->person_rate > 0 && asks_with(accounts, a) == NULL)
		return ft_error_set(err, FT_CONFIG,
				    "person_rate: no account has checker = %s" FT_REMEDY
				    "write it below the account that a checker names", a->name);
	if (a->checker == NULL)
		return !ft_account_checks(a, "person") ? 0 :
		       ft_error_set(err, FT_CONFIG,
				    "check: person needs the machine account whose token asks the "
				    "directory" FT_REMEDY "set checker = ACCOUNT");
	if (!ft_account_checks(a, "person"))
		return ft_error_set(err, FT_CONFIG,
				    "checker: without check = person it is not used" FT_REMEDY
				    "set check = person, or remove it");
	if (checker == NULL)
		return ft_error_set(err, FT_CONFIG, "checker: there is no account %.64s" FT_REMEDY
				    "write one that has a grant", a->checker);
	if (checker == a)
		return ft_error_set(err, FT_CONFIG,
				    "checker: expected the name of another account" FT_REMEDY
				    "name one with a grant, as grant = client_credentials");
	if (!ft_account_derives(checker))
		return ft_error_set(err, FT_CONFIG,
				    "checker: account %s is one that a person signs in to" FT_REMEDY
				    "name one with a grant, as grant = client_credentials",
				    checker->name);
	if (ft_account_from(checker) != FT_FROM_NOTHING &&
	    ft_account_from(checker) != FT_FROM_FILE)
		return ft_error_set(err, FT_CONFIG,
				    "checker: account %s gets its tokens from something other "
				    "than a file" FT_REMEDY
				    "name one without from, as with grant = client_credentials, "
				    "or with from = file:PATH", checker->name);
	if (checker->system != a->system)
		return ft_error_set(err, FT_CONFIG,
				    "checker: account %s is in another file, %s" FT_REMEDY
				    "write both into one", checker->name, checker->file);
	return 0;
}
