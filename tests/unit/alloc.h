/*
 * alloc.h - makes one allocation fail, wherever it happens: in our code, in
 * libc's strdup, in a library. For one program each: it replaces malloc.
 *
 *	for (unsigned n = 1;; n++) {
 *		alloc_fail(n);
 *		r = something(…);
 *		if (!alloc_failed())
 *			break;		// fewer than n allocations: r is a success
 *		ck_assert(r == 0 || r == FT_NO_MEMORY);
 *	}
 *
 * (0 too: newlocale, which json-c calls, can do without its memory.)
 * With sanitizers malloc is theirs: then no allocation fails, and the loop ends
 * at once. Leaks of the failure paths are valgrind's to find.
 */
#ifndef FT_ALLOC_H
#define FT_ALLOC_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

static unsigned alloc_countdown;
static bool alloc_hit;

/* The n-th allocation from here on fails, once. */
static inline void alloc_fail(unsigned n)
{
	alloc_hit = false;
	alloc_countdown = n;
}

/* Whether it came to that. From here on none fails. */
static inline bool alloc_failed(void)
{
	alloc_countdown = 0;
	return alloc_hit;
}

#ifndef FT_SANITIZED

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

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
	return alloc_now() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return alloc_now() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	return alloc_now() ? NULL : __libc_realloc(old, size);
}

#endif
#endif
