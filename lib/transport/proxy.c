/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/proxy.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/encode.h"
#include "lib/base/url.h"

#define LONGEST 8192

static const struct {
	const char *scheme;
	enum ft_proxy_kind kind;
	unsigned port;
} kinds[] = {
	{ "http", FT_PROXY_HTTP, 1080 },	/* curl's default port */
	{ "https", FT_PROXY_HTTPS, 443 },
	{ "socks5h", FT_PROXY_SOCKS, 1080 },
};

/* Percent-encoded. */
static int read_word(const char *text, size_t len, struct ft_secret *ret, struct ft_error *err)
{
	struct ft_buf word = FT_BUF_INIT(LONGEST);
	int r = 0;

	for (size_t i = 0; i < len && r == 0; i++) {
		const int byte = ft_percent_read(text + i, len - i);
		const char c = byte >= 0 ? (char)byte : text[i];

		if (c == '\0')
			r = ft_error_set(err, FT_CONFIG, "its user name or password holds a NUL");
		ft_buf_add(&word, &c, 1);
		i += byte >= 0 ? 2 : 0;
	}
	if (r == 0 && (word.failed || ft_secret_set(ret, word.data, word.len) != 0))
		r = ft_error_memory(err);
	ft_buf_release(&word);
	return r;
}

static int read_user(const char *text, size_t len, struct ft_proxy *ret, struct ft_error *err)
{
	const char *colon = memchr(text, ':', len);
	const size_t user = colon != NULL ? (size_t)(colon - text) : len;
	int r = read_word(text, user, &ret->user, err);

	if (r == 0 && colon != NULL)
		r = read_word(colon + 1, len - user - 1, &ret->password, err);
	return r;
}

/* Copies the URL without its user. */
static int read_place(const char *text, struct ft_proxy *ret, struct ft_error *err)
{
	char host[FT_HOST_SIZE + 2];
	struct ft_url url;
	size_t i = 0;
	int r = ft_url_parse(text, false, &url, err);

	if (r != 0)
		return r;
	while (i < sizeof kinds / sizeof *kinds && strcmp(url.scheme_name, kinds[i].scheme) != 0)
		i++;
	if (i == sizeof kinds / sizeof *kinds)
		return ft_error_set(err, FT_CONFIG, "is not one of http, https, socks5h");
	const bool brackets = strchr(url.host, ':') != NULL;

	(void)snprintf(host, sizeof host, "%s%s%s", brackets ? "[" : "", url.host,
		       brackets ? "]" : "");
	ret->kind = kinds[i].kind;
	return ft_peer_set(&ret->peer, host, url.port != 0 ? url.port : kinds[i].port, err);
}

int ft_proxy_parse(const char *text, struct ft_proxy *ret, struct ft_error *err)
{
	struct ft_proxy proxy = { .kind = FT_PROXY_HTTP };
	struct ft_buf place = FT_BUF_INIT(LONGEST);
	const char *scheme = text != NULL ? strstr(text, "://") : NULL;
	const char *from = scheme != NULL ? scheme + 3 : text;
	int r = 0;

	if (text == NULL || text[0] == '\0')
		return 0;
	const size_t authority = strcspn(from, "/?#");
	const char *at = memrchr(from, '@', authority);

	if (at != NULL)
		r = read_user(from, (size_t)(at - from), &proxy, err);
	if (scheme != NULL)
		ft_buf_add(&place, text, (size_t)(from - text));
	else
		ft_buf_adds(&place, "http://");
	ft_buf_adds(&place, at != NULL ? at + 1 : from);
	if (r == 0)
		r = ft_buf_check(&place, "it", err);
	if (r == 0)
		r = read_place(place.data, &proxy, err);
	ft_buf_release(&place);
	if (r != 0) {
		ft_proxy_release(&proxy);
		ft_error_prefix(err, "the proxy");
		return r == FT_NO_MEMORY ? r : FT_CONFIG;
	}
	*ret = proxy;
	return 0;
}

void ft_proxy_release(struct ft_proxy *proxy)
{
	ft_peer_release(&proxy->peer);
	ft_secret_release(&proxy->user);
	ft_secret_release(&proxy->password);
}
