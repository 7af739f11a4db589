/*
 * standstill.h - whether this process stood still while it waited
 *
 * Without freshtoken-pam.socket what checks a su runs in the control group of the session that
 * asks, and a user may be able to freeze that. Frozen until the time is over, it finds no answer:
 * the silence is its own then, and says nothing of whoever was asked.
 */
#ifndef FT_PAM_STANDSTILL_H
#define FT_PAM_STANDSTILL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FT_STANDSTILL 1000	/* ms that are no mere delay */

struct ft_standstill {
	pthread_t thread;
	bool runs;
	atomic_bool over;
	_Atomic int64_t longest;	/* ms between two looks at the clock */
};

void ft_standstill_begin(struct ft_standstill *watch);
/* Whether it did, or that cannot be told. */
bool ft_standstill_end(struct ft_standstill *watch);

#endif
