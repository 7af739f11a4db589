/*
 * setup.h - changes to other programs' configuration, shown or made
 *
 * What is shown or done goes to stdout, what is to be known besides to stderr.
 * A second run changes nothing; what others have written stays.
 */
#ifndef FT_SETUP_H
#define FT_SETUP_H

#include "context.h"
#include "helper.h"
#include "match.h"

/* Each returns an exit status. */
int ft_setup_git(const struct freshtoken *ft, bool apply);
int ft_setup_docker(const struct freshtoken *ft, bool apply);

/* Calls visit for every pattern of every account that this user may use; stops at the first
 * that does not return 0, and returns that. */
int ft_setup_patterns(const struct freshtoken *ft,
		      int (*visit)(void *context, const struct ft_account *account,
				   const char *text, const struct ft_pattern *pattern),
		      void *context);

/* Whether docker could ask for what the pattern covers: it asks by plain names of hosts. */
bool ft_setup_docker_can(const struct ft_pattern *pattern);

/* "host", "[address]" or either with ":port" where one is given. */
void ft_setup_add_host(struct ft_buf *buf, const struct ft_url *url);

#endif
