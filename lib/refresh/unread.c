/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/refresh/job.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/date.h"

/* One entry of the file: when the answer came, from where, and its text. */
static int format(const struct ft_job *job, const struct ft_secret *raw, struct ft_buf *ret)
{
	struct ft_moment now;
	char when[32];

	ft_moment_now(&now);
	ft_date_format(now.real, when);
	ft_buf_addf(ret, "--- an answer of %s that could not be read, %s\n", job->service.server,
		    when);
	ft_buf_add(ret, raw->data, raw->len);
	ft_buf_adds(ret, "\n");
	return ret->failed ? FT_NO_MEMORY : 0;
}

static int say(struct ft_record *record, const char *what, const char *where)
{
	char *reason = NULL;

	if (asprintf(&reason, "%s%s%s %s", record->reason != NULL ? record->reason : "",
		     record->reason != NULL ? "; " : "", what, where) < 0)
		return FT_NO_MEMORY;
	free(record->reason);
	record->reason = reason;
	return 0;
}

int ft_job_keep_unread(const struct ft_job *job, const struct ft_judgement *judgement,
		       struct ft_record *record, struct ft_error *err)
{
	const char *name = job->account->name;
	struct ft_buf text = FT_BUF_INIT(FT_HOST_UNREAD_MAX);
	struct ft_error cause = FT_ERROR_INIT;
	char *path = NULL;
	int r = 0;

	if (judgement->raw.len > 0) {
		int kept = format(job, &judgement->raw, &text);

		if (kept == 0)
			kept = ft_host_unread_add(job->ft->host, name, &text, &path, &cause);
		r = kept == 0 ? say(record, "the answer is kept in", path) :
		    say(record, "the answer could not be kept:", cause.text);
	} else if (judgement->outcome != FT_OUTCOME_FRESH &&
		   ft_host_unread_find(job->ft->host, name, &path, NULL) == 0) {
		r = say(record, "an earlier answer that could not be read is kept in", path);
	}
	ft_buf_release(&text);
	free(path);
	return r != 0 ? ft_error_memory(err) : 0;
}

void ft_job_drop_unread(const struct ft_job *job, const struct ft_judgement *judgement)
{
	if (judgement->outcome == FT_OUTCOME_FRESH && judgement->raw.len == 0)
		(void)ft_host_unread_remove(job->ft->host, job->account->name, NULL);
}
