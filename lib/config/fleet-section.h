/* SPDX-License-Identifier: MIT */
/*
 * fleet-section.h - [fleet]: the store that the hosts of a fleet share, and how to reach it
 *
 * The section applies to the accounts in the same file.
 */
#ifndef FT_FLEET_SECTION_H
#define FT_FLEET_SECTION_H

#include <stdbool.h>
#include "lib/config/values.h"

#define FT_FLEET_SERVERS 16
#define FT_FLEET_TIMEOUT 5

/* Strings are NULL where the key is not set. */
struct ft_fleet_section {
	struct ft_fleet_section *next;
	const char *file;	/* where the section is; not owned */
	unsigned line;		/* the section's line */
	bool broken;		/* it has a line that cannot be read */
	int provider;		/* 0: etcd, the only kind */
	struct ft_strings servers;
	char *prefix;		/* default "freshtoken/"; NULL until the section is checked */
	char *key_file;
	char *username, *password_file;
	char *client_certificate, *client_key;
	char *ca_file;
	unsigned timeout;	/* seconds for a request to one member; FT_FLEET_TIMEOUT */
};

extern const struct ft_key ft_fleet_keys[];
extern const size_t ft_fleet_keys_count;

/* Puts a new section with the defaults at the head of the list. FT_NO_MEMORY. */
int ft_fleet_section_add(struct ft_fleet_section **list, const char *file, unsigned line);
void ft_fleet_sections_free(struct ft_fleet_section *list);

/* Puts "the fleet's store https://…, https://…: " in front of an error's text. */
void ft_fleet_prefix(const struct ft_fleet_section *section, struct ft_error *err);

#endif
