/* SPDX-License-Identifier: MIT */
/*
 * reading.h - what can be made of a body
 *
 * Media types are often wrong, and an answer that brings tokens has spent others: a 2xx is looked
 * at, not sniffed.
 */
#ifndef FT_TRANSPORT_READING_H
#define FT_TRANSPORT_READING_H

#include <stdbool.h>
#include "lib/transport/body.h"
#include "lib/transport/message.h"
#include "lib/transport/response.h"

struct ft_reading {
	enum ft_media media;
	bool parsed;		/* all that the request asks for can be relied on */
	bool salvaged;		/* not that; but there is a refresh token in it */
	bool page;		/* an HTML document */
	struct json_object *tree;	/* parsed or salvaged; NULL also for a JSON null */
	char why[FT_RESPONSE_TEXT];	/* for people, of a 2xx that is not parsed; else "" */
};

/* FT_NO_MEMORY. */
int ft_reading_make(const struct ft_exchange *exchange, const struct ft_response *response,
		    struct ft_reading *ret);
void ft_reading_release(struct ft_reading *reading);

/* Whether the request asks for tokens. */
bool ft_reading_brings_tokens(const struct ft_exchange *exchange);

#endif
