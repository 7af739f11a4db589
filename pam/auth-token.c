/* auth=token: what is typed is shown to the service, whose word counts */
#include "config.h"
#include "auth.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "identity.h"

/* Takes the identity over. The name, where introspection has none, is asked for once more when
 * it is proven. */
static struct ft_finding as_access_token(struct ft_call *call, const struct ft_secret *typed,
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
	ret->if_none = true;
	return ft_found(FT_PAM_FRESH, "%s", "");
}

static struct ft_finding as_refresh_token(struct ft_call *call, const struct ft_secret *typed,
					  struct ft_proof *ret)
{
	struct ft_variables variables = { 0 };
	struct ft_error err;
	int r = ft_secret_copy(&variables.refresh_token, typed) == 0 ? 0 : ft_error_memory(&err);

	ft_service_prepare_keys(&call->service);
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

/* The service knows no such refresh token, or this client has none at all. */
static bool is_no_refresh_token(const char *code)
{
	return strcmp(code, "invalid_grant") == 0 || strcmp(code, "unauthorized_client") == 0 ||
	       strcmp(code, "unsupported_grant_type") == 0;
}

static void start_again(struct ft_proof *proof)
{
	ft_signin_release(&proof->signin);
	proof->signin = (struct ft_signin)FT_SIGNIN_INIT;
}

/*
 * An access token has to be one that the service says was issued to our client or for our
 * audience: any application that a person has signed in to could use hers otherwise. Asking
 * about it goes first, as that spends nothing.
 *
 * Introspection knows refresh tokens as well, and one must not pass for an access token, which
 * is handed to other hosts. UserInfo takes access tokens alone, and none of a person that is no
 * more. Where it is not there, or has no say (403), it is tried as a refresh token.
 */
struct ft_finding ft_auth_token(struct ft_call *call, const struct ft_secret *typed,
				struct ft_proof *ret)
{
	struct ft_identity identity = { .expires_at = -1 }, userinfo = { .expires_at = -1 };
	enum { NO, PERHAPS, YES } is_access = NO;
	struct ft_finding finding;
	struct ft_error err;

	if (!ft_token_valid(typed->data, typed->len))
		return ft_found(FT_PAM_DENIED, "what was typed is no token");
	int r = ft_service_discover(&call->service, NULL, &err);

	if (r == 0 && ft_identity_can_introspect(&call->service))
		r = ft_identity_introspect(&call->service, typed, &identity, &err);
	if (r == 0 && identity.ours) {
		r = ft_identity_userinfo(&call->service, typed, &userinfo, &err);
		is_access = r == 0 ? YES : r == FT_NOT_FOUND ? PERHAPS : NO;
	}
	if (r != 0 && r != FT_LOGIN_NEEDED && r != FT_NOT_FOUND) {
		finding = r == FT_TEMPORARY ? ft_found(FT_PAM_DOWN, "%s", err.text) : ft_found_wrong(&err);
	} else if (is_access == YES) {
		finding = as_access_token(call, typed, &identity, ret);
	} else {
		finding = as_refresh_token(call, typed, ret);
		if (is_access == PERHAPS && finding.situation == FT_PAM_DENIED &&
		    is_no_refresh_token(ret->signin.code)) {
			start_again(ret);
			finding = as_access_token(call, typed, &identity, ret);
		}
	}
	ft_identity_release(&identity);
	ft_identity_release(&userinfo);
	return finding;
}
