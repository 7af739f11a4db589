/* SPDX-License-Identifier: MIT */
/*
 * freed.so - preloaded, looks for a secret in each block of memory that a program frees
 *
 *	LD_PRELOAD=…/freed.so FT_FREED='SECRET MARK' PROGRAM …
 *
 * SECRET is a file whose bytes, or whose bytes in base64, no freed block may have; the file MARK is
 * made when one has them.
 */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void __libc_free(void *block);

static char secret[64], text[88], mark[4096];
static size_t len;

static void encode(void)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *at = text;

	/* Whole groups of three bytes alone: the rest depends on padding. */
	for (size_t i = 0; i + 3 <= len; i += 3) {
		const unsigned n = (unsigned)(unsigned char)secret[i] << 16 |
				   (unsigned)(unsigned char)secret[i + 1] << 8 | (unsigned char)secret[i + 2];

		for (int shift = 18; shift >= 0; shift -= 6)
			*at++ = digits[n >> shift & 63];
	}
}

__attribute__((constructor)) static void begin(void)
{
	const char *what = getenv("FT_FREED");
	char file[4096];

	if (what != NULL && sscanf(what, "%4095s %4095s", file, mark) == 2) {
		const int fd = open(file, O_RDONLY | O_CLOEXEC);
		const ssize_t n = fd >= 0 ? read(fd, secret, sizeof secret) : -1;

		if (fd >= 0)
			close(fd);
		len = n >= 16 ? (size_t)n : 0;
		encode();
	}
	unsetenv("FT_FREED");
	unsetenv("LD_PRELOAD");
}

void free(void *block)
{
	const size_t size = block != NULL && len > 0 ? malloc_usable_size(block) : 0;

	if (size > 0 && (memmem(block, size, secret, len) != NULL ||
			 memmem(block, size, text, strlen(text)) != NULL)) {
		const int fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		if (fd >= 0)
			close(fd);
	}
	__libc_free(block);
}
