/* SPDX-License-Identifier: MIT */
/*
 * profiles.h - profiles that are read once, for who looks at many accounts
 */
#ifndef FT_PROFILES_H
#define FT_PROFILES_H

#include "lib/provider/profile.h"

struct ft_profiles {
	struct ft_profile *list;	/* as they are written */
	size_t n;
};
/* What ft_profile_find finds, the first time that it is asked for; until the next call. Errors: as
 * that; they are found anew each time. */
int ft_profiles_find(struct ft_profiles *profiles, const struct ft_places *places,
		     const char *name, const struct ft_profile **ret, struct ft_error *err);
void ft_profiles_release(struct ft_profiles *profiles);

#endif
