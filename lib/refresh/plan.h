/* SPDX-License-Identifier: MIT */
/*
 * plan.h - one exchange of a refresh token: planned, spent, adopted
 *
 *   plan    (plan.c)   prepares the request, and reserves room for its answer and the new record.
 *                      Nothing is spent yet: a failure here loses nothing.
 *   spend   (spend.c)  writes the journal to disk, then sends the request.
 *   adopt   (adopt.c)  judges the answer, and writes the record to disk.
 *
 * Sending is a table of functions, struct ft_asking: send.c starts the transport itself,
 * freshtoken-pam lets root do it (pam/user/sign-in.c). The rest is the same for both.
 */
#ifndef FT_REFRESH_PLAN_H
#define FT_REFRESH_PLAN_H

#include "lib/refresh/job.h"

struct ft_plan {
	const char *slot;	/* the record's; not owned */
	char id[sizeof(((struct ft_journal *)0)->id)];	/* tells it from every other exchange */
	struct ft_prepared *journal, *result;	/* room for the record before and after */
	struct ft_moment sent;	/* after spend: lifetimes in the answer are counted from here */
	/* For ft_asking_transport. */
	struct ft_buf request;
	struct ft_transport transport;
	int answer_fd;		/* -1: none */
};
#define FT_PLAN_INIT { .request = FT_BUF_INIT(FT_MESSAGE_MAX), .transport = FT_TRANSPORT_INIT, \
		       .answer_fd = -1 }

struct ft_asking {
	/* Prepares all that `ask` needs; it must be possible not to use it. */
	int (*prepare)(struct ft_job *job, struct ft_plan *plan, const struct ft_record *record,
		       struct ft_error *err);
	/* Sends the request; the journal is on disk. plan->sent is the time before the call, and
	 * may be set to when it was really sent. After a failure it is unknown whether the refresh
	 * token was spent, so the journal stays for the next process to settle. */
	int (*ask)(struct ft_job *job, struct ft_plan *plan, const struct ft_record *record,
		   struct ft_judgement *ret, struct ft_error *err);
	/* Releases what prepare made, used or not, also after prepare failed; may be NULL. */
	void (*end)(struct ft_job *job, struct ft_plan *plan);
};
extern const struct ft_asking ft_asking_transport;

/* ret must be FT_PLAN_INIT; the caller releases it in any case. */
int ft_job_plan(struct ft_job *job, const char *slot, const struct ft_record *record,
		struct ft_plan *ret, struct ft_error *err);
int ft_job_spend(struct ft_job *job, struct ft_plan *plan, struct ft_record *record,
		 struct ft_judgement *ret, struct ft_error *err);
int ft_job_adopt(struct ft_job *job, struct ft_plan *plan, struct ft_judgement *judgement,
		 struct ft_record *record, struct ft_error *err);
void ft_plan_release(struct ft_job *job, struct ft_plan *plan);

#endif
