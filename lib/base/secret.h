/* SPDX-License-Identifier: MIT */
/*
 * secret.h - a string that wipes itself
 *
 * Tokens, passwords and client secrets are kept in this type; an error path only has to release it.
 */
#ifndef FT_SECRET_H
#define FT_SECRET_H

#include <stddef.h>
#include <stdbool.h>
#include <string.h>

/* A memset that the compiler cannot remove. (explicit_bzero does the same, but handing out a good
 * token would touch one more page of libc for it.) */
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
/* Whether both are set and equal. The time does not depend on where they differ. */
bool ft_secret_equal(const struct ft_secret *secret, const char *data, size_t len);
void ft_secret_release(struct ft_secret *secret);

#endif
