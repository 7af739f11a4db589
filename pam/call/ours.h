/* SPDX-License-Identifier: MIT */
/*
 * ours.h - whether the person is one that this module has a say about
 */
#ifndef FT_PAM_OURS_H
#define FT_PAM_OURS_H

#include "pam/call/call.h"
#include "pam/call/finding.h"

/* What is known of the person before anybody is asked; FT_PAM_FRESH: to be checked, go on. */
struct ft_finding ft_person_judge(const struct ft_call *call);

#endif
