/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/config/match.h"

#include <string.h>
#include <strings.h>

#include "lib/base/encode.h"

static bool in_path(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c != '\0' && strchr("-._~!$&'()*+,;=:@/", c) != NULL);
}

static bool unreserved(unsigned char c)
{
	return in_path(c) && strchr("!$&'()*+,;=:@/", c) == NULL;
}

/*
 * Writes the normal form of RFC 3986 section 6.2.2, without removing dot segments. If it does not
 * fit, false is returned, and its beginning is kept. *ret_clear: no server would resolve the path
 * to another one; the whole path is checked for that.
 */
static bool normalise(const char *path, char *out, size_t size, bool *ret_clear)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0;
	bool fits = true;

	*ret_clear = !ft_url_may_have_dots(path);
	for (; *path != '\0' && *path != '?'; path++) {
		unsigned char c = (unsigned char)*path;
		bool plain = in_path(c);
		int byte = ft_percent_read(path, strnlen(path, 3));

		if (byte >= 0) {
			c = (unsigned char)byte;
			plain = unreserved(c);
			path += 2;
		}
		if (c == '\\')
			*ret_clear = false;
		fits = fits && n + 4 <= size;
		if (!fits)
			continue;
		if (plain) {
			out[n++] = (char)c;
		} else {
			out[n++] = '%';
			out[n++] = digits[c >> 4];
			out[n++] = digits[c & 15];
		}
	}
	out[n] = '\0';
	return fits;
}

int ft_pattern_parse(const char *text, struct ft_pattern *ret, struct ft_error *err)
{
	struct ft_pattern pattern;
	bool clear;
	int r = ft_url_parse(text, true, &pattern.url, err);

	if (r != 0)
		return r;
	if (strchr(pattern.url.path, '?') != NULL)
		return ft_error_set(err, FT_CONFIG, "a query (?) may not be in it");
	if (!normalise(pattern.url.path, pattern.path, sizeof pattern.path, &clear))
		return ft_error_set(err, FT_CONFIG, "the path is too long");
	if (!clear)
		return ft_error_set(err, FT_CONFIG,
				    "\".\" and \"..\" cannot be segments of the path");
	size_t len = strlen(pattern.path);

	pattern.rest = len > 0 && pattern.path[len - 1] == '*';
	if (len > 0 && (pattern.rest || pattern.path[len - 1] == '/'))
		pattern.path[--len] = '\0';
	if (strchr(pattern.path, '*') != NULL)
		return ft_error_set(err, FT_CONFIG, "in a path \"*\" may only be at the end");
	*ret = pattern;
	ret->url.path = "";	/* that would point into the caller's text */
	return 0;
}

int ft_target_parse(const char *text, struct ft_request_target *ret)
{
	struct ft_request_target target;

	if (ft_url_parse(text, false, &target.url, NULL) != 0)
		return FT_NOT_FOUND;
	/* If it does not fit, its beginning is longer than any pattern, which is enough. */
	(void)normalise(target.url.path, target.path, sizeof target.path, &target.clear);
	*ret = target;
	ret->url.path = "";
	return 0;
}

bool ft_pattern_worth_parsing(const char *text, const struct ft_request_target *target)
{
	size_t len = ft_url_until(text, ':', '/');

	if (strncmp(text + len, "://", 3) == 0) {
		text += len + 3;
		len = ft_url_until(text, ':', '/');
	}
	return memchr(text, '*', len) != NULL || *text == '[' ||
	       (strncasecmp(text, target->url.host, len) == 0 &&
		strlen(target->url.host) == len);
}

static bool scheme_matches(const struct ft_url *pattern, const struct ft_url *target)
{
	if (pattern->scheme == FT_SCHEME_NONE && target->scheme == FT_SCHEME_HTTPS)
		return true;
	return pattern->scheme == target->scheme &&
	       (pattern->scheme != FT_SCHEME_OTHER ||
		strcmp(pattern->scheme_name, target->scheme_name) == 0);
}

/* Returns how many bytes are equal, plus 1, if the names match label by label; 0: they do not. */
static size_t host_matches(const struct ft_url *pattern, const struct ft_url *target)
{
	const char *p = pattern->host, *t = target->host;
	size_t literal = 0;

	if (pattern->address || target->address)
		return pattern->address == target->address && strcmp(p, t) == 0 ? strlen(p) : 0;
	for (;;) {
		size_t p_len = (size_t)(strchrnul(p, '.') - p),
		       t_len = (size_t)(strchrnul(t, '.') - t);

		if (!(p_len == 1 && *p == '*')) {
			if (p_len != t_len || memcmp(p, t, p_len) != 0)
				return 0;
			literal += p_len;
		}
		p += p_len;
		t += t_len;
		if (*p != *t)
			return 0;
		if (*p == '\0')
			return literal + 1;
		p++;
		t++;
		literal++;
	}
}

static bool path_matches(const struct ft_pattern *pattern,
			 const struct ft_request_target *target)
{
	size_t len = strlen(pattern->path);

	if (len == 0)
		return true;
	/* A URL without a path means "/". */
	const char *path = target->path[0] != '\0' ? target->path : "/";

	if (!target->clear || strncmp(pattern->path, path, len) != 0)
		return false;
	return pattern->rest || path[len] == '\0' || path[len] == '/';
}

unsigned long ft_pattern_match(const struct ft_pattern *pattern,
			       const struct ft_request_target *target)
{
	if (!scheme_matches(&pattern->url, &target->url) ||
	    ft_url_port(&pattern->url) != ft_url_port(&target->url))
		return 0;
	size_t host = host_matches(&pattern->url, &target->url);

	if (host == 0 || !path_matches(pattern, target))
		return 0;
	return host * FT_MATCH_PATH_SIZE + strlen(pattern->path);
}
