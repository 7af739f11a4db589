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

/* metadata NULL: by the host alone. The name of the profile that fits and
 * names most members, else the first, to be freed, and its
 * description; both NULL where none does. */
int ft_recognise(const struct ft_places *places, const char *server,
		 const struct ft_metadata *metadata, char **ret_name, char **ret_description,
		 struct ft_error *err);

#endif
