/* SPDX-License-Identifier: MIT */
/*
 * json-edit.h - adds single members to a JSON text, or removes them
 *
 * All other bytes of the text stay: numbers, order, indentation. ft_json_parse must have accepted
 * the text, as an object.
 */
#ifndef FT_JSON_EDIT_H
#define FT_JSON_EDIT_H

#include "lib/base/buffer.h"
#include "lib/base/error.h"

/* Sets object[section][name] to a string; a section that is missing or null is made. */
int ft_json_edit_set(struct ft_buf *text, const char *section, const char *name, const char *value,
		     struct ft_error *err);
/* Removes object[section][name], if it exists. */
int ft_json_edit_remove(struct ft_buf *text, const char *section, const char *name,
			struct ft_error *err);

#endif
