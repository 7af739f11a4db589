/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/exchange/probe.h"

#include <unistd.h>

#include "lib/service/identity.h"
#include "pam/exchange/apart.h"
#include "pam/memory/knowledge.h"

/* Seconds after its time limit when a probe that hangs is ended. */
#define PROBE_GRACE 30
/* ms by which a wait may seem to end early. */
#define CLOCKS_APART 100

bool ft_probe_is_refusal(const struct ft_facts *facts)
{
	return facts->status >= 400 && facts->status <= 499 && facts->status != 429 &&
	       (facts->parsed || facts->media != FT_MEDIA_HTML);
}

/* Whether there is no answer, or one of a broken service or gateway. */
static bool is_failure(const struct ft_facts *facts)
{
	return !facts->local && facts->status != 429 &&
	       (facts->status == 0 || facts->status >= 500 || facts->media == FT_MEDIA_HTML);
}

static enum ft_probe weigh(const struct ft_facts *facts, enum ft_outcome outcome)
{
	/* A service that limits requests (429) is not down. */
	if (outcome != FT_OUTCOME_TRANSIENT || ft_probe_is_refusal(facts) || facts->status == 429)
		return FT_PROBE_UP;
	return is_failure(facts) ? FT_PROBE_DOWN : FT_PROBE_UNCLEAR;
}

static const char made_up[] = "freshtoken-pam-asks-whether-the-service-is-up";

enum ft_probe ft_probe_identity(struct ft_call *call)
{
	const bool userinfo = call->service.asked == FT_REQUEST_USERINFO;
	struct ft_identity identity = FT_IDENTITY_INIT;
	struct ft_secret token = { NULL, 0 };
	struct ft_error ignored;

	if (ft_secret_set(&token, made_up, sizeof made_up - 1) != 0)
		return FT_PROBE_UNCLEAR;
	int r = userinfo ? ft_identity_userinfo(&call->service, &token, &identity, &ignored) :
		ft_identity_introspect(&call->service, &token, &identity, &ignored);

	ft_identity_release(&identity);
	ft_secret_release(&token);
	if (r == FT_TEMPORARY)
		return call->service.unshown ? FT_PROBE_UNCLEAR : FT_PROBE_DOWN;
	return r == 0 || r == FT_LOGIN_NEEDED || r == FT_NOT_FOUND ? FT_PROBE_UP : FT_PROBE_UNCLEAR;
}

enum ft_probe ft_probe(struct ft_call *call)
{
	struct ft_facts facts = FT_FACTS_INIT;
	struct ft_judgement judgement = FT_JUDGEMENT_INIT;
	struct ft_variables tokens = { 0 };
	enum ft_probe result = FT_PROBE_UNCLEAR;
	struct ft_moment now;
	struct ft_error ignored;

	ft_moment_now(&now);
	if (ft_secret_set(&tokens.refresh_token, made_up, sizeof made_up - 1) == 0 &&
	    ft_secret_set(&tokens.access_token, made_up, sizeof made_up - 1) == 0 &&
	    ft_service_request(&call->service, FT_REQUEST_REFRESH, &tokens, &facts, &ignored) ==
		    0 &&
	    ft_judge(&call->service.profile, &facts, NULL, &now, &judgement, &ignored) == 0)
		result = weigh(&facts, judgement.outcome);
	ft_judgement_release(&judgement);
	ft_facts_release(&facts);
	ft_variables_release(&tokens);
	return result;
}

/* Discovery is a request that no user can influence, as the probe is. */
static void run(struct ft_call *call, int seconds, int report)
{
	static const char word = FT_PROBE_WORD_DOWN;
	struct ft_error err;
	int lock = -1;

	/* Another login's probe is running: it will find the same, and write it down. */
	if (ft_knowledge_lock(call, FT_KNOWLEDGE_PROBE, ft_monotonic_ms(), &lock, &err) == FT_BUSY)
		return;
	call->service.route.timeout = (unsigned)seconds;
	const int64_t begin = ft_monotonic_ms();
	int r = ft_service_discover(&call->service, NULL, &err);
	const bool down = (r == FT_TEMPORARY && !call->service.unshown) ||
			  (r == 0 && ft_probe(call) == FT_PROBE_DOWN);
	/* A user who keeps this machine busy can make any service look silent for a moment. */
	const bool silent = ft_monotonic_ms() - begin >= (int64_t)seconds * 1000 - CLOCKS_APART;

	if (down && (!silent || seconds >= FT_PROBE_SILENCE) && write(report, &word, 1) < 0)
		return;
}

int ft_probe_start(struct ft_call *call, unsigned seconds, int *ret_report, struct ft_error *err)
{
	return ft_apart_start(call, run, (int)seconds, seconds + PROBE_GRACE, ret_report, err);
}
