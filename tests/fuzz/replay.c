/* SPDX-License-Identifier: MIT */
/*
 * replay - runs a fuzz target over seeds, and over variants of each
 *
 *	fuzz-NAME FOLDER
 *
 * Prints TAP: one test for each file. In addition to the file every prefix of it is tried, and each
 * of its bytes replaced, left out and doubled. So the targets are compiled and tested where no
 * fuzzer is installed; "make fuzzers" links them with libFuzzer instead of this.
 */
#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define SEED_MAX 4096

/* In fresh memory of just that size, so that a sanitizer sees a read beyond it. */
static void run(const unsigned char *data, size_t size)
{
	unsigned char *copy = malloc(size > 0 ? size : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void run_around(const unsigned char *seed, size_t size)
{
	static const unsigned char replacements[] = "\0\n\"<>&\\{}[]:,.0-;=%/ \x7f\xc3\xff";
	unsigned char changed[SEED_MAX + 1];

	for (size_t i = 0; i <= size; i++)
		run(seed, i);
	for (size_t i = 0; i < size; i++) {
		memcpy(changed, seed, size);
		for (size_t j = 0; j < sizeof replacements - 1; j++) {
			changed[i] = replacements[j];
			run(changed, size);
		}
		memcpy(changed + i, seed + i + 1, size - i - 1);
		run(changed, size - 1);
		memcpy(changed + i, seed + i, 1);
		memcpy(changed + i + 1, seed + i, size - i);
		run(changed, size + 1);
	}
}

int main(int argc, char *argv[])
{
	struct dirent **names = NULL;
	int n = argc == 2 ? scandir(argv[1], &names, NULL, alphasort) : -1, tests = 0;

	if (n < 0) {
		(void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	for (int i = 0; i < n; i++) {
		unsigned char seed[SEED_MAX + 1];
		char path[4096];

		if (names[i]->d_name[0] == '.') {
			free(names[i]);
			continue;
		}
		(void)snprintf(path, sizeof path, "%s/%s", argv[1], names[i]->d_name);
		FILE *file = fopen(path, "re");
		size_t size = file != NULL ? fread(seed, 1, sizeof seed, file) : SEED_MAX + 1;

		if (file != NULL)
			(void)fclose(file);
		if (size <= SEED_MAX)
			run_around(seed, size);
		(void)printf("%s %d - %s\n", size <= SEED_MAX ? "ok" : "not ok", ++tests,
			     names[i]->d_name);
		(void)fflush(stdout);
		free(names[i]);
	}
	(void)printf("1..%d\n", tests);
	free(names);
	return tests > 0 ? 0 : 1;
}
