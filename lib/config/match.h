/* SPDX-License-Identifier: MIT */
/*
 * match.h - compares the patterns of accounts with the URLs that git and docker ask for
 *
 * A pattern is [scheme://]host[:port][/path]. Without a scheme it covers https, and registries,
 * which are named without one; with a scheme ("http://", "https://", "smtp://") only that scheme.
 * Without a port it means the scheme's default. "*" stands for one label of a host name or, at the
 * end of the path, for any rest. "/team" covers "/team" and "/team/x", not "/teams".
 *
 * Paths are compared in one normal form (RFC 3986 section 6.2.2): "%7e" is "~", a blank is "%20",
 * but "%2F" is not "/". A path that a server may resolve to another one ("\", or
 * ft_url_may_have_dots) is covered only by patterns without a path. A query is not part of a path.
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
	char path[FT_MATCH_PATH_SIZE + 4];	/* normal form; at least its beginning */
	bool clear;		/* no server resolves the path to another one */
};

/* Parses the URL of a request; FT_NOT_FOUND: no pattern can cover it. */
int ft_target_parse(const char *text, struct ft_request_target *ret);

/* A quick check: false if the pattern certainly does not cover the target. */
bool ft_pattern_worth_parsing(const char *text, const struct ft_request_target *target);

/* 0: the pattern does not cover the target; else how closely it does: larger is closer. The bytes
 * of the host that are not "*" count first, then the length of the path. */
unsigned long ft_pattern_match(const struct ft_pattern *pattern,
			       const struct ft_request_target *target);

#endif
