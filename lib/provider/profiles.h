/* SPDX-License-Identifier: MIT */
/*
 * profiles.h - a cache of profiles, for callers that look at many accounts
 */
#ifndef FT_PROFILES_H
#define FT_PROFILES_H

#include "lib/provider/profile.h"

struct ft_profiles {
	struct ft_profile *list;	/* without substitutions */
	size_t n;
};
/* As ft_profile_find, but reads each profile only once. *ret is valid until the next call. Errors
 * are not cached. */
int ft_profiles_find(struct ft_profiles *profiles, const struct ft_places *places,
		     const char *name, const struct ft_profile **ret, struct ft_error *err);
void ft_profiles_release(struct ft_profiles *profiles);

#endif
