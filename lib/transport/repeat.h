/* SPDX-License-Identifier: MIT */
/*
 * repeat.h - words of an answer that repeat what was sent
 *
 * Some services put the secret that they refuse into their error's description. What is
 * told to people, and recorded, must not have it: raw, percent-encoded or in base64.
 */
#ifndef FT_TRANSPORT_REPEAT_H
#define FT_TRANSPORT_REPEAT_H

#include "lib/transport/message.h"

/* Puts stars in place of whatever in text is 8 bytes or more of a value in the request: of its
 * body, or of a header that is none of Accept, Content-Type, User-Agent. FT_NO_MEMORY. */
int ft_repeat_hide(const struct ft_exchange *exchange, char *text);

#endif
