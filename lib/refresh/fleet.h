/* SPDX-License-Identifier: MIT */
/*
 * fleet.h - refreshes an account whose record is in a fleet's store
 */
#ifndef FT_REFRESH_FLEET_H
#define FT_REFRESH_FLEET_H

#include "lib/refresh/job.h"

/* Makes this host's copy and the store's record the same, and then refreshes if that is due and no
 * other host does; with job->want.settle it does not refresh. Returns 0 if this host's record is
 * the store's or a newer one, else why not. */
int ft_job_fleet(struct ft_job *job, struct ft_error *err);
/* Whether the store can be reached now; checked before a sign-in is spent that could not be stored
 * there. */
int ft_job_fleet_look(struct ft_job *job, struct ft_error *err);

#endif
