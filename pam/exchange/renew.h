/* SPDX-License-Identifier: MIT */
/*
 * renew.h - one exchange of root's about a person's refresh token, and what it means
 */
#ifndef FT_PAM_RENEW_H
#define FT_PAM_RENEW_H

#include "lib/signin/signin.h"
#include "pam/call/call.h"
#include "pam/call/finding.h"

/* Whether root saw these tokens issued to this person: a service's trouble with them is not the
 * person's making. */
bool ft_renew_is_known(const struct ft_call *call, const struct ft_variables *tokens);

/* What it means for the person; and in signin, which is FT_SIGNIN_INIT before and is released by
 * the caller, for the person's record. */
struct ft_finding ft_renew(struct ft_call *call, const struct ft_variables *tokens,
			   struct ft_signin *signin);

/* What it means that a request was not made, or its answer is lost. */
struct ft_finding ft_renew_wrong(int r, const struct ft_error *err);

#endif
