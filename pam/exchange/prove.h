/* SPDX-License-Identifier: MIT */
/*
 * prove.h - whether a sign-in is this person's
 */
#ifndef FT_PAM_PROVE_H
#define FT_PAM_PROVE_H

#include "lib/signin/signin.h"
#include "pam/call/call.h"
#include "pam/call/finding.h"

/*
 * The subject comes from the verified ID token or the vendor's field, else from introspection, else
 * from UserInfo. FT_PAM_FRESH: it is this person's. Also FT_PAM_DENIED (another person's, or no
 * subject), FT_PAM_DISABLED (the new token is not active), FT_PAM_LOGIN_NEEDED (the service fails
 * for this token alone), FT_PAM_DOWN, FT_PAM_BROKEN, FT_PAM_NO_MEMORY.
 */
struct ft_finding ft_prove(struct ft_call *call, const struct ft_signin *signin);

#endif
