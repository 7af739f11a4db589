/* SPDX-License-Identifier: MIT */
/*
 * standstill.h - whether this process was stopped while it waited for an answer
 *
 * A user can freeze a process that runs in the user's control group (as under su), or give it
 * almost no processor time, until its deadline is over. A missing answer then says nothing about
 * the service that was asked, and must not count as "unreachable".
 */
#ifndef FT_STANDSTILL_H
#define FT_STANDSTILL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FT_STANDSTILL_TICK 100	/* ms from one look at the clock to the next */

struct ft_standstill {
	int64_t begin;
	/* ms since begin; atomic, because signal handlers read them, too */
	atomic_long last, longest, lost;
	pthread_t thread;
	bool runs;
	int over;	/* an eventfd: readable when the thread must end */
};

/* After begin, the waiting code calls look every FT_STANDSTILL_TICK. */
void ft_standstill_begin(struct ft_standstill *seen);
void ft_standstill_look(struct ft_standstill *seen);
/* Whether the process lost more than a second in one piece; or in many pieces more than a second
 * and more than a quarter of the time. Safe in a signal handler. */
bool ft_standstill_is(const struct ft_standstill *seen);

/* For code that cannot call look, as a library's blocking call: after begin, watch starts a thread
 * that does, and unwatch ends it. False: the thread could not be started. */
bool ft_standstill_watch(struct ft_standstill *seen);
void ft_standstill_unwatch(struct ft_standstill *seen);

#endif
