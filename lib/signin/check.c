/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/signin/check.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/error.h"
#include "lib/base/token.h"
#include "lib/core/stored.h"
#include "lib/service/identity.h"
#include "lib/source/source.h"

/* Besides the codes of identity.h: 0 (active), FT_LOGIN_NEEDED (not active) and others. */
#define NOT_ASKED 1

struct check {
	struct freshtoken *ft;
	const struct ft_account *account;
	struct ft_service service;
	struct ft_stored stored;
	struct ft_status *status;
	int refresh, access;
	struct ft_error why;	/* of the last question that was not answered */
};

static void say(struct check *check, const char *format, ...) FT_PRINTF(2, 3);

static void say(struct check *check, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)ft_error_vset(&check->status->why, FT_OK, format, args);
	va_end(args);
}

/* Says why the service could not be asked. */
static void say_why(struct check *check, const char *before)
{
	check->status->why = check->why;
	ft_error_prefix(&check->status->why, "%s", before);
}

static int read_record(struct check *check, struct ft_error *err)
{
	int r = ft_stored_read(check->ft, check->account, check->service.server, NULL,
			       &check->stored, err);

	return r != 0 ? r : ft_record_stays(&check->stored.record, check->account,
					    check->service.profile.elsewhere, err);
}

static bool is_alive(const struct check *check)
{
	const struct ft_want want = { 0 };
	struct ft_moment now;

	ft_moment_now(&now);
	return ft_freshness_alive(&check->stored.record, &want, &now);
}

/* Whether the token was spent and replaced during the question: then it is not active either. */
static bool was_replaced(struct check *check)
{
	struct ft_secret asked = { NULL, 0 };
	bool replaced = false;

	if (ft_secret_copy(&asked, &check->stored.record.refresh_token) == 0 &&
	    read_record(check, NULL) == 0 && check->stored.record.refresh_token.data != NULL)
		replaced = !ft_secret_equal(&check->stored.record.refresh_token, asked.data,
					    asked.len);
	ft_secret_release(&asked);
	/* Then the stored status has changed too. */
	if (replaced)
		(void)ft_signin_status(check->ft, check->account->name, check->status, NULL);
	return replaced;
}

static void ask_refresh(struct check *check)
{
	check->refresh = NOT_ASKED;
	for (int i = 0; i < 3 && check->stored.record.refresh_token.data != NULL; i++) {
		check->refresh = ft_identity_refresh_active(
			&check->service, &check->stored.record.refresh_token, &check->why);
		if (check->refresh != FT_LOGIN_NEEDED || !was_replaced(check))
			return;
	}
}

static void ask_access(struct check *check)
{
	const struct ft_account *account = check->account;
	struct ft_identity identity = FT_IDENTITY_INIT;
	bool general =
		!ft_account_derives(account) && account->resource == NULL &&
		account->audience == NULL;
	int asked;

	check->access = NOT_ASKED;
	if (!is_alive(check))
		return;
	check->access = ft_identity_introspect(&check->service, &check->stored.record.access_token,
					       &identity, &check->why);
	ft_identity_release(&identity);
	/* If the service did not call the refresh token active, "not active" may only mean that
	 * this client may not ask. */
	if (check->access == FT_NOT_FOUND ||
	    (check->access == FT_LOGIN_NEEDED && check->refresh != 0)) {
		asked = ft_identity_userinfo(&check->service, &check->stored.record.access_token,
					     &identity, &check->why);
		ft_identity_release(&identity);
		if (asked == 0 || general)
			check->access = asked;
		else if (check->access == FT_LOGIN_NEEDED || asked == FT_LOGIN_NEEDED)
			check->access =
				ft_error_set(&check->why, FT_NOT_FOUND,
					     "%s says that the access token is not active, but "
					     "it may say that of every token that this "
					     "client may not ask about",
					     check->service.server);
	}
}

/* Marks the access token as refused, as git's erase does. */
static void refuse_access(struct check *check)
{
	(void)ft_signin_invalidate(check->ft, check->account->name,
				   check->stored.record.access_token.data, 0, NULL);
	check->status->verdict =
		check->stored.record.refresh_token.data != NULL ? FT_REFRESHABLE : FT_NEEDS_LOGIN;
	say(check, "the service says that the access token is not good any more%s",
	    check->stored.record.refresh_token.data != NULL ?
		    "; the next program that asks gets another one" :
		    "");
}

/* The service confirms the sign-in. */
static void conclude_active(struct check *check)
{
	struct ft_status *status = check->status;
	const char *name = check->account->name;

	if (status->verdict == FT_NEEDS_LOGIN || status->verdict == FT_DISABLED) {
		ft_error_prefix(&status->why,
				"the service calls the refresh token active now, and said before");
		(void)ft_error_remedy(&status->why, FT_OK, "run: freshtoken refresh %s", name);
	} else if (check->access == FT_LOGIN_NEEDED &&
		   ft_token_is_jwt(&check->stored.record.access_token)) {
		say(check, "the service does not know the access token, a JWT; servers that do not "
			   "ask it may take it");
	} else if (check->access == FT_LOGIN_NEEDED) {
		refuse_access(check);
	} else {
		if (status->verdict == FT_UNREACHABLE)
			status->verdict = FT_REFRESHABLE;
		say(check, "the service says that the sign-in is good");
	}
}

/* The service says nothing of the refresh token, or there is none. */
static void conclude_access(struct check *check)
{
	if (check->access == FT_LOGIN_NEEDED) {
		refuse_access(check);
	} else if (check->access == 0 && check->refresh != NOT_ASKED) {
		say(check,
		    "the access token is good; about the refresh token the service says nothing");
	} else if (check->access == 0) {
		say(check, "the service says that the access token is good");
	} else if (check->access == NOT_ASKED && check->refresh == NOT_ASKED) {
		say(check, "there is no token to ask the service about; the next program that asks "
			   "gets one");
	} else if (check->access != 0) {
		say_why(check, check->stored.record.refresh_token.data != NULL
				       ? "cannot be checked without spending the refresh token"
				       : "cannot be checked");
	}
}

static void conclude(struct check *check)
{
	bool answered = check->refresh == 0 || check->refresh == FT_LOGIN_NEEDED ||
			check->access == 0 || check->access == FT_LOGIN_NEEDED;
	struct ft_moment now;

	ft_moment_now(&now);
	if (answered)
		check->status->checked_at = now.real / 1000;
	if (check->refresh == 0) {
		conclude_active(check);
	} else if (check->refresh == FT_LOGIN_NEEDED &&
		   check->stored.record.access_token.data != NULL &&
		   !is_alive(check)) {
		/* Doorkeeper says this of every refresh token after its access token has
		 * expired. */
		say(check,
		    "the service calls the refresh token not active; it may say so only because "
		    "its access token has expired, which proves nothing" FT_REMEDY
		    "to find out run: freshtoken refresh %s",
		    check->account->name);
	} else if (check->refresh == FT_LOGIN_NEEDED) {
		check->status->verdict = FT_NEEDS_LOGIN;
		say(check,
		    "the service says that the refresh token is not active any more%s" FT_REMEDY
		    "run: freshtoken login %s",
		    check->access == 0 ? "; the access token still is" : "", check->account->name);
	} else if (check->refresh != NOT_ASKED && check->refresh != FT_NOT_FOUND) {
		say_why(check, "could not be checked");
	} else if (check->access < 0 && check->access != FT_NOT_FOUND &&
		   check->access != FT_LOGIN_NEEDED) {
		say_why(check, "could not be checked");
	} else {
		conclude_access(check);
	}
}

void ft_check(struct freshtoken *ft, const char *name, struct ft_status *status)
{
	struct check check = { .ft = ft, .stored = FT_STORED_INIT, .status = status,
			       .refresh = NOT_ASKED, .access = NOT_ASKED };
	const struct ft_error known = status->why;

	int r = ft_context_account(ft, name, &check.account, &check.why);

	if (r == 0)
		r = ft_service_init(ft, check.account, &check.service, &check.why);
	if (r != 0) {
		say_why(&check, "could not be checked");
		return;
	}
	if (ft_source_prove(&check.service, &check.why) != 0) {
		say_why(&check, "could not be checked");
		goto out;
	}
	/* status says already that there is no record, or not of this account. */
	if (read_record(&check, NULL) != 0)
		goto out;
	ft_service_proxy_from_environment(&check.service);
	r = ft_service_discover(&check.service, NULL, &check.why);
	if (r != 0) {
		say_why(&check, "could not be checked");
		goto out;
	}
	ask_refresh(&check);
	/* A service that did not answer the first question is not asked the second. */
	if (check.refresh != FT_TEMPORARY && check.refresh != FT_SYSTEM)
		ask_access(&check);
	conclude(&check);
out:
	/* A server has refused the token: the service's good answer does not change that. */
	if (status->refused && status->verdict == FT_FRESH &&
	    strcmp(known.text, status->why.text) != 0) {
		const struct ft_error answer = status->why;

		say(&check, "%.400s; %.400s", known.text, answer.text);
		ft_error_foreign(&status->why, answer.foreign);
		(void)ft_error_remedy(&status->why, FT_OK, "%s",
				      answer.remedy[0] != '\0' ? answer.remedy : known.remedy);
	}
	ft_stored_release(&check.stored);
	ft_service_release(&check.service);
}
