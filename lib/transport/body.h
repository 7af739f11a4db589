/* SPDX-License-Identifier: MIT */
/*
 * body.h - the media type of a body, and its tree
 */
#ifndef FT_TRANSPORT_BODY_H
#define FT_TRANSPORT_BODY_H

#include <stdbool.h>
#include "lib/base/buffer.h"
#include "lib/data/json.h"
#include "lib/exchange/facts.h"

#define FT_BODY_DEPTH 8

struct ft_body_type {
	enum ft_media media;
	enum ft_media otherwise; /* if it is not of that; the same: its media type says it is */
};

/* content_type may be NULL: the answer names none. */
struct ft_body_type ft_body_type(const char *content_type, const struct ft_buf *body,
				 enum ft_untyped untyped);

/* Parses a JSON or XML body. The caller puts the object, which is NULL for a JSON null.
 * FT_UNTRUSTED with the reason; FT_NO_MEMORY. */
int ft_body_parse(enum ft_media media, const struct ft_buf *body, struct json_object **ret,
		  struct ft_error *err);

/* Parses what it can of a body that ft_body_parse refuses (ft_json_loose), as JSON or XML by its
 * first byte. */
int ft_body_loose(const struct ft_buf *body, enum ft_media *ret_media, struct json_object **ret,
		  bool *ret_whole);

#endif
