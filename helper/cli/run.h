/* SPDX-License-Identifier: MIT */
/* run.h - runs other programs, and finds them in PATH */
#ifndef FT_RUN_H
#define FT_RUN_H

#include <stdbool.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"

/* Whether PATH has an executable file of that name. ret_path, if not NULL, gets the path of the
 * first one. */
bool ft_run_find(const char *name, struct ft_buf *ret_path);

/* Runs a program with /dev/null as its input; output, if not NULL, gets what it prints. quiet: its
 * stderr is discarded. If HOME is not set, the program gets it from passwd. After a minute it is
 * killed. Returns its exit status, or a negative code. */
int ft_run(const char *const argv[], bool quiet, struct ft_buf *output, struct ft_error *err);
/* Likewise, until a deadline of ft_monotonic_ms. */
int ft_run_until(const char *const argv[], bool quiet, int64_t deadline, struct ft_buf *output,
		 struct ft_error *err);

#endif
