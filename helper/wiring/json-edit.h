/* SPDX-License-Identifier: MIT */
/*
 * json-edit.h - single members put into or taken out of a JSON text
 *
 * Whatever else is in the text stays byte for byte: numbers, order, indentation.
 * The text must have been accepted by ft_json_parse, as an object.
 */
#ifndef FT_JSON_EDIT_H
#define FT_JSON_EDIT_H

#include "lib/base/buffer.h"
#include "lib/base/error.h"

/* Sets object[section][name] to a string; a section that is missing or null is made. */
int ft_json_edit_set(struct ft_buf *text, const char *section, const char *name, const char *value,
		     struct ft_error *err);
/* Takes object[section][name] out, where it is. */
int ft_json_edit_remove(struct ft_buf *text, const char *section, const char *name,
			struct ft_error *err);

#endif
