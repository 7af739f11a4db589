/* SPDX-License-Identifier: MIT */
/*
 * device-gate.h - for which logins the service is asked for a device code, and what the others see
 *
 * Anybody who reaches a login prompt could make this host request device codes, before any
 * proof of who they are. So the host requests at most `device_rate` codes a minute, and none
 * for users who are not mapped: those see a prompt that looks like the last real one.
 */
#ifndef FT_PAM_DEVICE_GATE_H
#define FT_PAM_DEVICE_GATE_H

#include "lib/signin/device.h"
#include "pam/call/call.h"

/* Whether one more request is allowed now; take: counts it. If the count cannot be read, or other
 * logins hold it until the deadline (ft_monotonic_ms), the request is allowed, and logged. */
bool ft_gate_passes(const struct ft_call *call, bool take, int64_t deadline);

/* Remembers what the service's answer looks like, and that it took `took` ms. Keeps the shape of
 * the code, not the code. device: NULL if the service offers no codes. */
void ft_gate_learn(const struct ft_call *call, const struct ft_device *device, int64_t took);
/* Makes a look-alike of the last answer with a code that the service has not issued, and takes as
 * long as that answer did. Without an answer so far it guesses. FT_CONFIG: the service offers no
 * codes. FT_NO_MEMORY. */
int ft_gate_pretend(const struct ft_call *call, struct ft_device *ret, struct ft_error *err);

#endif
