/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/refresh/job.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/core/ends.h"
#include "lib/core/idtoken.h"
#include "lib/fleet/decide.h"

/* How long a service that failed is left alone (ms); a Retry-After counts up to the last. */
#define COOLDOWN_FIRST 30000
#define COOLDOWN_AGAIN 60000
#define COOLDOWN_MAX 300000
/* If the service did not clearly say that the sign-in is over, or does not accept this client. */
#define COOLDOWN_REFUSED 600000
/* After so many refusals of unknown cause, the message suggests a new sign-in. */
#define REFUSALS_MANY 3

static int64_t usual_cooldown(const struct ft_judgement *judgement, const struct ft_record *record)
{
	if (judgement->retry_after > 0)
		return judgement->retry_after > COOLDOWN_MAX / 1000 ? COOLDOWN_MAX :
		       judgement->retry_after * 1000;
	return record->verdict == FT_UNREACHABLE ? COOLDOWN_AGAIN : COOLDOWN_FIRST;
}

static int64_t cooldown(const struct ft_judgement *judgement, const struct ft_record *record)
{
	const struct ft_journal *journal = &record->journal;
	const int64_t usual = usual_cooldown(judgement, record);

	/* A refusal is an answer. A Retry-After counts if it ends within the replay window. */
	if ((judgement->refused && !judgement->ambiguous) ||
	    (judgement->retry_after > 0 && journal->present && journal->replay > 0 &&
	     usual < journal->replay - ft_moment_since(&record->checked, &journal->first)))
		return usual;
	return ft_freshness_pause(record, &record->checked, usual);
}

static void forget_refusals(struct ft_record *record)
{
	record->refused.count = 0;
	record->refused.as[0] = '\0';
	record->client_refused = false;
}

static int apply_fresh(struct ft_job *job, struct ft_judgement *judgement,
		       const struct ft_moment *sent, struct ft_record *record)
{
	record->after_rejection = record->rejected || job->want.rejected == record->generation;
	record->replaced[0] = '\0';
	if (!record->after_rejection && record->access_token.data != NULL &&
	    ft_freshness_left(record, sent) > 0)
		ft_fingerprint(&record->access_token, record->replaced);
	record->rejected = false;
	record->disbelief = (struct ft_disbelief){ 0 };
	record->generation++;
	ft_secret_move(&record->access_token, &judgement->access_token);
	record->issued = *sent;
	record->lifetime = judgement->lifetime;
	record->verdict = FT_FRESH;
	record->cooldown = 0;
	/* A new refresh token came, and cannot be used. */
	if (judgement->ambiguous)
		record->journal.settled = true;
	else
		record->journal = (struct ft_journal){ .present = false };
	forget_refusals(record);
	ft_id_token_take(job->account, judgement, sent, record);
	/* A record of an earlier version does not have this from its sign-in. */
	if (record->elsewhere == NULL && !ft_account_derives(job->account) &&
	    ft_record_set(&record->elsewhere, job->service.profile.elsewhere) != 0)
		return FT_NO_MEMORY;
	/* An answer without a subject does not change it. */
	if (judgement->subject != NULL && ft_record_set(&record->subject, judgement->subject) != 0)
		return FT_NO_MEMORY;
	if (ft_record_set(&record->token_type, judgement->token_type) != 0)
		return FT_NO_MEMORY;
	return ft_record_say(record, &judgement->why);
}

/* Keeps an access token that cannot be used, because the service wants it together with its refresh
 * token. It counts as expired. Other services do not need it, so the old one, which may still be
 * good, stays. */
static void keep_pair(struct ft_judgement *judgement, const struct ft_moment *sent,
		      struct ft_record *record)
{
	ft_secret_move(&record->access_token, &judgement->access_token);
	record->generation++;
	record->issued = *sent;
	record->lifetime = 0;
	record->rejected = false;
}

/* The access token is the old one, and the refresh token is new: to the fleet's store that is a new
 * generation, or the one that it has, which is spent, would count as the same and replace ours. */
static void keep_successor(const struct ft_job *job, struct ft_record *record)
{
	if (job->want.rejected != 0 && job->want.rejected == record->generation)
		record->rejected = true;
	record->generation++;
}

/* Nothing is known about the sign-in. ambiguous: this exchange may have spent the refresh token. If
 * an earlier one may have, this one does not change that. */
static void keep_doubt(const struct ft_job *job, bool ambiguous, struct ft_record *record)
{
	struct ft_journal *journal = &record->journal;
	char fingerprint[FT_FINGERPRINT_SIZE];

	ft_fingerprint(&record->refresh_token, fingerprint);
	if ((ambiguous || job->spent.real != 0) &&
	    strcmp(fingerprint, journal->fingerprint) == 0)
		journal->settled = true;
	else
		*journal = (struct ft_journal){ .present = false };
}

static int apply_transient(const struct ft_job *job, struct ft_judgement *judgement,
			   struct ft_record *record)
{
	struct ft_error *why = &judgement->why;

	keep_doubt(job, judgement->ambiguous, record);
	record->cooldown = cooldown(judgement, record);
	record->verdict = FT_UNREACHABLE;
	record->client_refused = false;
	record->refused.count += judgement->refused;
	/* A machine account has no refresh token, and signing in would not help it. */
	if (!judgement->refused || record->refused.count < REFUSALS_MANY ||
	    record->refresh_token.data == NULL)
		return ft_record_say(record, why);
	ft_error_prefix(why, "it has refused %u times in a row", record->refused.count);
	(void)ft_error_remedy(why, FT_OK, "wait, or sign in again (freshtoken login %s)",
			      job->account->name);
	return ft_record_say(record, why);
}

/* This says nothing about the sign-in. An edit of the configuration may help, so the service is
 * asked again after COOLDOWN_REFUSED. */
static int apply_client(const struct ft_job *job, const struct ft_judgement *judgement,
			struct ft_record *record)
{
	const struct ft_account *account = job->account;
	const char *secret = account->client_cert_file != NULL ? account->client_cert_file :
								 account->client_secret_file;
	/* An assertion lives for a minute, so a wrong clock can be the reason. */
	const bool by_clock = account->client_auth == FT_CLIENT_AUTH_PRIVATE_KEY_JWT;
	struct ft_error why;

	record->verdict = FT_UNREACHABLE;
	record->cooldown = COOLDOWN_REFUSED;
	record->client_refused = true;
	keep_doubt(job, false, record);
	(void)ft_error_set(&why, FT_OK, "the service does not accept this client (%.400s)",
			   judgement->why.text);
	ft_error_foreign(&why, judgement->why.foreign);
	if (job->service.profile.client_auth == FT_CLIENT_AUTH_SOURCE ||
	    account->client_auth == FT_CLIENT_AUTH_SOURCE) {
		(void)ft_error_remedy(&why, FT_OK,
				      "check client_id and what its source %.*s brings",
				      (int)ft_from_shown(account->from), account->from);
		return ft_record_say(record, &why);
	}
	(void)ft_error_remedy(
		&why, FT_OK, "check client_id%s%s in [account %s], %s:%u%s",
		secret == NULL			    ? " and client_auth"
		: account->client_cert_file != NULL ? ", client_auth and client_cert_file = "
						    : ", client_auth and client_secret_file = ",
		secret != NULL ? secret : "", account->name,
		account->file != NULL ? account->file : "freshtoken.conf", account->line,
		by_clock ? ", and this machine's clock" : "");
	return ft_record_say(record, &why);
}

/* Whether a host of a fleet was paused after its claim, so that its request was not sent, or its
 * assertion had expired on the way, as intended. Nothing was spent, and nothing is wrong with the
 * client. */
static bool came_late(const struct ft_job *job, const struct ft_judgement *judgement,
		      const struct ft_moment *sent)
{
	struct ft_moment now;

	if (job->account->fleet == NULL ||
	    (judgement->outcome != FT_OUTCOME_CLIENT && !judgement->not_sent))
		return false;
	/* The assertion's expiry and the store's time have whole seconds. */
	ft_moment_now(&now);
	int64_t age = ft_moment_since(&now, sent), send = ft_claim_send(job->account->timeout);

	return age < 0 || age >= (send > 6000 ? send - 4000 : send / 4);
}

/* The sign-in is over. If an earlier refresh may be the cause, the reason says when it was. Tokens
 * stay. */
static int apply_terminal(const struct ft_job *job, struct ft_judgement *judgement,
			  struct ft_record *record)
{
	char when[32];

	record->verdict = judgement->outcome == FT_OUTCOME_DISABLED ? FT_DISABLED : FT_NEEDS_LOGIN;
	forget_refusals(record);
	/* A proxy may have answered instead of the service, so ask again. */
	memcpy(record->refused.as, judgement->refusal, sizeof record->refused.as);
	record->cooldown = judgement->refusal[0] != '\0' ? COOLDOWN_REFUSED : 0;
	record->journal = (struct ft_journal){ .present = false };
	/* A server has refused the access token, and now the service the refresh token: the access
	 * token is not handed out to others either. */
	if (job->want.rejected != 0 && job->want.rejected == record->generation)
		record->rejected = true;
	if (job->spent.real == 0)
		return ft_record_say(record, &judgement->why);
	ft_date_format(job->spent.real, when);
	ft_error_prefix(&judgement->why,
			"a refresh that was cut off at %s may have spent the refresh token", when);
	return ft_record_say(record, &judgement->why);
}

static enum ft_ending ending(enum ft_outcome outcome)
{
	switch (outcome) {
	case FT_OUTCOME_FRESH:
		return FT_ENDED_FRESH;
	case FT_OUTCOME_TRANSIENT:
		return FT_ENDED_UNREACHABLE;
	case FT_OUTCOME_CLIENT:
		return FT_ENDED_CLIENT;
	case FT_OUTCOME_DISABLED:
		return FT_ENDED_DISABLED;
	default:
		return FT_ENDED_NEEDS_LOGIN;
	}
}

int ft_job_apply(struct ft_job *job, struct ft_judgement *judgement, const struct ft_moment *sent,
		 struct ft_record *record, struct ft_error *err)
{
	int r;

	ft_judge_hide(&judgement->why, &record->refresh_token);
	ft_judge_hide(&judgement->why, &record->access_token);
	bool rotated = judgement->refresh_token.data != NULL;
	/* Some services send the old token again. */
	const bool another = rotated && !ft_secret_equal(&record->refresh_token,
							 judgement->refresh_token.data,
							 judgement->refresh_token.len);

	/* The new refresh token is kept whatever else the answer has (RFC 6749, section 6). */
	if (rotated)
		ft_secret_move(&record->refresh_token, &judgement->refresh_token);
	if (came_late(job, judgement, sent)) {
		judgement->outcome = FT_OUTCOME_TRANSIENT;
		judgement->ambiguous = false;
		judgement->retry_after = 1;
		(void)ft_error_set(&judgement->why, FT_OK,
				   "this host was paused, and its request came too late to count");
	}
	ft_moment_now(&record->checked);
	record->counts[ending(judgement->outcome)]++;
	record->fleet.away = false;
	switch (judgement->outcome) {
	case FT_OUTCOME_FRESH:
		ft_ends_take(judgement, sent, another, record);
		r = apply_fresh(job, judgement, sent, record);
		break;
	case FT_OUTCOME_TRANSIENT:
		if (rotated && judgement->access_token.data != NULL &&
		    ft_request_needs_access_token(job->account, &job->service.profile,
						  FT_REQUEST_REFRESH))
			keep_pair(judgement, sent, record);
		else if (another && job->account->fleet != NULL)
			keep_successor(job, record);
		r = apply_transient(job, judgement, record);
		break;
	case FT_OUTCOME_CLIENT:
		r = apply_client(job, judgement, record);
		break;
	default:
		r = apply_terminal(job, judgement, record);
	}
	return r != 0 ? ft_error_memory(err) : 0;
}

int ft_job_report(const struct ft_job *job, const struct ft_judgement *judgement,
		  const struct ft_record *record, struct ft_error *err)
{
	const char *server = job->service.server, *name = job->account->name;
	struct ft_error why;

	if (judgement->outcome == FT_OUTCOME_FRESH)
		return 0;
	ft_record_why(record, &why);
	if (why.text[0] == '\0')
		why = judgement->why;
	switch (judgement->outcome) {
	case FT_OUTCOME_TRANSIENT:
		ft_error_prefix(&why, "%s", server);
		return ft_error_copy(err, FT_TEMPORARY, &why);
	case FT_OUTCOME_CLIENT:
		(void)ft_error_remedy(&why, FT_CONFIG, "%s%sthen run: freshtoken refresh %s",
				      why.remedy, why.remedy[0] != '\0' ? "; " : "", name);
		ft_error_prefix(&why, "%s", server);
		return ft_error_copy(err, FT_CONFIG, &why);
	case FT_OUTCOME_DISABLED:
		(void)ft_error_remedy(&why, FT_LOGIN_NEEDED,
				      "ask its administrator, then run: freshtoken login %s", name);
		ft_error_prefix(&why, "%s says that this user is disabled", server);
		return ft_error_copy(err, FT_LOGIN_NEEDED, &why);
	default:
		(void)ft_error_remedy(&why, FT_LOGIN_NEEDED, "run: freshtoken login %s", name);
		ft_error_prefix(&why, "%s refused the refresh token", server);
		return ft_error_copy(err, FT_LOGIN_NEEDED, &why);
	}
}
