/* SPDX-License-Identifier: MIT */
/*
 * token.h - what a token may look like
 */
#ifndef FT_TOKEN_H
#define FT_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/base/secret.h"

#define FT_TOKEN_MAX (48 * 1024)

/* Whether a string may be an access token: 1 to FT_TOKEN_MAX bytes of 0x21-0x7E (RFC 6749
 * appendix A.12, without the blank, which no header could carry). */
bool ft_token_valid(const char *data, size_t len);

/* Likewise a refresh token: 1 to FT_TOKEN_MAX bytes of 0x20-0x7E (appendix A.17). */
bool ft_refresh_token_valid(const char *data, size_t len);

/* Whether a token looks like a JWT, so that its receiver may accept it without asking the service.
 * Only a guess: clients must not look into access tokens (RFC 9068 section 6). */
bool ft_token_is_jwt(const struct ft_secret *token);

#endif
