/* SPDX-License-Identifier: MIT */
/*
 * spend.c - writes the journal to the disk, then asks the service
 *
 * Once the journal is written, every end leaves either the new record, or the journal and perhaps
 * an answer for the next process that takes the lock.
 */
#include "config.h"
#include "lib/refresh/plan.h"

#include <string.h>
#include <unistd.h>

#include "lib/base/fingerprint.h"

int64_t ft_job_replay(const struct ft_job *job)
{
	int64_t replay = job->account->replay;

	if (replay == FT_REPLAY_UNSET)
		replay = job->service.profile.requests[FT_REQUEST_REFRESH].replay;
	if (replay == FT_REPLAY_ALWAYS)
		return FT_REPLAY_WINDOW_ALWAYS;
	return replay == FT_REPLAY_NEVER ? FT_REPLAY_WINDOW_NEVER : replay * 1000;
}

static void open_journal(struct ft_job *job, const struct ft_plan *plan, struct ft_record *record)
{
	struct ft_journal *journal = &record->journal;
	const struct ft_journal before = *journal;

	*journal = (struct ft_journal){ .present = true,
					.replay = ft_job_replay(job) };
	memcpy(journal->id, plan->id, sizeof journal->id);
	ft_fingerprint(&record->refresh_token, journal->fingerprint);
	ft_moment_now(&journal->moment);
	journal->first = journal->moment;
	/* What was settled before (recover.c) may have been about another refresh token. */
	job->spent = (struct ft_moment){ .real = 0 };
	if (before.present && strcmp(before.fingerprint, journal->fingerprint) == 0)
		job->spent = journal->first = before.first;
	if (gethostname(journal->host, sizeof journal->host - 1) != 0)
		journal->host[0] = '\0';
}

int ft_job_spend(struct ft_job *job, struct ft_plan *plan, struct ft_record *record,
		 struct ft_judgement *ret, struct ft_error *err)
{
	open_journal(job, plan, record);
	int r = ft_context_commit(job->ft, plan->journal, record, err);

	plan->journal = NULL;
	plan->sent = record->journal.moment;
	return r != 0 ? r : job->asking->ask(job, plan, record, ret, err);
}
