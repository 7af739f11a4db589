/* SPDX-License-Identifier: MIT */
/*
 * match.h - patterns of accounts against what git and docker ask for
 *
 * A pattern is [scheme://]host[:port][/path]. Without a scheme it covers https, and registries,
 * which are named without one; with a scheme ("http://", "https://", "smtp://") only that. Without
 * a port it means the scheme's default. "*" stands for one label of a host name or, at the end of
 * the path, for any rest. "/team" covers "/team" and "/team/x", not "/teams".
 *
 * Paths compare in one normal form (RFC 3986 section 6.2.2): "%7e" is "~", a
 * blank is "%20", but "%2F" is no "/". A path that a server may read in another
 * way ("." and ".." segments, "%2e%2e", "\") is covered by patterns without a
 * path alone. A query is not part of a path.
 */
#ifndef FT_MATCH_H
#define FT_MATCH_H

#include <stdbool.h>
#include "lib/base/error.h"
#include "lib/base/url.h"

#define FT_MATCH_PATH_SIZE 1024

struct ft_pattern {
	struct ft_url url;
	char path[FT_MATCH_PATH_SIZE];	/* normal form without the "*" or the last "/"; "": any */
	bool rest;		/* "*" was at the end of the path */
};

/* FT_CONFIG with what is wrong (without the text). */
int ft_pattern_parse(const char *text, struct ft_pattern *ret, struct ft_error *err);

struct ft_request_target {
	struct ft_url url;
	char path[FT_MATCH_PATH_SIZE + 4];	/* normal form, or its beginning: more than a
						 * pattern can have */
	bool clear;		/* no server reads the path in another way */
};

/* Parses what is asked for; FT_NOT_FOUND: no pattern can cover it. */
int ft_target_parse(const char *text, struct ft_request_target *ret);

/* A quick check: false if the pattern certainly does not cover the target. */
bool ft_pattern_worth_parsing(const char *text, const struct ft_request_target *target);

/*
 * 0 where the pattern does not cover the target, else how closely it does: the
 * larger, the closer. The host decides first, by its bytes that are not "*",
 * then the path by its length.
 */
unsigned long ft_pattern_match(const struct ft_pattern *pattern,
			       const struct ft_request_target *target);

#endif
