/* SPDX-License-Identifier: MIT */
/*
 * docker-file.h - the files in which docker, podman and their like are told whom to ask
 */
#ifndef FT_DOCKER_FILE_H
#define FT_DOCKER_FILE_H

#include <stdbool.h>
#include <sys/types.h>
#include "lib/base/buffer.h"
#include "lib/config/match.h"
#include "lib/data/json.h"

/* A file that says whom docker, or podman and its like, ask about registries. */
struct ft_docker_file {
	char *path;		/* NULL: there is no home */
	const char *hub;	/* what its reader calls Docker Hub */
	struct ft_buf text;	/* after reading: what it holds … */
	struct json_object *config;	/* … which is an object */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	bool exists;
	bool lasting;		/* to be set up: it does not end with the session */
};
/* docker's; the lasting one of podman, skopeo and buildah; and the one that those read before it,
 * named by a variable or of the session. */
enum { FT_DOCKER_CONFIG, FT_DOCKER_AUTH, FT_DOCKER_FIRST, FT_DOCKER_FILES };
/* Where they are; reading is next. */
void ft_docker_files(struct ft_docker_file files[FT_DOCKER_FILES]);
/* Its text alone; one that is not there has none. FT_SYSTEM, FT_UNTRUSTED, FT_CONFIG,
 * FT_NO_MEMORY. */
int ft_docker_file_load(struct ft_docker_file *file, struct ft_error *err);
/* One that is not there, or empty, is an empty object. FT_SYSTEM, FT_UNTRUSTED, FT_CONFIG,
 * FT_NO_MEMORY. */
int ft_docker_file_read(struct ft_docker_file *file, struct ft_error *err);
/* After a change of the text. FT_UNTRUSTED, FT_NO_MEMORY. */
int ft_docker_file_parse(struct ft_docker_file *file, struct ft_error *err);
/* With owner, group and mode as they were. FT_SYSTEM, FT_UNTRUSTED, FT_NO_MEMORY. */
int ft_docker_file_write(struct ft_docker_file *file, struct ft_error *err);
void ft_docker_file_release(struct ft_docker_file *file);
/* "freshtoken", or the link of one account, "freshtoken-ACCOUNT". */
bool ft_docker_is_ours(const char *helper);

/* The account of "freshtoken-ACCOUNT"; NULL: any that matches. */
const char *ft_docker_account_of(const char *helper);

/* Whether docker could ask for what the pattern covers: it asks by plain names of hosts. */
bool ft_docker_can(const struct ft_pattern *pattern);

#endif
