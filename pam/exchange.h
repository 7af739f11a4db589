/*
 * exchange.h - root asks the service about a person's sign-in
 *
 * In a worker: a process with a session of its own that comes to its end whatever
 * becomes of those who wait for it, or a rotated token would die.
 */
#ifndef FT_PAM_EXCHANGE_H
#define FT_PAM_EXCHANGE_H

#include "call.h"
#include "finding.h"
#include "signin.h"

/* Refreshes the record in the user's store and waits up to `wait` ms for what comes of it. At the
 * deadline: the service is down where root's transport runs, else a sign-in is needed. */
struct ft_finding ft_exchange_now(const struct ft_call *call, int64_t wait);

/* Likewise where it is due; nobody waits. */
void ft_exchange_later(const struct ft_call *call);

/*
 * Whose a sign-in is: its verified ID token or the vendor's field, else introspection, else
 * UserInfo. FT_PAM_FRESH: it is this person's. Also FT_PAM_DENIED (somebody else's, or nobody
 * says), FT_PAM_DISABLED (the new token is not active), FT_PAM_DOWN, FT_PAM_BROKEN.
 */
struct ft_finding ft_exchange_prove(struct ft_call *call, const struct ft_signin *signin);

/* Takes down in root's knowledge what was seen. */
void ft_exchange_note(const struct ft_call *call, const struct ft_finding *finding,
		      const struct ft_signin *signin);

#endif
