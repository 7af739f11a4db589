/* SPDX-License-Identifier: MIT */
/*
 * recognise.h - which profile fits a service, by its host and by what its metadata says
 *
 * What each is known by is in the profiles ([recognise]), a user's own among them.
 */
#ifndef FT_RECOGNISE_H
#define FT_RECOGNISE_H

#include "lib/config/places.h"
#include "lib/exchange/request.h"

/* What a service is recognised by. */
struct ft_marks {
	const struct ft_metadata *metadata;
	const struct ft_strings *headers; /* headers that an answer had */
};

/* The headers that any profile asks for. FT_NO_MEMORY, FT_SYSTEM. */
int ft_recognise_headers(const struct ft_places *places, struct ft_strings *ret,
			 struct ft_error *err);

/* marks NULL: by the host alone. The name of the profile that fits and names most members; else the
 * first that fits; else one that names a header. To be freed, as its description. Both NULL where
 * none fits. */
int ft_recognise(const struct ft_places *places, const char *server, const struct ft_marks *marks,
		 char **ret_name, char **ret_description, struct ft_error *err);

#endif
