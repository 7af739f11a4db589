/* SPDX-License-Identifier: MIT */
/* URLs: server and path, endpoints from metadata, queries. */
#include "config.h"
#include "lib/exchange/parts.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/escape.h"
#include "lib/base/url.h"
#include "lib/provider/check.h"

static const char *find(const struct ft_param *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return list[i].value;
	return NULL;
}

const char *ft_request_endpoint(const struct ft_profile *profile,
				const struct ft_metadata *metadata, const char *name)
{
	const char *value = find(profile->metadata, profile->n_metadata, name);

	return value != NULL || metadata == NULL ? value : find(metadata->list, metadata->n, name);
}

bool ft_request_needs_discovery(const struct ft_profile *profile, enum ft_request_kind kind)
{
	const struct ft_request_template *request = ft_profile_request(profile, kind);

	return request->present && request->endpoint != NULL &&
	       find(profile->metadata, profile->n_metadata, request->endpoint) == NULL;
}

static int add_endpoint(const struct ft_request_work *w, const char *server, struct ft_buf *out,
			struct ft_error *err)
{
	char alias[128];
	const bool tls = w->client_auth == FT_CLIENT_AUTH_TLS;
	const char *name = w->request->endpoint;
	const struct ft_metadata *metadata = w->metadata;
	const char *url = find(w->profile->metadata, w->profile->n_metadata, name);

	if (url != NULL) {
		if (*url == '/')
			ft_buf_adds(out, server);
		ft_buf_adds(out, url);
		return 0;
	}
	(void)snprintf(alias, sizeof alias, "mtls_endpoint_aliases.%s", name);
	url = metadata != NULL && tls ? find(metadata->list, metadata->n, alias) : NULL;
	if (url == NULL && metadata != NULL)
		url = find(metadata->list, metadata->n, name);
	if (url == NULL)
		return ft_error_set(err, FT_CONFIG, "%s names no %s" FT_REMEDY
						"write it into [metadata] of a"
				    " provider profile", server, name);
	struct ft_error cause = FT_ERROR_INIT;
	int r = *url == '/' ? ft_error_set(&cause, FT_CONFIG, "it has no host") :
			      ft_check_endpoint_is(url, &cause);

	/* A service on https must not lead to http: that is a loopback port, which any local user
	 * may bind. */
	if (ft_url_is_http(url) && (r != 0 || !ft_url_is_http(server)))
		return ft_error_set(err, FT_UNTRUSTED, "%s names an endpoint %s that is not https",
				    server, name);
	if (r != 0) {
		(void)ft_error_copy(err, FT_UNTRUSTED, &cause);
		ft_error_prefix(err, "%s names an endpoint %s that cannot be used", server, name);
		return FT_UNTRUSTED;
	}
	ft_buf_adds(out, url);
	return 0;
}

static int add_path(const struct ft_request_work *w, const char *server, struct ft_buf *out,
		    struct ft_error *err)
{
	const char *path = w->request->path;
	/* Inserted between the host and the path of the server. */
	const char *prefix = w->request->prefix;
	size_t origin = *path == '/' ? strlen(server) : 0;

	if (*path == '/') {
		size_t host = (size_t)(strstr(server, "://") - server) + 3;

		host += strcspn(server + host, "/");
		ft_buf_add(out, server, host);
		ft_buf_adds(out, prefix != NULL ? prefix : "");
		origin += prefix != NULL ? strlen(prefix) : 0;
		ft_buf_adds(out, server + host);
	} else {
		origin = (size_t)(strstr(path, "://") - path) + 3;
		origin += strcspn(path + origin, "/");
		ft_buf_add(out, path, origin);
		path += origin;
	}
	int r = ft_template_expand(path, &w->scope, ft_escape_nothing, ft_escape_percent, out, err);

	/* Percent-encoding keeps a value inside its segment, but does not change "..". */
	if (r == 0 && out->failed == 0 && ft_url_has_dots(out->data + origin))
		r = ft_error_set(err, FT_CONFIG, "a variable makes a segment \".\" or \"..\"");
	if (r != 0)
		ft_error_prefix(err, "path");
	return r;
}

int ft_request_url(struct ft_request_work *w, const char *server, struct ft_error *err)
{
	const struct ft_strings *query = &w->request->query;
	struct ft_buf *out = &w->url;
	int r = w->request->path != NULL ? add_path(w, server, out, err) :
					   add_endpoint(w, server, out, err);
	size_t before = out->len;

	if (r == 0 && out->failed == 0)
		ft_url_lower_scheme(out->data);
	if (r != 0 || query->n == 0 || out->failed != 0)
		return r;
	ft_buf_adds(out, strchr(out->data, '?') != NULL ? "&" : "?");
	size_t begin = out->len;

	r = ft_request_pairs("query", query, &w->scope, out, err);
	if (r == 0 && out->len == begin && out->failed == 0)
		ft_buf_cut(out, before);
	return r;
}

/* RFC 8414 section 3.1 puts /.well-known/ between host and path, OpenID Connect after the path. */
static void add_well_known(const char *server, bool oauth, struct ft_buf *out)
{
	size_t origin = (size_t)(strstr(server, "://") - server) + 3;

	origin += strcspn(server + origin, "/");
	if (oauth) {
		ft_buf_add(out, server, origin);
		ft_buf_adds(out, "/.well-known/oauth-authorization-server");
		ft_buf_adds(out, server + origin);
	} else {
		ft_buf_adds(out, server);
		ft_buf_adds(out, "/.well-known/openid-configuration");
	}
}

int ft_request_discovery_url(const struct ft_profile *profile, const char *server,
			     unsigned index, bool slash, struct ft_buf *out)
{
	if (index >= (profile->metadata_url != NULL ? 1 : profile->discover.n))
		return FT_NOT_FOUND;
	if (profile->metadata_url != NULL)
		ft_buf_adds(out, profile->metadata_url);
	else
		add_well_known(server, strcmp(profile->discover.list[index], "oauth") == 0, out);
	ft_buf_adds(out, slash ? "/" : "");
	return 0;
}
