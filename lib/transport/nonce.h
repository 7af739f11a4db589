/* SPDX-License-Identifier: MIT */
/*
 * nonce.h - what a server wants the next proof (DPoP) to have: RFC 9449 section 8
 */
#ifndef FT_TRANSPORT_NONCE_H
#define FT_TRANSPORT_NONCE_H

#include <stdbool.h>
#include "lib/transport/message.h"
#include "lib/transport/response.h"

/* The nonce that an answer brings; NULL: none, or one that can be none. The response's. */
const char *ft_nonce_of(const struct ft_response *response);

/* Whether the request was refused for want of it, and so was not looked at any further: it may be
 * sent once more. */
bool ft_nonce_wanted(const struct ft_exchange *exchange, const struct ft_response *response);

/* As if it had come in this answer. */
void ft_nonce_add(struct ft_response *response, const char *nonce);

#endif
