/* SPDX-License-Identifier: MIT */
/*
 * job.h - what freshtoken-refresh works on: one account, whose lock it holds
 */
#ifndef FT_REFRESH_JOB_H
#define FT_REFRESH_JOB_H

#include "lib/core/context.h"
#include "lib/exchange/judge.h"
#include "lib/service/service.h"

struct ft_job {
	struct freshtoken *ft;
	const struct ft_account *account;
	struct ft_service service;
	struct ft_want want;
	char *login_slot;	/* "NAME~login" */
	char exchanged[17];	/* fingerprint of a typed token whose answer was just adopted */
	const struct ft_asking *asking;	/* plan.h: how the request is sent */
	int ask_fd;		/* for an asking that lets another process send it */
	struct ft_moment spent;	/* when an exchange with an unknown end may have spent the token;
				 * real 0: none */
};

struct ft_asking;

/*
 * exchange.c: sends the record's refresh token and updates the record by the answer, in memory and
 * on disk: the journal before, the result after. Returns 0 if the record is fresh then, else why
 * not: FT_LOGIN_NEEDED, FT_TEMPORARY, FT_CONFIG, FT_SYSTEM.
 */
int ft_job_exchange(struct ft_job *job, const char *slot, struct ft_record *record,
		    struct ft_error *err);

/* spend.c: for how many ms after an exchange without an answer the refresh token may be sent again,
 * as the journal notes it. */
int64_t ft_job_replay(const struct ft_job *job);

/*
 * counter.c: if the service refused in words that the profile does not know, sends it an invented
 * refresh token, unless the record has this refusal already. If the answer is the same, the sign-in
 * is over: the judgement becomes TERMINAL. Otherwise, and after any failure, it stays TRANSIENT.
 */
void ft_job_counter(struct ft_job *job, const struct ft_record *record,
		    struct ft_judgement *judgement);

/* derive.c: likewise for an account that nobody signs in to, where nothing is spent. */
int ft_job_derive(struct ft_job *job, struct ft_error *err);

/* adopt.c: what facts mean for the record; an ID token in them is verified. FT_NO_MEMORY. */
int ft_job_judge(struct ft_job *job, struct ft_facts *facts, const struct ft_record *record,
		 const struct ft_moment *sent, struct ft_judgement *ret, struct ft_error *err);
/* Changes the record in memory as the judgement says, and keeps an answer that could not be
 * read. */
int ft_job_take(struct ft_job *job, struct ft_judgement *judgement, const struct ft_moment *sent,
		struct ft_record *record, struct ft_error *err);
/* To be called once the record is on the disk: removes the answer that was kept for recovery. */
void ft_job_done(const struct ft_job *job, const char *slot, const struct ft_judgement *judgement);
/* To be called after that: the account's token_file follows the record. */
void ft_job_publish(const struct ft_job *job, const struct ft_judgement *judgement,
		    struct ft_record *record);

/* outcome.c: what a judgement makes of a record (not of the disk). */
int ft_job_apply(struct ft_job *job, struct ft_judgement *judgement, const struct ft_moment *sent,
		 struct ft_record *record, struct ft_error *err);
/* Returns the code and text for the caller. */
int ft_job_report(const struct ft_job *job, const struct ft_judgement *judgement,
		  const struct ft_record *record, struct ft_error *err);

/*
 * unread.c: an answer that may have brought tokens which nobody could read is kept for a person,
 * and the record's reason says where, until an exchange is good again.
 */
int ft_job_keep_unread(const struct ft_job *job, const struct ft_judgement *judgement,
		       struct ft_record *record, struct ft_error *err);
/* Once the record is on the disk. */
void ft_job_drop_unread(const struct ft_job *job, const struct ft_judgement *judgement);

/* recover.c: what is worth keeping of a sign-in goes to its account; then the slot is empty.
 * typed is the fingerprint of the refresh token that was typed. */
int ft_job_keep_login(struct ft_job *job, struct ft_record *record, const char *typed,
		      struct ft_error *err);

/* recover.c: settles what a killed refresh or sign-in has left. */
int ft_job_recover(struct ft_job *job, struct ft_error *err);

#endif
