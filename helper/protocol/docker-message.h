/* SPDX-License-Identifier: MIT */
/*
 * docker-message.h - what docker writes to a credential helper, and the many
 * names that its relatives have for one registry
 */
#ifndef FT_DOCKER_MESSAGE_H
#define FT_DOCKER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/base/buffer.h"
#include "lib/base/secret.h"

/* The longest name of a server, and the longest message of store. */
#define FT_DOCKER_SERVER_MAX 4096
#define FT_DOCKER_MESSAGE_MAX (512 * 1024)

struct ft_docker_store {
	struct ft_secret server, username, secret;
};
void ft_docker_store_release(struct ft_docker_store *store);

/*
 * {"ServerURL", "Username", "Secret"}, each a string that is not empty. The
 * errors for missing ones are the texts docker's own helpers have. FT_UNTRUSTED.
 */
int ft_docker_store_parse(const char *text, size_t len, struct ft_docker_store *ret,
			  struct ft_error *err);

/* A server's name as it comes on stdin, with blanks around it removed. FT_UNTRUSTED: it is empty,
 * or has control bytes. */
int ft_docker_server_parse(const char *text, size_t len, struct ft_secret *ret,
			   struct ft_error *err);

/*
 * The name that a registry's credentials are kept under: host[:port][/path], the host in lower
 * case, without https:// and its port; of another scheme, with it. Docker Hub's is
 * "https://index.docker.io/v1/"; what docker keeps below that stays as it came.
 */
int ft_docker_key(const char *server, struct ft_buf *ret, struct ft_error *err);
/* From a path to the one above it, and finally to its host; false where there is none above. */
bool ft_docker_key_parent(struct ft_buf *key);
/* Whether a key is `outer`, or below it. */
bool ft_docker_key_covers(const char *outer, const char *key);
/* Whether a name is docker's own, below "https://index.docker.io/v1/", which no account matches. */
bool ft_docker_is_private(const char *server);
/* Whether it is one of the names of Docker Hub. The others are in ft_docker_hub_names, which ends
 * with NULL. */
bool ft_docker_is_hub(const char *server);
extern const char *const ft_docker_hub_names[];
/* The registry of an image, "docker.io" where it names none, and the image without tag and digest:
 * "host:5000" and "host:5000/team/app" of "host:5000/team/app:1.2@sha256:…". */
void ft_docker_image(const char *image, struct ft_buf *ret_registry, struct ft_buf *ret_name);

#endif
