/* SPDX-License-Identifier: MIT */
/*
 * worker.h - root asks the service about a person's sign-in
 *
 * In a worker: a process with a session of its own that comes to its end whatever
 * becomes of those who wait for it, or a rotated token would die.
 */
#ifndef FT_PAM_EXCHANGE_H
#define FT_PAM_EXCHANGE_H

#include "pam/call/call.h"
#include "pam/call/finding.h"

/* Refreshes the record in the user's store and waits up to `wait` ms for what comes of it. At the
 * deadline: the service is down where root's own question beside it shows that, else a sign-in is
 * needed. */
struct ft_finding ft_exchange_now(struct ft_call *call, int64_t wait);

/* Likewise where it is due; nobody waits. */
void ft_exchange_later(struct ft_call *call);

#endif
