/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/memory/learn.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "pam/memory/knowledge.h"

#define CHANGE_PATIENCE 5000	/* ms */

/* sent: the tokens that were asked with, or NULL. Some services issue no new refresh token: then
 * the one that was sent stays valid. */
static void remember_tokens(const struct ft_judgement *j, const struct ft_variables *sent,
			    struct ft_knowledge *knowledge)
{
	if (j->refresh_token.data != NULL)
		ft_fingerprint(&j->refresh_token, knowledge->refresh_token);
	else if (sent != NULL)
		ft_fingerprint(&sent->refresh_token, knowledge->refresh_token);
	if (j->access_token.data != NULL)
		ft_fingerprint(&j->access_token, knowledge->access_token);
}

/* Applies the finding to what root knows; false: it changes nothing. signin: the exchange, or NULL
 * if there was none. */
static bool apply(const struct ft_finding *finding, const struct ft_signin *signin,
		  const struct ft_variables *sent, struct ft_knowledge *knowledge)
{
	switch (finding->situation) {
	case FT_PAM_FRESH:
		*knowledge = (struct ft_knowledge){
			.known = FT_KNOWN_FRESH, .verified = signin->sent,
			.lifetime = signin->judgement.lifetime,
		};
		remember_tokens(&signin->judgement, sent, knowledge);
		break;
	case FT_PAM_DOWN:
		ft_moment_now(&knowledge->down);
		/* Keeps the reason of an earlier refusal. */
		if (knowledge->known == FT_KNOWN_DISABLED ||
		    knowledge->known == FT_KNOWN_LOGIN_NEEDED)
			return true;
		break;
	case FT_PAM_LOGIN_NEEDED:
		if (signin == NULL)
			return false;
		/* The service has answered without a decision, so it is up: corrects what a login
		 * that stopped waiting may have written. */
		if (signin->judgement.outcome != FT_OUTCOME_TERMINAL) {
			knowledge->down = (struct ft_moment){ .real = 0 };
			return true;
		}
		/* A disabled user whose tokens are refused is still disabled. */
		if (knowledge->known == FT_KNOWN_DISABLED)
			return false;
		/* fall through */
	case FT_PAM_DISABLED:
		/* Removes `verified`: the earlier good answer no longer counts, offline or not. */
		knowledge->known = finding->situation == FT_PAM_DISABLED ? FT_KNOWN_DISABLED :
				   FT_KNOWN_LOGIN_NEEDED;
		knowledge->verified = knowledge->down = (struct ft_moment){ .real = 0 };
		break;
	default:
		return false;
	}
	knowledge->why = finding->why;
	return true;
}

/* The new knowledge cannot be written: if it is a refusal, removes the file that contradicts it. */
static void keep_refusal(const struct ft_call *call, enum ft_known before, enum ft_known after)
{
	struct ft_error err;

	if (before != FT_KNOWN_FRESH || after == FT_KNOWN_FRESH || after == FT_KNOWN_NOTHING)
		return;
	if (ft_knowledge_remove(call, FT_KNOWN_SIGN_IN, &err) != 0)
		ft_log_error(
			call, LOG_ERR,
			"what was known of the sign-in is no longer true, and cannot be removed",
			&err);
}

void ft_learn(const struct ft_call *call, const struct ft_finding *finding,
	      const struct ft_signin *signin, const struct ft_variables *sent, bool known)
{
	struct ft_knowledge knowledge = FT_KNOWLEDGE_INIT;
	struct ft_error err, no_lock;
	int lock = -1, locked = ft_knowledge_lock(call, FT_KNOWLEDGE_CHANGE, ft_monotonic_ms() +
						  CHANGE_PATIENCE, &lock, &no_lock);
	int r = ft_knowledge_read(call, FT_KNOWN_SIGN_IN, &knowledge, &err);
	const enum ft_known before = knowledge.known;

	if (r == 0 && apply(finding, signin, sent, &knowledge)) {
		/* The tokens that replace this user's own are this user's too, although the service
		 * could not confirm the subject. */
		if (known && finding->situation == FT_PAM_DOWN)
			remember_tokens(&signin->judgement, sent, &knowledge);
		if (locked == 0)
			r = ft_knowledge_write(call, FT_KNOWN_SIGN_IN, &knowledge, &err);
		if (locked != 0 || r != 0)
			keep_refusal(call, before, knowledge.known);
	}
	if (r == 0 && locked != 0) {
		r = locked;
		err = no_lock;
	}
	if (lock >= 0)
		(void)close(lock);
	if (r != 0)
		ft_log_error(call, LOG_ERR, "what was seen of the sign-in cannot be kept", &err);
}
