/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/base/moment.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_ms(clockid_t clock)
{
	struct timespec ts = { 0, 0 };

	(void)clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void read_boot_id(char ret[FT_BOOT_ID_SIZE])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return;
	ssize_t n = read(fd, ret, FT_BOOT_ID_SIZE - 1);

	while (n > 0 && ret[n - 1] == '\n')
		n--;
	ret[n > 0 ? n : 0] = '\0';
	(void)close(fd);
}

/* The boot id cannot change while a process runs, so it is read from /proc only once, by the first
 * thread. */
static void set_boot_id(char ret[FT_BOOT_ID_SIZE])
{
	enum { UNKNOWN, WRITING, KNOWN };
	static char known[FT_BOOT_ID_SIZE];
	static atomic_int state = UNKNOWN;
	int unknown = UNKNOWN;

	if (atomic_load(&state) == KNOWN) {
		memcpy(ret, known, sizeof known);
		return;
	}
	read_boot_id(ret);
	if (ret[0] != '\0' && atomic_compare_exchange_strong(&state, &unknown, WRITING)) {
		memcpy(known, ret, sizeof known);
		atomic_store(&state, KNOWN);
	}
}

void ft_moment_now(struct ft_moment *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->real = clock_ms(CLOCK_REALTIME);
	ret->boot = clock_ms(CLOCK_BOOTTIME);
	set_boot_id(ret->boot_id);
}

int64_t ft_moment_since(const struct ft_moment *now, const struct ft_moment *then)
{
	int64_t age;

	if (now->boot_id[0] != '\0' && strcmp(now->boot_id, then->boot_id) == 0)
		age = now->boot - then->boot;
	else
		age = now->real - then->real;
	return age >= 0 ? age : -1;
}

int64_t ft_boottime_ms(void)
{
	return clock_ms(CLOCK_BOOTTIME);
}

int64_t ft_monotonic_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}
