/*
 * registries-conf.h - whom podman, skopeo and buildah ask before anything else
 *
 * containers-registries.conf(5): "credential-helpers = [NAME, …]", in TOML, before the first table.
 * The helpers are asked about every registry, in this order; "containers-auth.json" stands for the
 * files of docker-file.c, and is what a list that is empty or missing means.
 *
 *	~/.config/containers/registries.conf, else /etc/containers/registries.conf and registries.conf.d/ there
 *	~/.config/containers/registries.conf.d/NAME.conf
 *
 * The last file that has the line decides. $CONTAINERS_REGISTRIES_CONF takes the first one's place.
 */
#ifndef FT_REGISTRIES_CONF_H
#define FT_REGISTRIES_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include "error.h"
#include "values.h"

#define FT_REGISTRIES_AUTH_FILES "containers-auth.json"

/* One file's line. *ret_found: it has one; else the list is untouched. FT_UNTRUSTED "LINE: …" where it
 * cannot be read, FT_NO_MEMORY. */
int ft_registries_parse(const char *text, size_t len, struct ft_strings *ret, bool *ret_found,
			struct ft_error *err);
/* Whether a file says that, and nothing else. */
bool ft_registries_alone(const char *text, size_t len);

struct ft_registries {
	struct ft_strings helpers;	/* in the order in which they are asked; never empty */
	char *file;			/* the one that says so; NULL: none does */
	char *own;			/* the file that setup makes; NULL: there is no home */
	bool later;			/* what that says does not count: `file` is read after it */
};
/* FT_UNTRUSTED and FT_SYSTEM "FILE…", FT_NO_MEMORY. *ret is good for release in any case. */
int ft_registries_read(struct ft_registries *ret, struct ft_error *err);
void ft_registries_release(struct ft_registries *registries);
/* Which of them is ours ("freshtoken", "freshtoken-ACCOUNT"); NULL: none. *ret_first: before the files. */
const char *ft_registries_ours(const struct ft_registries *registries, bool *ret_first);

#endif
