/* SPDX-License-Identifier: MIT */
/*
 * setup.h - changes to other programs' configuration, shown or made
 *
 * What is shown or done goes to stdout, what is to be known besides to stderr.
 * A second run changes nothing; what others have written stays.
 */
#ifndef FT_SETUP_H
#define FT_SETUP_H

#include "helper/cli/command.h"
#include "lib/core/context.h"

/* Each returns an exit status. The second takes out what the first has put in, and nothing else;
 * without apply both show it only. */
int ft_setup_git(const struct freshtoken *ft, bool apply);
int ft_setup_git_remove(bool apply);
int ft_setup_docker(const struct freshtoken *ft, bool apply);
/* The same for the registries of one account alone, by the link of its name. */
int ft_setup_docker_account(const struct freshtoken *ft, const char *account, bool apply);
int ft_setup_docker_remove(bool apply);
int ft_setup_pam(const struct freshtoken *ft, bool apply);
int ft_setup_pam_remove(bool apply);

/* One of those that only ask for a token; NULL: there is none of that name. */
struct ft_client;
const struct ft_client *ft_client_find(const char *name);
/* Whether more can be done than to show its lines. */
bool ft_client_can_apply(const struct ft_client *client);
/* account NULL: for all of them. */
int ft_setup_client(const struct freshtoken *ft, const struct ft_client *client,
		    const char *account, bool apply);
int ft_setup_client_remove(const struct ft_client *client, bool apply);

/* Shows the text, which a person reads; FT_SYSTEM: nobody does. */
int ft_setup_show(const struct ft_buf *text, struct ft_error *err);
/* A link to docker-credential-freshtoken, shown, and with `apply` made with its folders; nothing
 * where there is a file of that name. */
int ft_setup_link(const char *path, bool apply, size_t *ret_changes, struct ft_error *err);
/* … and taken away, where it leads to us. */
int ft_setup_unlink(const char *path, bool apply, struct ft_error *err);

#endif
