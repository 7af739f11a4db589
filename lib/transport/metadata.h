/* SPDX-License-Identifier: MIT */
/*
 * metadata.h - which members of a service's metadata (RFC 8414, OpenID Connect Discovery 1.0) the
 * answer has
 */
#ifndef FT_TRANSPORT_METADATA_H
#define FT_TRANSPORT_METADATA_H

#include "lib/data/json.h"

/* Adds the member "metadata" of docs/transport-messages.md. FT_NO_MEMORY. */
int ft_answer_add_metadata(struct json_object *body, struct json_object *answer);

#endif
