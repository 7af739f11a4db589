/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/exchange/renew.h"

#include <string.h>

#include "pam/exchange/probe.h"
#include "pam/exchange/prove.h"
#include "pam/memory/knowledge.h"

bool ft_renew_is_known(const struct ft_call *call, const struct ft_variables *tokens)
{
	struct ft_knowledge knowledge = FT_KNOWLEDGE_INIT;
	char fingerprint[FT_FINGERPRINT_SIZE];
	struct ft_error ignored;

	ft_fingerprint(&tokens->refresh_token, fingerprint);
	if (ft_knowledge_read(call, FT_KNOWN_SIGN_IN, &knowledge, &ignored) != 0 ||
	    knowledge.refresh_token[0] == '\0' || strcmp(fingerprint, knowledge.refresh_token) != 0)
		return false;
	ft_fingerprint(&tokens->access_token, fingerprint);
	return !ft_request_needs_access_token(call->account, &call->service.profile,
					      FT_REQUEST_REFRESH) ||
	       strcmp(fingerprint, knowledge.access_token) == 0;
}

/*
 * An answer without a decision. A revoked user may plant a token that makes the service fail, or
 * keep this machine from asking; that must not let the user in as if the service were down. The
 * service is down only if root's own probe fails too.
 */
static struct ft_finding undecided(struct ft_call *call, const struct ft_facts *facts,
				   const struct ft_judgement *j)
{
	if (facts->local)
		return ft_found_error(FT_PAM_LOGIN_NEEDED, &j->why,
				      "this machine cannot ask the service");
	if (facts->status == 429)
		return ft_found_error(FT_PAM_LOGIN_NEEDED, &j->why,
				      "the service is too busy to say anything of the sign-in");
	if (!ft_probe_is_refusal(facts) && ft_probe(call) == FT_PROBE_DOWN)
		return ft_found_error(FT_PAM_DOWN, &j->why, NULL);
	return ft_found_error(
		FT_PAM_LOGIN_NEEDED, &j->why,
		"the service can do nothing with the refresh token in the user's store");
}

static struct ft_finding judge(struct ft_call *call, const struct ft_facts *facts,
			       struct ft_signin *signin, const struct ft_variables *tokens)
{
	const char *identity = facts->fields[FT_FIELD_IDENTITY].data;
	struct ft_judgement *j = &signin->judgement;
	struct ft_finding finding;
	struct ft_error err;
	int r = ft_judge(&call->service.profile, facts, NULL, &signin->sent, j, &err);

	ft_judge_hide(&j->why, &tokens->refresh_token);
	ft_judge_hide(&j->why, &tokens->access_token);
	if (r == 0 && identity != NULL && (signin->identity = strdup(identity)) == NULL)
		r = ft_error_memory(&err);
	if (r != 0)
		return ft_found_wrong(&err);
	switch (j->outcome) {
	case FT_OUTCOME_FRESH:
		return ft_prove(call, signin);
	case FT_OUTCOME_DISABLED:
		return ft_found_error(FT_PAM_DISABLED, &j->why, NULL);
	case FT_OUTCOME_CLIENT:
		finding = ft_found(
			FT_PAM_LOGIN_NEEDED,
			"the service does not accept the client of this machine (%.400s)" FT_REMEDY
			"check client_id, client_auth and client_secret_file or "
			"client_cert_file",
			j->why.text);
		ft_error_foreign(&finding.why, j->why.foreign);
		return finding;
	case FT_OUTCOME_TERMINAL:
		return ft_found_error(FT_PAM_LOGIN_NEEDED, &j->why, NULL);
	default:
		return undecided(call, facts, j);
	}
}

struct ft_finding ft_renew_wrong(int r, const struct ft_error *err)
{
	return r == FT_SYSTEM || r == FT_UNTRUSTED ?
	       ft_found_error(FT_PAM_LOGIN_NEEDED, err, "this machine cannot ask the service") :
	       ft_found_wrong(err);
}

struct ft_finding ft_renew(struct ft_call *call, const struct ft_variables *tokens,
			   struct ft_signin *signin)
{
	struct ft_facts facts = FT_FACTS_INIT;
	struct ft_finding finding;
	struct ft_error err;

	ft_moment_now(&signin->sent);
	int r = ft_service_request(&call->service, FT_REQUEST_REFRESH, tokens, &facts, &err);

	if (r == 0)
		r = ft_service_verify(&call->service, NULL, &facts, &err);
	finding = r == 0 ? judge(call, &facts, signin, tokens) : ft_renew_wrong(r, &err);
	if (r != 0) {
		signin->judgement.outcome = FT_OUTCOME_TRANSIENT;
		signin->judgement.ambiguous = true;
		signin->judgement.why = err;
	}
	ft_facts_release(&facts);
	return finding;
}
