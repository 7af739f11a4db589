/* SPDX-License-Identifier: MIT */
/*
 * learn.h - stores what root's exchange has shown about a person (knowledge.h)
 */
#ifndef FT_PAM_LEARN_H
#define FT_PAM_LEARN_H

#include "lib/signin/signin.h"
#include "pam/call/call.h"
#include "pam/call/finding.h"

/*
 * signin: the exchange, or NULL if there was none. sent: the tokens that were sent, or NULL; known:
 * root saw these issued to this user. An error when writing is logged, and changes nothing for this
 * login. But if a refusal cannot be written, a file that says otherwise is removed.
 */
void ft_learn(const struct ft_call *call, const struct ft_finding *finding,
	      const struct ft_signin *signin, const struct ft_variables *sent, bool known);

#endif
