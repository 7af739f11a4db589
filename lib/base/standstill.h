/* SPDX-License-Identifier: MIT */
/*
 * standstill.h - whether this process stood still while it waited
 *
 * What waits for an answer may be frozen until its time is over, or be given next to no time of a
 * processor: under su, say, by the user whose control group it runs in. It finds no answer then;
 * the silence is its own, and says nothing of whoever was asked.
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
	/* ms after that, for a signal's handler as well */
	atomic_long last, longest, lost;
	pthread_t thread;
	bool runs;
	int over;	/* can be read: the thread is to end */
};

/* From here on whoever waits looks every FT_STANDSTILL_TICK. */
void ft_standstill_begin(struct ft_standstill *seen);
void ft_standstill_look(struct ft_standstill *seen);
/* Whether more than a second was lost in one piece, or that and a quarter of the time in many. May
 * be called where a signal is handled. */
bool ft_standstill_is(const struct ft_standstill *seen);

/* A thread looks, until the other is called: between begin and the end of something that cannot.
 * False: there is none, and nobody looks. */
bool ft_standstill_watch(struct ft_standstill *seen);
void ft_standstill_unwatch(struct ft_standstill *seen);

#endif
