/* What every unit test program ends with: run the tests, print TAP. */
#ifndef FT_UNIT_H
#define FT_UNIT_H

#include <check.h>

/* tests ends with NULL. Returns what main returns. */
static inline int unit_run(const char *name, const TTest *const tests[])
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);

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

#endif
