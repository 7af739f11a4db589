/* SPDX-License-Identifier: MIT */
/* docker-message.h - parses what docker writes to a credential helper, and the names that docker
 * and related programs use for a registry */
#ifndef FT_DOCKER_MESSAGE_H
#define FT_DOCKER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/base/buffer.h"
#include "lib/base/secret.h"

/* The longest name of a server, and the longest message of `store`. */
#define FT_DOCKER_SERVER_MAX 4096
#define FT_DOCKER_MESSAGE_MAX (512 * 1024)

struct ft_docker_store {
	struct ft_secret server, username, secret;
};
void ft_docker_store_release(struct ft_docker_store *store);

/* Parses {"ServerURL", "Username", "Secret"}, which must be strings and not empty. FT_UNTRUSTED;
 * the texts for missing members are those of docker's own helpers. */
int ft_docker_store_parse(const char *text, size_t len, struct ft_docker_store *ret,
			  struct ft_error *err);

/* Parses a server's name from stdin, without the blanks around it. FT_UNTRUSTED: it is empty, or
 * has control bytes. */
int ft_docker_server_parse(const char *text, size_t len, struct ft_secret *ret,
			   struct ft_error *err);

/* Makes the key of a registry's credentials: host[:port][/path], the host in lower case, without
 * https:// and its port; other schemes are kept. Docker Hub's key is "https://index.docker.io/v1/";
 * names that docker uses below that are kept as they are. */
int ft_docker_key(const char *server, struct ft_buf *ret, struct ft_error *err);
/* Changes a path to the one above it, and finally to its host; false: there is none above. */
bool ft_docker_key_parent(struct ft_buf *key);
/* Whether a key is `outer`, or below it. */
bool ft_docker_key_covers(const char *outer, const char *key);
/* Whether a name is one of docker's own, below "https://index.docker.io/v1/", which no account
 * matches. */
bool ft_docker_is_private(const char *server);
/* Whether a name is one of Docker Hub's. The others are in ft_docker_hub_names, which ends with
 * NULL. */
bool ft_docker_is_hub(const char *server);
extern const char *const ft_docker_hub_names[];
/* Splits the name of an image: the registry ("docker.io" if it has none), and the image without tag
 * and digest: "host:5000" and "host:5000/team/app" from "host:5000/team/app:1.2@sha256:…". */
void ft_docker_image(const char *image, struct ft_buf *ret_registry, struct ft_buf *ret_name);

#endif
