/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/core/stored.h"

#include "lib/core/derive.h"

static int read_own(const struct freshtoken *ft, const struct ft_account *account,
		    const char *server, struct ft_record *ret, struct ft_error *err)
{
	bool damaged;
	int r = ft_context_read(ft, account->name, account->name, ret, &damaged, err);

	if (r == FT_NOT_FOUND)
		return ft_error_set(err, r, "nobody has signed in" FT_REMEDY
					    "run: freshtoken login %s",
				    account->name);
	/* It stays, so that everybody who asks is told, until a sign-in sets it aside. */
	if (damaged) {
		if (err != NULL)
			err->code = FT_LOGIN_NEEDED;
		return FT_LOGIN_NEEDED;
	}
	return r != 0 ? r : ft_record_belongs(ret, account, server, err);
}

int ft_stored_read(const struct freshtoken *ft, const struct ft_account *account,
		   const char *server, const struct ft_want *want, struct ft_stored *ret,
		   struct ft_error *err)
{
	struct ft_want wanted = want != NULL ? *want : (struct ft_want){ .min_lifetime = 0 };
	struct ft_stored stored = FT_STORED_INIT;
	int r;

	wanted.derived = ft_account_derives(account);
	r = wanted.derived ? ft_derive_read(ft, account, server, &stored.record, &stored.damaged,
					    err) :
			     read_own(ft, account, server, &stored.record, err);
	if (r != 0) {
		ft_stored_release(&stored);
		return r;
	}
	ft_moment_now(&stored.now);
	stored.action = ft_freshness_decide(&stored.record, &wanted, &stored.now);
	stored.due = stored.action == FT_USE_AND_REFRESH || stored.action == FT_REFRESH_OR_USE ||
		     stored.action == FT_REFRESH;
	ft_stored_release(ret);
	*ret = stored;
	return 0;
}

int ft_stored_need(const struct freshtoken *ft, const struct ft_account *account,
		   const char *server, const struct ft_want *want, struct ft_stored *ret,
		   struct ft_error *err)
{
	int r = ft_stored_read(ft, account, server, want, ret, err);

	if (r != FT_NOT_FOUND)
		return r;
	/* Where the sign-in is another account's, the message is complete. */
	if (!ft_account_derives(account) && ft_context_usable(ft, account, err) != 0)
		return FT_CONFIG;
	if (err != NULL)
		err->code = FT_LOGIN_NEEDED;
	return FT_LOGIN_NEEDED;
}

void ft_stored_release(struct ft_stored *stored)
{
	if (stored != NULL)
		ft_record_release(&stored->record);
}
