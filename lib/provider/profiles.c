/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/provider/profiles.h"

#include <stdlib.h>
#include <string.h>

int ft_profiles_find(struct ft_profiles *profiles, const struct ft_places *places,
		     const char *name, const struct ft_profile **ret, struct ft_error *err)
{
	size_t i = 0;
	int r;

	while (i < profiles->n && strcmp(profiles->list[i].name, name) != 0)
		i++;
	if (i == profiles->n) {
		struct ft_profile *list = reallocarray(profiles->list, i + 1, sizeof *list);

		if (list == NULL)
			return ft_error_memory(err);
		profiles->list = list;
		r = ft_profile_find(places, name, &list[i], err);
		if (r != 0)
			return r;
		profiles->n++;
	}
	*ret = &profiles->list[i];
	return 0;
}

void ft_profiles_release(struct ft_profiles *profiles)
{
	for (size_t i = 0; i < profiles->n; i++)
		ft_profile_release(&profiles->list[i]);
	free(profiles->list);
	*profiles = (struct ft_profiles){ .list = NULL };
}
