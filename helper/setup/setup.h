/* SPDX-License-Identifier: MIT */
/*
 * setup.h - changes to the configuration of other programs, shown or made
 *
 * Changes are shown on stdout, notes on stderr. A second run changes nothing. Entries of other
 * programs stay.
 */
#ifndef FT_SETUP_H
#define FT_SETUP_H

#include "helper/cli/command.h"
#include "lib/core/context.h"

/* Each returns an exit status. _remove removes what the other has added, and nothing else. Without
 * apply both only show the changes. */
int ft_setup_git(const struct freshtoken *ft, bool apply);
int ft_setup_git_remove(bool apply);
int ft_setup_docker(const struct freshtoken *ft, bool apply);
/* Likewise, only for the registries of one account, with the link of its name. */
int ft_setup_docker_account(const struct freshtoken *ft, const char *account, bool apply);
int ft_setup_docker_remove(bool apply);
int ft_setup_pam(const struct freshtoken *ft, bool apply);
int ft_setup_pam_remove(bool apply);

/* Finds a client that only asks for a token; NULL: there is none of that name. */
struct ft_client;
const struct ft_client *ft_client_find(const char *name);
/* Whether its lines can be written, not only shown. */
bool ft_client_can_apply(const struct ft_client *client);
/* account NULL: for all accounts. */
int ft_setup_client(const struct freshtoken *ft, const struct ft_client *client,
		    const char *account, bool apply);
int ft_setup_client_remove(const struct ft_client *client, bool apply);

/* Prints the text on stdout; FT_SYSTEM: that failed. */
int ft_setup_show(const struct ft_buf *text, struct ft_error *err);
/* Shows a link to docker-credential-freshtoken, and with `apply` makes it and its folders. Does
 * nothing if a file of that name exists. */
int ft_setup_link(const char *path, bool apply, size_t *ret_changes, struct ft_error *err);
/* Removes the link if it leads to freshtoken. */
int ft_setup_unlink(const char *path, bool apply, struct ft_error *err);

#endif
