#include "config.h"
#include "renew.h"

#include <stdio.h>
#include <string.h>

#include "knowledge.h"
#include "prove.h"

bool ft_renew_is_known(const struct ft_call *call, const struct ft_variables *tokens)
{
	struct ft_knowledge knowledge = { .lifetime = -1 };
	char fingerprint[FT_FINGERPRINT_SIZE];
	struct ft_error ignored;

	ft_fingerprint(&tokens->refresh_token, fingerprint);
	if (ft_knowledge_read(call, &knowledge, &ignored) != 0 || knowledge.refresh_token[0] == '\0' ||
	    strcmp(fingerprint, knowledge.refresh_token) != 0)
		return false;
	ft_fingerprint(&tokens->access_token, fingerprint);
	return !ft_request_needs_access_token(call->account, &call->service.profile, FT_REQUEST_REFRESH) ||
	       strcmp(fingerprint, knowledge.access_token) == 0;
}

/* It looked at the request and would not have it: a word of the service's own, whatever its words. */
static bool is_refusal(const struct ft_facts *facts)
{
	return facts->status >= 400 && facts->status <= 499 && facts->status != 429 &&
	       (facts->parsed || facts->media != FT_MEDIA_HTML);
}

/* Whether the service decides about a token that nobody ever had. */
static bool is_up(struct ft_call *call)
{
	static const char made_up[] = "freshtoken-pam-asks-whether-the-service-is-up";
	struct ft_facts facts = { .date = -1, .retry_after = -1 };
	struct ft_judgement judgement = { .lifetime = -1, .retry_after = -1 };
	struct ft_variables tokens = { 0 };
	struct ft_moment now;
	struct ft_error ignored;
	bool up = false;

	ft_moment_now(&now);
	if (ft_secret_set(&tokens.refresh_token, made_up, sizeof made_up - 1) == 0 &&
	    ft_secret_set(&tokens.access_token, made_up, sizeof made_up - 1) == 0 &&
	    ft_service_request(&call->service, FT_REQUEST_REFRESH, &tokens, &facts, &ignored) == 0 &&
	    ft_judge(&call->service.profile, &facts, NULL, &now, &judgement, &ignored) == 0)
		up = judgement.outcome != FT_OUTCOME_TRANSIENT || is_refusal(&facts);
	ft_judgement_release(&judgement);
	ft_facts_release(&facts);
	ft_variables_release(&tokens);
	return up;
}

/*
 * An answer without a decision. A revoked user who plants a token that the service stumbles
 * over must not be let in as if the service were down. It is, where that cannot be the token's
 * doing, or where another one fares no better.
 */
static struct ft_finding undecided(struct ft_call *call, const struct ft_facts *facts,
				   const struct ft_judgement *j, bool known)
{
	if (!is_refusal(facts) && (j->not_sent || facts->status == 503 ||
				   (known && ft_facts_out_of_order(facts)) || !is_up(call)))
		return ft_found(FT_PAM_DOWN, "%s", j->reason);
	return ft_found(FT_PAM_LOGIN_NEEDED, "the service can do nothing with the refresh token in the"
			" user's store: %s", j->reason);
}

static struct ft_finding judge(struct ft_call *call, const struct ft_facts *facts, struct ft_signin *signin,
			       const struct ft_variables *tokens, bool known)
{
	const char *identity = facts->fields[FT_FIELD_IDENTITY].data;
	struct ft_judgement *j = &signin->judgement;
	struct ft_error err;
	int r = ft_judge(&call->service.profile, facts, NULL, &signin->sent, j, &err);

	ft_judge_hide(j->reason, sizeof j->reason, &tokens->refresh_token);
	ft_judge_hide(j->reason, sizeof j->reason, &tokens->access_token);
	if (r == 0 && identity != NULL && (signin->identity = strdup(identity)) == NULL)
		r = ft_error_memory(&err);
	if (r != 0)
		return ft_found_wrong(&err);
	switch (j->outcome) {
	case FT_OUTCOME_FRESH:
		return ft_prove(call, signin);
	case FT_OUTCOME_DISABLED:
		return ft_found(FT_PAM_DISABLED, "%s", j->reason);
	case FT_OUTCOME_TERMINAL:
		return ft_found(FT_PAM_LOGIN_NEEDED, "%s", j->reason);
	default:
		return undecided(call, facts, j, known);
	}
}

struct ft_finding ft_renew(struct ft_call *call, const struct ft_variables *tokens, bool known,
			   struct ft_signin *signin)
{
	struct ft_facts facts = { .date = -1, .retry_after = -1 };
	struct ft_finding finding;
	struct ft_error err;

	ft_moment_now(&signin->sent);
	int r = ft_service_request(&call->service, FT_REQUEST_REFRESH, tokens, &facts, &err);

	if (r == 0)
		r = ft_service_verify(&call->service, NULL, &facts, &err);
	finding = r == 0 ? judge(call, &facts, signin, tokens, known) : ft_found_wrong(&err);
	if (r != 0) {
		signin->judgement.outcome = FT_OUTCOME_TRANSIENT;
		signin->judgement.ambiguous = true;
		(void)snprintf(signin->judgement.reason, sizeof signin->judgement.reason, "%.400s", err.text);
	}
	ft_facts_release(&facts);
	return finding;
}
