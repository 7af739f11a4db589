/* SPDX-License-Identifier: MIT */
/*
 * docker.h - what the parts of "freshtoken setup docker" share
 */
#ifndef FT_SETUP_DOCKER_H
#define FT_SETUP_DOCKER_H

#include "helper/setup/setup.h"
#include "helper/wiring/docker-chain.h"

/* A registry by the name that docker has for it, with the first two accounts that match it. */
struct ft_docker_name {
	char *name;
	const struct ft_account *account, *other;
	bool tied;		/* several accounts match it equally well */
	bool told;
	bool docker, podman;	/* freshtoken is asked already, by whatever line */
};

struct ft_docker_setup {
	const struct freshtoken *ft;
	const char *only;	/* for this account alone; NULL: for any that matches */
	bool apply;
	struct ft_docker_name *names;
	size_t n;
	size_t patterns;	/* patterns of registries, with "*" or a path too */
	size_t changes;
	bool left;		/* a person has to change something by hand */
	struct ft_docker_chain chain;
};

/* The line in registries.conf, and the credentials that podman and its like use before they ask. */
int ft_setup_podman(struct ft_docker_setup *setup, struct ft_error *err);
int ft_setup_podman_remove(bool apply, size_t *ret_changes, struct ft_error *err);

/* "docker-credential-freshtoken-ACCOUNT", in PATH or in ~/.local/bin. */
int ft_setup_docker_link(const char *account, bool apply, size_t *ret_changes,
			 struct ft_error *err);
/* Removes the link that the function above made for "freshtoken-ACCOUNT". */
int ft_setup_docker_unlink(const char *helper, bool apply, struct ft_error *err);

#endif
