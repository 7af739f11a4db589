/* SPDX-License-Identifier: MIT */
/*
 * reading.h - parses the body of an answer
 *
 * Media types are often wrong, and an answer with tokens has spent others. So the body of a 2xx is
 * parsed whatever its media type says.
 */
#ifndef FT_TRANSPORT_READING_H
#define FT_TRANSPORT_READING_H

#include <stdbool.h>
#include "lib/transport/body.h"
#include "lib/transport/message.h"
#include "lib/transport/response.h"

struct ft_reading {
	enum ft_media media;
	bool parsed;		/* everything that the request asks for is reliable */
	bool salvaged;		/* not parsed, but it has a refresh token */
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
