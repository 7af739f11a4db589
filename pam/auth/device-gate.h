/* SPDX-License-Identifier: MIT */
/*
 * device-gate.h - who may make the service hand out a code, and what the others see
 *
 * Anybody who reaches a login can have codes asked for, without having proven a thing. So
 * this host asks for `device_rate` of them in a minute and no more, and never for users
 * that nobody mapped: those see a prompt that looks like the last real one.
 */
#ifndef FT_PAM_DEVICE_GATE_H
#define FT_PAM_DEVICE_GATE_H

#include "lib/signin/device.h"
#include "pam/call/call.h"

/* Whether there may be one more request now; take: and that it is made. Where that cannot be told,
 * there may be, and the log says why: also where other logins have not let go of the count by the
 * deadline (ft_monotonic_ms). */
bool ft_gate_passes(const struct ft_call *call, bool take, int64_t deadline);

/* What the service's answers look like; `took` ms. Of the code only its shape is kept. */
void ft_gate_learn(const struct ft_call *call, const struct ft_device *device, int64_t took);
/* Something that looks so, after as long as that took, with a code that nobody has. A guess where
 * no answer was seen yet. FT_NO_MEMORY. */
int ft_gate_pretend(const struct ft_call *call, struct ft_device *ret, struct ft_error *err);

#endif
