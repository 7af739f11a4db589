/* SPDX-License-Identifier: MIT */
/*
 * docker.h - what the parts of "freshtoken setup docker" share
 */
#ifndef FT_SETUP_DOCKER_H
#define FT_SETUP_DOCKER_H

#include "helper/setup/setup.h"
#include "helper/wiring/docker-chain.h"

/* A registry by docker's name for it, with the first two accounts that match it. */
struct ft_docker_name {
	char *name;
	const struct ft_account *account, *other;
	bool tied;		/* several accounts match it equally well */
	bool told;
	bool docker, podman;	/* freshtoken is asked already, because of any line */
};

struct ft_docker_setup {
	const struct freshtoken *ft;
	const char *only;	/* only for this account; NULL: for any that matches */
	bool apply;
	struct ft_docker_name *names;
	size_t n;
	size_t patterns;	/* patterns for registries, also those with "*" or a path */
	size_t changes;
	bool left;		/* a person has to change something by hand */
	struct ft_docker_chain chain;
};

/* Adds the line to registries.conf; reports credentials that podman and its like use before it. */
int ft_setup_podman(struct ft_docker_setup *setup, struct ft_error *err);
int ft_setup_podman_remove(bool apply, size_t *ret_changes, struct ft_error *err);

/* Makes "docker-credential-freshtoken-ACCOUNT" in ~/.local/bin, unless it is in PATH. */
int ft_setup_docker_link(const char *account, bool apply, size_t *ret_changes,
			 struct ft_error *err);
/* Removes that link; helper is "freshtoken-ACCOUNT". */
int ft_setup_docker_unlink(const char *helper, bool apply, struct ft_error *err);

#endif
