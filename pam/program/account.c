/* SPDX-License-Identifier: MIT */
/* account: whether the sign-in is still good, as root's own exchanges saw it; and whether the
 * directory says that the person is active */
#include "config.h"
#include "pam/call/functions.h"

#include <string.h>
#include <unistd.h>

#include "pam/call/ours.h"
#include "pam/directory/directory.h"
#include "pam/exchange/worker.h"
#include "pam/memory/handle.h"
#include "pam/memory/knowledge.h"
#include "pam/wire/libpam.h"

/* If the service is down: whether the last verification is within max_offline. */
static struct ft_finding weigh(const struct ft_call *call, struct ft_finding finding)
{
	struct ft_knowledge knowledge = FT_KNOWLEDGE_INIT;
	struct ft_moment now;
	struct ft_error err;

	if (finding.situation != FT_PAM_DOWN)
		return finding;
	ft_moment_now(&now);
	if (ft_knowledge_read(call, FT_KNOWN_SIGN_IN, &knowledge, &err) != 0)
		return ft_found_wrong(&err);
	if (knowledge.known == FT_KNOWN_DISABLED)
		return ft_found_error(FT_PAM_DISABLED, &knowledge.why, NULL);
	if (ft_knowledge_is_within(&knowledge, &now, call->options.max_offline))
		finding.situation = FT_PAM_DOWN_BRIEFLY;
	return finding;
}

/* The person's own sign-in. */
static struct ft_finding check_sign_in(struct ft_call *call)
{
	struct ft_finding finding;
	struct ft_knowledge knowledge = FT_KNOWLEDGE_INIT;
	struct ft_moment now;
	struct ft_error err;

	if (ft_handle_shows(call))
		return ft_found(FT_PAM_FRESH, "has just signed in");
	ft_moment_now(&now);
	if (ft_knowledge_read(call, FT_KNOWN_SIGN_IN, &knowledge, &err) != 0)
		return ft_found_wrong(&err);
	if (ft_knowledge_is_fresh(&knowledge, &now, call->options.recheck))
		return ft_found(FT_PAM_FRESH, "verified %lld s ago",
				(long long)(ft_moment_since(&now, &knowledge.verified) / 1000));
	if (ft_knowledge_is_cooling(&knowledge, &now, call->options.recheck))
		return weigh(call, ft_found_error(FT_PAM_DOWN, &knowledge.why, NULL));
	finding = ft_exchange_now(call, call->options.wait * 1000);
	/* The last answer was that the user is disabled, and there is no newer answer. */
	if (knowledge.known == FT_KNOWN_DISABLED && finding.situation != FT_PAM_FRESH &&
	    finding.situation != FT_PAM_BROKEN && finding.situation != FT_PAM_NO_MEMORY)
		return ft_found_error(FT_PAM_DISABLED, &knowledge.why, NULL);
	return weigh(call, finding);
}

static bool lets_in(const struct ft_call *call, const struct ft_finding *finding)
{
	return ft_pam_decide(finding->situation, call->function, call->options.strict, false)
		       .code == PAM_SUCCESS;
}

struct ft_finding ft_account_check(struct ft_call *call)
{
	struct ft_finding finding = ft_person_judge(call), other;

	if (finding.situation != FT_PAM_FRESH)
		return finding;
	if (!ft_call_is_root())
		return ft_found(FT_PAM_UNPRIVILEGED,
				"what root knows of a sign-in only root can read");
	if (ft_account_checks(call->account, "person"))
		finding = ft_directory_check(call);
	if (!ft_account_checks(call->account, "refresh") || !lets_in(call, &finding))
		return finding;
	/* Both checks must let the person in. */
	other = check_sign_in(call);
	return finding.situation == FT_PAM_FRESH || !lets_in(call, &other) ? other : finding;
}
