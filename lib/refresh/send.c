/* SPDX-License-Identifier: MIT */
/*
 * send.c - asks the service through freshtoken-transport
 *
 * The transport is started before the journal is written, so that both happen at the same time, and
 * waits for its request. Its answer goes to the slot's file, which stays if this process is killed.
 * Each transport makes its own proof (DPoP).
 */
#include "config.h"
#include "lib/refresh/plan.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* One exchange sends its request again only if it certainly did not arrive, after 429, or with
 * another proof (DPoP). Pauses in ms. */
#define TRIES 3
#define PAUSE_NOT_SENT 250
#define PAUSE_BUSY_MAX 5000
#define ADDRESS_MAX 80

#define TWICE "the service says so about a second proof too (DPoP; if a new sign-in does not " \
	"help, look for a proxy in between that sends requests twice)"

static int launch(const struct ft_job *job, struct ft_plan *plan, struct ft_error *err)
{
	const struct freshtoken *ft = job->ft;
	int r = ft_host_answer_create(ft->host, plan->slot, &plan->answer_fd, err);

	if (r == 0)
		r = ft_transport_start(ft->places.libexec, NULL, plan->answer_fd,
				       job->service.lock_fd, &plan->transport, err);
	return r;
}

static void end(struct ft_job *job, struct ft_plan *plan)
{
	ft_transport_finish(&plan->transport, job->account->timeout);
	if (plan->answer_fd >= 0)
		(void)close(plan->answer_fd);
	plan->answer_fd = -1;
}

static int prepare(struct ft_job *job, struct ft_plan *plan, const struct ft_record *record,
		   struct ft_error *err)
{
	struct ft_buf address = FT_BUF_INIT(ADDRESS_MAX);
	/* First, because starting takes the longest. */
	int r = launch(job, plan, err);

	/* The answer's file must be sealed, but the transport must not have a key that opens it. */
	if (r == 0)
		r = ft_seals_address(job->ft->seals, plan->slot, &address, err);
	if (r == 0)
		r = ft_service_refresh_message(&job->service, &record->refresh_token,
					       &record->access_token, plan->id,
					       address.len > 0 ? address.data : NULL,
					       &plan->request, err);
	ft_buf_release(&address);
	return r;
}

/* Reads the transport's answer from the slot's file. FT_UNTRUSTED: it is not complete. */
static int read_answer(const struct ft_job *job, const struct ft_plan *plan, struct ft_facts *ret,
		       struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(2 * FT_MESSAGE_MAX);
	int r = ft_transport_read(plan->answer_fd, &text, err);

	if (r == 0)
		r = ft_host_answer_open(job->ft->host, plan->slot, &text, err);
	if (r == 0)
		r = ft_facts_parse(text.data, text.len, ret, err);
	ft_buf_release(&text);
	return r;
}

static int send_once(struct ft_job *job, struct ft_plan *plan, const struct ft_record *record,
		     struct ft_judgement *ret, struct ft_error *err)
{
	struct ft_facts facts = FT_FACTS_INIT;
	struct ft_error cause;

	/* Lifetimes are counted from before the request, because the answer may take long. */
	ft_moment_now(&plan->sent);
	int r = ft_transport_send(&plan->transport, &plan->request, &cause);

	ft_transport_finish(&plan->transport, job->account->timeout);
	if (r != 0) {
		/* The transport sends nothing before it has read the whole request. */
		facts.sent = FT_SENT_NO;
		(void)snprintf(facts.error, sizeof facts.error, "%.200s", cause.text);
	} else {
		r = read_answer(job, plan, &facts, &cause);
		/* An answer that cannot be read now stays in the slot's file, and with it the
		 * journal: the next process adopts it (recover.c). */
		if (r == FT_NO_MEMORY || r == FT_SYSTEM)
			return ft_error_copy(err, r, &cause);
		/* The transport was killed, perhaps after it had sent the request. */
		if (r != 0)
			(void)snprintf(facts.error, sizeof facts.error,
				       "freshtoken-transport was cut off");
	}
	ft_service_learn(&job->service, &facts);
	r = ft_job_judge(job, &facts, record, &plan->sent, ret, err);
	ft_facts_release(&facts);
	return r;
}

/* Returns the ms to wait before another try; -1: there is none. other_proof: the last try was
 * already made because the service wanted another proof. */
static int64_t pause_before(const struct ft_judgement *judgement, int attempt, bool other_proof)
{
	if (attempt + 1 >= TRIES)
		return -1;
	if (judgement->other_proof && !other_proof)
		return 0;
	if (judgement->outcome != FT_OUTCOME_TRANSIENT)
		return -1;
	if (judgement->not_sent)
		return PAUSE_NOT_SENT << attempt;
	if (!judgement->busy)
		return -1;
	int64_t wait = judgement->retry_after > 0 ? judgement->retry_after * 1000 : 1000;

	return wait <= PAUSE_BUSY_MAX ? wait : -1;
}

static int send_some(struct ft_job *job, struct ft_plan *plan, const struct ft_record *record,
		     struct ft_judgement *ret, struct ft_error *err)
{
	bool other_proof = false;

	for (int i = 0; ; i++) {
		int r = send_once(job, plan, record, ret, err);

		if (r != 0)
			return r;
		int64_t ms = pause_before(ret, i, other_proof);

		if (ms < 0 && other_proof && ret->other_proof)
			ft_error_add(&ret->why, TWICE);
		if (ms < 0)
			return 0;
		other_proof = other_proof || ret->other_proof;
		struct timespec pause = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

		end(job, plan);
		(void)nanosleep(&pause, NULL);
		/* If another try cannot be started, the last answer counts. */
		if (launch(job, plan, NULL) != 0)
			return 0;
		ft_judgement_release(ret);
	}
}

static int ask(struct ft_job *job, struct ft_plan *plan, const struct ft_record *record,
	       struct ft_judgement *ret, struct ft_error *err)
{
	int r = send_some(job, plan, record, ret, err);

	if (r == 0)
		ft_job_counter(job, record, ret);
	return r;
}

const struct ft_asking ft_asking_transport = { prepare, ask, end };
