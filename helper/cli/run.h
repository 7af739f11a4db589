/* SPDX-License-Identifier: MIT */
/* run.h - other programs: where PATH has them, and what they print */
#ifndef FT_RUN_H
#define FT_RUN_H

#include <stdbool.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"

/* Whether PATH has an executable file of that name; ret: where it is wanted, the first one's path.
 */
bool ft_run_find(const char *name, struct ft_buf *ret_path);

/* Runs a program with /dev/null as its input, and reads its output where ret is not NULL; quiet:
 * its stderr is discarded. HOME is set for it, from passwd if need be. After a minute it is ended.
 * Returns its exit status, or a negative code. */
int ft_run(const char *const argv[], bool quiet, struct ft_buf *output, struct ft_error *err);
/* The same, until a point of ft_monotonic_ms. */
int ft_run_until(const char *const argv[], bool quiet, int64_t deadline, struct ft_buf *output,
		 struct ft_error *err);

#endif
