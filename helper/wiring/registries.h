/* SPDX-License-Identifier: MIT */
/*
 * registries.h - the helpers that podman, skopeo and buildah ask about every registry, before
 * anything else
 *
 * They are in these files, in this order:
 *  - ~/.config/containers/registries.conf; without it /etc/containers/registries.conf and its
 *    registries.conf.d/
 *  - ~/.config/containers/registries.conf.d/NAME.conf
 *
 * The last file with a line credential-helpers counts. $CONTAINERS_REGISTRIES_CONF replaces the
 * first file. "containers-auth.json" in the list stands for the files of docker-file.c, and so does
 * an empty or missing list.
 */
#ifndef FT_REGISTRIES_H
#define FT_REGISTRIES_H

#include <stdbool.h>
#include "lib/base/error.h"
#include "lib/config/values.h"

#define FT_REGISTRIES_AUTH_FILES "containers-auth.json"

struct ft_registries {
	struct ft_strings helpers;	/* in the order in which they are asked; never empty */
	char *file;			/* the file with that line; NULL: none has it */
	char *own;			/* the file that setup writes; NULL: there is no home */
	bool later;			/* that file has no effect: `file` is read after it */
};
/* FT_UNTRUSTED and FT_SYSTEM "FILE…", FT_NO_MEMORY. *ret must be released in any case. */
int ft_registries_read(struct ft_registries *ret, struct ft_error *err);
void ft_registries_release(struct ft_registries *registries);
/* The first helper that is freshtoken's ("freshtoken", "freshtoken-ACCOUNT"); NULL: none.
 * *ret_first: whether it is before the files. */
const char *ft_registries_ours(const struct ft_registries *registries, bool *ret_first);

#endif
