/*
 * exchange.c - spends a refresh token, once, and loses nothing
 *
 * Before anything is sent: room for the answer, room for the result, the journal
 * on the disk. Whatever fails up to there has spent nothing. After it, every
 * way to end leaves either the new record, or the journal and the answer for
 * whoever takes the lock next.
 */
#include "config.h"
#include "lib/refresh/job.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/encode.h"
#include "lib/base/fingerprint.h"

/* Again within one exchange: only what surely did not arrive, or 429. Pauses in ms. */
#define TRIES 3
#define PAUSE_NOT_SENT 250
#define PAUSE_BUSY_MAX 5000
#define ID_SIZE sizeof(((struct ft_journal *)0)->id)

/* What tells this exchange from every other one. */
static int make_id(char ret[ID_SIZE], struct ft_error *err)
{
	unsigned char bytes[(ID_SIZE - 1) / 2];

	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return ft_error_errno(err, FT_SYSTEM, errno, "getrandom");
	ft_hex_write(bytes, sizeof bytes, ret);
	return 0;
}

static int render(struct ft_job *job, const struct ft_record *record, const char *id,
		  struct ft_buf *ret, struct ft_error *err)
{
	struct ft_service *service = &job->service;
	struct ft_variables variables = { .id = id, .by_date = service->by_date };
	int r = 0;

	if (ft_secret_copy(&variables.refresh_token, &record->refresh_token) != 0 ||
	    ft_secret_copy(&variables.access_token, &record->access_token) != 0)
		r = ft_error_memory(err);
	if (r == 0 && ft_request_needs_discovery(&service->profile, FT_REQUEST_REFRESH))
		r = ft_service_discover(service, service->profile.refresh.endpoint, err);
	/* Whom an ID token has to be from is known from there as well, where there is such a thing.
	 */
	else if (r == 0 && ft_request_wants_id_token(&service->profile))
		(void)ft_service_discover(service, NULL, NULL);
	if (r == 0)
		r = ft_request_render(job->account, &service->profile, FT_REQUEST_REFRESH,
				      &variables, &service->metadata, service->keys,
				      &service->proxy, ret, err);
	ft_variables_release(&variables);
	return r;
}

static int64_t replay_window(const struct ft_profile *profile)
{
	switch (profile->refresh.replay) {
	case FT_REPLAY_ALWAYS:
		return FT_REPLAY_WINDOW_ALWAYS;
	case FT_REPLAY_WINDOW:
		return profile->refresh.replay_window * 1000;
	default:
		return FT_REPLAY_WINDOW_NEVER;
	}
}

static void open_journal(const struct ft_job *job, const char id[ID_SIZE], struct ft_record *record)
{
	struct ft_journal *journal = &record->journal;

	*journal = (struct ft_journal){ .present = true,
					.replay = replay_window(&job->service.profile) };
	memcpy(journal->id, id, ID_SIZE);
	ft_fingerprint(&record->refresh_token, journal->fingerprint);
	ft_moment_now(&journal->moment);
	if (gethostname(journal->host, sizeof journal->host - 1) != 0)
		journal->host[0] = '\0';
}

/* A transport that waits for its request, and the file that its answer goes to. */
struct attempt {
	struct ft_transport transport;
	int answer_fd;
};

static int launch(const struct ft_job *job, const char *slot, struct attempt *ret,
		  struct ft_error *err)
{
	const struct freshtoken *ft = job->ft;
	int r = ft->ops->answer_create(ft->store, slot, &ret->answer_fd, err);

	if (r == 0)
		r = ft_transport_start(ft->places.libexec, NULL, ret->answer_fd,
				       job->service.lock_fd, &ret->transport, err);
	return r;
}

static void land(const struct ft_job *job, struct attempt *attempt)
{
	ft_transport_finish(&attempt->transport, job->account->timeout);
	if (attempt->answer_fd >= 0)
		(void)close(attempt->answer_fd);
	attempt->answer_fd = -1;
}

/* Sends the request and judges what came back. */
static int send_request(struct ft_job *job, struct ft_record *record, struct attempt *attempt,
			const struct ft_buf *message, struct ft_judgement *ret,
			struct ft_error *err)
{
	struct ft_facts facts = { .sent = FT_SENT_NO, .date = -1, .retry_after = -1 };
	struct ft_moment sent;
	struct ft_error cause;

	/* Life is counted from before the request: the answer may take long. */
	ft_moment_now(&sent);
	int r = ft_transport_send(&attempt->transport, message, &cause);

	ft_transport_finish(&attempt->transport, job->account->timeout);
	if (r != 0) {
		/* It sends nothing before it has read everything. */
		(void)snprintf(facts.error, sizeof facts.error, "%.200s", cause.text);
	} else if (ft_transport_answer(attempt->answer_fd, &facts, &cause) != 0) {
		/* No answer at all: it was killed, perhaps with the request on its way. */
		facts.sent = FT_SENT_MAYBE;
		(void)snprintf(facts.error, sizeof facts.error, "freshtoken-transport was cut off");
	}
	r = ft_service_verify(&job->service, NULL, &facts, err);
	if (r == 0)
		r = ft_judge(&job->service.profile, &facts, record->subject, &sent, ret, err);
	if (r == 0)
		record->journal.moment = sent;
	ft_facts_release(&facts);
	return r;
}

/* ms to wait before another try; -1: this was the last. */
static int64_t pause_before(const struct ft_judgement *judgement, int attempt, bool busy)
{
	if (attempt + 1 >= TRIES || judgement->outcome != FT_OUTCOME_TRANSIENT)
		return -1;
	if (judgement->not_sent)
		return PAUSE_NOT_SENT << attempt;
	if (!busy)
		return -1;
	int64_t wait = judgement->retry_after > 0 ? judgement->retry_after * 1000 : 1000;

	return wait <= PAUSE_BUSY_MAX ? wait : -1;
}

static int send_some(struct ft_job *job, const char *slot, struct ft_record *record,
		     struct attempt *attempt, const struct ft_buf *message,
		     struct ft_judgement *ret, struct ft_error *err)
{
	for (int i = 0; ; i++) {
		int r = send_request(job, record, attempt, message, ret, err);

		if (r != 0)
			return r;
		int64_t ms = pause_before(ret, i, ret->busy);

		if (ms < 0)
			return 0;
		struct timespec pause = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

		land(job, attempt);
		(void)nanosleep(&pause, NULL);
		/* What is known already counts where there is no second try. */
		if (launch(job, slot, attempt, NULL) != 0)
			return 0;
		ft_judgement_release(ret);
	}
}

/* Somebody put another refresh token there while ours was refused: that one counts. */
static bool replaced_meanwhile(const struct ft_job *job, const char *slot,
			       const struct ft_record *record)
{
	struct ft_record stored = { .lifetime = -1 };
	bool damaged, other = false;

	if (ft_context_read(job->ft, job->account->name, slot, &stored, &damaged, NULL) == 0)
		other = !ft_secret_equal(&stored.refresh_token, record->refresh_token.data,
					 record->refresh_token.len);
	ft_record_release(&stored);
	return other;
}

int ft_job_exchange(struct ft_job *job, const char *slot, struct ft_record *record,
		    struct ft_error *err)
{
	const struct freshtoken *ft = job->ft;
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	struct ft_prepared *journal = NULL, *result = NULL;
	struct ft_judgement judgement = { .lifetime = -1, .retry_after = -1 };
	struct attempt attempt = { FT_TRANSPORT_INIT, -1 };
	char id[ID_SIZE] = "";
	/* First, because it takes the longest to get ready. Where somebody else asks, no file takes
	 * the place of what an earlier exchange left. */
	int r = job->ask == NULL ? launch(job, slot, &attempt, err) :
		ft->ops->answer_remove(ft->store, slot, err);

	if (record->journal.present)
		job->spent = record->journal.moment;
	if (r == 0)
		r = make_id(id, err);
	if (r == 0 && job->ask == NULL)
		r = render(job, record, id, &message, err);
	if (r == 0)
		r = ft->ops->prepare(ft->store, slot, "result", &result, err);
	if (r == 0)
		r = ft->ops->prepare(ft->store, slot, "journal", &journal, err);
	if (r == 0) {
		open_journal(job, id, record);
		r = ft_context_commit(ft, journal, record, err);
		journal = NULL;
	}
	if (r == 0)
		r = job->ask != NULL ? job->ask(job, record, &judgement, err) :
		    send_some(job, slot, record, &attempt, &message, &judgement, err);
	if (r == 0 && job->ask == NULL)
		ft_job_counter(job, record, &judgement);
	if (r != 0)
		goto out;
	struct ft_moment sent = record->journal.moment;

	if (judgement.outcome >= FT_OUTCOME_TERMINAL && replaced_meanwhile(job, slot, record)) {
		r = 0;
		goto out;
	}
	r = ft_job_apply(job, &judgement, &sent, record, err);
	if (r == 0)
		r = ft_job_keep_unread(job, &judgement, record, err);
	if (r == 0) {
		r = ft_context_commit(ft, result, record, err);
		result = NULL;
	}
	if (r != 0) {
		/* Journal and answer stay: the next one takes the answer over. */
		ft_error_prefix(err,
				"%s has answered, but it could not be saved; the answer is kept in "
				"%s and is taken over by the next freshtoken that can write there",
				job->service.server, ft->places.state);
		goto out;
	}
	(void)ft->ops->answer_remove(ft->store, slot, NULL);
	ft_job_drop_unread(job, &judgement);
	r = ft_job_report(job, &judgement, record, err);
out:
	land(job, &attempt);
	ft->ops->discard(journal);
	ft->ops->discard(result);
	ft_judgement_release(&judgement);
	ft_buf_release(&message);
	return r;
}
