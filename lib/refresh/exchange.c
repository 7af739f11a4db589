/* SPDX-License-Identifier: MIT */
/* exchange.c - spends a refresh token: plan, spend, adopt (plan.h) */
#include "config.h"
#include "lib/refresh/plan.h"

int ft_job_exchange(struct ft_job *job, const char *slot, struct ft_record *record,
		    struct ft_error *err)
{
	struct ft_judgement judgement = FT_JUDGEMENT_INIT;
	struct ft_plan plan = FT_PLAN_INIT;
	int r = ft_job_plan(job, slot, record, &plan, err);

	if (r == 0)
		r = ft_job_spend(job, &plan, record, &judgement, err);
	if (r == 0)
		r = ft_job_adopt(job, &plan, &judgement, record, err);
	ft_plan_release(job, &plan);
	ft_judgement_release(&judgement);
	return r;
}
