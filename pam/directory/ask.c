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

/* What was learnt is believed for so long where recheck is not set: asking costs little. */
#define LIFE (5 * 60 * 1000)
#define CHANGE_PATIENCE 5000	/* ms */
#define GRACE 1000		/* ms beyond `wait` in which a worker says what came of it */
/* A worker that hangs, ends: seconds beyond what it may take. */
#define WORKER_GRACE 30
#define ASKING 'S'		/* the stage from which on `wait` counts */

/* --- what is known -------------------------------------------------------------------- */

/* false: it changes nothing. */
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
		/* What was good before the directory said so is good no more, also offline. */
		*knowledge = (struct ft_knowledge){
			.known = FT_KNOWN_DISABLED, .lifetime = -1, .told = *sent,
		};
		break;
	case FT_PAM_DOWN:
		ft_moment_now(&knowledge->down);
		/* Why he is not let in stays why. */
		if (knowledge->known == FT_KNOWN_DISABLED)
			return true;
		break;
	case FT_PAM_UNTOLD:
		/* It is up. */
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

/* What cannot be kept changes nothing for this login; but a refusal that cannot be kept removes
 * what said otherwise. */
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

/* What it means that the directory is down, after the time since it last said something; and who
 * was disabled when it did stays so until it says otherwise. */
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
		/* Whoever keeps this machine busy can make any service look silent for a moment. */
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
	/* Lent, not copied. */
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

/* Where an endpoint of the profile's is told by the service alone. */
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
	/* It may have been revoked early: one new token, one more question. */
	if (*ret_standing == FT_STANDING_REFUSED) {
		finding = ft_checker_token(call, &token, deadline, &newer);
		if (finding.situation == FT_PAM_FRESH)
			finding = ask_with(call, &newer, report, deadline, sent, ret_standing);
	}
	ft_secret_release(&token);
	ft_secret_release(&newer);
	return finding;
}

/* Silence is the directory's only where this process did not stand still itself. */
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

/* Whether another login has been told, since this one began or so lately that recheck would not ask
 * again; and what. */
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

/* --- and who waits for it ---------------------------------------------------------------- */

static struct ft_finding wait_for(int report, int64_t wait)
{
	struct ft_finding finding = ft_found(FT_PAM_UNTOLD, "the check was cut off");
	int64_t deadline = ft_monotonic_ms() + FT_DIRECTORY_QUEUE + GRACE;
	struct ft_report told = { .len = 0 };
	bool counts = false;

	for (;;) {
		struct pollfd ready = { report, POLLIN, 0 };
		const int64_t left = deadline - ft_monotonic_ms();

		/* A worker that does not come to its end is no sign that the directory is down. */
		if (left <= 0)
			return ft_found(FT_PAM_UNTOLD, "the check did not end in time");
		if (poll(&ready, 1, (int)left) <= 0)
			continue;
		if (ft_report_read(report, &told, &finding) != 0)
			return finding;
		if (told.stage == ASKING && !counts) {
			/* One token that is refused, and one more question. */
			deadline = ft_monotonic_ms() + 2 * wait + GRACE;
			counts = true;
		}
	}
}

/* Nothing is spent by it: it ends when nobody waits any more. */
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
