/* SPDX-License-Identifier: MIT */
/*
 * alloc.h - makes one allocation fail, wherever it happens: in our code, in
 * libc's strdup, in a library. For one program each: it replaces malloc.
 *
 *	unsigned n = 1;
 *
 *	do {
 *		alloc_fail(n++);
 *		r = something(…);
 *		release what came of it;
 *	} while (alloc_failed(r));
 *
 * The loop ends with the first round that no failure reaches. In each other
 * round alloc_failed asserts that r is FT_NO_MEMORY (or 0: newlocale, which
 * json-c calls, can do without its memory) and that nothing is left allocated.
 *
 * With sanitizers and under valgrind malloc is theirs: then no allocation
 * fails, and the loop ends at once.
 */
#ifndef FT_ALLOC_H
#define FT_ALLOC_H

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/error.h"

static unsigned alloc_countdown;
static bool alloc_hit;
static long alloc_held, alloc_held_before;	/* how many allocations there are */

/* The n-th allocation from here on fails, once. */
static inline void alloc_fail(unsigned n)
{
	alloc_held_before = alloc_held;
	alloc_hit = false;
	alloc_countdown = n;
}

/* Whether it came to that. From here on none fails. */
static inline bool alloc_failed(int r)
{
	long held = alloc_held;

	alloc_countdown = 0;
	if (alloc_hit) {
		ck_assert_msg(r == 0 || r == FT_NO_MEMORY, "out of memory, but the code is %d", r);
		ck_assert_int_eq(held, alloc_held_before);
	}
	return alloc_hit;
}

#ifndef FT_SANITIZED

/* libc calls them too, as strdup does. */
#pragma GCC visibility push(default)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *old);

static inline bool alloc_now(void)
{
	if (alloc_countdown == 0 || --alloc_countdown > 0)
		return false;
	alloc_hit = true;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	void *new = alloc_now() ? NULL : __libc_malloc(size);

	alloc_held += new != NULL;
	return new;
}

void *calloc(size_t n, size_t size)
{
	void *new = alloc_now() ? NULL : __libc_calloc(n, size);

	alloc_held += new != NULL;
	return new;
}

void *realloc(void *old, size_t size)
{
	void *new = alloc_now() ? NULL : __libc_realloc(old, size);

	alloc_held += new != NULL && old == NULL;
	return new;
}

void free(void *old)
{
	alloc_held -= old != NULL;
	__libc_free(old);
}
#pragma GCC visibility pop

#endif
#endif
