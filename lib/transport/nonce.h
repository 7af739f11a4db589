/* SPDX-License-Identifier: MIT */
/*
 * nonce.h - the nonce that a server wants in the next DPoP proof: RFC 9449 section 8
 */
#ifndef FT_TRANSPORT_NONCE_H
#define FT_TRANSPORT_NONCE_H

#include <stdbool.h>
#include "lib/transport/message.h"
#include "lib/transport/response.h"

/* The nonce of an answer; NULL: none, or an invalid one. It belongs to the response. */
const char *ft_nonce_of(const struct ft_response *response);

/* Whether the request was refused for the missing nonce alone. Then the server has done nothing
 * else, and the request may be sent again. */
bool ft_nonce_wanted(const struct ft_exchange *exchange, const struct ft_response *response);

/* Adds a nonce to the response, as if it had come with it. */
void ft_nonce_add(struct ft_response *response, const char *nonce);

#endif
