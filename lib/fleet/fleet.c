/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/fleet/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fleet/files.h"

/* Hosts begin with different members, by a hash (FNV-1a) of their names. */
static size_t first_server(const struct ft_fleet_section *section)
{
	char host[65] = "";
	uint32_t hash = 2166136261u;

	(void)gethostname(host, sizeof host - 1);
	for (const char *c = host; *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	return (hash >> 16 ^ hash) % section->servers.n;
}

int ft_fleet_open(const struct freshtoken *ft, const struct ft_account *account,
		  struct ft_fleet *ret, struct ft_error *err)
{
	struct ft_fleet fleet = { .ft = ft, .account = account, .section = account->fleet,
				  .ops = &ft_fleet_etcd };
	int r = ft_box_ready(err);

	if (r == 0)
		r = ft_fleet_read_key(account->fleet->key_file, fleet.key, err);
	if (r != 0) {
		ft_error_prefix(err, "%s:%u: [fleet]", account->fleet->file, account->fleet->line);
		return r;
	}
	fleet.server = first_server(account->fleet);
	*ret = fleet;
	ft_wipe(fleet.key, sizeof fleet.key);
	return 0;
}

void ft_fleet_close(struct ft_fleet *fleet)
{
	ft_wipe(fleet->key, sizeof fleet->key);
	ft_secret_release(&fleet->token);
}

char *ft_fleet_key(const struct ft_fleet *fleet)
{
	char *key = NULL;

	return asprintf(&key, "%s%s", fleet->section->prefix, fleet->account->name) >= 0 ? key :
											   NULL;
}
