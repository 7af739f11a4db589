/* SPDX-License-Identifier: MIT */
/*
 * worker.h - root asks the service about a person's sign-in
 *
 * A worker does it: a process in its own session, which completes the exchange even if
 * the logins that wait for it have gone. Otherwise a rotated token would be lost.
 */
#ifndef FT_PAM_EXCHANGE_H
#define FT_PAM_EXCHANGE_H

#include "pam/call/call.h"
#include "pam/call/finding.h"

/* Refreshes the record in the user's store, and waits up to `wait` ms for the result. At the
 * deadline the finding is FT_PAM_DOWN if root's own probe shows it, else FT_PAM_LOGIN_NEEDED. */
struct ft_finding ft_exchange_now(struct ft_call *call, int64_t wait);

/* Starts a refresh that nobody waits for, if the record is due for one. */
void ft_exchange_later(struct ft_call *call);

#endif
