/* SPDX-License-Identifier: MIT */
/* A message of docker's store, and the same bytes as the name of a registry. */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "helper/protocol/docker-message.h"
#include "lib/base/utf8.h"
#include "lib/data/json.h"

static void use_server(const char *server)
{
	struct ft_buf key = FT_BUF_INIT(1 << 20), again = FT_BUF_INIT(1 << 20);

	/* The key of a key is the key: list and get must agree. */
	if (ft_docker_key(server, &key, NULL) == 0) {
		MUST(key.len > 0 && ft_docker_key(key.data, &again, NULL) == 0);
		MUST(strcmp(key.data, again.data) == 0);
	}
	MUST(!ft_docker_is_hub(server) || !ft_docker_is_private(server));
	ft_buf_release(&key);
	ft_buf_release(&again);
}

/* Nothing but what the image begins with, up to an "@", says whose it is. */
static void use_image(const char *image)
{
	struct ft_buf registry = FT_BUF_INIT(1 << 20), name = FT_BUF_INIT(1 << 20);

	ft_docker_image(image, &registry, &name);
	MUST(registry.failed == 0 && name.failed == 0 && registry.len > 0);
	MUST(strncmp(image, name.data, name.len) == 0 && strchr(name.data, '@') == NULL);
	MUST(ft_docker_is_hub(registry.data) ||
	     (strncmp(name.data, registry.data, registry.len) == 0 &&
	      name.data[registry.len] == '/'));
	ft_buf_release(&registry);
	ft_buf_release(&name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ft_secret server = { NULL, 0 };
	struct ft_docker_store store;

	if (ft_docker_server_parse((const char *)data, size, &server, NULL) == 0) {
		MUST(server.len > 0 && strlen(server.data) == server.len);
		MUST(ft_utf8_valid(server.data, server.len));
		use_server(server.data);
		use_image(server.data);
	}
	ft_secret_release(&server);
	if (ft_docker_store_parse((const char *)data, size, &store, NULL) == 0) {
		MUST(store.server.len > 0 && store.username.len > 0 && store.secret.len > 0);
		MUST(strlen(store.secret.data) == store.secret.len);
		use_server(store.server.data);
		ft_docker_store_release(&store);
	}
	return 0;
}
