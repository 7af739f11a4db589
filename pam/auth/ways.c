/* SPDX-License-Identifier: MIT */
/* auth: proves who signs in, with a new sign-in. A stored token would not prove it. */
#include "config.h"
#include "pam/auth/ways.h"

#include <string.h>
#include <syslog.h>

#include "pam/call/functions.h"
#include "pam/call/ours.h"
#include "pam/call/say.h"
#include "pam/exchange/prove.h"
#include "pam/memory/handle.h"
#include "pam/memory/learn.h"
#include "pam/wire/libpam.h"

#define FAIL_DELAY 2000	/* ms, as pam_unix has it */

/* Whether what was typed may have caused an answer without a decision: not a gateway, not a busy
 * service, and not keys that could not be fetched after the service had issued tokens. */
static bool is_typed(const struct ft_signin *signin)
{
	switch (signin->status) {
	case 0:
	case 429:
	case 502:
	case 503:
	case 504:
		return false;
	default:
		return signin->judgement.access_token.data == NULL;
	}
}

struct ft_finding ft_auth_failed(const struct ft_signin *signin, int r, const struct ft_error *err)
{
	switch (r) {
	case FT_LOGIN_NEEDED:
	case FT_UNTRUSTED:
		return ft_found_error(signin->judgement.outcome == FT_OUTCOME_DISABLED
					      ? FT_PAM_DISABLED
					      : FT_PAM_DENIED,
				      err, NULL);
	case FT_TEMPORARY:
		return ft_found_error(is_typed(signin) ? FT_PAM_DENIED : FT_PAM_DOWN, err, NULL);
	default:
		return ft_found_wrong(err);
	}
}

struct ft_finding ft_auth_silent(int code)
{
	return code == PAM_CONV_AGAIN ?
	       ft_found(FT_PAM_CONVERSATION_LATER, "the application will answer later") :
	       ft_found(FT_PAM_CONVERSATION, "the application gives no answer: it does not ask,"
			" or the answer is longer than it takes (sudo: 511 bytes)");
}

/* Device and token share a prompt, which comes where the first of them is in the list. */
static struct ft_finding try_ways(struct ft_call *call, struct ft_proof *proof)
{
	const bool device = ft_configured_way(call, "device"),
		   token = ft_configured_way(call, "token");
	const struct ft_strings *ways = &call->account->auth;
	struct ft_finding finding =
		ft_found(FT_PAM_NOT_CONFIGURED, "no way to sign in is configured");
	bool asked = false;

	for (size_t i = 0; i < ways->n; i++) {
		const bool password = strcmp(ways->list[i], "password") == 0;
		struct ft_finding next;

		if (!ft_configured_way(call, ways->list[i]) || (!password && asked))
			continue;
		next = password ? ft_auth_password(call, proof) :
				  ft_auth_ask(call, device, token, proof);
		asked = asked || !password;
		if (next.situation != FT_PAM_NOT_CONFIGURED ||
		    finding.situation == FT_PAM_NOT_CONFIGURED)
			finding = next;
		/* Only after a wrong answer, or a way that the service does not offer, can the next
		 * way help. */
		if (next.situation != FT_PAM_DENIED && next.situation != FT_PAM_NOT_CONFIGURED)
			break;
	}
	/* A service that offers none of the ways is an error, not a reason to skip the check. */
	if (finding.situation == FT_PAM_NOT_CONFIGURED)
		finding.situation = FT_PAM_BROKEN;
	return finding;
}

static void leave_for_session(struct ft_call *call, const struct ft_proof *proof)
{
	struct ft_error err;

	if (!ft_call_is_root())
		return;
	if (ft_handle_leave(call, &proof->signin, proof->shown, &err) != 0)
		ft_log_error(call, LOG_ERR, "the tokens cannot be kept for the session", &err);
}

static struct ft_finding prove(struct ft_call *call)
{
	struct ft_proof proof = { .signin = FT_SIGNIN_INIT };
	struct ft_finding finding = try_ways(call, &proof);

	/* A user who is not mapped had the same prompts, and gets the same refusal. */
	if (finding.situation == FT_PAM_FRESH && call->person.subject == NULL)
		finding =
			ft_found(FT_PAM_DENIED, "somebody signed in for a user that is not mapped");
	else if (finding.situation == FT_PAM_FRESH)
		finding = ft_prove(call, &proof.signin);
	/* The reason why a token was refused would tell which users are mapped. */
	if (strcmp(call->way != NULL ? call->way : "", "device") != 0)
		finding.told = NULL;
	if (finding.situation == FT_PAM_FRESH) {
		if (ft_call_is_root())
			ft_learn(call, &finding, &proof.signin, NULL, false);
		leave_for_session(call, &proof);
	}
	ft_signin_release(&proof.signin);
	return finding;
}

/* Tells the person why the sign-in was not accepted, without telling which users are mapped. The
 * log has the full reason. */
static void tell(const struct ft_call *call, const struct ft_finding *finding)
{
	const char *way = call->way != NULL ? call->way : "";

	switch (finding->situation) {
	case FT_PAM_DENIED:
		if (strcmp(way, "password") == 0)
			(void)ft_say_text(PAM_ERROR_MSG,
					  "freshtoken: the sign-in was not accepted: user name or "
					  "password refused; try again, or ask the administrator");
		else if (finding->told != NULL)
			(void)ft_say_text(PAM_ERROR_MSG,
					  "freshtoken: the sign-in was not accepted: %s; try again",
					  finding->told);
		else
			(void)ft_say_text(
				PAM_ERROR_MSG,
				"freshtoken: the sign-in was not accepted; try again with "
				"your own account, or ask the administrator");
		break;
	case FT_PAM_TRIES:
		(void)ft_say_text(
			PAM_ERROR_MSG,
			"freshtoken: the sign-in was not accepted%s, and that was the last try",
			strcmp(way, "device") == 0 ? ": the code was not approved at the service" :
						     "");
		break;
	case FT_PAM_DISABLED:
		(void)ft_say_text(
			PAM_ERROR_MSG,
			"freshtoken: %.250s says that you are disabled; ask its administrator",
			call->service.server);
		break;
	case FT_PAM_THROTTLED:
		(void)ft_say_text(
			PAM_ERROR_MSG,
			"freshtoken: too many people are signing in on this host just now; try "
			"again in a minute");
		break;
	case FT_PAM_DOWN:
		(void)ft_say_text(
			PAM_ERROR_MSG,
			"freshtoken: %.250s cannot be reached, so nobody can sign in there; "
			"try again later",
			call->service.server);
		break;
	default:
		break;
	}
}

struct ft_finding ft_auth(struct ft_call *call)
{
	const struct ft_finding person = ft_person_judge(call);
	struct ft_finding finding;

	if (call->account->auth.n == 0 && call->options.line.auth.n == 0)
		return ft_found(FT_PAM_NOT_CONFIGURED, "the account has no auth");
	/* The line wants a sign-in: skipping it would be a login without one. */
	if (call->account->auth.n == 0 && person.situation != FT_PAM_NOT_OURS)
		return ft_found(FT_PAM_BROKEN, "%s:%u: account %s: it has no auth, and the line of "
				"the stack names ways" FT_REMEDY "write them in the account, too",
				call->account->file, call->account->line, call->account->name);
	/* No prompt for a user who is not checked, nor, if the stack says so, for unknown users. */
	if (person.situation == FT_PAM_UNPRIVILEGED || person.situation == FT_PAM_NOT_OURS ||
	    (person.situation == FT_PAM_UNMAPPED && call->options.ignore_unknown_user))
		return person;
	/* PAM_SILENT means that nobody can be prompted, except under sudo: sudo is silent by
	 * default (pam_silent in sudoers), still prompts, and is known by its PAM_RUSER. */
	if (((unsigned)call->flags & PAM_SILENT) != 0 &&
	    (call->asking_user == NULL || call->asking_user[0] == '\0'))
		return person.situation == FT_PAM_UNMAPPED ?
			       person :
			       ft_found(FT_PAM_SILENCED, "somebody would have to be asked, and the "
							 "application forbids it (PAM_SILENT)");
	finding = prove(call);
	if (finding.situation == FT_PAM_FRESH)
		return finding;
	call->delay = FAIL_DELAY;
	tell(call, &finding);
	/* Other modules of the stack may know this user, also while the service is down. */
	if (person.situation == FT_PAM_UNMAPPED &&
	    (finding.situation == FT_PAM_DENIED || finding.situation == FT_PAM_TRIES ||
	     finding.situation == FT_PAM_DISABLED || finding.situation == FT_PAM_DOWN ||
	     finding.situation == FT_PAM_THROTTLED))
		return person;
	return finding;
}
