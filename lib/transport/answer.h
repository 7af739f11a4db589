/* SPDX-License-Identifier: MIT */
/*
 * answer.h - makes the answer for the caller from the server's response
 */
#ifndef FT_TRANSPORT_ANSWER_H
#define FT_TRANSPORT_ANSWER_H

#include <stdint.h>
#include "lib/data/json.h"
#include "lib/transport/message.h"
#include "lib/transport/response.h"

#define FT_VALUE_MAX (64 * 1024)	/* bytes of one field */
#define FT_VALUES_MAX (192 * 1024)	/* bytes of all fields together */

/* Copies a value of a field or of metadata; 0 with *ret untouched if it is no valid one.
 * FT_NO_MEMORY. */
int ft_answer_copy(const char *name, const char *text, size_t len, char **ret);

/* The answer of docs/transport-messages.md, without its "sandbox". now: seconds
 * since the epoch. FT_NO_MEMORY. The caller puts the object. */
int ft_answer_make(const struct ft_exchange *exchange, const struct ft_response *response,
		   int64_t now, struct json_object **ret, struct ft_error *err);

#endif
