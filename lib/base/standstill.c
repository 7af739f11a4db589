/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/base/standstill.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/moment.h"

#define MERE_DELAY 1000	/* ms that a busy machine may take */
#define PART 4

static long since(const struct ft_standstill *seen)
{
	return (long)(ft_monotonic_ms() - seen->begin);
}

void ft_standstill_begin(struct ft_standstill *seen)
{
	seen->begin = ft_monotonic_ms();
	seen->runs = false;
	atomic_init(&seen->last, 0);
	atomic_init(&seen->longest, 0);
	atomic_init(&seen->lost, 0);
}

void ft_standstill_look(struct ft_standstill *seen)
{
	const long now = since(seen), gap = now - atomic_load(&seen->last);

	atomic_store(&seen->last, now);
	if (gap > atomic_load(&seen->longest))
		atomic_store(&seen->longest, gap);
	if (gap > FT_STANDSTILL_TICK)
		atomic_store(&seen->lost, atomic_load(&seen->lost) + gap - FT_STANDSTILL_TICK);
}

bool ft_standstill_is(const struct ft_standstill *seen)
{
	const long now = since(seen), gap = now - atomic_load(&seen->last),
		   lost = atomic_load(&seen->lost) +
			  (gap > FT_STANDSTILL_TICK ? gap - FT_STANDSTILL_TICK : 0);

	return gap > MERE_DELAY || atomic_load(&seen->longest) > MERE_DELAY ||
	       (lost > MERE_DELAY && lost > now / PART);
}

static void *tick(void *data)
{
	struct ft_standstill *seen = data;
	struct pollfd over = { seen->over, POLLIN, 0 };

	while (poll(&over, 1, FT_STANDSTILL_TICK) <= 0)
		ft_standstill_look(seen);
	return NULL;
}

bool ft_standstill_watch(struct ft_standstill *seen)
{
	sigset_t all, before;

	/* The new thread inherits this mask: signals go to the thread that waits. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	seen->over = eventfd(0, EFD_CLOEXEC);
	seen->runs = seen->over >= 0 && pthread_create(&seen->thread, NULL, tick, seen) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!seen->runs && seen->over >= 0)
		(void)close(seen->over);
	return seen->runs;
}

void ft_standstill_unwatch(struct ft_standstill *seen)
{
	if (!seen->runs)
		return;
	(void)eventfd_write(seen->over, 1);
	(void)pthread_join(seen->thread, NULL);
	(void)close(seen->over);
	seen->runs = false;
	ft_standstill_look(seen);
}
