/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/exchange/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/encode.h"
#include "lib/base/token.h"
#include "pam/exchange/apart.h"
#include "pam/exchange/probe.h"
#include "pam/exchange/renew.h"
#include "pam/exchange/report.h"
#include "pam/memory/knowledge.h"
#include "pam/memory/learn.h"
#include "pam/user/sign-in.h"
#include "pam/user/user.h"
#include "pam/wire/wire.h"

/* A worker that hangs is ended so many seconds after the timeouts of all its exchanges. */
#define WORKER_GRACE 120
/* After the deadline: how often, and with which pause (ms), to look for another login's result. */
#define LATE_LOOKS 10
#define LATE_PAUSE 50
/* ms: with a shorter wait, a service that does not answer the probe does not count as down. */
#define PROBE_SHORTEST (1000 * FT_PROBE_SILENCE + 500)

/* What a worker waits for: its turn, the user's process, the service. */
enum stage { STAGE_WAIT = 'W', STAGE_USER = 'U', STAGE_SERVICE = 'S' };

/* Whether the client is public: it has neither a secret nor a certificate. */
static bool is_public(const struct ft_call *call)
{
	return ft_account_secret_file(call->account) == NULL;
}

/*
 * Whether the user gets the new tokens. Not another person's tokens: with a confidential client the
 * user could otherwise use a stolen refresh token. Tokens from a refresh token that root knows as
 * the user's own are the user's, even if the service cannot confirm the subject just now.
 */
static bool may_have(const struct ft_call *call, enum ft_pam_situation situation, bool known)
{
	return situation == FT_PAM_FRESH || is_public(call) || (known && situation == FT_PAM_DOWN);
}

static int send_judged(const struct ft_call *call, const struct ft_signin *signin,
		       enum ft_pam_situation situation, bool known, int fd)
{
	const struct ft_judgement *j = &signin->judgement;
	const bool keeps = may_have(call, situation, known) || j->outcome != FT_OUTCOME_FRESH;
	struct ft_buf message = FT_BUF_INIT(FT_WIRE_TOKENS_MAX), raw = message;
	char packed[FT_ERROR_LINE];

	ft_wire_begin(&message, FT_WIRE_JUDGED);
	ft_wire_add_number(&message, FT_WIRE_CODE, keeps ? j->outcome : FT_OUTCOME_TERMINAL);
	if (keeps) {
		ft_wire_add(&message, FT_WIRE_ACCESS_TOKEN, j->access_token.data);
		ft_wire_add(&message, FT_WIRE_REFRESH_TOKEN, j->refresh_token.data);
		ft_wire_add(&message, FT_WIRE_ID_TOKEN, j->id_token.data);
		ft_wire_add(&message, FT_WIRE_TOKEN_TYPE, j->token_type);
		ft_wire_add(&message, FT_WIRE_SUBJECT, j->subject);
	}
	/* The raw answer may contain an access token. */
	if (j->raw.len > 0 && (known || is_public(call))) {
		ft_base64_add(&raw, FT_BASE64, j->raw.data, j->raw.len);
		ft_wire_add(&message, FT_WIRE_RAW, raw.failed ? NULL : raw.data);
	}
	if (j->lifetime >= 0)
		ft_wire_add_number(&message, FT_WIRE_LIFETIME, (uint64_t)j->lifetime);
	if (j->id_lifetime >= 0)
		ft_wire_add_number(&message, FT_WIRE_ID_LIFETIME, (uint64_t)j->id_lifetime);
	if (j->retry_after >= 0)
		ft_wire_add_number(&message, FT_WIRE_RETRY, (uint64_t)j->retry_after);
	ft_wire_add(&message, FT_WIRE_BUSY, j->busy ? "" : NULL);
	ft_wire_add(&message, FT_WIRE_NOT_SENT, j->not_sent ? "" : NULL);
	ft_wire_add(&message, FT_WIRE_AMBIGUOUS, j->ambiguous ? "" : NULL);
	ft_wire_add(&message, FT_WIRE_TEXT, keeps ? ft_error_pack(&j->why, packed) :
		    "the service does not say that the sign-in is this user's");
	int r = ft_wire_send(fd, &message, ft_wire_now() + 5000);

	ft_buf_release(&message);
	ft_buf_release(&raw);
	return r;
}

/* The user's process has ended without tokens to ask the service with. code: its error. */
static struct ft_finding nothing_to_ask(const struct ft_call *call, int64_t code, const char *text)
{
	struct ft_knowledge knowledge = FT_KNOWLEDGE_INIT;
	struct ft_finding finding;
	struct ft_error err;

	/* Only an answer that root itself got can let anybody in: the user controls this code. */
	switch (code) {
	case 0:
		return ft_found(FT_PAM_LOGIN_NEEDED,
				"the user's store has nothing to ask the service about");
	case -FT_NOT_FOUND:
		if (ft_knowledge_read(call, FT_KNOWN_SIGN_IN, &knowledge, &err) == 0 &&
		    knowledge.known != FT_KNOWN_NOTHING)
			return ft_found(FT_PAM_LOGIN_NEEDED,
					"the sign-in is gone from the user's store");
		return ft_found(FT_PAM_NEVER, "%s has not signed in yet", call->person.name);
	case -FT_LOGIN_NEEDED:
		finding =
			ft_found(FT_PAM_LOGIN_NEEDED,
				 "the user's store has no sign-in that can be refreshed with this "
				 "configuration: it says");
		break;
	case -FT_BUSY:
	case -FT_TEMPORARY:
		return ft_found(FT_PAM_LOGIN_NEEDED,
				"the user's store is locked by another process of the user's");
	default:
		finding = ft_found(FT_PAM_LOGIN_NEEDED, "the user's store cannot be used: it says");
	}
	/* The user controls this text. */
	ft_error_foreign(&finding.why, text);
	return finding;
}

/* Relays between the user's process, which holds the record's lock, and the service. */
static void mediate(struct ft_call *call, const struct ft_user *user, int report)
{
	static const char kinds[] = { FT_WIRE_ASK, FT_WIRE_DONE, '\0' };
	struct ft_buf message = FT_BUF_INIT(FT_WIRE_TOKENS_MAX);
	struct ft_signin signin = FT_SIGNIN_INIT;
	struct ft_variables tokens = { 0 };
	struct ft_finding finding;

	ft_report_stage(report, STAGE_USER);
	int r = ft_wire_receive(user->fd, kinds, &message,
				ft_wire_now() + (int64_t)call->account->timeout * 1000);
	const char *refresh = ft_wire_get(&message, FT_WIRE_REFRESH_TOKEN, 0);
	const char *access = ft_wire_get(&message, FT_WIRE_ACCESS_TOKEN, 0);

	if (r != 0) {
		finding = ft_found(FT_PAM_LOGIN_NEEDED, "the user's store does not answer");
	} else if (message.data[0] == FT_WIRE_DONE) {
		finding = nothing_to_ask(call, ft_wire_number(&message, FT_WIRE_CODE, 100),
					 ft_wire_get(&message, FT_WIRE_TEXT, 0));
	} else if (refresh == NULL || !ft_refresh_token_valid(refresh, strlen(refresh)) ||
		   (access != NULL && !ft_token_valid(access, strlen(access)))) {
		finding = ft_found(FT_PAM_LOGIN_NEEDED,
				   "the user's store has something that is no token");
	} else if (ft_secret_set(&tokens.refresh_token, refresh, strlen(refresh)) != 0 ||
		   ft_secret_set(&tokens.access_token, access,
				 access != NULL ? strlen(access) : 0) != 0) {
		finding = ft_found(FT_PAM_NO_MEMORY, "out of memory");
	} else {
		const bool known = ft_renew_is_known(call, &tokens);

		ft_report_stage(report, STAGE_SERVICE);
		finding = ft_renew(call, &tokens, &signin);
		ft_learn(call, &finding, &signin, &tokens, known);
		/* From now on the user's process can delay the rest. */
		ft_report_stage(report, STAGE_USER);
		/* A refusal is reported at once: the user's process must not delay it. A login that
		 * is let in waits until the record is stored, because it is used next. */
		if (finding.situation != FT_PAM_FRESH)
			ft_report_finding(report, &finding);
		(void)send_judged(call, &signin, finding.situation, known, user->fd);
		(void)ft_wire_receive(user->fd, kinds, &message, ft_wire_now() + 5000);
	}
	if (signin.sent.real == 0 || finding.situation == FT_PAM_FRESH)
		ft_report_finding(report, &finding);
	ft_variables_release(&tokens);
	ft_signin_release(&signin);
	ft_buf_release(&message);
}

/* Whether another login has verified the sign-in while this one waited for the lock: after this
 * login began (enough even with recheck = 0), or recently enough for `recheck`. */
static bool done_meanwhile(const struct ft_call *call, const struct ft_moment *begin)
{
	struct ft_knowledge knowledge = FT_KNOWLEDGE_INIT;
	struct ft_moment now;
	struct ft_error err;

	ft_moment_now(&now);
	if (ft_knowledge_read(call, FT_KNOWN_SIGN_IN, &knowledge, &err) != 0 ||
	    knowledge.known != FT_KNOWN_FRESH)
		return false;
	return ft_knowledge_is_fresh(&knowledge, &now, call->options.recheck) ||
	       (ft_moment_since(&knowledge.verified, begin) >= 0 &&
		ft_moment_since(&now, &knowledge.verified) >= 0);
}

static void refresh(struct ft_call *call, bool force, int report)
{
	struct ft_user user = FT_USER_INIT;
	struct ft_error err;

	if (ft_user_start(call, ft_user_refresh, &force, &user, &err) == 0) {
		mediate(call, &user, report);
	} else {
		const struct ft_finding finding = ft_found_wrong(&err);

		ft_report_finding(report, &finding);
	}
	(void)ft_user_end(&user, ft_monotonic_ms() + (int64_t)call->account->timeout * 1000);
}

/* Runs under the lock. Without the service's metadata the user's process is not started. */
static void work_alone(struct ft_call *call, bool force, int report)
{
	struct ft_finding finding;
	struct ft_error err;

	ft_report_stage(report, STAGE_SERVICE);
	int r = ft_service_discover(&call->service, NULL, &err);

	if (r == 0) {
		refresh(call, force, report);
		return;
	}
	finding = r != FT_TEMPORARY	? ft_renew_wrong(r, &err) :
		  call->service.unshown ? ft_found_error(FT_PAM_LOGIN_NEEDED, &err,
							 "this machine cannot ask the service") :
					  ft_found_error(FT_PAM_DOWN, &err, NULL);
	ft_learn(call, &finding, NULL, NULL, false);
	ft_report_finding(report, &finding);
}

/* Without `force` nobody waits for the result, and nothing is done if another exchange runs. */
static void work(struct ft_call *call, bool force, int report)
{
	const int64_t deadline =
		ft_monotonic_ms() + (force ? (int64_t)call->account->timeout * 1000 : 0);
	struct ft_finding finding;
	struct ft_moment begin;
	struct ft_error err;
	int lock = -1;

	ft_moment_now(&begin);
	int r = ft_knowledge_lock(call, FT_KNOWLEDGE_EXCHANGE, deadline, &lock, &err);

	/* A read-only disk must not keep people out. */
	if (r == FT_SYSTEM && force)
		r = 0;
	if (r == 0 && (!force || !done_meanwhile(call, &begin))) {
		work_alone(call, force, report);
	} else {
		finding = r == 0 ? ft_found(FT_PAM_FRESH, "another login has just verified it") :
			  r == FT_BUSY ? ft_found(FT_PAM_LOGIN_NEEDED,
						  "another login of this user's has not ended") :
					 ft_found_wrong(&err);
		ft_report_finding(report, &finding);
	}
	if (lock >= 0)
		(void)close(lock);
}

static void run(struct ft_call *call, int force, int report)
{
	work(call, force != 0, report);
}

static int start_worker(struct ft_call *call, bool force, int *ret_report, struct ft_error *err)
{
	return ft_apart_start(call, run, force, 3 * call->account->timeout + WORKER_GRACE,
			      ret_report, err);
}

void ft_exchange_later(struct ft_call *call)
{
	struct ft_error err;
	int report = -1;

	if (start_worker(call, false, &report, &err) != 0)
		ft_log_error(call, LOG_ERR, NULL, &err);
	else
		(void)close(report);
}

/* Whether another login has found the service down since `begin`, and written it down. */
static bool noted_down(const struct ft_call *call, const struct ft_moment *begin,
		       struct ft_error *ret)
{
	struct ft_knowledge knowledge = FT_KNOWLEDGE_INIT;
	struct ft_error err;

	if (ft_knowledge_read(call, FT_KNOWN_SIGN_IN, &knowledge, &err) != 0 ||
	    knowledge.down.real == 0 || ft_moment_since(&knowledge.down, begin) < 0)
		return false;
	*ret = knowledge.why;
	return true;
}

/*
 * The deadline has passed. That alone does not mean that the service is down: a user could delay
 * the check with a token that makes the service slow, or by stopping a process, to be let in. Only
 * root's own probe at the same time, of this login or another, shows that the service is down.
 */
static struct ft_finding late(const struct ft_call *call, enum stage stage,
			      const struct ft_moment *begin, int probe)
{
	struct ft_finding finding;
	struct ft_error why;
	char word = 0;

	/* The service has answered, but the user's process has not ended. */
	if (done_meanwhile(call, begin))
		return ft_found(FT_PAM_FRESH, "verified, but the user's store is not ready yet");
	for (int i = 0; stage != STAGE_USER && i < LATE_LOOKS; i++) {
		struct pollfd said = { probe, POLLIN, 0 };

		if (poll(&said, 1, LATE_PAUSE) > 0 && read(probe, &word, 1) == 1 &&
		    word == FT_PROBE_WORD_DOWN) {
			finding = ft_found(FT_PAM_DOWN,
					   "the service has not answered in time, and root's own "
					   "question neither; what it answers is still taken over");
			ft_learn(call, &finding, NULL, NULL, false);
			return finding;
		}
		/* The probe has ended. */
		if (said.revents != 0)
			probe = -1;
		if (noted_down(call, begin, &why))
			return ft_found_error(FT_PAM_DOWN, &why, NULL);
	}
	return ft_found(FT_PAM_LOGIN_NEEDED, stage == STAGE_USER ?
						     "the user's store did not answer in time" :
						     "the check did not end in time, and nothing "
						     "shows that the service is down");
}

/* When to start the probe if the worker has no result yet: early enough for an answer. */
static int64_t probe_at(int64_t deadline, int64_t wait)
{
	return deadline - (wait / 2 > PROBE_SHORTEST ? wait / 2 : PROBE_SHORTEST);
}

/* How long the probe may take (s). In a wait that is too short for silence to count, one second, so
 * that rounding can never make it count. */
static unsigned probe_seconds(int64_t wait, int64_t left)
{
	return wait < PROBE_SHORTEST || left < 2000 ? 1 : (unsigned)(left / 1000);
}

struct ft_finding ft_exchange_now(struct ft_call *call, int64_t wait)
{
	const int64_t deadline = ft_monotonic_ms() + wait;
	int64_t ask = probe_at(deadline, wait);
	struct ft_finding finding = ft_found(FT_PAM_LOGIN_NEEDED, "the check was cut off");
	enum stage stage = STAGE_WAIT;
	struct ft_error err;
	struct ft_report told = { .len = 0 };
	struct ft_moment begin;
	int report = -1, probe = -1;

	ft_moment_now(&begin);
	if (start_worker(call, true, &report, &err) != 0)
		return ft_found_wrong(&err);
	for (;;) {
		struct pollfd ready = { report, POLLIN, 0 };
		const int64_t now = ft_monotonic_ms(), left = deadline - now;

		if (left <= 0) {
			finding = late(call, stage, &begin, probe);
			break;
		}
		if (now >= ask && stage != STAGE_USER) {
			ask = deadline;
			if (ft_probe_start(call, probe_seconds(wait, left), &probe, &err) != 0)
				ft_log_error(call, LOG_ERR, NULL, &err);
		}
		/* Until the probe has started, wake up for it; the stage may have changed by
		 * then. */
		const int64_t next = now < ask && ask < deadline ? ask - now : left;

		if (poll(&ready, 1, (int)next) <= 0)
			continue;
		int r = ft_report_read(report, &told, &finding);

		if (r != 0)
			break;
		if (told.stage != '\0')
			stage = (enum stage)told.stage;
	}
	(void)close(report);
	if (probe >= 0)
		(void)close(probe);
	return finding;
}
