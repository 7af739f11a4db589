/* SPDX-License-Identifier: MIT */
/*
 * seen.h - which headers an answer has, by which callers recognise a service
 *
 * The values of the headers are not reported.
 */
#ifndef FT_TRANSPORT_SEEN_H
#define FT_TRANSPORT_SEEN_H

#include "lib/data/json.h"
#include "lib/transport/response.h"

/* Adds "headers_seen": those of the names, spelled as given, that the answer has with any value.
 * FT_NO_MEMORY. */
int ft_seen_add(struct json_object *names, const struct ft_response *response,
		struct json_object *answer);

#endif
