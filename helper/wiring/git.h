/* SPDX-License-Identifier: MIT */
/*
 * git.h - whom git asks about a host
 *
 * git tells what is configured, from all of its files, in its order; which of
 * that is for a host is decided here, as git-config(1) and gitcredentials(7)
 * have it: every entry whose URL covers the host counts, and an empty helper
 * drops those before it.
 */
#ifndef FT_WIRING_GIT_H
#define FT_WIRING_GIT_H

#include <stdbool.h>
#include "lib/base/buffer.h"
#include "lib/config/match.h"

/* Its file, as "file:PATH", and its key, which ends at key_len. */
struct ft_git_entry {
	const char *origin, *key, *value;
	size_t key_len;
};
/* All that is set for credentials; global: in the user's own files alone. FT_CONFIG with the
 * remedy, FT_SYSTEM, FT_UNTRUSTED, FT_NO_MEMORY. */
int ft_git_read(bool global, struct ft_buf *ret, struct ft_error *err);
/* The next one from *at on; false: there is none. */
bool ft_git_next(const struct ft_buf *config, size_t *at, struct ft_git_entry *ret);

/* The URL that git has for what a pattern covers, without a path, and an example of what it asks
 * about. FT_NOT_FOUND: git cannot ask about it. */
int ft_git_host(const struct ft_pattern *pattern, struct ft_buf *ret_url,
		struct ft_request_target *ret);

struct ft_git_asked {
	bool ours;
	const char *before, *after;	/* others, on either side of ours; NULL */
	const char *place;		/* the origin of what was decided last; NULL: nothing was */
	bool path;			/* useHttpPath */
};
struct ft_git_asked ft_git_who_is_asked(const struct ft_buf *config,
					const struct ft_request_target *target);

#endif
