/* SPDX-License-Identifier: MIT */
/*
 * probe.h - whether the service is down, by a request of root's own
 *
 * While the service is down, people are let in for max_offline. So silence is not enough: nothing
 * that a user can plant, delay, freeze or kill may make a service look down.
 */
#ifndef FT_PAM_PROBE_H
#define FT_PAM_PROBE_H

#include "lib/exchange/judge.h"
#include "pam/call/call.h"

enum ft_probe { FT_PROBE_UNCLEAR, FT_PROBE_UP, FT_PROBE_DOWN };

/*
 * Sends the service a made-up refresh token. UP: the service decides about it. DOWN: nobody
 * answers, or the answer is a server error. UNCLEAR: the request was not made (an error of this
 * machine, a lost transport), or the answer shows neither.
 */
enum ft_probe ft_probe(struct ft_call *call);

/* Likewise after introspection or UserInfo has failed: sends a made-up access token to the same
 * endpoint. */
enum ft_probe ft_probe_identity(struct ft_call *call);

/* Runs ft_probe in a separate process, which writes FT_PROBE_WORD_DOWN to *ret_report within
 * `seconds` if the service is down, and otherwise nothing. One process at a time for each person. A
 * service that does not answer counts as down only after FT_PROBE_SILENCE seconds. */
#define FT_PROBE_WORD_DOWN 'D'
#define FT_PROBE_SILENCE 2
int ft_probe_start(struct ft_call *call, unsigned seconds, int *ret_report, struct ft_error *err);

/* Whether the service itself has refused the request: 4xx except 429, and not a gateway's HTML. */
bool ft_probe_is_refusal(const struct ft_facts *facts);

#endif
