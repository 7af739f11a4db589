/* SPDX-License-Identifier: MIT */
/*
 * git.h - finds the helpers that git asks about a host
 *
 * git prints its configuration, from all of its files, in order. Which entries apply to a host is
 * decided here, by the rules of git-config(1) and gitcredentials(7): every entry whose URL covers
 * the host counts, and an empty helper drops those before it.
 */
#ifndef FT_WIRING_GIT_H
#define FT_WIRING_GIT_H

#include <stdbool.h>
#include "lib/base/buffer.h"
#include "lib/config/match.h"

/* An entry: its file as "file:PATH", and its key, which has key_len bytes. */
struct ft_git_entry {
	const char *origin, *key, *value;
	size_t key_len;
};
/* Reads all settings of credentials; global: only those of the user's own files. FT_CONFIG with the
 * remedy, FT_SYSTEM, FT_UNTRUSTED, FT_NO_MEMORY. */
int ft_git_read(bool global, struct ft_buf *ret, struct ft_error *err);
/* The next entry from *at on; false: there is none. */
bool ft_git_next(const struct ft_buf *config, size_t *at, struct ft_git_entry *ret);

/* Makes git's URL for the hosts that a pattern covers, without a path, and an example of a URL that
 * git asks about. FT_NOT_FOUND: git cannot ask about it. */
int ft_git_host(const struct ft_pattern *pattern, struct ft_buf *ret_url,
		struct ft_request_target *ret);

struct ft_git_asked {
	bool ours;
	const char *before, *after;	/* helpers before and after freshtoken; NULL: none */
	const char *place;		/* the file of the entry that decided; NULL: none did */
	bool path;			/* useHttpPath */
};
struct ft_git_asked ft_git_who_is_asked(const struct ft_buf *config,
					const struct ft_request_target *target);

#endif
