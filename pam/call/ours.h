/* SPDX-License-Identifier: MIT */
/*
 * ours.h - whether the module has to check this person
 */
#ifndef FT_PAM_OURS_H
#define FT_PAM_OURS_H

#include "pam/call/call.h"
#include "pam/call/finding.h"

/* Judges by the local user and the configuration alone. FT_PAM_FRESH: to be checked, go on. */
struct ft_finding ft_person_judge(const struct ft_call *call);

#endif
