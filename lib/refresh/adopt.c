/* SPDX-License-Identifier: MIT */
/*
 * adopt.c - judges an answer and writes the new record
 *
 * Both for an exchange that this process has sent, and for one whose process was killed.
 */
#include "config.h"
#include "lib/refresh/plan.h"

#include <stdlib.h>
#include <string.h>

#include "lib/core/tokenfile.h"

int ft_job_judge(struct ft_job *job, struct ft_facts *facts, const struct ft_record *record,
		 const struct ft_moment *sent, struct ft_judgement *ret, struct ft_error *err)
{
	int r = ft_service_verify(&job->service, NULL, facts, err);

	return r != 0 ? r :
	       ft_judge(&job->service.profile, facts, record->subject, sent, ret, err);
}

int ft_job_take(struct ft_job *job, struct ft_judgement *judgement, const struct ft_moment *sent,
		struct ft_record *record, struct ft_error *err)
{
	int r = ft_job_apply(job, judgement, sent, record, err);

	return r != 0 ? r : ft_job_keep_unread(job, judgement, record, err);
}

void ft_job_done(const struct ft_job *job, const char *slot, const struct ft_judgement *judgement)
{
	(void)ft_host_answer_remove(job->ft->host, slot, NULL);
	ft_job_drop_unread(job, judgement);
}

void ft_job_publish(const struct ft_job *job, const struct ft_judgement *judgement,
		    struct ft_record *record)
{
	if (judgement->outcome == FT_OUTCOME_FRESH)
		ft_token_file_renew(job->ft, job->account, record);
	else if (judgement->outcome >= FT_OUTCOME_TERMINAL)
		ft_token_file_refused(job->ft, job->account, record);
}

/* Whether to leave the stored record alone. Another process may have stored another refresh token
 * during the exchange, for example where hosts share a home without locks. A new one replaces it,
 * because nobody else has it; after any other answer the stored one counts, which may be the
 * successor of the one that was sent. */
static bool gives_way(const struct ft_job *job, const char *slot,
		      const struct ft_judgement *judgement, struct ft_record *record)
{
	const struct freshtoken *ft = job->ft;
	struct ft_record stored = FT_RECORD_INIT;
	char *aside = NULL;
	bool damaged, other = false;
	int r = ft_context_read(ft, job->account->name, slot, &stored, &damaged, NULL);

	if (r == 0)
		other = !ft_secret_equal(&stored.refresh_token, record->refresh_token.data,
					 record->refresh_token.len);
	if (damaged)
		r = ft->ops->set_aside(ft->store, slot, &aside, NULL);
	if (r == 0 || r == FT_NOT_FOUND)
		memcpy(record->version, stored.version, sizeof record->version);
	free(aside);
	ft_record_release(&stored);
	return other && judgement->refresh_token.data == NULL;
}

int ft_job_adopt(struct ft_job *job, struct ft_plan *plan, struct ft_judgement *judgement,
		 struct ft_record *record, struct ft_error *err)
{
	record->journal.moment = plan->sent;
	if (gives_way(job, plan->slot, judgement, record))
		return judgement->outcome >= FT_OUTCOME_TERMINAL ? 0 :
		       ft_job_report(job, judgement, record, err);
	int r = ft_job_take(job, judgement, &plan->sent, record, err);

	if (r == 0) {
		r = ft_context_commit(job->ft, plan->result, record, err);
		plan->result = NULL;
	}
	if (r != 0) {
		/* Journal and answer stay, so the next process adopts the answer. */
		ft_error_prefix(err,
				"%s has answered, but it could not be saved; the answer is kept in "
				"%s and is taken over by the next freshtoken that can write there",
				job->service.server, job->ft->places.state);
		return r;
	}
	ft_job_done(job, plan->slot, judgement);
	/* A sign-in that is being tested is not yet the account's. */
	if (strcmp(plan->slot, job->account->name) == 0)
		ft_job_publish(job, judgement, record);
	return ft_job_report(job, judgement, record, err);
}
