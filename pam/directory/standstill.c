#include "config.h"
#include "pam/directory/standstill.h"

#include <time.h>

#include "lib/base/moment.h"

#define TICK 100	/* ms */

static void *tick(void *data)
{
	static const struct timespec pause = { 0, TICK * 1000000L };
	struct ft_standstill *watch = data;

	for (int64_t last = ft_monotonic_ms(), now; !atomic_load(&watch->over); last = now) {
		(void)nanosleep(&pause, NULL);
		now = ft_monotonic_ms();
		if (now - last > atomic_load(&watch->longest))
			atomic_store(&watch->longest, now - last);
	}
	return NULL;
}

void ft_standstill_begin(struct ft_standstill *watch)
{
	atomic_init(&watch->over, false);
	atomic_init(&watch->longest, 0);
	watch->runs = pthread_create(&watch->thread, NULL, tick, watch) == 0;
}

bool ft_standstill_end(struct ft_standstill *watch)
{
	if (!watch->runs)
		return true;
	atomic_store(&watch->over, true);
	(void)pthread_join(watch->thread, NULL);
	return atomic_load(&watch->longest) > FT_STANDSTILL;
}
