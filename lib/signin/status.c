/* SPDX-License-Identifier: MIT */
/*
 * status.c - the status of an account, from what is stored here
 */
#include "config.h"
#include "lib/base/date.h"
#include "lib/core/context.h"
#include "lib/core/ends.h"
#include "lib/core/idtoken.h"
#include "lib/core/stored.h"
#include "lib/core/tokenfile.h"
#include "lib/provider/profiles.h"
#include "lib/signin/ready.h"
#include "lib/signin/signin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set(char *to, size_t size, const char *text)
{
	const size_t len = text != NULL ? strnlen(text, size - 1) : 0;

	if (len > 0)
		memcpy(to, text, len);
	to[len] = '\0';
}

static enum ft_verdict verdict_of(const struct ft_record *record, bool derived,
				  const struct ft_moment *now)
{
	struct ft_want want = { .derived = derived };

	if (record->verdict == FT_NEEDS_LOGIN || record->verdict == FT_DISABLED)
		return record->verdict;
	if (ft_freshness_alive(record, &want, now))
		return FT_FRESH;
	if (record->refresh_token.data == NULL && !derived)
		return FT_NEEDS_LOGIN;
	return record->verdict == FT_UNREACHABLE ? FT_UNREACHABLE : FT_REFRESHABLE;
}

static void fill(const struct ft_stored *stored, bool derived, struct ft_status *ret)
{
	const struct ft_record *record = &stored->record;
	const struct ft_moment *now = &stored->now;
	int64_t left = ft_freshness_left(record, now);

	ret->generation = record->generation;
	memcpy(ret->counts, record->counts, sizeof ret->counts);
	if (record->access_token.data != NULL)
		ret->issued_at = record->issued.real / 1000;
	ret->verdict = verdict_of(record, derived, now);
	if (record->access_token.data != NULL && left >= 0) {
		ret->expires_in = left / 1000;
		/* For an expired token, the time by the clock at which it was issued. */
		ret->expires_at = left > 0 ? (now->real + left) / 1000 :
				  (record->issued.real + record->lifetime) / 1000;
	}
	if (record->checked.real > 0)
		ret->checked_at = record->checked.real / 1000;
	set(ret->subject, sizeof ret->subject, record->subject);
	ft_record_why(record, &ret->why);
	if (ret->why.text[0] == '\0' && record->rejected)
		(void)ft_error_set(&ret->why, FT_OK, "a server refused the access token");
	/* Replaces the reason of the last exchange: the sign-in looks good, but a server refuses
	 * the token. */
	ret->refused = ret->verdict == FT_FRESH && ft_disbelief_open(&record->disbelief);
	if (ret->refused)
		(void)ft_error_set(
			&ret->why, FT_OK,
			"a server refused the access token that was fetched because it had "
			"refused another; it is kept" FT_REMEDY
			"if you may read what was asked for, run: freshtoken refresh %s",
			record->account);
}

static void look_at_fleet(const struct ft_record *record, struct ft_status *ret)
{
	ret->fleet.ahead = ft_record_is_ahead(record);
	set(ret->fleet.revision, sizeof ret->fleet.revision, record->fleet.revision);
	set(ret->fleet.holder, sizeof ret->fleet.holder, record->fleet.held.host);
	if (ret->fleet.ahead)
		(void)ft_error_set(&ret->why, FT_OK, "the fleet's store does not have this yet; "
				   "the next request for a token on this host writes it there");
}

/* The end of the sign-in is told only if there is no other reason: it is still good now. */
static void look_at_end(const struct ft_record *record, const struct ft_moment *now,
			struct ft_status *ret)
{
	char when[32];

	if (ft_ends_at(record) == 0)
		return;
	ret->sign_in_ends_at = ft_ends_at(record) / 1000;
	ret->ends_soon = ft_ends_soon(record, now->real);
	if (!ret->ends_soon || ret->why.text[0] != '\0' ||
	    (ret->verdict != FT_FRESH && ret->verdict != FT_REFRESHABLE))
		return;
	ft_date_format(ft_ends_at(record), when);
	(void)ft_error_set(&ret->why, FT_OK, "the sign-in ends at %s" FT_REMEDY
			   "run: freshtoken login %s", when, record->account);
}

static void look_at_copies(const struct ft_account *account, const struct ft_record *record,
			   const struct ft_moment *now, struct ft_status *ret)
{
	char line[FT_ERROR_LINE];

	if (account->id_token && record->id.token.data != NULL)
		ret->id_expires_at = (record->id.issued.real + record->id.lifetime) / 1000;
	if (account->id_token && ret->verdict == FT_FRESH && record->id.unrenewed &&
	    ft_freshness_id_left(record, now) == 0)
		(void)ft_id_token_missing(account, record, &ret->id);
	/* A token file need not exist for a token that is no longer good. */
	if (ret->verdict != FT_FRESH || ft_token_file_check(account, record, &ret->file) == 0)
		return;
	if (ret->why.text[0] == '\0')
		ret->why = ret->file;
	else
		ft_error_add(&ret->why, ft_error_line(&ret->file, line));
}

/* Tells without an exchange why a sign-in would fail, or which other way there is. */
static void look_at_sign_in(const struct freshtoken *ft, const struct ft_account *account,
			    struct ft_status *ret)
{
	struct ft_service service;
	struct ft_ready ready;

	if (ft_service_init(ft, account, &service, NULL) != 0)
		return;
	ft_service_cache_read(&service);
	ft_ready_look(&service, &ready);
	if (ft_ready_options(&ready) != NULL)
		(void)ft_error_set(
			&ret->why, FT_OK,
			"its service signs nobody in by itself, with a refresh token in FILE "
			"alone" FT_REMEDY "run: freshtoken login %s%s",
			account->name, ft_ready_options(&ready));
	else if ((ready.ready & FT_WAYS_OF_PEOPLE) == 0)
		ret->why = ready.lacks, ret->barred = true;
	ft_service_release(&service);
}

/* The remedy for a verdict whose reason has none. */
static void add_remedy(struct ft_status *status, const char *name)
{
	if (status->verdict == FT_NEEDS_LOGIN ||
	    (status->verdict == FT_SIGNED_OUT && status->why.text[0] == '\0'))
		(void)ft_error_remedy(&status->why, FT_OK, "run: freshtoken login %s", name);
	else if (status->verdict == FT_DISABLED)
		(void)ft_error_remedy(
			&status->why, FT_OK,
			"ask the service's administrator, then run: freshtoken login %s", name);
}

/* Whether the profile still names the servers that it named at the sign-in. Uses profiles that are
 * read once for all accounts, because reading them takes most of the time. */
static bool is_as_it_was(const struct freshtoken *ft, const struct ft_account *account,
			 const struct ft_record *record)
{
	const struct ft_profile *profile = NULL;
	char *elsewhere = NULL;
	bool same = ft->profiles != NULL &&
		    ft_profiles_find(ft->profiles, &ft->places, account->provider, &profile,
				     NULL) == 0 &&
		    ft_profile_elsewhere(profile, account, &elsewhere, NULL) == 0 &&
		    strcmp(elsewhere, record->elsewhere) == 0;

	free(elsewhere);
	return same;
}

/* No error for a profile that cannot be read. */
static int stays(const struct freshtoken *ft, const struct ft_account *account,
		 const struct ft_record *record, struct ft_error *err)
{
	struct ft_profile profile;

	if (is_as_it_was(ft, account, record))
		return 0;
	if (ft_profile_load(&ft->places, account, &profile, NULL) != 0)
		return 0;
	int r = ft_record_stays(record, account, profile.elsewhere, err);

	ft_profile_release(&profile);
	return r;
}

int ft_signin_status(struct freshtoken *ft, const char *name, struct ft_status *ret,
		     struct ft_error *err)
{
	const struct ft_account *account = NULL;
	struct ft_status status = FT_STATUS_INIT;
	struct ft_stored stored = FT_STORED_INIT;
	struct ft_error cause = FT_ERROR_INIT;
	char *server = NULL;
	int r = ft_context_account(ft, name, &account, err);

	if (r == 0)
		r = ft_context_server(ft, account, &server, err);
	if (r != 0)
		goto out;
	set(status.provider, sizeof status.provider, account->provider);
	set(status.server, sizeof status.server, server);
	bool derived = ft_account_derives(account);
	int got = ft_stored_read(ft, account, server, NULL, &stored, &cause);

	if (got == 0 && stored.record.elsewhere != NULL)
		got = stays(ft, account, &stored.record, &cause);
	status.fleet.used = account->fleet != NULL;
	if (got == 0) {
		fill(&stored, derived, &status);
		look_at_fleet(&stored.record, &status);
		look_at_end(&stored.record, &stored.now, &status);
		look_at_copies(account, &stored.record, &stored.now, &status);
		if (account->dpop && status.why.text[0] == '\0')
			(void)ft_error_set(&status.why, FT_OK,
					   "its tokens are bound to a key (dpop = yes): git and "
					   "docker cannot use them");
	} else if (got == FT_NOT_FOUND && derived) {
		status.why = cause;
	} else if (got == FT_NOT_FOUND) {
		/* An error that keeps a sign-in from working is told first. */
		if (ft_context_usable(ft, account, &cause) != 0)
			status.why = cause;
		else
			look_at_sign_in(ft, account, &status);
	} else if (got == FT_LOGIN_NEEDED) {
		status.verdict = FT_NEEDS_LOGIN;
		status.why = cause;
	} else {
		/* The sign-in may be good, and a new one would not remove this error. */
		r = ft_error_copy(err, got, &cause);
	}
	if (r == 0 && status.why.remedy[0] == '\0')
		add_remedy(&status, ft_accounts_root(&ft->accounts, account)->name);
	if (r == 0)
		*ret = status;
out:
	if (r != 0)
		ft_context_prefix(ft, name, err);
	ft_stored_release(&stored);
	free(server);
	return r;
}
