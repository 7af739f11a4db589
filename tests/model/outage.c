/* SPDX-License-Identifier: MIT */
/*
 * outage.c - hosts of a fleet after an outage of their token service: the number of requests
 *
 *	outage HOSTS LIFETIME OUTAGE [SEED]
 *
 * HOSTS hosts have access tokens with a lifetime of LIFETIME seconds; the service is down for
 * OUTAGE seconds. There are two ways:
 *
 *  - own: each host has its own sign-in or machine account, and refreshes it;
 *  - fleet: all share one through a store; one asks the service, the others read its result.
 *
 * Each host wants a token all the time, which is the worst case, and follows docs/how-it-works.md:
 * a refresh begins at its own point of the advisory window; after a failure it waits for 30
 * seconds, then for 60 each time. Prints the mean and the peak of requests per second at the token
 * service and, for a fleet, of reads and writes at the store, in normal operation and after the
 * outage; and the results of the formulas in docs/fleet.md. Deterministic.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

/* splitmix64 */
static double chance(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static double within(double x, double least, double most)
{
	return x < least ? least : x > most ? most : x;
}

static double lesser(double a, double b)
{
	return a < b ? a : b;
}

struct host {
	double u;	/* fixed, 0 to 1 */
	double age;	/* at which it begins to refresh, s */
	double next;	/* when it asks */
};

/* lib/store/freshness.h */
static double begins_at(double life, double u)
{
	const double mandatory = lesser(life / 2, within(life / 20, 10, 60));

	return life - lesser(3 * life / 4,
			     mandatory + within(life / 4, 30, 300) * (1 - u / 3));
}

struct load {
	double mean, peak;
};

/* From counts by second. */
static struct load load_of(const unsigned *counts, size_t from, size_t to)
{
	struct load load = { 0, 0 };

	for (size_t s = from; s < to; s++) {
		load.mean += counts[s];
		if (counts[s] > load.peak)
			load.peak = counts[s];
	}
	load.mean /= (double)(to - from);
	return load;
}

static void print(const char *what, struct load steady, struct load after)
{
	printf("%s steady %.2f/s peak %.0f/s after peak %.0f/s ratio %.1f\n", what, steady.mean,
	       steady.peak, after.peak, steady.mean > 0 ? after.peak / steady.mean : 0);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	const size_t n = strtoul(argv[1], NULL, 10);
	const double life = strtod(argv[2], NULL), outage = strtod(argv[3], NULL);
	const double begin = 3 * life, end = begin + outage, stop = end + 2 * life;
	const size_t seconds = (size_t)stop + 1;
	struct host *hosts = calloc(n, sizeof *hosts);
	unsigned *asked = calloc(seconds, sizeof *asked);
	unsigned *read = calloc(seconds, sizeof *read);
	double age = 0;

	state = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
	if (hosts == NULL || asked == NULL || read == NULL)
		return 1;
	for (size_t i = 0; i < n; i++) {
		hosts[i].u = chance();
		hosts[i].age = begins_at(life, hosts[i].u);
		/* They came up at any time. */
		hosts[i].next = chance() * hosts[i].age;
		age += hosts[i].age / (double)n;
	}
	/* Each for itself. */
	for (size_t i = 0; i < n; i++) {
		unsigned failed = 0;

		for (double t = hosts[i].next; t < stop; ) {
			asked[(size_t)t]++;
			failed = t >= begin && t < end ? failed + 1 : 0;
			t += failed > 0 ? (failed > 1 ? 60 : 30) : hosts[i].age;
		}
	}
	const struct load own = load_of(asked, (size_t)life, (size_t)begin);
	const struct load own_after = load_of(asked, (size_t)end, (size_t)(end + life));

	print("own: service", own, own_after);
	/* All that came due while it was away, once in the minute after, besides the usual ones. */
	printf("own: formula steady %.2f/s after %.0f/s\n", (double)n / age,
	       (double)n * lesser(outage / age, 1) / 60 +
	       (double)n * (1 - lesser(outage / age, 1)) / age);

	/*
	 * One for all: whoever's moment is first asks; the others read the new one when theirs comes.
	 * While the service is away who has asked waits as above, and so does each other one whose
	 * moment comes: all of them read the store.
	 */
	memset(asked, 0, seconds * sizeof *asked);
	double first = 0;

	for (size_t i = 0; i < n; i++)
		if (i == 0 || hosts[i].age < first)
			first = hosts[i].age;
	for (double issued = 0; issued < stop; ) {
		double granted = issued + first;

		/* Of many who are due somebody's wait ends at once. */
		if (granted >= begin && granted < end)
			granted = end;
		if (granted < stop)
			asked[(size_t)granted]++;
		for (size_t i = 0; i < n; i++) {
			double t = issued + hosts[i].age;

			for (unsigned failed = 0; t < granted && t < stop; failed++) {
				read[(size_t)t]++;
				t += failed > 0 ? 60 : 30;
			}
			if (t < stop)
				read[(size_t)t]++;
		}
		issued = granted;
	}
	const struct load service = load_of(asked, (size_t)life, (size_t)begin);
	const struct load service_after = load_of(asked, (size_t)end, (size_t)(end + life));
	const struct load store = load_of(read, (size_t)life, (size_t)begin);
	const struct load store_after = load_of(read, (size_t)end, (size_t)(end + life));
	const double spread = within(life / 4, 30, 300) / 3;

	print("fleet: service", service, service_after);
	print("fleet: store", store, store_after);
	printf("fleet: formula service %.5f/s store steady %.2f/s peak %.0f/s after %.0f/s\n",
	       1 / first, (double)n / first, (double)n / spread,
	       (double)n / (spread < 60 ? spread : 60));
	free(hosts);
	free(asked);
	free(read);
	return 0;
}
