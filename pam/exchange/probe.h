/* SPDX-License-Identifier: MIT */
/*
 * probe.h - whether the service is down, by a request of root's own
 *
 * While it is, people are let in for max_offline. So it takes more than silence: nothing that a
 * user can plant, hold up, freeze or kill makes a service look down.
 */
#ifndef FT_PAM_PROBE_H
#define FT_PAM_PROBE_H

#include "lib/exchange/judge.h"
#include "pam/call/call.h"

enum ft_probe { FT_PROBE_UNCLEAR, FT_PROBE_UP, FT_PROBE_DOWN };

/*
 * Asks the service about a token that nobody ever had. UP: it decides. DOWN: nobody answers where
 * it should be, or what answers is out of order. UNCLEAR: the request did not get that far (this
 * machine's own trouble, a transport that is lost), or what came back says neither.
 */
enum ft_probe ft_probe(struct ft_call *call);

/* Likewise, where the service has not said whose an access token is: asks at the same place about a
 * token that nobody ever had. */
enum ft_probe ft_probe_identity(struct ft_call *call);

/* The first in a process of its own, which writes FT_PROBE_WORD_DOWN to *ret_report if it is that,
 * within `seconds`; nothing otherwise. One at a time for a person. That nobody answers is worth
 * something only after FT_PROBE_SILENCE seconds. */
#define FT_PROBE_WORD_DOWN 'D'
#define FT_PROBE_SILENCE 2
int ft_probe_start(struct ft_call *call, unsigned seconds, int *ret_report, struct ft_error *err);

/* It looked at the request and would not have it: a word of the service's own, whatever its
 * words. */
bool ft_probe_is_refusal(const struct ft_facts *facts);

#endif
