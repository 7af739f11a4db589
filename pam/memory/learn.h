/* SPDX-License-Identifier: MIT */
/*
 * learn.h - what an exchange of root's changes in what root knows of a person (knowledge.h)
 */
#ifndef FT_PAM_LEARN_H
#define FT_PAM_LEARN_H

#include "lib/signin/signin.h"
#include "pam/call/call.h"
#include "pam/call/finding.h"

/*
 * signin: what came of it; NULL where nobody was asked about one. sent: the tokens that were
 * asked with, NULL where there were none; known: root saw these issued to this user.
 * What cannot be kept is logged, and changes nothing for this login; but a refusal that cannot be
 * kept removes what said otherwise.
 */
void ft_learn(const struct ft_call *call, const struct ft_finding *finding,
	      const struct ft_signin *signin, const struct ft_variables *sent, bool known);

#endif
