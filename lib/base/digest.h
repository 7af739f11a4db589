/* SPDX-License-Identifier: MIT */
/*
 * digest.h - SHA-256 (FIPS 180-4)
 */
#ifndef FT_DIGEST_H
#define FT_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define FT_DIGEST_SIZE 32

void ft_digest(const void *data, size_t len, uint8_t ret[FT_DIGEST_SIZE]);

#endif
