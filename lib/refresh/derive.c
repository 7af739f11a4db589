/* SPDX-License-Identifier: MIT */
/*
 * derive.c - gets a token for an account that nobody signs in to: by its grant, in exchange for
 * what `from` brings
 *
 * This is done under the account's own lock, like a refresh, so any number of callers costs one
 * exchange, and at most one refresh of an account that is the source, under that account's lock.
 * Locks are taken in the direction of the source only, and `from` has no cycles. Nothing is spent,
 * because what is exchanged stays good. So there is no journal, the transport does not inherit the
 * lock, and whoever comes after a kill repeats the exchange.
 *
 * A refresh token in the answer (RFC 8693, section 2.2.1: usually there is none) is not kept. It
 * would be a sign-in that outlives the one that the account's tokens come from.
 */
#include "config.h"
#include "lib/refresh/job.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/core/handover.h"
#include "lib/core/stored.h"
#include "lib/core/tokenfile.h"
#include "lib/signin/signin.h"
#include "lib/source/source.h"

#define TRIES 3
#define PAUSE_FIRST 250
#define PAUSE_BUSY 1000

/* Gets a good token of the account that is the source. */
static int get_token(struct ft_job *job, uint64_t rejected, struct ft_secret *ret,
		     uint64_t *ret_generation, struct ft_error *err)
{
	const struct ft_need need = {
		/* The new token may not live longer than the one it is made from. */
		.min_lifetime = job->want.min_lifetime / 1000, .rejected = rejected,
	};
	struct freshtoken_token *token = NULL;
	int r = ft_context_get(job->ft, job->account->from, &need, FT_PATIENCE_ALL, &token, err);

	if (r != 0)
		return r;
	const char *text = ft_token_access(token);

	*ret_generation = ft_token_generation(token);
	r = ft_secret_set(ret, text, strlen(text)) == 0 ? 0 : ft_error_memory(err);
	ft_token_free(token);
	return r;
}

/* Reads the source, each time anew. */
static int get_source(struct ft_job *job, uint64_t rejected, struct ft_variables *ret,
		      uint64_t *ret_generation, struct ft_error *err)
{
	int r = 0;

	ft_variables_release(ret);
	*ret_generation = 0;
	if (ft_account_from(job->account) == FT_FROM_ACCOUNT)
		r = get_token(job, rejected, &ret->source, ret_generation, err);
	return r != 0 ? r : ft_source_bring(&job->service, ret, err);
}

static bool is_refused(const struct ft_facts *facts)
{
	return facts->status >= 400 && facts->status < 500 && facts->status != 429 &&
	       facts->fields[FT_FIELD_CODE].data != NULL;
}

/* Whether the error is that of a service that does not accept the source's token (RFC 8693, section
 * 2.2.2). */
static bool blames_token(const struct ft_facts *facts)
{
	const char *code = facts->fields[FT_FIELD_CODE].data;

	return is_refused(facts) && (strcmp(code, "invalid_request") == 0 ||
				     strcmp(code, "invalid_grant") == 0 ||
				     strcmp(code, "invalid_token") == 0);
}

static bool exchanges(const struct ft_account *account)
{
	return strcmp(ft_account_grant(account), "token_exchange") == 0;
}

static const char *explain_proof(const struct ft_account *account)
{
	return account->from != NULL ?
		       "the service does not accept the source's proof" FT_REMEDY
		       "check its audience, issuer and expiry" :
		       "the service does not accept the assertion" FT_REMEDY
		       "check client_id, the key, and this machine's clock";
}

/* For a service that has no error codes. A 403 that comes from a rate limit has an explanation
 * already. */
static const char *explain_status(const struct ft_account *account, const struct ft_facts *facts)
{
	switch (facts->status) {
	case 400:
	case 401:
	case 422:
		return explain_proof(account);
	case 403:
		return facts->quota_used_up || facts->retry_after >= 0 ?
			       NULL :
			       "the service does not allow it" FT_REMEDY
			       "ask its administrator what this account may do";
	case 404:
		return "the service does not know what the account names" FT_REMEDY
		       "check server, client_id and each param";
	default:
		return NULL;
	}
}

static const char *explain(const struct ft_account *account, const struct ft_facts *facts)
{
	const char *code = facts->fields[FT_FIELD_CODE].data;
	bool exchange = exchanges(account);

	if (facts->status < 400 || !facts->parsed)
		return NULL;
	if (code == NULL)
		return explain_status(account, facts);
	if (strcmp(code, "unsupported_grant_type") == 0)
		return exchange ? "the service does not exchange tokens (RFC 8693)" FT_REMEDY
				  "name a server that does, or set grant to a way that it knows" :
				  "the service does not know this grant" FT_REMEDY
				  "check grant, or ask its administrator";
	if (strcmp(code, "unauthorized_client") == 0)
		return exchange ? "the service does not let this client exchange tokens" FT_REMEDY
				  "ask its administrator" :
				  "the service does not let this client use that grant" FT_REMEDY
				  "ask its administrator";
	if (strcmp(code, "invalid_request") == 0)
		return account->from != NULL ?
			       "the service does not accept the source's token, or misses "
			       "something in the request" FT_REMEDY
			       "check audience, resource and scope" :
			       "the service misses something in the request" FT_REMEDY
			       "check audience, resource and scope";
	/* With another account's token this code means that the sign-in is over, which apply()
	 * says. */
	if (strcmp(code, "invalid_grant") == 0 && ft_account_from(account) != FT_FROM_ACCOUNT)
		return explain_proof(account);
	return ft_signin_explain(code);
}

static int ask(struct ft_job *job, struct ft_variables *variables, struct ft_moment *sent,
	       struct ft_facts *ret, struct ft_error *err)
{
	for (int i = 0; ; i++) {
		ft_moment_now(sent);
		int r = ft_service_request(&job->service, FT_REQUEST_GRANT, variables, ret, err);
		int64_t ms = ret->status == 429 ? PAUSE_BUSY : PAUSE_FIRST << i;

		if (r == 0 && ret->reason == FT_REASON_OUR_KEY)
			r = ft_error_set(err, FT_CONFIG, "client_secret_file %s: %s" FT_REMEDY "%s",
					 job->account->client_secret_file, ret->error,
					 ft_reason_remedy(ret->reason));
		if (r != 0 || i + 1 == TRIES || (ret->sent != FT_SENT_NO && ret->status != 429) ||
		    ret->retry_after > 1)
			return r;
		struct timespec pause = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

		(void)nanosleep(&pause, NULL);
		ft_facts_release(ret);
	}
}

/* Exchanges what the source brings. again: a token that was refused may have been revoked early, so
 * the source is asked for another one, once. */
static int exchange(struct ft_job *job, bool again, struct ft_moment *sent, struct ft_facts *ret,
		    struct ft_error *err)
{
	struct ft_variables variables = { .by_date = job->service.by_date };
	uint64_t rejected = 0, generation = 0;
	int r;

	for (;;) {
		r = get_source(job, rejected, &variables, &generation, err);
		/* The source has no newer one than the one that was refused. */
		if (r != 0 || (rejected != 0 && generation == rejected))
			break;
		ft_facts_release(ret);
		r = ask(job, &variables, sent, ret, err);
		if (r != 0 || !again || generation == 0 || rejected != 0 || !blames_token(ret))
			break;
		rejected = generation;
	}
	ft_variables_release(&variables);
	/* The answer about the first token says why, unless the source's sign-in is over. */
	return rejected != 0 && r != FT_LOGIN_NEEDED ? 0 : r;
}

/* The account whose sign-in a refusal ends; NULL: there is none. */
static const struct ft_account *who_signs_in(const struct ft_job *job)
{
	const struct ft_account *root = ft_accounts_root(&job->ft->accounts, job->account);

	return ft_account_derives(root) ? NULL : root;
}

/* decided: trying again later does not help. */
static int say(const struct ft_job *job, bool decided, struct ft_error *why, struct ft_error *err)
{
	const char *server = job->service.server, *from = job->account->from;

	if (from == NULL)
		ft_error_prefix(why, "%s gives no token", server);
	else if (ft_account_from(job->account) == FT_FROM_ACCOUNT)
		ft_error_prefix(why, "%s gives no token for that of account %s", server, from);
	else
		ft_error_prefix(why, "%s gives no token for that of %.*s", server,
				(int)ft_from_shown(from), from);
	return ft_error_copy(err, decided ? FT_CONFIG : FT_TEMPORARY, why);
}

static int apply(struct ft_job *job, struct ft_facts *facts, const struct ft_moment *sent,
		 struct ft_record *record, struct ft_error *err)
{
	struct ft_judgement judgement = FT_JUDGEMENT_INIT;
	const struct ft_account *person = who_signs_in(job);
	const char *meaning = explain(job->account, facts);
	struct ft_error why;
	char *subject = record->subject;

	/* Without a sign-in, the subject of the record does not matter: a new one replaces it. */
	if (person == NULL)
		record->subject = NULL;
	int r = ft_job_judge(job, facts, record, sent, &judgement, err);

	record->subject = subject;
	bool decided = is_refused(facts) || judgement.outcome >= FT_OUTCOME_CLIENT;

	if (r != 0)
		return r;
	ft_secret_release(&judgement.refresh_token);
	judgement.ambiguous = false;
	/* Without a sign-in, none can have ended. */
	if (person == NULL && judgement.outcome > FT_OUTCOME_CLIENT)
		judgement.outcome = FT_OUTCOME_TRANSIENT;
	if (meaning != NULL && judgement.outcome != FT_OUTCOME_FRESH &&
	    judgement.outcome != FT_OUTCOME_CLIENT)
		ft_error_add(&judgement.why, meaning);
	r = ft_job_apply(job, &judgement, sent, record, err);
	ft_record_why(record, &why);
	if (r == 0 &&
	    (judgement.outcome == FT_OUTCOME_TRANSIENT || judgement.outcome == FT_OUTCOME_CLIENT)) {
		r = say(job, decided, &why, err);
	} else if (r == 0 && judgement.outcome != FT_OUTCOME_FRESH) {
		ft_error_prefix(&why, "%s refused the token of account %s", job->service.server,
				job->account->from);
		(void)ft_error_remedy(&why, FT_LOGIN_NEEDED, "run: freshtoken login %s",
				      person->name);
		r = ft_error_copy(err, FT_LOGIN_NEEDED, &why);
	}
	ft_judgement_release(&judgement);
	return r;
}

/* Whether the record's sign-in is still the source's: somebody may have signed in meanwhile. */
static bool is_same_sign_in(const struct ft_job *job, const struct ft_record *record)
{
	struct ft_stored now = FT_STORED_INIT;
	bool same = ft_stored_read(job->ft, job->account, job->service.server, NULL, &now, NULL) ==
			    0 &&
		    now.record.signed_in == record->signed_in;

	ft_stored_release(&now);
	return same;
}

static int renew(struct ft_job *job, struct ft_record *record, bool damaged, struct ft_error *err)
{
	const char *name = job->account->name;
	struct ft_facts facts = FT_FACTS_INIT;
	/* If the last exchange failed too, a revoked token is not the reason. */
	bool again = record->verdict != FT_UNREACHABLE;
	struct ft_error saved = FT_ERROR_INIT;
	struct ft_prepared *next = NULL;
	struct ft_moment sent;
	char *aside = NULL;
	int r = ft_service_prepare(&job->service, FT_REQUEST_GRANT, err);

	/* Nobody asks for a token that could not be stored: each caller would ask again. */
	if (r == 0)
		r = job->ft->ops->prepare(job->ft->store, name, "next", &next, err);
	if (r == 0)
		r = exchange(job, again, &sent, &facts, err);
	if (r != 0)
		goto out;
	r = apply(job, &facts, &sent, record, err);
	if (r == FT_NO_MEMORY)
		goto out;
	if (!is_same_sign_in(job, record)) {
		r = ft_error_set(err, FT_TEMPORARY,
				 "somebody has signed in or out of account %s meanwhile" FT_REMEDY
				 "try again",
				 ft_accounts_root(&job->ft->accounts, job->account)->name);
		goto out;
	}
	/* The record of a damaged file is blank and has no version, so the file must be out of its
	 * way. */
	int stored = damaged ? job->ft->ops->set_aside(job->ft->store, name, &aside, &saved) : 0;

	if (stored == 0) {
		stored = ft_context_commit(job->ft, next, record, &saved);
		next = NULL;
	}
	if (stored == 0 && r == 0) {
		ft_token_file_renew(job->ft, job->account, record);
		/* Signing in removes the file, perhaps before it was written here. */
		if (job->account->token_file != NULL && !is_same_sign_in(job, record))
			(void)ft_token_file_remove(job->account, NULL);
	}
	if (stored != 0 && r == 0) {
		*err = saved;
		ft_error_prefix(err, "%s has answered, but it could not be saved",
				job->service.server);
		r = stored;
	}
out:
	job->ft->ops->discard(next);
	free(aside);
	ft_facts_release(&facts);
	return r;
}

int ft_job_derive(struct ft_job *job, struct ft_error *err)
{
	struct ft_stored stored = FT_STORED_INIT;

	/* Programs that are started from here do not need the lock. */
	(void)fcntl(FT_HANDOVER_LOCK_FD, F_SETFD, FD_CLOEXEC);
	job->service.lock_fd = -1;
	int r = ft_stored_need(job->ft, job->account, job->service.server, &job->want, &stored,
			       err);

	/* If it is not due, whoever asked reads the record and sees why. */
	if (r == 0 && stored.due)
		r = renew(job, &stored.record, stored.damaged, err);
	ft_stored_release(&stored);
	return r;
}
