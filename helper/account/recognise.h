/* SPDX-License-Identifier: MIT */
/*
 * recognise.h - finds the profile for a service, by its host and its metadata
 *
 * The rules are in the profiles ([recognise]), also those of the user.
 */
#ifndef FT_RECOGNISE_H
#define FT_RECOGNISE_H

#include "lib/config/places.h"
#include "lib/exchange/request.h"

/* What a service is recognised by. */
struct ft_marks {
	const struct ft_metadata *metadata;
	const struct ft_strings *headers; /* the headers that its answer has */
};

/* Lists the headers that any profile names. FT_NO_MEMORY, FT_SYSTEM. */
int ft_recognise_headers(const struct ft_places *places, struct ft_strings *ret,
			 struct ft_error *err);

/* Finds the name of the profile that fits and names most members; else the first that fits; else
 * one that names a header. marks NULL: by the host only. Both results are to be freed; NULL: no
 * profile fits. */
int ft_recognise(const struct ft_places *places, const char *server, const struct ft_marks *marks,
		 char **ret_name, char **ret_description, struct ft_error *err);

#endif
