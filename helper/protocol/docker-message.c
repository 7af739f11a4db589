/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/protocol/docker-message.h"

#include <string.h>

#include "lib/base/url.h"
#include "lib/base/utf8.h"
#include "lib/data/json.h"

/* The first one is the name that docker itself uses. */
const char *const ft_docker_hub_names[] = {
	"https://index.docker.io/v1/", "docker.io", "index.docker.io", NULL
};

void ft_docker_store_release(struct ft_docker_store *store)
{
	if (store == NULL)
		return;
	ft_secret_release(&store->server);
	ft_secret_release(&store->username);
	ft_secret_release(&store->secret);
}

int ft_docker_server_parse(const char *text, size_t len, struct ft_secret *ret,
			   struct ft_error *err)
{
	static const char blanks[] = " \t\n\v\f\r";

	while (len > 0 && text[len - 1] != '\0' && strchr(blanks, text[len - 1]) != NULL)
		len--;
	while (len > 0 && *text != '\0' && strchr(blanks, *text) != NULL)
		text++, len--;
	if (len == 0)
		return ft_error_set(err, FT_UNTRUSTED, "no credentials server URL");
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return ft_error_set(err, FT_UNTRUSTED, "the server URL has a control byte");
	if (!ft_utf8_valid(text, len))
		return ft_error_set(err, FT_UNTRUSTED, "the server URL is not UTF-8");
	for (size_t i = 0; i < len; i++)
		/* The text need not end with a NUL, but the longest of these characters has four
		 * bytes. */
		if (ft_utf8_unseen((char[5]){ text[i], i + 1 < len ? text[i + 1] : '\0',
					      i + 2 < len ? text[i + 2] : '\0',
					      i + 3 < len ? text[i + 3] : '\0' }) > 0)
			return ft_error_set(err, FT_UNTRUSTED,
					    "the server URL has a character that cannot be seen");
	return ft_secret_set(ret, text, len) == 0 ? 0 : ft_error_memory(err);
}

int ft_docker_store_parse(const char *text, size_t len, struct ft_docker_store *ret,
			  struct ft_error *err)
{
	struct ft_docker_store new = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
	struct json_object *object = NULL;
	int r = ft_json_parse(text, len, 8, "the message", &object, err);

	if (r != 0)
		return r;
	const char *server = ft_json_string(object, "ServerURL");

	r = ft_docker_server_parse(server != NULL ? server : "",
				   server != NULL ? strlen(server) : 0, &new.server, err);
	if (r == 0 && (ft_json_secret(object, "Username", &new.username) != 0 ||
		       ft_json_secret(object, "Secret", &new.secret) != 0))
		r = ft_error_memory(err);
	if (r == 0 && new.username.len == 0)
		r = ft_error_set(err, FT_UNTRUSTED, "no credentials username");
	if (r == 0 && new.secret.len == 0)
		r = ft_error_set(err, FT_UNTRUSTED, "no credentials secret");
	json_object_put(object);
	if (r != 0) {
		ft_docker_store_release(&new);
		return r;
	}
	*ret = new;
	return 0;
}

static const char *skip(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncasecmp(text, prefix, len) == 0 ? text + len : NULL;
}

bool ft_docker_is_private(const char *server)
{
	const char *rest = skip(server, ft_docker_hub_names[0]);

	return rest != NULL && *rest != '\0';
}

/* Takes the name from a path: without the API's version in front, and without "/" at the end. */
static size_t path_len(const char *path)
{
	size_t len = strlen(path);

	while (len > 0 && path[len - 1] == '/')
		len--;
	return len == 3 && (memcmp(path, "/v1", 3) == 0 || memcmp(path, "/v2", 3) == 0) ? 0 : len;
}

int ft_docker_key(const char *server, struct ft_buf *ret, struct ft_error *err)
{
	struct ft_url url;

	/* A text that is not a valid name of a registry is kept as it is. */
	if (ft_docker_is_private(server) || ft_url_parse(server, false, &url, NULL) != 0) {
		ft_buf_adds(ret, server);
		return ft_buf_check(ret, "the server URL", err);
	}
	bool https = url.scheme == FT_SCHEME_NONE || url.scheme == FT_SCHEME_HTTPS;
	bool usual_port = url.port == 0 || (https && url.port == 443) ||
		(url.scheme == FT_SCHEME_HTTP && url.port == 80);
	bool brackets = strchr(url.host, ':') != NULL;
	size_t path = path_len(url.path);

	for (size_t i = 1; path == 0 && https && ft_docker_hub_names[i] != NULL; i++) {
		if (strcmp(url.host, ft_docker_hub_names[i]) == 0 && usual_port) {
			ft_buf_adds(ret, ft_docker_hub_names[0]);
			return ft_buf_check(ret, "the server URL", err);
		}
	}
	if (!https)
		ft_buf_addf(ret, "%s://", url.scheme_name);
	ft_buf_adds(ret, brackets ? "[" : "");
	ft_buf_adds(ret, url.host);
	ft_buf_adds(ret, brackets ? "]" : "");
	if (!usual_port) {
		ft_buf_adds(ret, ":");
		ft_buf_add_number(ret, url.port);
	}
	ft_buf_add(ret, url.path, path);
	return ft_buf_check(ret, "the server URL", err);
}

bool ft_docker_key_parent(struct ft_buf *key)
{
	const char *host = strstr(key->data, "://"), *slash;

	host = host != NULL ? host + 3 : key->data;
	slash = strrchr(host, '/');
	/* Programs may resolve dot segments in a path in different ways. */
	if (slash == NULL || ft_docker_is_private(key->data) ||
	    strcmp(key->data, ft_docker_hub_names[0]) == 0 || strstr(host, "/.") != NULL)
		return false;
	struct ft_buf parent = FT_BUF_INIT(FT_DOCKER_SERVER_MAX),
		      whole = FT_BUF_INIT(FT_DOCKER_SERVER_MAX);

	ft_buf_add(&parent, key->data, (size_t)(slash - key->data));
	/* Docker Hub's name in docker's files has a path. */
	if (parent.failed || ft_docker_key(parent.data, &whole, NULL) != 0) {
		ft_buf_release(&parent);
		ft_buf_release(&whole);
		return false;
	}
	ft_buf_release(&parent);
	ft_buf_release(key);
	*key = whole;
	return true;
}

bool ft_docker_key_covers(const char *outer, const char *key)
{
	struct ft_buf at = FT_BUF_INIT(FT_DOCKER_SERVER_MAX);
	bool covers;

	ft_buf_adds(&at, key);
	do
		covers = !at.failed && strcmp(at.data, outer) == 0;
	while (!covers && !at.failed && ft_docker_key_parent(&at));
	ft_buf_release(&at);
	return covers;
}

bool ft_docker_is_hub(const char *server)
{
	struct ft_buf key = FT_BUF_INIT(FT_DOCKER_SERVER_MAX);
	bool hub = !ft_docker_is_private(server) && ft_docker_key(server, &key, NULL) == 0;

	for (size_t i = 0; hub; i++) {
		const char *name = ft_docker_hub_names[i];
		size_t len = name != NULL ? strlen(name) : 0;

		if (name == NULL)
			hub = false;
		else if (strncmp(key.data, name, len) == 0 && (key.data[len] == '\0' ||
							       (i > 0 && key.data[len] == '/')))
			break;
	}
	ft_buf_release(&key);
	return hub;
}

/* A name without a dot, colon or "localhost" before its first "/" is one of Docker Hub. */
static size_t registry_length(const char *image)
{
	size_t len = strcspn(image, "/");

	if (image[len] == '\0')
		return 0;
	bool host = memchr(image, '.', len) != NULL || memchr(image, ':', len) != NULL ||
		    (len == 9 && memcmp(image, "localhost", 9) == 0);

	return host ? len : 0;
}

void ft_docker_image(const char *image, struct ft_buf *ret_registry, struct ft_buf *ret_name)
{
	size_t len = strcspn(image, "@");
	const char *slash = memrchr(image, '/', len);
	const char *last = slash != NULL ? slash : image;
	const char *colon = memchr(last, ':', len - (size_t)(last - image));

	ft_buf_add(ret_name, image, colon != NULL ? (size_t)(colon - image) : len);
	/* In "registry@evil.example/x" the part before the "@" is not the registry. */
	ft_buf_add(ret_registry, ret_name->data, registry_length(ret_name->data));
	if (ret_registry->len == 0 || ft_docker_is_hub(ret_registry->data)) {
		ft_buf_clear(ret_registry);
		ft_buf_adds(ret_registry, ft_docker_hub_names[1]);
	}
}
