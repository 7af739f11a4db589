/* SPDX-License-Identifier: MIT */
/*
 * fingerprint.h - a token's name for journals and logs: the first 8 bytes of its SHA-256
 */
#ifndef FT_FINGERPRINT_H
#define FT_FINGERPRINT_H

#include "lib/base/secret.h"

#define FT_FINGERPRINT_SIZE 17

void ft_fingerprint(const struct ft_secret *token, char out[FT_FINGERPRINT_SIZE]);

#endif
