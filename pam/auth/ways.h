/* SPDX-License-Identifier: MIT */
/*
 * ways.h - the ways in which auth lets a person prove who they are
 */
#ifndef FT_PAM_AUTH_H
#define FT_PAM_AUTH_H

#include "lib/base/secret.h"
#include "lib/signin/signin.h"
#include "pam/call/call.h"
#include "pam/call/finding.h"

/* What was proven. shown: by a typed token, which serves this login alone and is not stored. */
struct ft_proof {
	struct ft_signin signin;
	bool shown;
};

/* One prompt for both: "press Enter when approved, or paste a token". FT_PAM_FRESH: somebody has
 * signed in, and the subject has not been compared yet. FT_PAM_NOT_CONFIGURED: the service has no
 * device flow, and token is false. */
struct ft_finding ft_auth_ask(struct ft_call *call, bool device, bool token, struct ft_proof *ret);
struct ft_finding ft_auth_password(struct ft_call *call, struct ft_proof *ret);

/* typed: must be an access token for the account's login_audience. */
struct ft_finding ft_auth_token(struct ft_call *call, const struct ft_secret *typed,
				struct ft_proof *ret);

/* What the failed exchange of a sign-in means; r: its code. */
struct ft_finding ft_auth_failed(const struct ft_signin *signin, int r, const struct ft_error *err);
/* What a failed conversation means; code: its PAM code. */
struct ft_finding ft_auth_silent(int code);

#endif
