/* SPDX-License-Identifier: MIT */
/*
 * renew.h - root's exchange with a person's refresh token, and what its answer means
 */
#ifndef FT_PAM_RENEW_H
#define FT_PAM_RENEW_H

#include "lib/signin/signin.h"
#include "pam/call/call.h"
#include "pam/call/finding.h"

/* Whether root saw these tokens issued to this person: then the person has not planted them to make
 * the service fail. */
bool ft_renew_is_known(const struct ft_call *call, const struct ft_variables *tokens);

/* Refreshes. Returns what the answer means for the login; signin gets what it means for the
 * person's record. signin must be FT_SIGNIN_INIT, and the caller releases it. */
struct ft_finding ft_renew(struct ft_call *call, const struct ft_variables *tokens,
			   struct ft_signin *signin);

/* What an error r means: a request was not made, or its answer was lost. */
struct ft_finding ft_renew_wrong(int r, const struct ft_error *err);

#endif
