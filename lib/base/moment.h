/* SPDX-License-Identifier: MIT */
/*
 * moment.h - a point in time that survives a clock step
 *
 * Within one boot, ages are measured on CLOCK_BOOTTIME, which nobody can set;
 * across a reboot only the wall clock is left. Moments are parameters all
 * through the library, so tests never sleep.
 */
#ifndef FT_MOMENT_H
#define FT_MOMENT_H

#include <stdint.h>
#include "lib/base/error.h"

#define FT_BOOT_ID_SIZE 40

struct ft_moment {
	int64_t real;	/* ms since the epoch */
	int64_t boot;	/* ms of CLOCK_BOOTTIME */
	char boot_id[FT_BOOT_ID_SIZE];	/* "": unknown, then nothing is of the same boot */
};

/* Cannot fail: where the kernel has no boot id, the wall clock serves. */
void ft_moment_now(struct ft_moment *ret);

/* Milliseconds from then to now; -1 where it cannot be told (then lies ahead). */
int64_t ft_moment_since(const struct ft_moment *now, const struct ft_moment *then);

/* Milliseconds of CLOCK_BOOTTIME, which goes on while the machine sleeps. */
int64_t ft_boottime_ms(void);

/* Milliseconds on a clock that only goes forward, for deadlines inside one process. */
int64_t ft_monotonic_ms(void);

#endif
