/* SPDX-License-Identifier: MIT */
/* off.h - the emergency switch: root's file that turns every check off */
#ifndef FT_PAM_OFF_H
#define FT_PAM_OFF_H

#include "pam/call/call.h"

/* Whether SYSCONFDIR/freshtoken/pam.off is there and root's. Either way, where it exists, a line
 * of the log says so at every call. */
bool ft_pam_is_off(const struct ft_call *call);

#endif
