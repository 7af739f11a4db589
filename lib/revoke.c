#include "config.h"
#include "revoke.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "date.h"
#include "handover.h"
#include "judge.h"
#include "service.h"
#include "signin.h"

/* Revoking twice does no harm, so whatever was not understood as a decision is tried again. */
#define TRIES 3
#define PAUSE_FIRST 250
#define PAUSE_BUSY_MAX 5000

/* Of one account. */
struct job {
	struct freshtoken *ft;
	struct ft_account account;	/* as configured, but for the time that is left */
	struct ft_service service;
	struct ft_record record;
	int64_t deadline;	/* for the network */
	int lock;
};

/* Hands the lock to freshtoken-refresh, which settles what was left behind, and takes it back. */
static int settle(struct job *job, struct ft_error *err)
{
	const struct freshtoken *ft = job->ft;
	const char *name = job->account.name;
	const struct ft_want want = { .settle = true };
	int64_t deadline = ft_context_patience(&job->account);
	int result = -1;
	bool silent;

	/* What cannot be settled is no reason to stay signed in. */
	if (ft_handover_start(ft, name, &want, job->lock, -1, &result, NULL) != 0)
		return 0;
	(void)close(job->lock);
	job->lock = -1;
	(void)ft_handover_result(result, deadline, &silent, NULL);
	(void)close(result);
	return ft_context_lock(ft, name, deadline, &job->lock, err);
}

static int read_record(struct job *job, struct ft_error *err)
{
	bool damaged;

	ft_record_release(&job->record);
	return ft_context_read(job->ft, job->account.name, job->account.name, &job->record, &damaged, err);
}

static bool is_unsettled(struct job *job)
{
	const struct ft_journal *journal = &job->record.journal;

	return (journal->present && !journal->settled) ||
	       ft_context_login_pending(job->ft, job->account.name);
}

/* From here on nobody takes the tokens for good. On a full disk they go unmarked, and soon. */
static void mark(struct job *job)
{
	struct ft_record *record = &job->record;
	char when[32], reason[256];
	struct ft_moment now;

	ft_moment_now(&now);
	ft_date_format(now.real, when);
	(void)snprintf(reason, sizeof reason, "a sign-out that began at %s was cut off; freshtoken logout %s"
		       " finishes it", when, job->account.name);
	record->rejected = true;
	record->verdict = FT_NEEDS_LOGIN;
	record->cooldown = 0;	/* what is over here is never asked about again */
	if (ft_record_set(&record->reason, reason) == 0)
		(void)ft_context_write(job->ft, job->account.name, record, NULL);
}

static int64_t left(const struct job *job)
{
	return job->deadline - ft_monotonic_ms();
}

/* ms to wait before another try; -1: that was an answer, or it has to do for one. */
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

		job->account.timeout = job->service.timeout = seconds > 1 ? (unsigned)seconds : 1;
		int r = ft_service_request(&job->service, kind, variables, ret, err);
		int64_t ms = r == 0 ? pause_before(ret, i) : -1;

		if (ms < 0 || ms >= left(job))
			return r;
		struct timespec pause = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

		(void)nanosleep(&pause, NULL);
		ft_facts_release(ret);
		*ret = (struct ft_facts){ .date = -1, .retry_after = -1 };
	}
}

static void not_revoked(struct ft_revocation *ret, const char *why)
{
	ret->state = FT_REVOKED_NOT;
	(void)snprintf(ret->why, sizeof ret->why, "%s", why);
}

/* A 2xx is the whole answer (RFC 7009 section 2.2), except where it is a web page or names an
 * error: some services know no other status. */
static void judge(const struct ft_facts *facts, struct ft_revocation *ret)
{
	const char *code = facts->fields[FT_FIELD_CODE].data;
	bool named = code != NULL && strcasecmp(code, "false") != 0 && strcmp(code, "0") != 0;

	if (facts->status >= 200 && facts->status < 300 && facts->media != FT_MEDIA_HTML && !named) {
		ret->state = FT_REVOKED;
	} else if (named && strcmp(code, "unsupported_token_type") == 0) {
		ret->state = FT_REVOKED_NEVER;
	} else {
		ft_judge_words(facts, ret->why, sizeof ret->why);
		const char *meaning = code != NULL && strcmp(code, "invalid_client") == 0 ?
				      ft_signin_explain(code) : NULL;
		size_t len = strlen(ret->why);

		ret->state = FT_REVOKED_NOT;
		if (meaning != NULL)
			(void)snprintf(ret->why + len, sizeof ret->why - len, "; %s", meaning);
	}
}

/* Whether the service answered at all. */
static bool revoke_one(struct job *job, enum ft_request_kind kind, struct ft_revocation *ret)
{
	const struct ft_record *record = &job->record;
	/* Lent, not copied. */
	struct ft_variables variables = { .refresh_token = record->refresh_token,
					  .access_token = record->access_token,
					  .token = record->access_token };
	struct ft_facts facts = { .date = -1, .retry_after = -1 };
	struct ft_error err = { 0, "" };
	bool answered = false;

	if (ask(job, kind, &variables, &facts, &err) != 0) {
		not_revoked(ret, err.text);
	} else {
		answered = facts.status != 0;
		judge(&facts, ret);
	}
	ft_judge_hide(ret->why, sizeof ret->why, &record->refresh_token);
	ft_judge_hide(ret->why, sizeof ret->why, &record->access_token);
	ft_facts_release(&facts);
	return answered;
}

/* How each token can be revoked, as far as it can be told. */
static bool offers(const struct ft_service *service, enum ft_request_kind kind)
{
	const struct ft_request_template *own = &service->profile.revoke;

	if (kind == FT_REQUEST_REVOKE_ACCESS)
		return ft_service_endpoint(service, "revocation_endpoint") != NULL;
	return own->present &&
	       (own->path != NULL || ft_service_endpoint(service, own->endpoint) != NULL);
}

/* A refresh whose end nobody knows may have brought a newer refresh token than ours. */
static void doubt(const struct ft_record *record, struct ft_revocation *ret)
{
	char when[32];

	if (!record->journal.present || ret->state != FT_REVOKED)
		return;
	ft_date_format(record->journal.moment.real, when);
	ret->state = FT_REVOKED_NOT;
	(void)snprintf(ret->why, sizeof ret->why, "a refresh that was cut off at %s may have replaced it by"
		       " one that is not known here", when);
}

static void revoke_all(struct job *job, struct ft_signed_out *ret)
{
	struct ft_revocation *refresh = &ret->refresh_token, *access = &ret->access_token;
	bool has_refresh = job->record.refresh_token.data != NULL;
	bool has_access = job->record.access_token.data != NULL && ret->access_left != 0;
	struct ft_error err;
	int r = ft_service_discover(&job->service, NULL, &err);
	bool refresh_can = offers(&job->service, FT_REQUEST_REVOKE);
	bool access_can = offers(&job->service, FT_REQUEST_REVOKE_ACCESS), answered = true;

	if (has_refresh && !refresh_can)
		refresh->state = FT_REVOKED_NEVER;
	if (has_access && !access_can)
		access->state = FT_REVOKED_NEVER;
	if (r != 0 && refresh->state == FT_REVOKED_NEVER && job->service.profile.revoke.present)
		not_revoked(refresh, err.text);
	if (r != 0 && access->state == FT_REVOKED_NEVER)
		not_revoked(access, err.text);
	if ((has_refresh && refresh_can) || (has_access && access_can))
		mark(job);
	if (has_refresh && refresh_can) {
		answered = revoke_one(job, FT_REQUEST_REVOKE, refresh);
		doubt(&job->record, refresh);
	}
	/* Who does not answer about the one does not answer about the other. */
	if (has_access && access_can && answered)
		(void)revoke_one(job, FT_REQUEST_REVOKE_ACCESS, access);
	else if (has_access && access_can)
		*access = *refresh;
}

static void revoke_record(struct job *job, struct ft_signed_out *ret)
{
	struct ft_error err;
	struct ft_moment now;
	int r = ft_service_init(job->ft, &job->account, &job->service, &err);

	ft_moment_now(&now);
	ret->access_left = ft_freshness_left(&job->record, &now);
	ret->access_left = ret->access_left > 0 ? ret->access_left / 1000 : ret->access_left;
	ret->access_jwt = ft_token_is_jwt(&job->record.access_token);
	/* Nothing is sent to another server than the one that issued it. */
	if (r == 0)
		r = ft_record_belongs(&job->record, &job->account, job->service.server, &err);
	if (r != 0) {
		if (job->record.refresh_token.data != NULL)
			not_revoked(&ret->refresh_token, err.text);
		if (job->record.access_token.data != NULL && ret->access_left != 0)
			not_revoked(&ret->access_token, err.text);
	} else {
		job->service.lock_fd = job->lock;
		ft_service_proxy_from_environment(&job->service);
		revoke_all(job, ret);
	}
	ft_service_release(&job->service);
}

int ft_revoke_sign_in(struct freshtoken *ft, const char *name, struct ft_signed_out *ret,
		      struct ft_error *err)
{
	struct job job = { .ft = ft, .record = { .lifetime = -1 }, .lock = -1 };
	struct ft_signed_out out = { .access_left = -1 };
	const struct ft_account *account = NULL;
	struct ft_error cause;
	int r = ft_context_account(ft, name, &account, err), got = 0;

	if (r == 0) {
		job.account = *account;
		r = ft_context_lock(ft, name, ft_context_patience(account), &job.lock, err);
	}
	/* More than once only where somebody is killed again and again. */
	for (int i = 0; r == 0 && i < 3; i++) {
		got = read_record(&job, &cause);
		if (!is_unsettled(&job))
			break;
		r = settle(&job, err);
	}
	if (r != 0)
		goto out;
	job.deadline = ft_monotonic_ms() + (int64_t)account->timeout * 1000;
	out.signed_in = got != FT_NOT_FOUND;
	if (got == 0)
		revoke_record(&job, &out);
	else if (out.signed_in)
		not_revoked(&out.refresh_token, cause.text);
	r = ft_signin_forget(ft, name, err);
	if (r != 0 && out.refresh_token.state == FT_REVOKED)
		ft_error_prefix(err, "the tokens are revoked, but not forgotten here");
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
