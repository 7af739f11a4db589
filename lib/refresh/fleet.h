/* SPDX-License-Identifier: MIT */
/*
 * fleet.h - a refresh of an account whose record lies in a fleet's store
 */
#ifndef FT_REFRESH_FLEET_H
#define FT_REFRESH_FLEET_H

#include "lib/refresh/job.h"

/* Brings this host's copy and the store's record together, and refreshes it where it is due and
 * nobody else does; job->want.settle: the first alone. Returns 0 when the record here is what the
 * store has, or better, else why not. */
int ft_job_fleet(struct ft_job *job, struct ft_error *err);
/* Whether the store can be asked now, before somebody's sign-in is used up for it. */
int ft_job_fleet_look(struct ft_job *job, struct ft_error *err);

#endif
