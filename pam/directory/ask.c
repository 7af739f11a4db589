/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/directory/directory.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/base/standstill.h"
#include "pam/exchange/apart.h"
#include "pam/exchange/probe.h"
#include "pam/exchange/report.h"
#include "pam/memory/knowledge.h"

/* ms that an answer is believed without `recheck`: short, because asking costs little. */
#define LIFE (5 * 60 * 1000)
#define CHANGE_PATIENCE 5000	/* ms */
#define GRACE 1000		/* ms after `wait` within which a worker reports its finding */
/* A worker that hangs is ended so many seconds after its time limit. */
#define WORKER_GRACE 30
#define ASKING 'S'		/* the stage from which on `wait` counts */

/* --- what is known -------------------------------------------------------------------- */

/* Applies the finding to what root knows; false: it changes nothing. */
static bool apply(const struct ft_finding *finding, const struct ft_moment *sent,
		  struct ft_knowledge *knowledge)
{
	switch (finding->situation) {
	case FT_PAM_FRESH:
		*knowledge = (struct ft_knowledge){
			.known = FT_KNOWN_FRESH, .verified = *sent, .lifetime = LIFE, .told = *sent,
		};
		break;
	case FT_PAM_DISABLED:
		/* Removes `verified`: the earlier good answer no longer counts, offline or not. */
		*knowledge = (struct ft_knowledge){
			.known = FT_KNOWN_DISABLED, .lifetime = -1, .told = *sent,
		};
		break;
	case FT_PAM_DOWN:
		ft_moment_now(&knowledge->down);
		/* Keeps the reason of an earlier refusal. */
		if (knowledge->known == FT_KNOWN_DISABLED)
			return true;
		break;
	case FT_PAM_UNTOLD:
		/* The directory is up. */
		if (knowledge->down.real == 0)
			return false;
		knowledge->down = (struct ft_moment){ .real = 0 };
		return true;
	default:
		return false;
	}
	knowledge->why = finding->why;
	return true;
}

/* An error when writing changes nothing for this login. But if a refusal cannot be written, the
 * file is removed, because it may say that the person is active. */
static void learn(const struct ft_call *call, const struct ft_finding *finding,
		  const struct ft_moment *sent)
{
	struct ft_knowledge knowledge = FT_KNOWLEDGE_INIT;
	struct ft_error err, ignored;
	int lock = -1;
	int locked = ft_knowledge_lock(call, FT_KNOWLEDGE_CHANGE,
				       ft_monotonic_ms() + CHANGE_PATIENCE, &lock, &err);
	int r = locked != 0 ? locked :
			      ft_knowledge_read(call, FT_KNOWN_PERSON, &knowledge, &err);

	if (r == 0 && apply(finding, sent, &knowledge))
		r = ft_knowledge_write(call, FT_KNOWN_PERSON, &knowledge, &err);
	if (r != 0 && finding->situation == FT_PAM_DISABLED)
		(void)ft_knowledge_remove(call, FT_KNOWN_PERSON, &ignored);
	if (r != 0)
		ft_log_error(call, LOG_ERR, "what the directory says cannot be kept", &err);
	if (lock >= 0)
		(void)close(lock);
}

/* If the directory is down or gives no decision: a person whom its last answer disabled stays
 * disabled; if it is down, whether the last good answer is within max_offline. */
static struct ft_finding weigh(const struct ft_call *call, struct ft_finding finding)
{
	struct ft_knowledge knowledge = FT_KNOWLEDGE_INIT;
	struct ft_moment now;
	struct ft_error err;

	if (finding.situation != FT_PAM_DOWN && finding.situation != FT_PAM_UNTOLD)
		return finding;
	ft_moment_now(&now);
	if (ft_knowledge_read(call, FT_KNOWN_PERSON, &knowledge, &err) != 0)
		return ft_found_wrong(&err);
	if (knowledge.known == FT_KNOWN_DISABLED)
		return ft_found_error(FT_PAM_DISABLED, &knowledge.why, NULL);
	if (finding.situation == FT_PAM_DOWN &&
	    ft_knowledge_is_within(&knowledge, &now, call->options.max_offline))
		finding.situation = FT_PAM_DOWN_BRIEFLY;
	return finding;
}

/* --- the question, in a worker -------------------------------------------------------- */

/* What one answer means for a login. */
static struct ft_finding judge(struct ft_call *call, const struct ft_facts *facts, int64_t took,
			       enum ft_standing *ret_standing)
{
	struct ft_error why = FT_ERROR_INIT;

	*ret_standing =
		ft_standing_judge(&call->service.profile, facts, call->person.subject, &why);
	switch (*ret_standing) {
	case FT_STANDING_ACTIVE:
		return ft_found_error(FT_PAM_FRESH, &why, NULL);
	case FT_STANDING_INACTIVE:
	case FT_STANDING_GONE:
		return ft_found_error(FT_PAM_DISABLED, &why, NULL);
	case FT_STANDING_DOWN:
		/* A user who keeps this machine busy can make any service look silent for a
		 * moment. */
		if (facts->reason == FT_REASON_SILENT && took < FT_PROBE_SILENCE * 1000)
			return ft_found_error(FT_PAM_UNTOLD, &why,
					      "wait is too short to call the directory down");
		return ft_found_error(FT_PAM_DOWN, &why, NULL);
	default:
		return ft_found_error(FT_PAM_UNTOLD, &why, NULL);
	}
}

static struct ft_finding ask_with(struct ft_call *call, const struct ft_secret *token, int report,
				  int64_t deadline, struct ft_moment *sent,
				  enum ft_standing *ret_standing)
{
	struct ft_service *service = &call->service;
	/* Not copies, so not released. */
	const struct ft_variables variables = {
		.token = *token,
		.person = { call->person.subject, strlen(call->person.subject) },
	};
	struct ft_facts facts = FT_FACTS_INIT;
	struct ft_finding finding;
	struct ft_error err;
	int r = ft_pace_wait(call, deadline, &err);

	*ret_standing = FT_STANDING_LOCAL;
	if (r == FT_BUSY)
		return ft_found_error(FT_PAM_UNTOLD, &err, NULL);
	if (r != 0)
		return ft_found_wrong(&err);
	ft_report_stage(report, ASKING);
	ft_moment_now(sent);
	const int64_t begin = ft_monotonic_ms();

	r = ft_service_request(service, FT_REQUEST_PERSON, &variables, &facts, &err);
	if (r == 0)
		finding = judge(call, &facts, ft_monotonic_ms() - begin, ret_standing);
	else if (r == FT_SYSTEM || r == FT_UNTRUSTED)
		finding = ft_found_error(FT_PAM_UNTOLD, &err,
					 "this machine cannot ask the directory");
	else
		finding = ft_found_wrong(&err);
	ft_judge_hide(&finding.why, token);
	ft_facts_release(&facts);
	return finding;
}

/* Runs discovery if only the service's metadata can name an endpoint of the profile. */
static struct ft_finding discover(struct ft_call *call)
{
	struct ft_service *service = &call->service;
	struct ft_error err;
	int r = ft_request_needs_discovery(&service->profile, FT_REQUEST_PERSON) ?
			ft_service_discover(service, NULL, &err) : 0;

	return r == 0 ? ft_found(FT_PAM_FRESH, "%s", "") :
	       r != FT_TEMPORARY && r != FT_SYSTEM && r != FT_UNTRUSTED ? ft_found_wrong(&err) :
	       ft_found_error(r == FT_TEMPORARY && !service->unshown ? FT_PAM_DOWN : FT_PAM_UNTOLD,
			      &err, NULL);
}

static struct ft_finding ask(struct ft_call *call, int report, int64_t deadline,
			     struct ft_moment *sent, enum ft_standing *ret_standing)
{
	struct ft_secret token = { NULL, 0 }, newer = { NULL, 0 };
	struct ft_finding finding = discover(call);

	*ret_standing = FT_STANDING_LOCAL;
	if (finding.situation == FT_PAM_FRESH)
		finding = ft_checker_token(call, NULL, deadline, &token);
	if (finding.situation == FT_PAM_FRESH)
		finding = ask_with(call, &token, report, deadline, sent, ret_standing);
	/* The checker's token may have been revoked early: try once more with a new one. */
	if (*ret_standing == FT_STANDING_REFUSED) {
		finding = ft_checker_token(call, &token, deadline, &newer);
		if (finding.situation == FT_PAM_FRESH)
			finding = ask_with(call, &newer, report, deadline, sent, ret_standing);
	}
	ft_secret_release(&token);
	ft_secret_release(&newer);
	return finding;
}

/* A missing answer counts against the directory only if this process itself was not stopped or
 * starved meanwhile. */
static struct ft_finding ask_watched(struct ft_call *call, int report, int64_t deadline,
				     struct ft_moment *sent)
{
	enum ft_standing standing;
	struct ft_standstill seen;

	ft_standstill_begin(&seen);
	const bool watched = ft_standstill_watch(&seen);
	struct ft_finding finding = ask(call, report, deadline, sent, &standing);
	const bool still = !watched || ft_standstill_is(&seen);

	ft_standstill_unwatch(&seen);
	if (still && finding.situation == FT_PAM_DOWN)
		return ft_found_error(FT_PAM_UNTOLD, &finding.why,
				      "this machine was too busy to tell");
	return finding;
}

/* Whether another login got an answer after this one began, or recently enough for `recheck`; *ret
 * is its finding. */
static bool told_meanwhile(const struct ft_call *call, const struct ft_moment *begin,
			   struct ft_finding *ret)
{
	struct ft_knowledge knowledge = FT_KNOWLEDGE_INIT;
	struct ft_moment now;
	struct ft_error err;

	ft_moment_now(&now);
	if (ft_knowledge_read(call, FT_KNOWN_PERSON, &knowledge, &err) != 0)
		return false;
	if (ft_knowledge_is_fresh(&knowledge, &now, call->options.recheck)) {
		*ret = ft_found(FT_PAM_FRESH, "another login has just asked");
		return true;
	}
	if (knowledge.told.real != 0 && ft_moment_since(&knowledge.told, begin) >= 0) {
		*ret = knowledge.known == FT_KNOWN_FRESH ?
			       ft_found(FT_PAM_FRESH, "another login has just asked") :
			       ft_found_error(FT_PAM_DISABLED, &knowledge.why, NULL);
		return knowledge.known != FT_KNOWN_NOTHING;
	}
	if (knowledge.down.real != 0 && ft_moment_since(&knowledge.down, begin) >= 0) {
		*ret = ft_found_error(FT_PAM_DOWN, &knowledge.why, NULL);
		return true;
	}
	return false;
}

static void run(struct ft_call *call, int number, int report)
{
	const int64_t deadline = ft_monotonic_ms() + FT_DIRECTORY_QUEUE;
	struct ft_moment begin, sent = { .real = 0 };
	struct ft_finding finding;
	struct ft_error err;
	int lock = -1;

	(void)number;
	ft_moment_now(&begin);
	int r = ft_knowledge_lock(call, FT_KNOWLEDGE_ASKING, deadline, &lock, &err);

	if (r != 0 && r != FT_BUSY && r != FT_SYSTEM) {
		finding = ft_found_wrong(&err);
	} else if (r == FT_BUSY) {
		finding = ft_found(FT_PAM_UNTOLD, "another login of this user's has not ended");
	} else if (!told_meanwhile(call, &begin, &finding)) {
		finding = ask_watched(call, report, deadline, &sent);
		learn(call, &finding, &sent);
	}
	ft_report_finding(report, &finding);
	if (lock >= 0)
		(void)close(lock);
}

/* --- the login that waits for the worker ------------------------------------------------- */

static struct ft_finding wait_for(int report, int64_t wait)
{
	struct ft_finding finding = ft_found(FT_PAM_UNTOLD, "the check was cut off");
	int64_t deadline = ft_monotonic_ms() + FT_DIRECTORY_QUEUE + GRACE;
	struct ft_report told = { .len = 0 };
	bool counts = false;

	for (;;) {
		struct pollfd ready = { report, POLLIN, 0 };
		const int64_t left = deadline - ft_monotonic_ms();

		/* A worker that does not end does not show that the directory is down. */
		if (left <= 0)
			return ft_found(FT_PAM_UNTOLD, "the check did not end in time");
		if (poll(&ready, 1, (int)left) <= 0)
			continue;
		if (ft_report_read(report, &told, &finding) != 0)
			return finding;
		if (told.stage == ASKING && !counts) {
			/* Time for two questions: the first token may be refused. */
			deadline = ft_monotonic_ms() + 2 * wait + GRACE;
			counts = true;
		}
	}
}

/* Limits the timeouts to `wait`: no refresh token is spent, so an exchange may be cut short when
 * nobody waits any more. Returns that limit in seconds. */
static unsigned bound(struct ft_call *call)
{
	const unsigned wait = call->options.wait > 0 ? (unsigned)call->options.wait : 1;

	if (call->service.route.timeout > wait)
		call->service.route.timeout = wait;
	if (call->checker_service.route.timeout > wait)
		call->checker_service.route.timeout = wait;
	return wait;
}

struct ft_finding ft_directory_try(struct ft_call *call, bool *ret_token,
				   enum ft_standing *ret_standing)
{
	const int64_t deadline = ft_monotonic_ms() + FT_DIRECTORY_QUEUE;
	struct ft_secret token = { NULL, 0 };
	struct ft_moment sent;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)bound(call);
	struct ft_finding finding = ft_checker_token(call, NULL, deadline, &token);

	ft_secret_release(&token);
	*ret_token = finding.situation == FT_PAM_FRESH;
	*ret_standing = FT_STANDING_LOCAL;
	if (*ret_token)
		finding = ask(call, null, deadline, &sent, ret_standing);
	if (null >= 0)
		(void)close(null);
	return finding;
}

static struct ft_finding ask_now(struct ft_call *call)
{
	const unsigned wait = bound(call);
	struct ft_error err;
	int report = -1;

	if (ft_apart_start(call, run, 0, FT_DIRECTORY_QUEUE / 1000 + 4 * wait + WORKER_GRACE,
			   &report, &err) != 0)
		return ft_found_wrong(&err);
	struct ft_finding finding = wait_for(report, (int64_t)wait * 1000);

	(void)close(report);
	return finding;
}

struct ft_finding ft_directory_check(struct ft_call *call)
{
	struct ft_knowledge knowledge = FT_KNOWLEDGE_INIT;
	struct ft_finding finding;
	struct ft_moment now;
	struct ft_error err;

	ft_moment_now(&now);
	if (ft_knowledge_read(call, FT_KNOWN_PERSON, &knowledge, &err) != 0)
		return ft_found_wrong(&err);
	if (ft_knowledge_is_fresh(&knowledge, &now, call->options.recheck))
		return ft_found(FT_PAM_FRESH, "the directory was asked %lld s ago",
				(long long)(ft_moment_since(&now, &knowledge.verified) / 1000));
	finding = ft_knowledge_is_cooling(&knowledge, &now, call->options.recheck) ?
			  ft_found_error(FT_PAM_DOWN, &knowledge.why, NULL) : ask_now(call);
	return weigh(call, finding);
}

struct ft_finding ft_directory_known(const struct ft_call *call)
{
	struct ft_knowledge knowledge = FT_KNOWLEDGE_INIT;
	struct ft_finding finding = ft_found(FT_PAM_FRESH, "%s", "");
	struct ft_moment now;
	struct ft_error err;

	ft_moment_now(&now);
	if (ft_knowledge_read(call, FT_KNOWN_PERSON, &knowledge, &err) != 0)
		return ft_found_wrong(&err);
	if (knowledge.known == FT_KNOWN_DISABLED)
		finding = ft_found_error(FT_PAM_DISABLED, &knowledge.why, NULL);
	else if (knowledge.down.real != 0 &&
		 !ft_knowledge_is_fresh(&knowledge, &now, call->options.recheck))
		finding = ft_found_error(FT_PAM_DOWN, &knowledge.why, NULL);
	return weigh(call, finding);
}
