/* SPDX-License-Identifier: MIT */
/* docker-file.h - the files that tell docker, podman and their like which helper to ask */
#ifndef FT_DOCKER_FILE_H
#define FT_DOCKER_FILE_H

#include <stdbool.h>
#include <sys/types.h>
#include "lib/base/buffer.h"
#include "lib/config/match.h"
#include "lib/data/json.h"

/* A file of docker, or of podman and its like, that names helpers for registries. */
struct ft_docker_file {
	char *path;		/* NULL: there is no home */
	const char *hub;	/* the name that its readers use for Docker Hub */
	struct ft_buf text;	/* after reading */
	struct json_object *config;	/* the text, parsed: an object */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	bool exists;
	bool lasting;		/* it does not end with the session, so setup may write it */
};
/* docker's file; the lasting one of podman, skopeo and buildah; and the one that those read before
 * it, which REGISTRY_AUTH_FILE names or which belongs to the session. */
enum { FT_DOCKER_CONFIG, FT_DOCKER_AUTH, FT_DOCKER_FIRST, FT_DOCKER_FILES };
/* Finds the paths; reads nothing. */
void ft_docker_files(struct ft_docker_file files[FT_DOCKER_FILES]);
/* Reads only the text; a file that does not exist has none. FT_SYSTEM, FT_UNTRUSTED, FT_CONFIG,
 * FT_NO_MEMORY. */
int ft_docker_file_load(struct ft_docker_file *file, struct ft_error *err);
/* Reads and parses. A file that does not exist, or is empty, gives an empty object. FT_SYSTEM,
 * FT_UNTRUSTED, FT_CONFIG, FT_NO_MEMORY. */
int ft_docker_file_read(struct ft_docker_file *file, struct ft_error *err);
/* Parses the text again after a change. FT_UNTRUSTED, FT_NO_MEMORY. */
int ft_docker_file_parse(struct ft_docker_file *file, struct ft_error *err);
/* Writes the text; owner, group and mode stay. FT_SYSTEM, FT_UNTRUSTED, FT_NO_MEMORY. */
int ft_docker_file_write(struct ft_docker_file *file, struct ft_error *err);
void ft_docker_file_release(struct ft_docker_file *file);
/* Whether a helper is "freshtoken", or the link of one account, "freshtoken-ACCOUNT". */
bool ft_docker_is_ours(const char *helper);

/* The account in "freshtoken-ACCOUNT"; NULL: any that matches. */
const char *ft_docker_account_of(const char *helper);

/* Whether docker can ask for what the pattern covers: docker asks for plain names of hosts. */
bool ft_docker_can(const struct ft_pattern *pattern);

#endif
