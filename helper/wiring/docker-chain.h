/* SPDX-License-Identifier: MIT */
/*
 * docker-chain.h - the helpers that docker, podman, skopeo and buildah ask about a registry, in
 * their order
 *
 * These are the helpers of registries.h, one of which stands for these files:
 *  - $REGISTRY_AUTH_FILE, else $XDG_RUNTIME_DIR/containers/auth.json or
 *    /run/containers/UID/auth.json
 *  - $XDG_CONFIG_HOME/containers/auth.json, unless REGISTRY_AUTH_FILE is set
 *  - docker's config.json
 *
 * In each file "credHelpers" is used before "auths", which has credentials in clear.
 */
#ifndef FT_DOCKER_CHAIN_H
#define FT_DOCKER_CHAIN_H

#include "helper/wiring/docker-file.h"
#include "helper/wiring/registries.h"

struct ft_docker_chain {
	struct ft_docker_file files[FT_DOCKER_FILES];
	struct ft_registries registries;
	bool podman;	/* podman or its like, or a file of theirs, exists: registries was read */
};
/* FT_UNTRUSTED and FT_SYSTEM with the file's name, FT_CONFIG: no home, FT_NO_MEMORY. *ret must be
 * released in any case. */
int ft_docker_chain_read(struct ft_docker_chain *ret, struct ft_error *err);
void ft_docker_chain_release(struct ft_docker_chain *chain);
/* One of the files, as ft_docker_file_read; but the session's counts as empty if it cannot be read
 * and only podman and its like, which are not installed, would need it. */
int ft_docker_chain_read_file(struct ft_docker_file *file, struct ft_error *err);

/* The helper that a file names for a registry; "": none. */
const char *ft_docker_file_helper(const struct ft_docker_file *file, const char *name);

struct ft_docker_asked {
	const char *helper;	/* freshtoken's, or a file's for this registry; "": none */
	const char *path;	/* the file that names it; NULL: unknown */
	const char *before;	/* another one, asked first about all registries; NULL: none */
};
/* For docker: the helper of the registry, else credsStore if that is freshtoken. podman and its
 * like ignore credsStore. */
struct ft_docker_asked ft_docker_chain_docker(const struct ft_docker_chain *chain,
					      const char *name);
/* clear is called for each credential of the registry, or of a path below it, that is used before
 * the helper is asked; with its file and its name there. It may be NULL. */
typedef void ft_docker_clear(void *context, const char *path, const char *key);
struct ft_docker_asked ft_docker_chain_podman(const struct ft_docker_chain *chain, const char *name,
					      ft_docker_clear *clear, void *context);

/* Whether a file names the helper of one account, "freshtoken-ACCOUNT", for a registry. */
bool ft_docker_account_chosen(const char *name);

/* The first of podman, skopeo and buildah that is installed; NULL: none. */
const char *ft_docker_podman(void);

#endif
