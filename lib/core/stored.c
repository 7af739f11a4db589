/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/core/stored.h"

#include <string.h>

#include "lib/core/derive.h"

/* The record of a host that has not asked the fleet's store yet. */
static int make_blank(const struct ft_account *account, const char *server,
		      struct ft_record *record, struct ft_error *err)
{
	const uint64_t generation = record->generation > 0 ? record->generation : 1;
	char version[sizeof record->version];

	memcpy(version, record->version, sizeof version);
	ft_record_release(record);
	memcpy(record->version, version, sizeof version);
	record->generation = record->fleet.generation = generation;
	record->fleet.used = true;
	record->verdict = FT_REFRESHABLE;
	return ft_record_set(&record->account, account->name) == 0 &&
	       ft_record_set(&record->provider, account->provider) == 0 &&
	       ft_record_set(&record->server, server) == 0 &&
	       ft_record_set(&record->client_id, account->client_id) == 0 ?
		       0 : ft_error_memory(err);
}

/* A record that was made with other settings and is already in the fleet's store is ignored: the
 * store may have a suitable one. */
static int read_copy(const struct freshtoken *ft, const struct ft_account *account,
		     const char *server, struct ft_record *ret, struct ft_error *err)
{
	bool damaged;
	int r = ft_context_read(ft, account->name, account->name, ret, &damaged, err);

	if (r == FT_NOT_FOUND)
		return make_blank(account, server, ret, err);
	if (damaged) {
		if (err != NULL)
			err->code = FT_LOGIN_NEEDED;
		return FT_LOGIN_NEEDED;
	}
	if (r != 0)
		return r;
	r = ft_record_belongs(ret, account, server, err);
	/* A sign-in from before `store = fleet` must be written to the store. */
	if (r == 0 && !ret->fleet.used)
		ret->fleet.used = ret->fleet.login = true;
	return r == 0 || ft_record_is_ahead(ret) ? r : make_blank(account, server, ret, err);
}

static int read_own(const struct freshtoken *ft, const struct ft_account *account,
		    const char *server, struct ft_record *ret, struct ft_error *err)
{
	bool damaged;
	int r = ft_context_read(ft, account->name, account->name, ret, &damaged, err);

	if (r == FT_NOT_FOUND)
		return ft_error_set(err, r, "nobody has signed in" FT_REMEDY
					    "run: freshtoken login %s",
				    account->name);
	/* The file stays until a sign-in sets it aside, so that every caller is told about it. */
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

	const bool derives = ft_account_derives(account);

	wanted.derived = derives || account->fleet != NULL;
	if (derives)
		r = ft_derive_read(ft, account, server, &stored.record, &stored.damaged, err);
	else if (account->fleet != NULL)
		r = read_copy(ft, account, server, &stored.record, err);
	else
		r = read_own(ft, account, server, &stored.record, err);
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
	/* For a machine account the message names its source already. */
	r = ft_account_derives(account) ? 0 : ft_context_usable(ft, account, err);
	if (r != 0)
		return r == FT_NO_MEMORY ? r : FT_CONFIG;
	if (err != NULL)
		err->code = FT_LOGIN_NEEDED;
	return FT_LOGIN_NEEDED;
}

void ft_stored_release(struct ft_stored *stored)
{
	if (stored != NULL)
		ft_record_release(&stored->record);
}
