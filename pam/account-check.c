/* account: is the sign-in still good, by what root's own exchanges saw of it */
#include "config.h"
#include "functions.h"

#include <string.h>
#include <unistd.h>

#include "exchange.h"
#include "handle.h"
#include "knowledge.h"

struct ft_finding ft_person_judge(const struct ft_call *call)
{
	const struct ft_person *person = &call->person;

	const bool ignored =
		call->options.unmapped == FT_UNMAPPED_IGNORE && call->function != FT_PAM_AUTH;

	/* Whoever is mapped is somebody: it is his source that does not answer. */
	if (!person->exists && person->in_vain && call->function != FT_PAM_AUTH)
		return ft_found(FT_PAM_BROKEN, "the user is in %s, and there is no such user here",
				call->account->users);
	if (!person->exists)
		return ft_found(ignored ? FT_PAM_NOT_OURS : FT_PAM_UNMAPPED,
				"there is no such user here");
	if (person->exempt)
		return ft_found(FT_PAM_NOT_OURS, "the option exempt names the user");
	if (person->system)
		return ft_found(
			FT_PAM_NOT_OURS,
			"uid %lu is not between minimum_uid and maximum_uid, %lld to %lld%s",
			(unsigned long)person->uid, (long long)call->options.minimum_uid,
			(long long)call->options.maximum_uid,
			person->in_vain ? ", although the map has the user" : "");
	if (person->subject == NULL)
		return ft_found(ignored ? FT_PAM_NOT_OURS : FT_PAM_UNMAPPED,
				"the user is not in %s; add a line \"%.64s SUBJECT\", or name the "
				"user in exempt",
				call->account->users, person->name);
	if (!ft_call_is_root() && (call->uid != person->uid || call->euid != person->uid))
		return ft_found(FT_PAM_UNPRIVILEGED,
				"a program that does not run as root asks about another user");
	return ft_found(FT_PAM_FRESH, "%s", "");
}

/* A service that does not answer, in the light of when it last did. */
static struct ft_finding weigh(const struct ft_call *call, struct ft_finding finding)
{
	struct ft_knowledge knowledge = { .lifetime = -1 };
	struct ft_moment now;
	struct ft_error err;

	if (finding.situation != FT_PAM_DOWN)
		return finding;
	ft_moment_now(&now);
	if (ft_knowledge_read(call, &knowledge, &err) != 0)
		return ft_found_wrong(&err);
	if (knowledge.known == FT_KNOWN_DISABLED)
		return ft_found(FT_PAM_DISABLED, "%s", knowledge.reason);
	if (ft_knowledge_is_within(&knowledge, &now, call->options.max_offline))
		finding.situation = FT_PAM_DOWN_BRIEFLY;
	return finding;
}

struct ft_finding ft_account_check(struct ft_call *call)
{
	struct ft_finding finding = ft_person_judge(call);
	struct ft_knowledge knowledge = { .lifetime = -1 };
	struct ft_moment now;
	struct ft_error err;

	if (finding.situation != FT_PAM_FRESH)
		return finding;
	if (!ft_call_is_root())
		return ft_found(FT_PAM_UNPRIVILEGED,
				"what root knows of a sign-in only root can read");
	if (ft_handle_shows(call))
		return ft_found(FT_PAM_FRESH, "has just signed in");
	ft_moment_now(&now);
	if (ft_knowledge_read(call, &knowledge, &err) != 0)
		return ft_found_wrong(&err);
	if (ft_knowledge_is_fresh(&knowledge, &now, call->options.recheck))
		return ft_found(FT_PAM_FRESH, "verified %lld s ago",
				(long long)(ft_moment_since(&now, &knowledge.verified) / 1000));
	if (ft_knowledge_is_cooling(&knowledge, &now))
		return weigh(call, ft_found(FT_PAM_DOWN, "%s", knowledge.reason));
	finding = ft_exchange_now(call, call->options.wait * 1000);
	/* He was disabled when the service was last asked, and nothing says that he is no more. */
	if (knowledge.known == FT_KNOWN_DISABLED && finding.situation != FT_PAM_FRESH &&
	    finding.situation != FT_PAM_BROKEN && finding.situation != FT_PAM_NO_MEMORY)
		return ft_found(FT_PAM_DISABLED, "%s", knowledge.reason);
	return weigh(call, finding);
}
