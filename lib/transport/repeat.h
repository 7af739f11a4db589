/* SPDX-License-Identifier: MIT */
/*
 * repeat.h - hides secrets of the request that an answer repeats
 *
 * Some services put a refused secret into the description of their error. Texts for people,
 * which are also stored, must not contain it: raw, percent-encoded, in base64, or with
 * other separators and capitals. Nothing helps against a service that disguises on purpose what it
 * knows anyway.
 */
#ifndef FT_TRANSPORT_REPEAT_H
#define FT_TRANSPORT_REPEAT_H

#include "lib/transport/message.h"

/* Replaces by stars each run of 8 bytes or more in text that is part of a value of the request: of
 * its body, or of a header other than Accept, Content-Type and User-Agent; likewise 12 letters and
 * digits, whatever is between them. FT_NO_MEMORY. */
int ft_repeat_hide(const struct ft_exchange *exchange, char *text);

/* Whether such a value is in text, all of it. FT_NO_MEMORY. */
int ft_repeat_has_value(const struct ft_exchange *exchange, const char *text, bool *ret);

#endif
