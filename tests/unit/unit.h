/* SPDX-License-Identifier: MIT */
/* The end of every unit test program: runs the tests and prints TAP. */
#ifndef FT_UNIT_H
#define FT_UNIT_H

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "lib/base/error.h"

/* The line that people would see. Of the last four calls. */
static inline const char *line_of(const struct ft_error *err)
{
	static char lines[4][FT_ERROR_LINE];
	static unsigned n;

	return ft_error_line(err, lines[n++ % 4]);
}

/* valgrind gives no other thread a turn while one waits in fcntl(F_OFD_SETLKW), and its posix_spawn
 * forks, so that it cannot say why a program did not start. Cases that need one or the other are for
 * the other runs. tests/valgrind.sh sets FT_WRAPPED. */
static inline bool unit_in_valgrind(void)
{
	return getenv("FT_WRAPPED") != NULL;
}

/* Descriptors for dozens of threads, and no more than elsewhere, as tests/harness/tap.sh has it. */
static inline void unit_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max < 1024 ? limit.rlim_max : 1024;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* tests ends with NULL; setup and teardown run around each. Returns what main returns. */
static inline int unit_run_with(const char *name, const TTest *const tests[],
				void (*setup)(void), void (*teardown)(void))
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);

	unit_limit();
	/* A bound, not a measure: check's own 4 seconds are short for sanitizers on a busy machine.
	 */
	tcase_set_timeout(tcase, 60);
	if (setup != NULL)
		tcase_add_checked_fixture(tcase, setup, teardown);
	for (; *tests != NULL; tests++)
		tcase_add_test(tcase, *tests);
	suite_add_tcase(suite, tcase);

	SRunner *runner = srunner_create(suite);

	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

static inline int unit_run(const char *name, const TTest *const tests[])
{
	return unit_run_with(name, tests, NULL, NULL);
}

#endif
