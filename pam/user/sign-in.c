/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/user/sign-in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/encode.h"
#include "lib/core/stored.h"
#include "lib/refresh/plan.h"
#include "pam/user/user.h"
#include "pam/wire/wire.h"

/* ms to wait for the lock; and, after its timeouts, for root's exchange with the service. */
#define LOCK_PATIENCE 30000
#define ASK_GRACE 60000

/* Copies root's context, with the user's store instead of root's. */
static int enter(const struct ft_call *call, struct freshtoken *ret, struct ft_error *err)
{
	*ret = call->ft;
	ret->store = NULL;
	ret->host = NULL;
	ret->seals = NULL;
	ret->places.state = NULL;
	int r = ft_user_state(call, &ret->places.state, err);

	return r != 0 ? r : ft_context_open_state(ret, err);
}

static void leave(struct freshtoken *ft)
{
	ft_context_close_state(ft);
	free(ft->places.state);
}

static int take_judgement(const struct ft_buf *message, struct ft_judgement *ret)
{
	static const struct {
		enum ft_wire_field field;
		size_t offset;
	} flags[] = {
		{ FT_WIRE_BUSY, offsetof(struct ft_judgement, busy) },
		{ FT_WIRE_NOT_SENT, offsetof(struct ft_judgement, not_sent) },
		{ FT_WIRE_AMBIGUOUS, offsetof(struct ft_judgement, ambiguous) },
	};
	const char *access = ft_wire_get(message, FT_WIRE_ACCESS_TOKEN, 0);
	const char *refresh = ft_wire_get(message, FT_WIRE_REFRESH_TOKEN, 0);
	const char *id = ft_wire_get(message, FT_WIRE_ID_TOKEN, 0);
	const char *reason = ft_wire_get(message, FT_WIRE_TEXT, 0);
	const char *raw = ft_wire_get(message, FT_WIRE_RAW, 0);
	struct ft_buf bytes = FT_BUF_INIT(FT_WIRE_TOKENS_MAX);
	const int64_t outcome = ft_wire_number(message, FT_WIRE_CODE, FT_OUTCOME_DISABLED);

	*ret = (struct ft_judgement){
		.outcome = outcome >= 0 ? (enum ft_outcome)outcome : FT_OUTCOME_TRANSIENT,
		.lifetime = ft_wire_number(message, FT_WIRE_LIFETIME, INT64_MAX),
		.id_lifetime = ft_wire_number(message, FT_WIRE_ID_LIFETIME, INT64_MAX),
		.retry_after = ft_wire_number(message, FT_WIRE_RETRY, INT64_MAX),
	};
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		*(bool *)((char *)ret + flags[i].offset) =
			ft_wire_get(message, flags[i].field, 0) != NULL;
	(void)ft_error_unpack(&ret->why, FT_OK, reason != NULL ? reason : "");
	if (raw != NULL)
		(void)ft_base64_read(raw, strlen(raw), FT_BASE64, &bytes);
	const bool failed = bytes.failed != 0 ||
		(bytes.len > 0 && ft_secret_set(&ret->raw, bytes.data, bytes.len) != 0);

	ft_buf_release(&bytes);
	if (failed ||
	    (access != NULL && ft_secret_set(&ret->access_token, access, strlen(access)) != 0) ||
	    (refresh != NULL &&
	     ft_secret_set(&ret->refresh_token, refresh, strlen(refresh)) != 0) ||
	    (id != NULL && ft_secret_set(&ret->id_token, id, strlen(id)) != 0) ||
	    ft_record_set(&ret->token_type, ft_wire_get(message, FT_WIRE_TOKEN_TYPE, 0)) != 0 ||
	    ft_record_set(&ret->subject, ft_wire_get(message, FT_WIRE_SUBJECT, 0)) != 0) {
		ft_judgement_release(ret);
		return FT_NO_MEMORY;
	}
	return 0;
}

/* Removes the answer file of an earlier exchange: root's exchange writes none. */
static int prepare(struct ft_job *job, struct ft_plan *plan, const struct ft_record *record,
		   struct ft_error *err)
{
	(void)record;
	return ft_host_answer_remove(job->ft->host, plan->slot, err);
}

static int ask(struct ft_job *job, struct ft_plan *plan, const struct ft_record *record,
	       struct ft_judgement *ret, struct ft_error *err)
{
	static const char kinds[] = { FT_WIRE_JUDGED, '\0' };
	struct ft_buf message = FT_BUF_INIT(FT_WIRE_TOKENS_MAX);
	const int64_t patience = (int64_t)job->account->timeout * 4000 + ASK_GRACE;

	(void)plan;
	ft_wire_begin(&message, FT_WIRE_ASK);
	ft_wire_add(&message, FT_WIRE_REFRESH_TOKEN, record->refresh_token.data);
	ft_wire_add(&message, FT_WIRE_ACCESS_TOKEN, record->access_token.data);
	int r = ft_wire_send(job->ask_fd, &message, ft_wire_now() + 1000);

	if (r == 0)
		r = ft_wire_receive(job->ask_fd, kinds, &message, ft_wire_now() + patience);
	if (r == 0)
		r = take_judgement(&message, ret);
	ft_buf_release(&message);
	return r != 0 ? ft_error_set(err, FT_SYSTEM, "freshtoken-pam was cut off") : 0;
}

/* The exchange through root: pam/exchange/worker.c is at the other end of the socket. */
static const struct ft_asking asking_root = { prepare, ask, NULL };

static int lock(struct ft_job *job, int *ret_fd, struct ft_error *err)
{
	const struct freshtoken *ft = job->ft;
	const char *name = job->account->name;

	return ft_host_lock_await(ft->host, name, ft_monotonic_ms() + LOCK_PATIENCE, ret_fd, err);
}

static int refresh(struct ft_job *job, bool force, struct ft_error *err)
{
	struct ft_stored stored = FT_STORED_INIT;
	int r = ft_job_recover(job, err);

	if (r == 0)
		r = ft_stored_read(job->ft, job->account, job->service.server, &job->want, &stored,
				   err);
	if (r == 0)
		r = ft_record_stays(&stored.record, job->account, job->service.profile.elsewhere,
				    err);
	if (r == 0 && stored.record.refresh_token.data == NULL)
		r = ft_error_set(err, FT_LOGIN_NEEDED, "the sign-in has no refresh token");
	else if (r == 0 && stored.action == FT_LOGIN)
		r = ft_error_set(err, FT_LOGIN_NEEDED, "the service has refused it before");
	else if (r == 0 && stored.due)
		r = ft_job_exchange(job, job->account->name, &stored.record, err);
	if (force && r == FT_TEMPORARY)
		r = 0;	/* root has judged the same answer itself */
	ft_stored_release(&stored);
	return r;
}

int ft_user_refresh(const struct ft_call *call, void *data, int fd)
{
	const bool force = *(const bool *)data;
	struct ft_error err = FT_ERROR_INIT;
	struct freshtoken ft;
	struct ft_job job = {
		.ft = &ft, .account = call->account, .service = call->service,
		.want = { .force = force }, .asking = &asking_root, .ask_fd = fd,
	};
	int lock_fd = -1, r = enter(call, &ft, &err);

	/* This process would fetch the service's keys as the user. */
	job.service.ft = &ft;
	job.service.run_as = NULL;
	if (r == 0 && asprintf(&job.login_slot, "%s~login", call->account->name) < 0)
		r = ft_error_memory(&err);
	/* Without a state folder nobody has signed in; locking would make the folder. */
	if (r == 0 && access(ft.places.state, F_OK) != 0)
		r = ft_error_set(&err, FT_NOT_FOUND,
				 "nobody has signed in for this user on this host");
	if (r == 0)
		r = lock(&job, &lock_fd, &err);
	if (r == 0)
		r = refresh(&job, force, &err);
	r = ft_user_done(fd, r, &err);
	if (lock_fd >= 0)
		(void)close(lock_fd);
	leave(&ft);
	return r;
}

int ft_user_has(const struct ft_call *call, void *data, int fd)
{
	const struct ft_secret *token = data;
	struct ft_stored stored = FT_STORED_INIT;
	struct ft_error err = FT_ERROR_INIT;
	struct freshtoken ft;
	int r = enter(call, &ft, &err);

	if (r == 0)
		r = ft_stored_read(&ft, call->account, call->service.server, NULL, &stored, &err);
	if (r == 0 && (stored.record.access_token.data == NULL ||
		       !ft_secret_equal(&stored.record.access_token, token->data, token->len)))
		r = ft_error_set(&err, FT_NOT_FOUND, "%s", "");
	ft_stored_release(&stored);
	r = ft_user_done(fd, r, &err);
	leave(&ft);
	return r;
}

/* Whether the store has a sign-in at least as new as one that waited for a home. It may be the same
 * one, stored after root had stopped waiting for it. */
static bool has_better(const struct freshtoken *ft, const struct ft_call *call,
		       const struct ft_left *left)
{
	struct ft_stored stored = FT_STORED_INIT;
	const struct ft_record *record = &stored.record;
	bool better = false;

	if (ft_stored_read(ft, call->account, call->service.server, NULL, &stored, NULL) == 0 &&
	    record->verdict != FT_NEEDS_LOGIN && record->verdict != FT_DISABLED)
		better = left->waiting && record->signed_in >= left->signin.sent.real;
	ft_stored_release(&stored);
	return better;
}

int ft_user_keep(const struct ft_call *call, void *data, int fd)
{
	struct ft_left *left = data;
	struct ft_error err = FT_ERROR_INIT;
	struct freshtoken ft;
	int r = enter(call, &ft, &err);

	if (r == 0 && !has_better(&ft, call, left))
		r = ft_signin_keep(&ft, &call->service, &left->signin, &err);
	r = ft_user_done(fd, r, &err);
	leave(&ft);
	return r;
}
