/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/base/url.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "lib/base/encode.h"

static int wrong(struct ft_error *err, const char *text)
{
	return ft_error_fixed(err, FT_CONFIG, text);
}

/* Stores the address in canonical form, so that addresses can be compared as text. */
static int parse_ipv6(const char *s, size_t len, struct ft_url *url, struct ft_error *err)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (len >= sizeof text)
		return wrong(err, "the IPv6 address is wrong");
	memcpy(text, s, len);
	text[len] = '\0';
	if (inet_pton(AF_INET6, text, &address) != 1 ||
	    inet_ntop(AF_INET6, &address, url->host, sizeof url->host) == NULL)
		return wrong(err, "the IPv6 address is wrong");
	url->address = true;
	url->loopback = memcmp(&address, &in6addr_loopback, sizeof address) == 0;
	return 0;
}

static bool name_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

/* host: in lower case. */
static int check_name(const char *host, bool wild, struct ft_error *err)
{
	bool literal = false;
	size_t len;

	for (const char *label = host;; label += len + 1) {
		len = (size_t)(strchrnul(label, '.') - label);
		if (len == 0)
			return wrong(err, host[0] == '\0' ?
						  "the host is missing" :
					  label > host && *label == '\0' ?
						  "the host ends with a dot" FT_REMEDY
						"write it without" :
						  "a label of the host is empty");
		if (len == 1 && *label == '*') {
			if (!wild)
				return wrong(err, "the host cannot hold \"*\"");
		} else {
			literal = true;
			for (size_t i = 0; i < len; i++)
				if (label[i] == '*')
					return wrong(err, wild ? "\"*\" stands for one whole label"
						     " of a host" : "the host cannot hold \"*\"");
				else if (!name_byte(label[i]))
					return wrong(err, "the host holds a byte that no host name"
						     " has (write xn-- for other letters)");
		}
		if (label[len] == '\0')
			break;
	}
	return literal ? 0 : wrong(err, "the host needs a label that is not \"*\"");
}

static int parse_name(const char *s, size_t len, bool wild, struct ft_url *url,
		      struct ft_error *err)
{
	struct in_addr address;

	if (len >= sizeof url->host)
		return wrong(err, "the host is too long");
	for (size_t i = 0; i < len; i++)
		url->host[i] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] | 0x20) : s[i];
	url->host[len] = '\0';
	const char *last = strrchr(url->host, '.');

	last = last != NULL ? last + 1 : url->host;
	if (*last < '0' || *last > '9')
		return check_name(url->host, wild, err);
	if (inet_pton(AF_INET, url->host, &address) == 1) {
		url->address = true;
		url->loopback = ntohl(address.s_addr) >> 24 == 127;
		return 0;
	}
	/* 127.1, 2130706433, 0x7f.0.0.1: other programs read these as addresses. */
	if (last[strspn(last, "0123456789")] == '\0' || strncmp(last, "0x", 2) == 0)
		return wrong(err, "write an IPv4 address as four decimal numbers");
	return check_name(url->host, wild, err);
}

static int parse_port(const char *s, size_t len, unsigned *ret, struct ft_error *err)
{
	unsigned port = 0;

	for (size_t i = 0; i < len && i < 6; i++) {
		if (s[i] < '0' || s[i] > '9')
			return wrong(err, "the port is not a number");
		port = 10 * port + (unsigned)(s[i] - '0');
	}
	if (len > 5 || port < 1 || port > 65535)
		return wrong(err, "the port must be 1 to 65535");
	*ret = port;
	return 0;
}

static int parse_authority(const char *s, size_t len, bool wild, struct ft_url *url,
			   struct ft_error *err)
{
	const char *end = s + len, *host_end, *colon;
	int r;

	if (memchr(s, '@', len) != NULL)
		return wrong(err, "a user name or password may not be in it");
	if (len > 0 && *s == '[') {
		const char *close = memchr(s, ']', len);

		if (close == NULL)
			return wrong(err, "the IPv6 address needs its ]");
		r = parse_ipv6(s + 1, (size_t)(close - s - 1), url, err);
		host_end = close + 1;
	} else {
		colon = memchr(s, ':', len);
		host_end = colon != NULL ? colon : end;
		r = parse_name(s, (size_t)(host_end - s), wild, url, err);
	}
	if (r != 0 || host_end == end)
		return r;
	if (*host_end != ':')
		return wrong(err, "after the host there may be a port or a path");
	return parse_port(host_end + 1, (size_t)(end - host_end - 1), &url->port, err);
}

size_t ft_url_until(const char *s, char a, char b)
{
	size_t len = 0;

	while (s[len] != '\0' && s[len] != a && s[len] != b)
		len++;
	return len;
}

/* RFC 3986 section 3.1. */
static int parse_scheme(const char *text, size_t len, struct ft_url *url, struct ft_error *err)
{
	bool valid = len > 0 && len < sizeof url->scheme_name;

	for (size_t i = 0; valid && i < len; i++) {
		char c = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] | 0x20) : text[i];

		valid = (c >= 'a' && c <= 'z') ||
			(i > 0 && ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'));
		url->scheme_name[i] = c;
	}
	if (!valid)
		return wrong(err, "before :// expected the name of a scheme, as https");
	url->scheme_name[len] = '\0';
	url->scheme = strcmp(url->scheme_name, "https") == 0 ? FT_SCHEME_HTTPS :
		      strcmp(url->scheme_name, "http") == 0 ? FT_SCHEME_HTTP : FT_SCHEME_OTHER;
	return 0;
}

int ft_url_parse(const char *text, bool wild, struct ft_url *ret, struct ft_error *err)
{
	struct ft_url url = { .scheme = FT_SCHEME_NONE };
	const char *s = text;
	size_t len = ft_url_until(text, ':', '/');
	int r;

	for (const char *p = text; *p != '\0'; p++)
		if (*p == '\\' || *p == '#' || (unsigned char)*p < 0x20 || *p == 0x7f)
			return wrong(err, *p == '#' ? "a fragment (#) may not be in it" :
				     "it holds a byte that no URL has");
	if (strncmp(text + len, "://", 3) == 0) {
		r = parse_scheme(text, len, &url, err);
		if (r != 0)
			return r;
		s = text + len + 3;
	}
	len = ft_url_until(s, '/', '?');
	if (s[len] == '?')
		return wrong(err, "a query (?) cannot follow a host");
	r = parse_authority(s, len, wild, &url, err);
	if (r != 0)
		return r;
	url.path = s + len;
	*ret = url;
	return 0;
}

void ft_url_lower_scheme(char *text)
{
	size_t len = ft_url_until(text, ':', '/');

	for (size_t i = 0; text[len] == ':' && i < len; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] = (char)(text[i] | 0x20);
}

/* git send-email and git imap-send ask for credentials of these schemes. */
static unsigned other_port(const char *scheme)
{
	static const struct {
		char scheme[8];
		unsigned port;
	} known[] = { { "smtp", 25 }, { "smtps", 465 }, { "imap", 143 }, { "imaps", 993 } };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(scheme, known[i].scheme) == 0)
			return known[i].port;
	return 0;
}

unsigned ft_url_port(const struct ft_url *url)
{
	if (url->port != 0)
		return url->port;
	if (url->scheme == FT_SCHEME_OTHER)
		return other_port(url->scheme_name);
	return url->scheme == FT_SCHEME_HTTP ? 80 : 443;
}

bool ft_url_has_dots(const char *path)
{
	for (; *path == '/'; path = strchrnul(path + 1, '/')) {
		size_t len = (size_t)(strchrnul(path + 1, '/') - (path + 1));

		if ((len == 1 || len == 2) && strspn(path + 1, ".") >= len)
			return true;
	}
	return false;
}

/* The next byte of *text, which moves past it. */
static int decoded_once(const char **text)
{
	int byte = ft_percent_read(*text, strnlen(*text, 3));

	if (byte < 0)
		return (unsigned char)*(*text)++;
	*text += 3;
	return byte;
}

/* Likewise, as a server that decodes twice reads it: "%252e", "%25%32%65" and "%%32e" are ".". */
static int decoded(const char **text)
{
	int byte = decoded_once(text);

	while (byte == '%') {
		const char *rest = *text;
		char digits[2] = "";

		for (int i = 0; i < 2 && *rest != '\0'; i++)
			digits[i] = (char)decoded_once(&rest);
		if (ft_hex_read(digits, 2) < 0)
			break;
		byte = (int)ft_hex_read(digits, 2);
		*text = rest;
	}
	return byte;
}

/* Whether the bytes begin a character in a longer form than it needs. UTF-8 has none. */
static bool is_overlong(int before, int c)
{
	return c == 0xc0 || c == 0xc1 ||
	       (c >= 0x80 && ((before == 0xe0 && c < 0xa0) || (before == 0xf0 && c < 0x90) ||
			      (before >= 0xf8 && c < 0x88)));
}

bool ft_url_may_have_dots(const char *path)
{
	bool end, other = false, over = false;
	size_t dots = 0;
	int before = 0;

	do {
		end = *path == '\0' || *path == '?';
		const int c = end ? '/' : decoded(&path);

		if (is_overlong(before, c))
			return true;
		before = c;
		if (c == '/' || c == '\\') {
			if (!other && (dots == 1 || dots == 2))
				return true;
			dots = 0;
			other = over = false;
		} else if (c == ';' || c == '?' || c == '#' || c == '\0') {
			over = true;
		} else if (!over && c == '.') {
			dots++;
		} else if (!over && c > ' ' && c != 0x7f) {
			other = true;
		}
	} while (!end);
	return false;
}

int ft_url_check_service(const char *text, struct ft_error *err)
{
	struct ft_url url;
	int r = ft_url_parse(text, false, &url, err);

	if (r != 0)
		return r;
	if (url.scheme == FT_SCHEME_NONE)
		return wrong(err, "expected a URL that begins with https://");
	for (const char *p = url.path; *p != '\0'; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p > 0x7e || *p == '?')
			return wrong(err, *p == '?' ? "a query (?) may not be in it" :
				     "the path holds a byte that no URL has" FT_REMEDY
				     "percent-encode it");
	if (ft_url_has_dots(url.path))
		return wrong(err, "\".\" and \"..\" cannot be segments of the path");
	if (url.scheme == FT_SCHEME_OTHER)
		return wrong(err, "the scheme must be https");
	if (url.scheme == FT_SCHEME_HTTPS || url.loopback)
		return 0;
	if (strcmp(url.host, "localhost") == 0)
		return wrong(err, "http is accepted only for a loopback address" FT_REMEDY
			     "write 127.0.0.1 or [::1] instead of localhost");
	return wrong(err, "expected https; http is accepted only for a loopback address"
		     " (127.0.0.1, [::1])");
}

bool ft_url_is_http(const char *text)
{
	struct ft_url url;

	return ft_url_parse(text, false, &url, NULL) == 0 && url.scheme == FT_SCHEME_HTTP;
}

/* The length without "/" and "/.well-known/openid-configuration" at the end. */
static size_t trim_end(const char *server, size_t len)
{
	static const char known[] = "/.well-known/openid-configuration";
	const size_t end = sizeof known - 1;

	while (len > 0 && server[len - 1] == '/')
		len--;
	return len >= end && memcmp(server + len - end, known, end) == 0 ?
		       trim_end(server, len - end) : len;
}

void ft_url_trim_server(char *server)
{
	static const char known[] = "/.well-known/oauth-authorization-server";
	const size_t len = sizeof known - 1;
	char *path = strstr(server, "://");

	path = path != NULL ? strchrnul(path + 3, '/') : server + strlen(server);
	while (strncmp(path, known, len) == 0 && (path[len] == '/' || path[len] == '\0'))
		memmove(path, path + len, strlen(path + len) + 1);
	server[trim_end(server, strlen(server))] = '\0';
}

bool ft_url_is_issuer(const char *expected, const char *issuer)
{
	const char *tenant = strstr(expected, FT_TENANT);
	size_t len = tenant != NULL ? (size_t)(tenant - expected) : strlen(expected);

	if (strncmp(expected, issuer, len) != 0)
		return false;
	if (tenant != NULL) {
		size_t segment = strcspn(issuer + len, "/");

		return segment > 0 &&
		       ft_url_is_issuer(tenant + sizeof FT_TENANT - 1, issuer + len + segment);
	}
	return issuer[len] == '\0' || strcmp(issuer + len, "/") == 0;
}
