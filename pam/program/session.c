/* SPDX-License-Identifier: MIT */
/* setcred and open_session: put tokens into the user's store, where git and docker find them */
#include "config.h"
#include "pam/call/functions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "pam/call/ours.h"
#include "pam/directory/directory.h"
#include "pam/exchange/worker.h"
#include "pam/memory/handle.h"
#include "pam/memory/knowledge.h"
#include "pam/user/sign-in.h"
#include "pam/user/user.h"
#include "pam/wire/wire.h"

/* setcred's note for open_session that the tokens are stored: "stored ACCOUNT USER". */
static int format_memory(const struct ft_call *call, char **ret)
{
	return asprintf(ret, "stored %s %s", call->account->name, call->person.name) < 0 ?
		       FT_NO_MEMORY :
		       0;
}

static bool is_stored(const struct ft_call *call)
{
	char *text = NULL;
	bool same = call->memory != NULL && format_memory(call, &text) == 0 &&
		    strcmp(text, call->memory) == 0;

	free(text);
	return same;
}

/* Stores the tokens that auth left, or that an earlier session could not store. */
static void store_left(struct ft_call *call)
{
	struct ft_left left = { .name = "" };
	struct ft_error err;

	if (ft_handle_find(call, &left, &err) != 0) {
		left.name[0] = '\0';
		/* There is none, or it is another user's: the handle must not get into the
		 * environment. */
		ft_handle_drop(call, &left);
		return;
	}
	/* FT_NOT_FOUND: there is no home yet. If the user's process was killed, the next session
	 * stores the tokens. */
	int r = left.shown ? 0 :
			     ft_user_do(call, ft_user_keep, &left, call->options.wait * 1000, &err);

	if (left.shown) {
		ft_handle_drop(call, &left);
	} else if (r == 0) {
		ft_handle_drop(call, &left);
		(void)format_memory(call, &call->new_memory);
		ft_log_debug(call, "account %s: the sign-in is stored", call->account->name);
	} else {
		ft_log_error(call, LOG_WARNING, "the sign-in waits for the next session", &err);
		if (ft_handle_wait(call, &left, &err) != 0)
			ft_log_error(call, LOG_ERR, NULL, &err);
	}
	ft_left_release(&left);
}

/* Judges by what root knows already: a session does not wait for the network. */
static struct ft_finding judge(const struct ft_call *call)
{
	struct ft_knowledge knowledge = FT_KNOWLEDGE_INIT;
	struct ft_moment now;
	struct ft_error err;

	ft_moment_now(&now);
	if (ft_knowledge_read(call, FT_KNOWN_SIGN_IN, &knowledge, &err) != 0)
		return ft_found_wrong(&err);
	switch (knowledge.known) {
	case FT_KNOWN_DISABLED:
		return ft_found_error(FT_PAM_DISABLED, &knowledge.why, NULL);
	case FT_KNOWN_LOGIN_NEEDED:
		return ft_found_error(FT_PAM_LOGIN_NEEDED, &knowledge.why, NULL);
	case FT_KNOWN_FRESH:
		if (knowledge.down.real == 0 || ft_knowledge_is_fresh(&knowledge, &now, -1))
			return ft_found(FT_PAM_FRESH, "%s", "");
		return ft_found_error(
			ft_knowledge_is_within(&knowledge, &now, call->options.max_offline) ?
				FT_PAM_DOWN_BRIEFLY :
				FT_PAM_DOWN,
			&knowledge.why, NULL);
	default:
		return ft_found(FT_PAM_NEVER, "%s has not signed in yet", call->person.name);
	}
}

struct ft_finding ft_session(struct ft_call *call)
{
	const bool refreshing =
		call->function == FT_PAM_SETCRED && ft_pam_cred(call->flags) == FT_CRED_REFRESH;
	struct ft_finding finding = ft_person_judge(call), person;

	if (finding.situation != FT_PAM_FRESH) {
		if (ft_call_is_root())
			ft_handle_withdraw(call);
		return finding;
	}
	if (!ft_call_is_root())
		return ft_found(FT_PAM_UNPRIVILEGED,
				"tokens are stored for programs of root's alone");
	/* sudo refreshes only, after it has set PAM_USER to the target, and its stack may have no
	 * session line: so a handle is taken here too, or dropped where it is another user's. */
	if (refreshing ? call->handle != NULL : !is_stored(call))
		store_left(call);
	if (refreshing && call->uid != call->euid) {
		ft_log(call, LOG_NOTICE,
		       "account %s: a program of uid %lu asks as uid %lu; nothing is refreshed",
		       call->account->name, (unsigned long)call->uid, (unsigned long)call->euid);
		return finding;
	}
	finding = judge(call);
	/* A sign-in that has ended, or never began, cannot be refreshed. */
	if (finding.situation == FT_PAM_FRESH || finding.situation == FT_PAM_DOWN ||
	    finding.situation == FT_PAM_DOWN_BRIEFLY)
		ft_exchange_later(call);
	if (!ft_account_checks(call->account, "person"))
		return finding;
	person = ft_directory_known(call);
	/* Both checks must let the person in. */
	return ft_account_checks(call->account, "refresh") &&
			       (person.situation == FT_PAM_FRESH ||
				person.situation == FT_PAM_DOWN_BRIEFLY) ?
		       finding : person;
}
