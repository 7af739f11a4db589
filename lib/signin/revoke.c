/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/signin/revoke.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/date.h"
#include "lib/base/token.h"
#include "lib/core/handover.h"
#include "lib/exchange/judge.h"
#include "lib/fleet/value.h"
#include "lib/service/identity.h"
#include "lib/service/service.h"
#include "lib/signin/register.h"
#include "lib/signin/signin.h"
#include "lib/source/source.h"

/* Revoking twice does no harm, so it is tried again after an answer without a decision. Pauses in
 * ms. */
#define TRIES 3
#define PAUSE_FIRST 250
#define PAUSE_BUSY_MAX 5000
/* For each question whether a token is active: it must leave time to revoke. */
#define CONFIRM_SECONDS 5
/* Seconds that an access token must still live, for a service that revokes nothing once it has
 * expired. */
#define EXPIRING 60

struct job {
	struct freshtoken *ft;
	const struct ft_account *account;
	struct ft_service service;
	struct ft_record record;
	int64_t deadline;	/* for the network (ft_monotonic_ms) */
	int lock;
	bool mute;		/* the service does not tell this client which tokens are active */
};

/* Hands the lock to freshtoken-refresh, which does what `want` says, and takes the lock again. Its
 * result is in *ret_said; the return value is for the lock alone. */
static int hand_over(struct job *job, const struct ft_want *want, struct ft_error *ret_said,
		     struct ft_error *err)
{
	const struct freshtoken *ft = job->ft;
	const char *name = job->account->name;
	int64_t deadline = ft_context_patience(job->account);
	int result = -1;
	bool silent;

	*ret_said = (struct ft_error)FT_ERROR_INIT;
	/* An error here must not keep the person signed in. */
	if (ft_handover_start(ft, name, want, job->lock, -1, &result, ret_said) != 0)
		return 0;
	(void)close(job->lock);
	job->lock = -1;
	if (ft_handover_result(result, deadline, &silent, ret_said) == FT_BUSY)
		(void)ft_error_set(ret_said, FT_TEMPORARY, "the service has not answered");
	(void)close(result);
	return ft_context_lock(ft, name, deadline, &job->lock, err);
}

static int settle(struct job *job, struct ft_error *err)
{
	const struct ft_want want = { .settle = true };
	struct ft_error said;

	return hand_over(job, &want, &said, err);
}

static int read_record(struct job *job, struct ft_error *err)
{
	bool damaged;

	ft_record_release(&job->record);
	return ft_context_read(job->ft, job->account->name, job->account->name, &job->record,
			       &damaged, err);
}

static bool has_tokens(const struct ft_record *record)
{
	return record->refresh_token.data != NULL || record->access_token.data != NULL;
}

static bool is_unsettled(struct job *job)
{
	const struct ft_journal *journal = &job->record.journal;

	return (journal->present && !journal->settled) ||
	       ft_context_login_pending(job->ft, job->account->name);
}

/* Marks the record, so that its tokens are not used any more. On a full disk that fails, but the
 * record is removed soon anyway. */
static void mark(struct job *job)
{
	struct ft_record *record = &job->record;
	struct ft_moment now;
	struct ft_error why;
	char when[32];

	ft_moment_now(&now);
	ft_date_format(now.real, when);
	(void)ft_error_set(
		&why, FT_OK,
		"a sign-out that began at %s was cut off; freshtoken logout %s finishes it", when,
		job->account->name);
	record->rejected = true;
	record->verdict = FT_NEEDS_LOGIN;
	record->cooldown = 0;	/* a sign-in that ends is never refreshed again */
	if (ft_record_say(record, &why) == 0)
		(void)ft_context_write(job->ft, job->account->name, record, NULL);
}

static int64_t left(const struct job *job)
{
	return job->deadline - ft_monotonic_ms();
}

/* ms to wait before another try; -1: do not try again. */
static int64_t pause_before(const struct ft_facts *facts, int attempt)
{
	if (attempt + 1 >= TRIES)
		return -1;
	if (facts->sent == FT_SENT_NO)
		return PAUSE_FIRST << attempt;
	/* RFC 7009 section 2.2.1: after a 503 the token is still good. */
	if (facts->status != 429 && facts->status != 503)
		return -1;
	int64_t wait = facts->retry_after > 0 ? facts->retry_after * 1000 : 1000;

	return wait <= PAUSE_BUSY_MAX ? wait : -1;
}

static int ask(struct job *job, enum ft_request_kind kind, const struct ft_variables *variables,
	       struct ft_facts *ret, struct ft_error *err)
{
	for (int i = 0; ; i++) {
		int64_t seconds = left(job) / 1000;

		job->service.route.timeout = seconds > 1 ? (unsigned)seconds : 1;
		int r = ft_service_request(&job->service, kind, variables, ret, err);
		int64_t ms = r == 0 ? pause_before(ret, i) : -1;

		if (ms < 0 || ms >= left(job))
			return r;
		struct timespec pause = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

		(void)nanosleep(&pause, NULL);
		ft_facts_release(ret);
	}
}

static void not_revoked(struct ft_revocation *ret, const struct ft_error *why)
{
	ret->state = FT_REVOKED_NOT;
	ret->why = *why;
	/* Its remedy is a new sign-in, which does not revoke the old one. */
	if (why->code == FT_LOGIN_NEEDED)
		(void)ft_error_remedy(&ret->why, why->code, "%s", "");
}

/* Whether the service says that it does not know the token, so nothing is left to revoke. RFC 7009
 * section 2.2 requires status 200 for that, but some services send an error. */
static bool is_ended(const struct job *job, const struct ft_facts *facts)
{
	const char *code = facts->fields[FT_FIELD_CODE].data;
	struct ft_judgement judgement;
	struct ft_moment now;
	bool ended;

	/* Some services send status 200 with every error. */
	if (!facts->parsed || (facts->status / 100 != 4 && facts->status / 100 != 2) ||
	    code == NULL)
		return false;
	ft_moment_now(&now);
	if (ft_judge(&job->service.profile, facts, NULL, &now, &judgement, NULL) != 0)
		return false;
	ended = judgement.outcome == FT_OUTCOME_TERMINAL ||
		strcmp(code, "invalid_token") == 0 || strcmp(code, "invalid_grant") == 0;
	ft_judgement_release(&judgement);
	return ended;
}

/* Status 2xx means revoked (RFC 7009 section 2.2), unless the answer is a web page or has an error
 * code: some services send status 200 with every error. */
static void judge(const struct job *job, const struct ft_facts *facts, struct ft_revocation *ret)
{
	const char *code = facts->fields[FT_FIELD_CODE].data;
	bool named = code != NULL && strcasecmp(code, "false") != 0 && strcmp(code, "0") != 0;

	if (facts->status >= 200 && facts->status < 300 && facts->media != FT_MEDIA_HTML &&
	    !named) {
		ret->state = FT_REVOKED;
	} else if (named && strcmp(code, "unsupported_token_type") == 0) {
		ret->state = FT_REVOKED_NEVER;
	} else if (is_ended(job, facts)) {
		ret->state = FT_REVOKED_ENDED;
	} else {
		ret->state = FT_REVOKED_NOT;
		ft_judge_words(facts, &ret->why);
		if (code != NULL && strcmp(code, "invalid_client") == 0)
			ft_error_add(&ret->why, ft_signin_explain(code));
	}
}

/* Revokes one token; returns whether the service answered. */
static bool revoke_one(struct job *job, enum ft_request_kind kind, struct ft_revocation *ret)
{
	const struct ft_record *record = &job->record;
	/* Not copies, so not released. */
	struct ft_variables variables = { .refresh_token = record->refresh_token,
					  .access_token = record->access_token,
					  .token = record->access_token };
	struct ft_facts facts = FT_FACTS_INIT;
	struct ft_error err = FT_ERROR_INIT;
	bool answered = false;

	if (ask(job, kind, &variables, &facts, &err) != 0) {
		not_revoked(ret, &err);
	} else {
		answered = facts.status != 0;
		judge(job, &facts, ret);
	}
	ft_judge_hide(&ret->why, &record->refresh_token);
	ft_judge_hide(&ret->why, &record->access_token);
	ft_facts_release(&facts);
	return answered;
}

/* An interrupted refresh may have produced a newer refresh token, which this host does not know. */
static void doubt(const struct ft_record *record, struct ft_revocation *ret)
{
	char when[32];

	if (!record->journal.present || ret->state != FT_REVOKED)
		return;
	ft_date_format(record->journal.moment.real, when);
	ret->state = FT_REVOKED_NOT;
	(void)ft_error_set(&ret->why, FT_OK,
		       "a refresh that was cut off at %s may have replaced it by one that is not "
		       "known on this host",
		       when);
}

/* Whether the service says that the token is active: 1, 0, or -1 if it does not say. */
static int is_active(struct job *job, bool refresh)
{
	const int64_t seconds = left(job) / 1000;
	struct ft_identity identity = FT_IDENTITY_INIT;
	struct ft_error ignored;

	if (job->mute || seconds < 1 || !ft_identity_can_introspect(&job->service) ||
	    (refresh && job->service.profile.requests[FT_REQUEST_INTROSPECT].access_only))
		return -1;
	job->service.route.timeout =
		seconds < CONFIRM_SECONDS ? (unsigned)seconds : CONFIRM_SECONDS;
	int r = refresh ? ft_identity_refresh_active(&job->service, &job->record.refresh_token,
						     &ignored) :
			  ft_identity_introspect(&job->service, &job->record.access_token,
						 &identity, &ignored);

	ft_identity_release(&identity);
	job->mute = r != 0 && r != FT_LOGIN_NEEDED;
	return r == 0 ? 1 : r == FT_LOGIN_NEEDED ? 0 : -1;
}

/* The service says that the token is revoked: asks whether it is still active, if it was before. */
static void confirm(struct job *job, bool refresh, int before, struct ft_revocation *ret)
{
	if (ret->state != FT_REVOKED || before != 1)
		return;
	const int after = is_active(job, refresh);

	ret->confirmed = after == 0;
	if (after != 1)
		return;
	ret->state = FT_REVOKED_NOT;
	(void)ft_error_set(&ret->why, FT_OK,
			   "the service answered that it is revoked, but still calls it active");
}

static void revoke_all(struct job *job, struct ft_signed_out *ret)
{
	struct ft_revocation *refresh = &ret->refresh_token, *access = &ret->access_token;
	bool has_refresh =
		job->record.refresh_token.data != NULL && refresh->state == FT_REVOKED_NOTHING;
	bool has_access = job->record.access_token.data != NULL && ret->access_left != 0;
	int refresh_before = -1, access_before = -1;
	struct ft_error err;
	int r = ft_service_discover(&job->service, NULL, &err);
	bool refresh_can = ft_service_offers(&job->service, FT_REQUEST_REVOKE);
	bool access_can = ft_service_offers(&job->service, FT_REQUEST_REVOKE_ACCESS);
	bool answered = true;

	if (has_refresh && !refresh_can)
		refresh->state = FT_REVOKED_NEVER;
	if (has_access && !access_can)
		access->state = FT_REVOKED_NEVER;
	if (r != 0 && refresh->state == FT_REVOKED_NEVER &&
	    job->service.profile.requests[FT_REQUEST_REVOKE].present)
		not_revoked(refresh, &err);
	if (r != 0 && access->state == FT_REVOKED_NEVER)
		not_revoked(access, &err);
	if (has_refresh && refresh_can)
		refresh_before = is_active(job, true);
	if (has_access && access_can)
		access_before = is_active(job, false);
	if ((has_refresh && refresh_can) || (has_access && access_can))
		mark(job);
	if (has_refresh && refresh_can) {
		answered = revoke_one(job, FT_REQUEST_REVOKE, refresh);
		doubt(&job->record, refresh);
	}
	/* A service that did not answer the first request is not sent the second. */
	if (has_access && access_can && answered)
		(void)revoke_one(job, FT_REQUEST_REVOKE_ACCESS, access);
	else if (has_access && access_can)
		*access = *refresh;
	confirm(job, true, refresh_before, refresh);
	confirm(job, false, access_before, access);
}

static void look_at_access(struct job *job, struct ft_signed_out *ret)
{
	struct ft_moment now;

	ft_moment_now(&now);
	ret->access_left = ft_freshness_left(&job->record, &now);
	ret->access_left = ret->access_left > 0 ? ret->access_left / 1000 : ret->access_left;
	ret->access_jwt = ft_token_is_jwt(&job->record.access_token);
}

/* Doorkeeper before 5.8.1 says "not active" of a good refresh token once its access token has
 * expired, and then revokes nothing. A sign-in that has ended looks the same, and so does a service
 * that tells this client nothing. Only a refresh shows which it is. */
static bool is_called_inactive(struct job *job)
{
	struct ft_error ignored;

	return ft_service_discover(&job->service, NULL, &ignored) == 0 &&
	       ft_service_offers(&job->service, FT_REQUEST_REVOKE) && is_active(job, true) == 0;
}

/* Doorkeeper accepts the previous refresh token until the access token that came with the new one
 * is used. So uses it once. */
static void use_access(struct job *job)
{
	struct ft_identity identity = FT_IDENTITY_INIT;
	struct ft_error ignored;

	if (ft_service_discover(&job->service, NULL, &ignored) == 0)
		(void)ft_identity_userinfo(&job->service, &job->record.access_token, &identity,
					   &ignored);
	ft_identity_release(&identity);
}

/* Refreshes first at a service that revokes nothing once the access token has expired: the profile
 * has refresh_first, or the service's answers look like that. */
static int refresh_first(struct job *job, struct ft_signed_out *ret, struct ft_error *ret_said,
			 struct ft_error *err)
{
	const struct ft_want want = { .force = true };
	const bool known = job->service.profile.requests[FT_REQUEST_REVOKE].refresh_first;
	int r = 0;

	*ret_said = (struct ft_error)FT_ERROR_INIT;
	if (job->record.refresh_token.data == NULL || ret->access_left < 0 ||
	    ret->access_left >= EXPIRING)
		return 0;
	if (!known && (ret->access_left > 0 || !is_called_inactive(job)))
		return 0;
	r = hand_over(job, &want, ret_said, err);
	job->service.lock_fd = job->lock;
	if (r == 0)
		r = read_record(job, err);
	job->deadline = ft_monotonic_ms() + (int64_t)job->account->timeout * 1000;
	if (r == 0)
		look_at_access(job, ret);
	if (r == 0 && ret_said->code == 0)
		use_access(job);
	/* The service refuses the refresh token, so nothing is left to revoke. */
	if (r == 0 && ret_said->code == FT_LOGIN_NEEDED && job->record.verdict == FT_NEEDS_LOGIN) {
		ret->refresh_token.state = FT_REVOKED_ENDED;
		ret_said->code = 0;
	}
	/* Without refresh_first it was only a guess: a failed refresh proves nothing. */
	if (!known)
		ret_said->code = 0;
	return r;
}

/* The refresh before it failed, so the service may have revoked nothing although it says so. */
static void doubt_expired(const struct ft_error *said, struct ft_revocation *ret)
{
	if (said->code == 0 || ret->state != FT_REVOKED || ret->confirmed)
		return;
	ret->state = FT_REVOKED_NOT;
	(void)ft_error_set(
		&ret->why, FT_OK,
		"the service revokes nothing after the access token has expired, and the refresh "
		"for that failed: %.600s",
		said->text);
	ft_error_foreign(&ret->why, said->foreign);
}

static int revoke_record(struct job *job, struct ft_signed_out *ret, struct ft_error *ret_err)
{
	struct ft_error err, said = FT_ERROR_INIT;
	int r = ft_service_init(job->ft, job->account, &job->service, &err), lost = 0;

	look_at_access(job, ret);
	/* Nothing is sent to another server than the one that issued it. */
	if (r == 0)
		r = ft_record_belongs(&job->record, job->account, job->service.server, &err);
	if (r == 0)
		r = ft_record_stays(&job->record, job->account, job->service.profile.elsewhere,
				    &err);
	if (r == 0)
		r = ft_source_prove(&job->service, &err);
	if (r != 0) {
		if (job->record.refresh_token.data != NULL)
			not_revoked(&ret->refresh_token, &err);
		if (job->record.access_token.data != NULL && ret->access_left != 0)
			not_revoked(&ret->access_token, &err);
	} else {
		job->service.lock_fd = job->lock;
		ft_service_proxy_from_environment(&job->service);
		lost = refresh_first(job, ret, &said, ret_err);
	}
	if (r == 0 && lost == 0) {
		revoke_all(job, ret);
		doubt_expired(&said, &ret->refresh_token);
	}
	ft_service_release(&job->service);
	return lost;
}

int ft_revoke_sign_in(struct freshtoken *ft, const char *name, struct ft_signed_out *ret,
		      struct ft_error *err)
{
	struct job job = { .ft = ft, .record = FT_RECORD_INIT, .lock = -1 };
	struct ft_signed_out out = { .access_left = -1 };
	const struct ft_account *account = NULL;
	struct ft_error cause;
	int r = ft_context_account(ft, name, &account, err), got = 0, told = 0;

	if (r == 0)
		r = ft_context_lock(ft, name, ft_context_patience(account), &job.lock, err);
	job.account = account;
	/* More than one round is needed only if processes are killed again and again. */
	for (int i = 0; r == 0 && i < 3; i++) {
		got = read_record(&job, &cause);
		/* In a fleet another host may have the newest refresh token. */
		if (!is_unsettled(&job) && (account->fleet == NULL || i > 0))
			break;
		r = settle(&job, err);
	}
	if (r != 0)
		goto out;
	job.deadline = ft_monotonic_ms() + (int64_t)account->timeout * 1000;
	out.signed_in = got != FT_NOT_FOUND &&
			(account->fleet == NULL || got != 0 || has_tokens(&job.record));
	if (got == 0)
		r = revoke_record(&job, &out, err);
	else if (out.signed_in)
		not_revoked(&out.refresh_token, &cause);
	if (r != 0 && job.lock < 0)
		goto out;
	/* The record was made unreadable meanwhile. If it was removed, all is well. */
	if (r != 0 && r != FT_NOT_FOUND)
		not_revoked(&out.refresh_token, err);
	if (account->fleet != NULL)
		told = ft_value_sign_out(ft, account, &cause);
	r = ft_signin_forget(ft, name, err);
	if (r == 0 && ft_register_has(ft, account)) {
		int removed = ft_register_remove(ft, account, &out.client.why);

		out.client.state = removed == 0		     ? FT_REVOKED :
				   removed == FT_NOT_FOUND ? FT_REVOKED_NEVER :
							     FT_REVOKED_NOT;
	}
	if (r != 0 && out.refresh_token.state == FT_REVOKED)
		ft_error_prefix(err, "the tokens are revoked, but not deleted on this host");
	if (r == 0 && told != 0) {
		r = ft_error_copy(err, told, &cause);
		ft_error_prefix(err, "the sign-in is deleted on this host, and its tokens are "
				"revoked where the service can, but the other hosts do not know");
		(void)ft_error_remedy(err, r, "run it again: freshtoken logout %s", name);
	}
	if (r == 0)
		*ret = out;
out:
	if (job.lock >= 0)
		(void)close(job.lock);
	ft_record_release(&job.record);
	if (r != 0)
		ft_error_prefix(err, "account %s", name);
	return r;
}
