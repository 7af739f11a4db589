/*
 * body.h - what a body is taken for, and the tree it is
 */
#ifndef FT_TRANSPORT_BODY_H
#define FT_TRANSPORT_BODY_H

#include <stdbool.h>
#include "buffer.h"
#include "facts.h"
#include "json.h"

#define FT_BODY_DEPTH 8

/* content_type may be NULL: the answer names none. */
enum ft_media ft_body_media(const char *content_type, const struct ft_buf *body,
			    enum ft_untyped untyped);

/* The tree of a JSON or XML body; false where it is none. The caller puts the
 * object, which is NULL for a JSON null. */
bool ft_body_parse(enum ft_media media, const struct ft_buf *body, struct json_object **ret);

#endif
