/* SPDX-License-Identifier: MIT */
/* plan.c - gets everything ready that an exchange will need, before anything is spent */
#include "config.h"
#include "lib/refresh/plan.h"

#include <errno.h>
#include <sys/random.h>

#include "lib/base/encode.h"

static int make_id(struct ft_plan *plan, struct ft_error *err)
{
	unsigned char bytes[(sizeof plan->id - 1) / 2];

	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return ft_error_errno(err, FT_SYSTEM, errno, "getrandom");
	ft_hex_write(bytes, sizeof bytes, plan->id);
	return 0;
}

int ft_job_plan(struct ft_job *job, const char *slot, const struct ft_record *record,
		struct ft_plan *ret, struct ft_error *err)
{
	const struct freshtoken *ft = job->ft;
	int r = make_id(ret, err);

	ret->slot = slot;
	if (r == 0)
		r = job->asking->prepare(job, ret, record, err);
	if (r == 0)
		r = ft->ops->prepare(ft->store, slot, "result", &ret->result, err);
	if (r == 0)
		r = ft->ops->prepare(ft->store, slot, "journal", &ret->journal, err);
	return r;
}

void ft_plan_release(struct ft_job *job, struct ft_plan *plan)
{
	const struct freshtoken *ft = job->ft;

	if (job->asking->end != NULL)
		job->asking->end(job, plan);
	ft->ops->discard(plan->journal);
	ft->ops->discard(plan->result);
	ft_buf_release(&plan->request);
	*plan = (struct ft_plan)FT_PLAN_INIT;
}
