/* SPDX-License-Identifier: MIT */
/*
 * docker-chain.h - whom docker, podman, skopeo and buildah ask about a registry, in which order
 *
 *	the helpers of registries.h, one of which means these files:
 *	$REGISTRY_AUTH_FILE, else $XDG_RUNTIME_DIR/containers/auth.json or
 *		/run/containers/UID/auth.json
 *	$XDG_CONFIG_HOME/containers/auth.json, where no variable names another
 *	docker's config.json
 *
 * In each file "credHelpers" goes before "auths", where credentials are in clear.
 */
#ifndef FT_DOCKER_CHAIN_H
#define FT_DOCKER_CHAIN_H

#include "helper/wiring/docker-file.h"
#include "helper/wiring/registries.h"

struct ft_docker_chain {
	struct ft_docker_file files[FT_DOCKER_FILES];
	struct ft_registries registries;
	bool podman; /* podman or its like is here, or a file of theirs: else registries are not
			read */
};
/* FT_UNTRUSTED and FT_SYSTEM with the file, FT_CONFIG without a home, FT_NO_MEMORY. *ret is good
 * for release in any case. */
int ft_docker_chain_read(struct ft_docker_chain *ret, struct ft_error *err);
void ft_docker_chain_release(struct ft_docker_chain *chain);

/* The helper that a file names for a registry; "": none. */
const char *ft_docker_file_helper(const struct ft_docker_file *file, const char *name);

struct ft_docker_asked {
	const char *helper; /* the first that is ours or a file's for this registry; "": there is
			       none */
	const char *path;	/* the file that names it */
	const char
		*before; /* another one, asked first about all registries */
};
/* For docker: the helper of the registry, else credsStore where that is freshtoken; podman and its
 * like ignore credsStore. */
struct ft_docker_asked ft_docker_chain_docker(const struct ft_docker_chain *chain,
					      const char *name);
/* clear is called for each credential, of the registry or a path below it, that is used before the
 * helper is asked; with its file and its name there. */
typedef void ft_docker_clear(void *context, const char *path, const char *key);
struct ft_docker_asked ft_docker_chain_podman(const struct ft_docker_chain *chain, const char *name,
					      ft_docker_clear *clear, void *context);

/* Whether a file names an account's own helper, "freshtoken-ACCOUNT", for a registry. */
bool ft_docker_account_chosen(const char *name);

/* Which one of podman, skopeo and buildah is installed, to log out with; NULL: none. */
const char *ft_docker_podman(void);

#endif
