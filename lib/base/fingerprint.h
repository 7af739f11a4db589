/* SPDX-License-Identifier: MIT */
/*
 * fingerprint.h - names a token in journals and logs without revealing it: the first 8 bytes of its
 * SHA-256 in hexadecimal
 */
#ifndef FT_FINGERPRINT_H
#define FT_FINGERPRINT_H

#include "lib/base/secret.h"

#define FT_FINGERPRINT_SIZE 17

void ft_fingerprint(const struct ft_secret *token, char out[FT_FINGERPRINT_SIZE]);

#endif
