/*
 * ours.h - whether the person is one that this module has a say about
 */
#ifndef FT_PAM_OURS_H
#define FT_PAM_OURS_H

#include "pam/call/call.h"
#include "pam/call/finding.h"

/* What is found of the person before anybody is asked; FT_PAM_FRESH: he is ours, go on. */
struct ft_finding ft_person_judge(const struct ft_call *call);

#endif
