/* SPDX-License-Identifier: MIT */
/*
 * secret.h - a string that wipes itself
 *
 * Tokens, passwords and client secrets live in this type alone; releasing is
 * all that any error path has to do.
 */
#ifndef FT_SECRET_H
#define FT_SECRET_H

#include <stddef.h>
#include <stdbool.h>
#include <string.h>

/* memset that the compiler may not leave out. (explicit_bzero does the same from a page of
 * libc that nothing else on the way of a good token touches: a page fault a call.) */
static inline void ft_wipe(void *data, size_t len)
{
	memset(data, 0, len);
	__asm__ volatile("" : : "r"(data) : "memory");
}

struct ft_secret {
	char *data;	/* NUL-terminated; NULL: not set */
	size_t len;
};

/* Replaces the value by a copy; NULL unsets. Returns 0 or FT_NO_MEMORY (then unchanged). */
int ft_secret_set(struct ft_secret *secret, const char *data, size_t len);
int ft_secret_copy(struct ft_secret *secret, const struct ft_secret *from);
/* Takes over the value of `from` and leaves that one unset. */
void ft_secret_move(struct ft_secret *secret, struct ft_secret *from);
/* Whether both are set and equal; takes the same time wherever they differ. */
bool ft_secret_equal(const struct ft_secret *secret, const char *data, size_t len);
void ft_secret_release(struct ft_secret *secret);

#endif
