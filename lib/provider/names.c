/* SPDX-License-Identifier: MIT */
/* names.c - which profiles there are */
#include "config.h"
#include "lib/provider/profile.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char suffix[] = ".conf";

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds the names of the profiles in one folder that are not in the list yet. */
static int add_names(const char *folder, struct ft_strings *names, struct ft_error *err)
{
	char *path = NULL;
	DIR *dir;
	int r = 0;

	if (folder == NULL)
		return 0;
	if (asprintf(&path, "%s/providers", folder) < 0)
		return ft_error_memory(err);
	dir = opendir(path);
	free(path);
	for (struct dirent *entry; r == 0 && dir != NULL && (entry = readdir(dir)) != NULL; ) {
		size_t len = strlen(entry->d_name), end = sizeof suffix - 1, i = 0;

		if (len <= end || strcmp(entry->d_name + len - end, suffix) != 0)
			continue;
		entry->d_name[len - end] = '\0';
		while (i < names->n && strcmp(names->list[i], entry->d_name) != 0)
			i++;
		if (i == names->n && ft_account_name_valid(entry->d_name) &&
		    ft_strings_add(names, entry->d_name, len - end) != 0)
			r = ft_error_memory(err);
	}
	if (dir != NULL)
		(void)closedir(dir);
	return r;
}

int ft_profile_names(const struct ft_places *places, struct ft_strings *ret, struct ft_error *err)
{
	const char *const folders[] = { places->user_config, places->system_config, places->data };
	struct ft_strings names = { NULL, 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof folders / sizeof *folders; i++)
		r = add_names(folders[i], &names, err);
	if (names.n > 0)
		qsort(names.list, names.n, sizeof *names.list, by_name);
	if (r == 0)
		*ret = names;
	else
		ft_strings_release(&names);
	return r;
}
