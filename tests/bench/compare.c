/* SPDX-License-Identifier: MIT */
/*
 * compare - measures whole processes, side by side
 *
 *   compare RUNS FILE PROGRAM [ARGUMENT…] :: PROGRAM [ARGUMENT…] …
 *
 * Runs the commands in turn, RUNS times each, with FILE as standard input and /dev/null as standard
 * output, and prints for each the median of wall time and peak memory, and both as ratios to the
 * first command. In turn, because the speed of a machine drifts; medians, because other processes
 * use it too.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define MAX_COMMANDS 8

extern char **environ;

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int run(char *const argv[], const char *input, double *us, double *kib)
{
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	pid_t pid;
	int status = 0;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	double start = now_us();
	int r = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);

	if (r == 0 && wait4(pid, &status, 0, &usage) != pid)
		r = errno;
	*us = now_us() - start;
	*kib = (double)usage.ru_maxrss;
	posix_spawn_file_actions_destroy(&actions);
	if (r != 0 || status != 0) {
		fprintf(stderr, "compare: %s: %s, status %d\n", argv[0], strerror(r), status);
		return -1;
	}
	return 0;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, int n)
{
	qsort(values, (size_t)n, sizeof *values, ascending);
	return values[n / 2];
}

int main(int argc, char *argv[])
{
	int runs = argc > 3 ? atoi(argv[1]) : 0, n = 0;
	char **commands[MAX_COMMANDS];
	double *us[MAX_COMMANDS], *kib[MAX_COMMANDS];

	if (runs < 1) {
		fprintf(stderr, "usage: compare RUNS FILE PROGRAM [ARGUMENT…] :: PROGRAM …\n");
		return 2;
	}
	for (int i = 3; i < argc && n < MAX_COMMANDS; i++, n++) {
		commands[n] = &argv[i];
		us[n] = calloc((size_t)runs, sizeof **us);
		kib[n] = calloc((size_t)runs, sizeof **kib);
		if (us[n] == NULL || kib[n] == NULL)
			return 1;
		while (i < argc && strcmp(argv[i], "::") != 0)
			i++;
		argv[i] = NULL;
	}
	/* One round to warm up, not counted. */
	for (int i = -1; i < runs; i++)
		for (int k = 0; k < n; k++)
			if (run(commands[k], argv[2], &us[k][i < 0 ? 0 : i],
				&kib[k][i < 0 ? 0 : i]) != 0)
				return 1;
	double base_us = 0, base_kib = 0;

	for (int k = 0; k < n; k++) {
		double t = median(us[k], runs), m = median(kib[k], runs);
		const char *name = strrchr(commands[k][0], '/');

		if (k == 0)
			base_us = t, base_kib = m;
		printf("%-32s %9.0f us  %6.2f x   %7.0f KiB  %6.2f x\n",
		       name != NULL ? name + 1 : commands[k][0], t, t / base_us, m, m / base_kib);
		free(us[k]);
		free(kib[k]);
	}
	return 0;
}
