/* SPDX-License-Identifier: MIT */
/*
 * auth=token: an access token that was issued for logging in here, shown to the service
 *
 * Other tokens do not count: a token that git, docker or a script was given, or that is in
 * the user's store, proves only that somebody has got it. So the token's audience decides.
 * A refresh token is never accepted, and never spent to test it: whoever typed another
 * person's would end that person's sign-in. Where the service issues all of its tokens for that
 * audience, the one in the store, which git and scripts are handed, is refused all the same.
 */
#include "config.h"
#include "pam/auth/ways.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/token.h"
#include "lib/service/identity.h"
#include "pam/memory/knowledge.h"
#include "pam/user/sign-in.h"
#include "pam/user/user.h"

/* Moves the identity to the proof. If the answer had no name, ft_prove asks the service for it. */
static struct ft_finding take(struct ft_call *call, const struct ft_secret *typed,
			      struct ft_identity *identity, struct ft_proof *ret)
{
	struct ft_judgement *j = &ret->signin.judgement;

	ft_moment_now(&ret->signin.sent);
	if (ft_secret_copy(&j->access_token, typed) != 0)
		return ft_found(FT_PAM_NO_MEMORY, "out of memory");
	j->outcome = FT_OUTCOME_FRESH;
	if (identity->expires_at >= 0)
		j->lifetime = identity->expires_at * 1000 - ret->signin.sent.real;
	if (j->lifetime < 0)
		j->lifetime = -1;
	if (call->account->identity != NULL)
		ret->signin.identity = identity->name;
	else
		j->subject = identity->name;
	identity->name = NULL;
	ret->shown = true;
	return ft_found(FT_PAM_FRESH, "%s", "");
}

/* Whether it is the token of the person's sign-in, as root saw it issued or the store has it. */
static bool is_kept(struct ft_call *call, const struct ft_secret *typed)
{
	struct ft_knowledge knowledge = FT_KNOWLEDGE_INIT;
	struct ft_secret token = *typed;	/* not a copy */
	char fingerprint[FT_FINGERPRINT_SIZE];
	struct ft_error ignored;

	ft_fingerprint(typed, fingerprint);
	/* Without a refresh token it may be of an earlier login with this way. */
	if (ft_call_is_root() &&
	    ft_knowledge_read(call, FT_KNOWN_SIGN_IN, &knowledge, &ignored) == 0 &&
	    knowledge.refresh_token[0] != '\0' && strcmp(fingerprint, knowledge.access_token) == 0)
		return true;
	return ft_user_do(call, ft_user_has, &token, call->options.wait * 1000, &ignored) == 0;
}

struct ft_finding ft_auth_token(struct ft_call *call, const struct ft_secret *typed,
				struct ft_proof *ret)
{
	struct ft_identity identity = FT_IDENTITY_INIT;
	struct ft_finding finding;
	struct ft_error err;

	if (!ft_token_valid(typed->data, typed->len))
		return ft_found(FT_PAM_DENIED, "what was typed is no token");
	if (is_kept(call, typed))
		return ft_found(FT_PAM_DENIED,
				"it is the access token of a stored sign-in, which git and scripts "
				"have, too, and which proves nothing" FT_REMEDY "have the service "
				"issue tokens for login_audience only if a client asks for it");
	int r = ft_service_discover(&call->service, NULL, &err);

	if (r == 0)
		r = ft_identity_for_login(&call->service, typed, &identity, &err);
	switch (r) {
	case 0:
		finding = take(call, typed, &identity, ret);
		break;
	case FT_LOGIN_NEEDED:
		finding = ft_found_error(FT_PAM_DENIED, &err, NULL);
		break;
	case FT_NOT_FOUND:
		finding = ft_found_error(FT_PAM_BROKEN, &err, "auth: token cannot be used");
		ft_error_prefix(&finding.why, "%s:%u: account %s", call->account->file,
				call->account->line, call->account->name);
		break;
	case FT_TEMPORARY:
		finding = ft_found_error(FT_PAM_DOWN, &err, NULL);
		break;
	default:
		finding = ft_found_wrong(&err);
		break;
	}
	ft_identity_release(&identity);
	return finding;
}
