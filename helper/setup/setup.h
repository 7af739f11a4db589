/* SPDX-License-Identifier: MIT */
/*
 * setup.h - changes to the configuration of other programs, shown or made
 *
 * What is shown or done goes to stdout, notes go to stderr. A second run changes nothing; entries
 * of other programs stay.
 */
#ifndef FT_SETUP_H
#define FT_SETUP_H

#include "helper/cli/command.h"
#include "lib/core/context.h"

/* Each returns an exit status. The second removes what the first has added, and nothing else;
 * without apply both only show it. */
int ft_setup_git(const struct freshtoken *ft, bool apply);
int ft_setup_git_remove(bool apply);
int ft_setup_docker(const struct freshtoken *ft, bool apply);
/* The same for the registries of one account alone, by the link of its name. */
int ft_setup_docker_account(const struct freshtoken *ft, const char *account, bool apply);
int ft_setup_docker_remove(bool apply);
int ft_setup_pam(const struct freshtoken *ft, bool apply);
int ft_setup_pam_remove(bool apply);

/* A client that only asks for a token; NULL: there is none of that name. */
struct ft_client;
const struct ft_client *ft_client_find(const char *name);
/* Whether its lines can be applied, not only shown. */
bool ft_client_can_apply(const struct ft_client *client);
/* account NULL: for all accounts. */
int ft_setup_client(const struct freshtoken *ft, const struct ft_client *client,
		    const char *account, bool apply);
int ft_setup_client_remove(const struct ft_client *client, bool apply);

/* Shows the text to a person; FT_SYSTEM: stdout cannot be written. */
int ft_setup_show(const struct ft_buf *text, struct ft_error *err);
/* Shows a link to docker-credential-freshtoken, and with `apply` makes it and its folders; nothing
 * where a file of that name exists. */
int ft_setup_link(const char *path, bool apply, size_t *ret_changes, struct ft_error *err);
/* … and removes it, where it leads to freshtoken. */
int ft_setup_unlink(const char *path, bool apply, struct ft_error *err);

#endif
