#include "config.h"
#include "docker-message.h"

#include <string.h>

#include "json.h"
#include "url.h"

/* The first is the one that docker itself uses. */
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

	r = ft_docker_server_parse(server != NULL ? server : "", server != NULL ? strlen(server) : 0,
				   &new.server, err);
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

int ft_docker_key(const char *server, struct ft_buf *ret, struct ft_error *err)
{
	struct ft_url url;

	/* What cannot be read as a registry's name is kept as it came. */
	if (ft_docker_is_private(server) || ft_url_parse(server, false, &url, NULL) != 0) {
		ft_buf_adds(ret, server);
		return ft_buf_check(ret, "the server URL", err);
	}
	/* The scheme is no part of a registry's name, so this does not depend on it. */
	bool usual_port = url.port == 0 || url.port == 443;

	for (size_t i = 1; ft_docker_hub_names[i] != NULL; i++) {
		if (strcmp(url.host, ft_docker_hub_names[i]) == 0 && usual_port) {
			ft_buf_adds(ret, ft_docker_hub_names[0]);
			return ft_buf_check(ret, "the server URL", err);
		}
	}
	bool brackets = strchr(url.host, ':') != NULL;

	ft_buf_adds(ret, brackets ? "[" : "");
	ft_buf_adds(ret, url.host);
	ft_buf_adds(ret, brackets ? "]" : "");
	if (!usual_port) {
		ft_buf_adds(ret, ":");
		ft_buf_add_number(ret, url.port);
	}
	return ft_buf_check(ret, "the server URL", err);
}

bool ft_docker_is_hub(const char *server)
{
	struct ft_buf key = FT_BUF_INIT(FT_DOCKER_SERVER_MAX);
	bool hub = !ft_docker_is_private(server) && ft_docker_key(server, &key, NULL) == 0 &&
		strcmp(key.data, ft_docker_hub_names[0]) == 0;

	ft_buf_release(&key);
	return hub;
}
