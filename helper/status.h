/*
 * status.h - what the service says of a sign-in, beside what is known here
 */
#ifndef FT_STATUS_H
#define FT_STATUS_H

#include "freshtoken.h"

/* Asks the account's service, where the status is one of a sign-in that looks good, and brings
 * verdict and reason to what it says. The record stays as it is. */
void ft_status_check(struct freshtoken *ft, const char *name, struct freshtoken_status *status);

#endif
