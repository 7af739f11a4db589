/* SPDX-License-Identifier: MIT */
/*
 * registries-conf.h - reads one file of containers-registries.conf(5): "credential-helpers = [NAME,
 * …]"
 *
 * The file is TOML, of which only the part before the first table is read. registries.h decides
 * which file counts.
 */
#ifndef FT_REGISTRIES_CONF_H
#define FT_REGISTRIES_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/base/error.h"
#include "lib/config/values.h"

/* Gets the names, in their order. *ret_found: there is such a line; if not, the list is untouched.
 * FT_UNTRUSTED "LINE: …": it cannot be read; FT_NO_MEMORY. */
int ft_registries_parse(const char *text, size_t len, struct ft_strings *ret, bool *ret_found,
			struct ft_error *err);
/* Whether a file has only that line. */
bool ft_registries_alone(const char *text, size_t len);

#endif
