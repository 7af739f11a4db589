/* SPDX-License-Identifier: MIT */
/*
 * keys.h - tables of the sections of a provider profile and their keys, for reading and for showing
 * a profile; internal to lib/provider
 */
#ifndef FT_PROVIDER_KEYS_H
#define FT_PROVIDER_KEYS_H

#include "lib/config/values.h"
#include "lib/provider/profile.h"

enum ft_section_kind {
	FT_SECTION_PLAIN,	/* keys of the profile itself */
	FT_SECTION_METADATA,	/* any name */
	FT_SECTION_REQUEST,	/* a struct ft_request_template */
	FT_SECTION_GRANT,	/* a struct ft_grant of the profile's list, by the section's name */
	FT_SECTION_RULE		/* a struct ft_error_rule */
};

/* A section: the part of the profile that it fills, and the table of its keys. */
struct ft_section {
	const char *name;
	enum ft_section_kind kind;
	const struct ft_key *keys;
	size_t n;
	size_t offset;
	enum ft_request_kind request;	/* of FT_SECTION_REQUEST */
};
extern const struct ft_section ft_sections[];
#define FT_SECTION_COUNT 21u

extern const char *const ft_profile_formats[];	/* "none", "form", "json", "xml", NULL */

/* The part of a profile that a section fills. */
static inline void *ft_section_part(const struct ft_section *section, struct ft_profile *profile)
{
	return (char *)profile + section->offset;
}

/* As ft_profile_parse; depth: how many profiles extend each other so far. places may be NULL. */
int ft_profile_read(const struct ft_places *places, unsigned depth, const char *name,
		    const char *file, const char *text, size_t len, struct ft_profile *ret,
		    struct ft_error *err);

/* Finds the profile that another one extends. One of the same name is searched only in the folders
 * after the extending one's. */
int ft_profile_find_base(const struct ft_places *places, const struct ft_profile *extending,
			 const char *name, unsigned depth, struct ft_profile *ret,
			 struct ft_error *err);

#endif
