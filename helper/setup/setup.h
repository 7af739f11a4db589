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

#endif
