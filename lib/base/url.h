/* SPDX-License-Identifier: MIT */
/*
 * url.h - the few kinds of URLs that the configuration may hold
 *
 * Not a general parser: whatever it does not understand completely is refused. Otherwise another
 * program might read the same text as another host, and a token would be sent there.
 * No user information, no fragment, no backslash, no control byte; hosts are
 * names in ASCII, IPv4 addresses or IPv6 addresses in brackets.
 */
#ifndef FT_URL_H
#define FT_URL_H

#include <stdbool.h>
#include "lib/base/error.h"

#define FT_HOST_SIZE 256

#define FT_SCHEME_SIZE 16

enum ft_scheme { FT_SCHEME_NONE, FT_SCHEME_HTTPS, FT_SCHEME_HTTP, FT_SCHEME_OTHER };

struct ft_url {
	enum ft_scheme scheme;	/* NONE: the text has none; OTHER: smtp, imaps, … */
	char scheme_name[FT_SCHEME_SIZE];	/* lower case; "" for NONE */
	char host[FT_HOST_SIZE];	/* lower case; addresses in canonical form, no brackets */
	bool address;		/* the host is an IPv4 or IPv6 address */
	bool loopback;		/* … in 127.0.0.0/8 or ::1 */
	unsigned port;		/* 0: none given */
	const char *path;	/* within the text, from its first "/" on; "" for none */
};

/*
 * Parses [scheme://]host[:port][/path]. Any scheme is accepted; the caller decides which ones it
 * allows. `wild` accepts "*" as a whole label of a name. The path may hold any bytes except control
 * bytes, "\\" and "#"; the caller checks it further. text must outlive ret->path. FT_CONFIG says
 * what is wrong, without the text.
 */
int ft_url_parse(const char *text, bool wild, struct ft_url *ret, struct ft_error *err);

/* Makes the scheme lower case in place (RFC 3986 section 3.1), so that the text can be compared. */
void ft_url_lower_scheme(char *text);

/* The port that is given, else the scheme's default: 443 without a scheme, 0 for an unknown one. */
unsigned ft_url_port(const struct ft_url *url);

/*
 * Whether this may be the URL of a token service: https, or http with a loopback address
 * ("localhost" is a name; the message says what to write instead). No query, no fragment.
 * FT_CONFIG.
 */
int ft_url_check_service(const char *text, struct ft_error *err);

/* Whether it is an http URL, perhaps with a query in its path; false for a text that ft_url_parse
 * refuses. */
bool ft_url_is_http(const char *text);

/*
 * Turns a pasted URL into that of the server, in place: removes "/" at the end, and the
 * "/.well-known/…" of its metadata (RFC 8414 section 3, OpenID Connect Discovery section 4).
 */
void ft_url_trim_server(char *server);

/* In Entra's metadata, the segment of the issuer where a token has the id of its directory. */
#define FT_TENANT "{tenantid}"

/*
 * Whether an issuer is the expected one. RFC 8414 section 3.3 wants identical texts; here a slash
 * at the end may differ, because the configuration drops it. FT_TENANT in `expected` matches any
 * one segment, or itself.
 */
bool ft_url_is_issuer(const char *expected, const char *issuer);

/* The length up to a, b or the end. (With strcspn, handing out a good token would touch one more
 * page of libc.) */
size_t ft_url_until(const char *s, char a, char b);

/* Whether a path ("/…") has a segment "." or "..", which servers and libraries resolve. */
bool ft_url_has_dots(const char *path);

/*
 * Whether a server may see such a segment in the path up to a "?": some decode it first ("..%2F",
 * "%2e."), some twice ("%252e"), take "\" for "/", or drop from a segment its parameters ("..;x"),
 * blanks ("..%20") or what is after a NUL. A "." can also be
 * in an overlong form of UTF-8 ("%c0%ae"), which has no other use.
 */
bool ft_url_may_have_dots(const char *path);

#endif
