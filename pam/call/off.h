/* SPDX-License-Identifier: MIT */
/* off.h - the emergency switch: root's file that turns every check off */
#ifndef FT_PAM_OFF_H
#define FT_PAM_OFF_H

#include "pam/call/call.h"

/* Whether SYSCONFDIR/freshtoken/pam.off exists, and it and its folder belong to root. If it exists,
 * every call logs that it does, or does not, switch the check off. */
bool ft_pam_is_off(const struct ft_call *call);

#endif
