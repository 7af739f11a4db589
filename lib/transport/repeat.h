/* SPDX-License-Identifier: MIT */
/*
 * repeat.h - hides secrets of the request that an answer repeats
 *
 * Some services put a refused secret into the description of their error. Texts for people,
 * which are also stored, must not contain it: raw, percent-encoded or in base64.
 */
#ifndef FT_TRANSPORT_REPEAT_H
#define FT_TRANSPORT_REPEAT_H

#include "lib/transport/message.h"

/* Replaces by stars each run of 8 bytes or more in text that is part of a value of the request: of
 * its body, or of a header other than Accept, Content-Type and User-Agent. FT_NO_MEMORY. */
int ft_repeat_hide(const struct ft_exchange *exchange, char *text);

#endif
