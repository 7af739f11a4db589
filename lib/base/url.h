/* SPDX-License-Identifier: MIT */
/*
 * url.h - the few URLs that configuration may hold
 *
 * Not a general parser: a name it does not understand in full is refused, so
 * that nobody sends a token where somebody else reads the text differently.
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
 * [scheme://]host[:port][/path], of any scheme; what it is for decides which are accepted.
 * `wild` accepts "*" as a whole label of a name.
 * The path may hold anything but control bytes, "\\" and "#"; whoever uses it
 * looks closer. FT_CONFIG with what is wrong (without the text).
 */
int ft_url_parse(const char *text, bool wild, struct ft_url *ret, struct ft_error *err);

/* "htTps://x" becomes "https://x" (RFC 3986 section 3.1), so that whoever gets the text may compare
 * it. */
void ft_url_lower_scheme(char *text);

/* The port that is used: the one given, else the scheme's (443 without a scheme; 0 where it is
 * not known). */
unsigned ft_url_port(const struct ft_url *url);

/*
 * Whether a token service may be asked there: https, or http with a loopback
 * address as it is ("localhost" is a name; the message says what to write).
 * No query, no fragment. FT_CONFIG.
 */
int ft_url_check_service(const char *text, struct ft_error *err);

/* Whether it is an http URL; false where it is none that is understood. A query may follow. */
bool ft_url_is_http(const char *text);

/*
 * A server in place of what was pasted for it: without "/" at its end, and without the
 * "/.well-known/…" where its metadata is (RFC 8414 section 3, OpenID Connect Discovery section 4).
 */
void ft_url_trim_server(char *server);

/* A segment of an issuer that is the directory of whoever signs in, as Entra's has it. */
#define FT_TENANT "{tenantid}"

/*
 * Whether metadata that names this issuer is the expected one's. RFC 8414 section 3.3: identical;
 * but a slash at the end, which the configuration drops, may differ. Where FT_TENANT is expected
 * that is any one segment, or that word itself: each token then has its own.
 */
bool ft_url_is_issuer(const char *expected, const char *issuer);

/* The length up to one of two bytes, or the end. (strcspn's code is a page that
 * nothing else on the way of a good token needs.) */
size_t ft_url_until(const char *s, char a, char b);

/* Whether a path ("/…") has a segment "." or "..", which servers and libraries resolve. */
bool ft_url_has_dots(const char *path);

#endif
