/* SPDX-License-Identifier: MIT */
/*
 * recover.c - settles what a killed refresh or sign-in has left
 *
 * This process holds the lock, so no other works on the account: a journal that is not settled
 * belongs to an exchange whose process was killed. If its answer is complete, it is adopted as if
 * this process had waited for it; if not, the result is unknown.
 */
#include "config.h"
#include "lib/refresh/job.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/fingerprint.h"
#include "lib/core/tokenfile.h"

/* FT_NOT_FOUND: there is no complete answer to the journal's exchange. */
static int read_answer(const struct ft_job *job, const char *slot, const struct ft_journal *journal,
		       struct ft_facts *ret, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(2 * FT_MESSAGE_MAX);
	int r = ft_host_answer_read(job->ft->host, slot, &text, err);

	/* An answer that cannot be opened now stays: the next process may have the key. */
	if (r == 0) {
		r = ft_facts_parse(text.data, text.len, ret, err);
		if (r == 0 && strcmp(ret->id, journal->id) != 0) {
			ft_facts_release(ret);
			r = FT_NOT_FOUND;
		}
		if (r == FT_UNTRUSTED)
			r = FT_NOT_FOUND;
	}
	ft_buf_release(&text);
	return r;
}

static bool journal_is_ours(const struct ft_record *record)
{
	char fingerprint[FT_FINGERPRINT_SIZE];

	ft_fingerprint(&record->refresh_token, fingerprint);
	return strcmp(fingerprint, record->journal.fingerprint) == 0;
}

/* Updates the record by the answer of an exchange that was killed; without an answer it notes that
 * the token may have been spent. */
static int settle(struct ft_job *job, const char *slot, struct ft_record *record,
		  struct ft_judgement *judgement, struct ft_error *err)
{
	struct ft_facts facts = FT_FACTS_INIT;
	const struct ft_journal *journal = &record->journal;
	struct ft_moment sent = journal->moment;

	if (journal->first.real != sent.real)
		job->spent = journal->first;
	int r = read_answer(job, slot, journal, &facts, err);

	if (r == FT_NOT_FOUND) {
		record->journal.settled = true;
		return 0;
	}
	if (r == 0)
		r = ft_job_judge(job, &facts, record, &sent, judgement, err);
	if (r == 0)
		r = ft_job_take(job, judgement, &sent, record, err);
	ft_facts_release(&facts);
	return r;
}

static int recover_record(struct ft_job *job, struct ft_error *err)
{
	struct ft_judgement judgement = FT_JUDGEMENT_INIT;
	struct ft_record record = FT_RECORD_INIT;
	const char *name = job->account->name;
	bool damaged;
	int r = ft_context_read(job->ft, name, name, &record, &damaged, err);

	if (r == FT_NOT_FOUND || damaged)
		r = 0;	/* the first sign-in, or one that sets the damaged record aside */
	else if (r == 0 && record.journal.present && !record.journal.settled) {
		/* If the record was replaced by hand, the answer is not for its refresh token. */
		if (journal_is_ours(&record))
			r = settle(job, name, &record, &judgement, err);
		else
			record.journal = (struct ft_journal){ .present = false };
		if (r == 0)
			r = ft_context_write(job->ft, name, &record, err);
		if (r == 0)
			ft_job_done(job, name, &judgement);
		if (r == 0)
			ft_job_publish(job, &judgement, &record);
	}
	ft_judgement_release(&judgement);
	ft_record_release(&record);
	return r;
}

/* Whether the sign-in has succeeded, or brought a new refresh token, which nobody else has. */
static bool worth_keeping(const struct ft_record *record, const char *before)
{
	char now[FT_FINGERPRINT_SIZE];

	ft_fingerprint(&record->refresh_token, now);
	return record->verdict == FT_FRESH || strcmp(now, before) != 0;
}

int ft_job_keep_login(struct ft_job *job, struct ft_record *record, const char *typed,
		      struct ft_error *err)
{
	const char *name = job->account->name, *slot = job->login_slot;
	int r = 0;

	if (worth_keeping(record, typed)) {
		const uint64_t generation = record->generation;

		r = ft_context_succeed(job->ft, name, record, err);
		/* An earlier run may have written it already, and it may have been refused or
		 * refreshed since. */
		const bool written = record->generation > generation;

		record->generation = generation;
		if (r == 0 && !written)
			r = ft_context_write(job->ft, name, record, err);
		if (r == 0 && !written)
			ft_token_file_sign_in(job->ft, job->account, record);
	}
	if (r == 0) {
		(void)job->ft->ops->remove(job->ft->store, slot, NULL);
		(void)ft_host_answer_remove(job->ft->host, slot, NULL);
	}
	return r;
}

/* A sign-in whose process was killed. If it has failed it is dropped: the person still has the
 * token that was typed. */
static int recover_login(struct ft_job *job, struct ft_error *err)
{
	struct ft_judgement judgement = FT_JUDGEMENT_INIT;
	struct ft_record record = FT_RECORD_INIT;
	char typed[FT_FINGERPRINT_SIZE];
	bool damaged;
	int r = ft_context_read(job->ft, job->account->name, job->login_slot, &record, &damaged,
				err);

	if (r == FT_NOT_FOUND)
		return 0;
	/* The seal key cannot be read now; the next process may have it. */
	if (r == FT_TEMPORARY)
		return r;
	if (r != 0) {
		/* The file is damaged, or cannot be read. */
		if (damaged)
			(void)job->ft->ops->remove(job->ft->store, job->login_slot, NULL);
		return 0;
	}
	ft_fingerprint(&record.refresh_token, typed);
	if (record.journal.present && !record.journal.settled && journal_is_ours(&record)) {
		memcpy(job->exchanged, record.journal.fingerprint, sizeof job->exchanged);
		r = settle(job, job->login_slot, &record, &judgement, err);
	}
	if (r == 0)
		r = ft_job_keep_login(job, &record, typed, err);
	if (r != 0 || judgement.outcome != FT_OUTCOME_FRESH)
		job->exchanged[0] = '\0';
	ft_judgement_release(&judgement);
	ft_record_release(&record);
	return r;
}

int ft_job_recover(struct ft_job *job, struct ft_error *err)
{
	int r = recover_login(job, err);

	return r != 0 ? r : recover_record(job, err);
}
