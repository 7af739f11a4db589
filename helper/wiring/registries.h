/* SPDX-License-Identifier: MIT */
/*
 * registries.h - whom podman, skopeo and buildah ask about every registry, before anything else
 *
 *	~/.config/containers/registries.conf, else /etc/containers/registries.conf
 *		and registries.conf.d/ there
 *	~/.config/containers/registries.conf.d/NAME.conf
 *
 * The last file that has a line credential-helpers decides. $CONTAINERS_REGISTRIES_CONF takes the
 * first one's place. "containers-auth.json" in the list means the files of docker-file.c, and
 * so does a list that is empty or missing.
 */
#ifndef FT_REGISTRIES_H
#define FT_REGISTRIES_H

#include <stdbool.h>
#include "lib/base/error.h"
#include "lib/config/values.h"

#define FT_REGISTRIES_AUTH_FILES "containers-auth.json"

struct ft_registries {
	struct ft_strings helpers;	/* in the order in which they are asked; never empty */
	char *file;			/* the file that says so; NULL: none does */
	char *own;			/* the file that setup writes; NULL: there is no home */
	bool later;			/* that file does not count: `file` is read after it */
};
/* FT_UNTRUSTED and FT_SYSTEM "FILE…", FT_NO_MEMORY. *ret is to be released in any case. */
int ft_registries_read(struct ft_registries *ret, struct ft_error *err);
void ft_registries_release(struct ft_registries *registries);
/* Which of them is freshtoken's ("freshtoken", "freshtoken-ACCOUNT"); NULL: none. *ret_first:
 * before the files. */
const char *ft_registries_ours(const struct ft_registries *registries, bool *ret_first);

#endif
