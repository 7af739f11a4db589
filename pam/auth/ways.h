/* SPDX-License-Identifier: MIT */
/*
 * ways.h - the ways in which auth lets somebody prove who he is
 */
#ifndef FT_PAM_AUTH_H
#define FT_PAM_AUTH_H

#include "lib/base/secret.h"
#include "lib/signin/signin.h"
#include "pam/call/call.h"
#include "pam/call/finding.h"

/* What was proven. shown: by a token that was typed, which is for that alone and is not kept. */
struct ft_proof {
	struct ft_signin signin;
	bool shown;
};

/* One prompt for both: "press Enter when approved, or paste a token". FT_PAM_FRESH: somebody has
 * signed in; whose it is has not been looked at. FT_PAM_NOT_CONFIGURED: the service has no device
 * flow and a token is not asked for. */
struct ft_finding ft_auth_ask(struct ft_call *call, bool device, bool token, struct ft_proof *ret);
struct ft_finding ft_auth_password(struct ft_call *call, struct ft_proof *ret);

/* A token as it was typed: an access token for the account's login_audience. */
struct ft_finding ft_auth_token(struct ft_call *call, const struct ft_secret *typed,
				struct ft_proof *ret);

/* What a failed exchange of a sign-in means. */
struct ft_finding ft_auth_failed(const struct ft_signin *signin, int r, const struct ft_error *err);
/* What a failed conversation means: a PAM code. */
struct ft_finding ft_auth_silent(int code);

#endif
