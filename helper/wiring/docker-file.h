/* SPDX-License-Identifier: MIT */
/* docker-file.h - the files that tell docker, podman and their like which helper to ask */
#ifndef FT_DOCKER_FILE_H
#define FT_DOCKER_FILE_H

#include <stdbool.h>
#include <sys/types.h>
#include "lib/base/buffer.h"
#include "lib/config/match.h"
#include "lib/data/json.h"

/* A file that names helpers for registries, of docker, or of podman and its like. */
struct ft_docker_file {
	char *path;		/* NULL: there is no home */
	const char *hub;	/* the name that its reader has for Docker Hub */
	struct ft_buf text;	/* after reading: its text … */
	struct json_object *config;	/* … which is an object */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	bool exists;
	bool lasting;		/* setup may write it: it does not end with the session */
};
/* docker's file; the lasting one of podman, skopeo and buildah; and the one that those read first,
 * which a variable names or which belongs to the session. */
enum { FT_DOCKER_CONFIG, FT_DOCKER_AUTH, FT_DOCKER_FIRST, FT_DOCKER_FILES };
/* Finds their paths; reading is the next step. */
void ft_docker_files(struct ft_docker_file files[FT_DOCKER_FILES]);
/* The text alone; a file that does not exist has none. FT_SYSTEM, FT_UNTRUSTED, FT_CONFIG,
 * FT_NO_MEMORY. */
int ft_docker_file_load(struct ft_docker_file *file, struct ft_error *err);
/* A file that does not exist, or is empty, is read as an empty object. FT_SYSTEM, FT_UNTRUSTED,
 * FT_CONFIG, FT_NO_MEMORY. */
int ft_docker_file_read(struct ft_docker_file *file, struct ft_error *err);
/* After a change of the text. FT_UNTRUSTED, FT_NO_MEMORY. */
int ft_docker_file_parse(struct ft_docker_file *file, struct ft_error *err);
/* With owner, group and mode unchanged. FT_SYSTEM, FT_UNTRUSTED, FT_NO_MEMORY. */
int ft_docker_file_write(struct ft_docker_file *file, struct ft_error *err);
void ft_docker_file_release(struct ft_docker_file *file);
/* Whether it is "freshtoken", or the link of one account, "freshtoken-ACCOUNT". */
bool ft_docker_is_ours(const char *helper);

/* The account of "freshtoken-ACCOUNT"; NULL: any that matches. */
const char *ft_docker_account_of(const char *helper);

/* Whether docker can ask for what the pattern covers: it asks by plain names of hosts. */
bool ft_docker_can(const struct ft_pattern *pattern);

#endif
