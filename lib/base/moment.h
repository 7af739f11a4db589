/* SPDX-License-Identifier: MIT */
/*
 * moment.h - a point in time that survives a clock step
 *
 * Within one boot, ages are measured on CLOCK_BOOTTIME, which nobody can set; across a reboot only
 * the wall clock can tell. Moments are parameters throughout the library, so tests never sleep.
 */
#ifndef FT_MOMENT_H
#define FT_MOMENT_H

#include <stdint.h>
#include "lib/base/error.h"

#define FT_BOOT_ID_SIZE 40

struct ft_moment {
	int64_t real;	/* ms since the epoch */
	int64_t boot;	/* ms of CLOCK_BOOTTIME */
	char boot_id[FT_BOOT_ID_SIZE];	/* "": unknown; it equals no other moment's then */
};

/* Cannot fail: without a boot id from the kernel, ages are measured on the wall clock. */
void ft_moment_now(struct ft_moment *ret);

/* Milliseconds from `then` to `now`; -1 if `then` is later, because the clock was set back. */
int64_t ft_moment_since(const struct ft_moment *now, const struct ft_moment *then);

/* Milliseconds of CLOCK_BOOTTIME, which continues while the machine sleeps. */
int64_t ft_boottime_ms(void);

/* Milliseconds of CLOCK_MONOTONIC, which stops while the machine sleeps; for deadlines within one
 * process. */
int64_t ft_monotonic_ms(void);

#endif
