/* SPDX-License-Identifier: MIT */
/*
 * functions.h - the functions of PAM, as freshtoken-pam does them
 */
#ifndef FT_PAM_FUNCTIONS_H
#define FT_PAM_FUNCTIONS_H

#include "pam/call/call.h"
#include "pam/call/finding.h"

struct ft_finding ft_auth(struct ft_call *call);
struct ft_finding ft_account_check(struct ft_call *call);
/* setcred (establish, refresh) and open_session. */
struct ft_finding ft_session(struct ft_call *call);
/* A line with `seal`: unlocks the key that sign-ins are sealed with, and decides nothing. */
struct ft_finding ft_seal_key(struct ft_call *call);

#endif
