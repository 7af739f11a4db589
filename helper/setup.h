/*
 * setup.h - changes to other programs' configuration, shown or made
 *
 * What is shown or done goes to stdout, what is to be known besides to stderr.
 * A second run changes nothing; what others have written stays.
 */
#ifndef FT_SETUP_H
#define FT_SETUP_H

#include <sys/types.h>
#include "context.h"
#include "helper.h"
#include "match.h"

/* Each returns an exit status. */
int ft_setup_git(const struct freshtoken *ft, bool apply);
int ft_setup_docker(const struct freshtoken *ft, bool apply);
int ft_setup_pam(const struct freshtoken *ft, bool apply);

/* Calls visit for every pattern of every account that this user may use; stops at the first
 * that does not return 0, and returns that. */
int ft_setup_patterns(const struct freshtoken *ft,
		      int (*visit)(void *context, const struct ft_account *account,
				   const char *text, const struct ft_pattern *pattern),
		      void *context);

/* A file that says whom docker, or podman and its like, ask about registries. */
struct ft_docker_file {
	char *path;		/* NULL: HOME is not set */
	const char *hub;	/* what its reader calls Docker Hub */
	struct json_object *config;	/* an object, after reading */
	mode_t mode;
	bool exists;
};
#define FT_DOCKER_FILES 2	/* docker's; that of podman, skopeo and buildah */
/* Where they are; reading is next. */
void ft_docker_files(struct ft_docker_file files[FT_DOCKER_FILES]);
/* One that is not there is an empty object. FT_SYSTEM, FT_UNTRUSTED, FT_CONFIG, FT_NO_MEMORY. */
int ft_docker_file_read(struct ft_docker_file *file, struct ft_error *err);
void ft_docker_file_release(struct ft_docker_file *file);
/* Whether docker could ask for what the pattern covers: it asks by plain names of hosts. */
bool ft_setup_docker_can(const struct ft_pattern *pattern);

/* "host", "[address]" or either with ":port" where one is given. */
void ft_setup_add_host(struct ft_buf *buf, const struct ft_url *url);

#endif
