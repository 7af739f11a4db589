/* auth=token: what is typed is shown to the service, whose word counts */
#include "config.h"
#include "auth.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "identity.h"

/* Introspection knows refresh tokens as well, but UserInfo takes access tokens alone. */
static bool is_refused_by_userinfo(struct ft_call *call, const struct ft_secret *typed)
{
	const struct ft_variables variables = { .token = *typed };
	struct ft_facts facts = { .date = -1, .retry_after = -1 };
	struct ft_error ignored;
	bool refused = false;

	if (ft_service_endpoint(&call->service, "userinfo_endpoint") != NULL &&
	    ft_service_request(&call->service, FT_REQUEST_USERINFO, &variables, &facts, &ignored) == 0)
		refused = facts.status == 401;
	ft_facts_release(&facts);
	return refused;
}

/* An access token that the service says was issued to our client or for our audience; any
 * application that a person has signed in to could use hers otherwise. *ret_is_none: it may still be a refresh token. */
static struct ft_finding as_access_token(struct ft_call *call, const struct ft_secret *typed,
					 struct ft_proof *ret, bool *ret_is_none)
{
	struct ft_identity identity = { .expires_at = -1 };
	struct ft_judgement *j = &ret->signin.judgement;
	struct ft_finding finding = ft_found(FT_PAM_DENIED, "%s", "");
	struct ft_error err;
	int r = ft_identity_introspect(&call->service, typed, &identity, &err);

	*ret_is_none = r == FT_LOGIN_NEEDED || r == FT_NOT_FOUND ||
		       (r == 0 && (!identity.ours || is_refused_by_userinfo(call, typed)));
	if (r != 0 || *ret_is_none) {
		ft_identity_release(&identity);
		return *ret_is_none ? finding : ft_auth_failed(&ret->signin, r, &err);
	}
	/* The name, where introspection has none, is looked for once more when it is proven. */
	ft_moment_now(&ret->signin.sent);
	if (ft_secret_copy(&j->access_token, typed) != 0)
		finding = ft_found(FT_PAM_NO_MEMORY, "out of memory");
	else
		finding = ft_found(FT_PAM_FRESH, "%s", "");
	j->outcome = FT_OUTCOME_FRESH;
	if (identity.expires_at >= 0)
		j->lifetime = identity.expires_at * 1000 - ret->signin.sent.real;
	if (j->lifetime < 0)
		j->lifetime = -1;
	if (call->account->identity != NULL)
		ret->signin.identity = identity.name;
	else
		j->subject = identity.name;
	identity.name = NULL;
	ret->if_none = true;
	ft_identity_release(&identity);
	return finding;
}

static struct ft_finding as_refresh_token(struct ft_call *call, const struct ft_secret *typed,
					  struct ft_proof *ret)
{
	struct ft_variables variables = { 0 };
	struct ft_error err;
	int r = ft_secret_copy(&variables.refresh_token, typed) == 0 ? 0 : ft_error_memory(&err);

	if (r == 0)
		r = ft_signin_exchange(&call->service, FT_REQUEST_REFRESH, &variables, &ret->signin, &err);
	ft_variables_release(&variables);
	if (r != 0)
		return ft_auth_failed(&ret->signin, r, &err);
	/* A service that does not rotate goes on with the same one. */
	if (ret->signin.judgement.refresh_token.data == NULL &&
	    ft_secret_copy(&ret->signin.judgement.refresh_token, typed) != 0)
		return ft_found(FT_PAM_NO_MEMORY, "out of memory");
	return ft_found(FT_PAM_FRESH, "%s", "");
}

struct ft_finding ft_auth_token(struct ft_call *call, const struct ft_secret *typed,
				struct ft_proof *ret)
{
	struct ft_finding finding;
	struct ft_error err;
	bool is_none = true;

	/* The code in the same prompt may have been approved meanwhile: what is typed counts. */
	ft_signin_release(&ret->signin);
	ret->signin = (struct ft_signin)FT_SIGNIN_INIT;
	if (!ft_token_valid(typed->data, typed->len))
		return ft_found(FT_PAM_DENIED, "what was typed is no token");
	int r = ft_service_discover(&call->service, NULL, &err);

	if (r != 0)
		return r == FT_TEMPORARY ? ft_found(FT_PAM_DOWN, "%s", err.text) : ft_found_wrong(&err);
	/* Asking about it first: that spends nothing. */
	if (ft_identity_can_introspect(&call->service)) {
		finding = as_access_token(call, typed, ret, &is_none);
		if (!is_none)
			return finding;
	}
	ft_signin_release(&ret->signin);
	ret->signin = (struct ft_signin)FT_SIGNIN_INIT;
	return as_refresh_token(call, typed, ret);
}
