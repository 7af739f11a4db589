/* SPDX-License-Identifier: MIT */
/*
 * prove.h - whose a sign-in is
 */
#ifndef FT_PAM_PROVE_H
#define FT_PAM_PROVE_H

#include "lib/signin/signin.h"
#include "pam/call/call.h"
#include "pam/call/finding.h"

/*
 * By its verified ID token or the vendor's field, else introspection, else UserInfo.
 * FT_PAM_FRESH: it is this person's. Also FT_PAM_DENIED (somebody else's, or nobody says),
 * FT_PAM_DISABLED (the new token is not active), FT_PAM_DOWN, FT_PAM_BROKEN.
 */
struct ft_finding ft_prove(struct ft_call *call, const struct ft_signin *signin);

#endif
