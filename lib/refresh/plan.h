/* SPDX-License-Identifier: MIT */
/*
 * plan.h - one exchange of a refresh token: planned, spent, adopted
 *
 *   plan    (plan.c)   what will be sent, where its answer and the new record will go.
 *                      Nothing has been spent; whatever fails here has lost nothing.
 *   spend   (spend.c)  the journal onto the disk, then the question.
 *   adopt   (adopt.c)  what the answer means, into the record and onto the disk.
 *
 * Of these, who asks the service is a table of functions: send.c sends the request itself,
 * freshtoken-pam has root ask (pam/user/sign-in.c). All else is the same for both.
 */
#ifndef FT_REFRESH_PLAN_H
#define FT_REFRESH_PLAN_H

#include "lib/refresh/job.h"

struct ft_plan {
	const char *slot;	/* whose record it is; not owned */
	char id[sizeof(((struct ft_journal *)0)->id)];	/* tells it from every other exchange */
	struct ft_prepared *journal, *result;	/* room for the record before and after */
	struct ft_moment sent;	/* after spend: from when on the life of what came is counted */
	/* What ft_asking_transport makes ready. */
	struct ft_buf request;
	struct ft_transport transport;
	int answer_fd;		/* -1: none */
};
#define FT_PLAN_INIT { .request = FT_BUF_INIT(FT_MESSAGE_MAX), .transport = FT_TRANSPORT_INIT, \
		       .answer_fd = -1 }

struct ft_asking {
	/* Makes ready all that asking takes, and nothing that cannot be left unused. */
	int (*prepare)(struct ft_job *job, struct ft_plan *plan, const struct ft_record *record,
		       struct ft_error *err);
	/* Asks, with the journal on the disk. plan->sent is when that began, and may be set to
	 * when it was sent. Any failure leaves the journal to whoever comes next: nobody knows then
	 * what became of the refresh token. */
	int (*ask)(struct ft_job *job, struct ft_plan *plan, const struct ft_record *record,
		   struct ft_judgement *ret, struct ft_error *err);
	/* Ends what prepare began, whether or not it was used, or prepare failed; NULL: nothing. */
	void (*end)(struct ft_job *job, struct ft_plan *plan);
};
extern const struct ft_asking ft_asking_transport;

/* ret is FT_PLAN_INIT before, and is released by the caller whatever comes of it. */
int ft_job_plan(struct ft_job *job, const char *slot, const struct ft_record *record,
		struct ft_plan *ret, struct ft_error *err);
int ft_job_spend(struct ft_job *job, struct ft_plan *plan, struct ft_record *record,
		 struct ft_judgement *ret, struct ft_error *err);
int ft_job_adopt(struct ft_job *job, struct ft_plan *plan, struct ft_judgement *judgement,
		 struct ft_record *record, struct ft_error *err);
void ft_plan_release(struct ft_job *job, struct ft_plan *plan);

#endif
