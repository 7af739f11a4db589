/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/call/ours.h"

struct ft_finding ft_person_judge(const struct ft_call *call)
{
	const struct ft_person *person = &call->person;

	const bool ignored =
		call->options.unmapped == FT_UNMAPPED_IGNORE && call->function != FT_PAM_AUTH;

	/* The map has the user: probably the source that knows the user does not answer. */
	if (!person->exists && person->in_vain && call->function != FT_PAM_AUTH)
		return ft_found(FT_PAM_BROKEN, "the user is in %s, and there is no such user on "
				"this host",
				call->account->users);
	if (!person->exists)
		return ft_found(ignored ? FT_PAM_NOT_OURS : FT_PAM_UNMAPPED,
				"there is no such user on this host");
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
				"the user is not in %s" FT_REMEDY
				"add a line \"%.64s SUBJECT\", or name the "
				"user in exempt",
				call->account->users, person->name);
	if (!ft_call_is_root() && (call->uid != person->uid || call->euid != person->uid))
		return ft_found(FT_PAM_UNPRIVILEGED,
				"a program that does not run as root asks about another user");
	return ft_found(FT_PAM_FRESH, "%s", "");
}
