/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/account/recognise.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/url.h"

/* The headers that are asked for, as many as the transport accepts. */
#define HEADERS_MAX 32

static bool host_fits(const struct ft_profile *profile, const char *host)
{
	bool fits = false;

	for (size_t i = 0; i < profile->host.n; i++)
		fits = fits || fnmatch(profile->host.list[i], host, 0) == 0;
	return fits;
}

/* Whether a sign-in would go to the service's endpoints: those of a profile are fixed, and a
 * service that is mounted below another path has different ones. */
static bool endpoints_agree(const struct ft_profile *profile, const char *server,
			    const struct ft_metadata *metadata)
{
	static const char *const names[] = { "token_endpoint", "authorization_endpoint" };
	const struct ft_profile none = { .name = NULL };
	size_t len = strlen(server);
	bool agree = true;

	while (len > 0 && server[len - 1] == '/')
		len--;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *own = ft_request_endpoint(profile, NULL, names[i]),
			   *said = ft_request_endpoint(&none, metadata, names[i]);
		const size_t before = own != NULL && *own == '/' ? len : 0;

		agree = agree && (own == NULL || said == NULL ||
				  (strncmp(said, server, before) == 0 &&
				   strcmp(said + before, own) == 0));
	}
	return agree;
}

/* All members that the profile names must match. */
static bool metadata_fits(const struct ft_profile *profile, const char *server,
			  const struct ft_metadata *metadata)
{
	/* The service's own metadata, without the profile's [metadata]. */
	const struct ft_profile none = { .name = NULL };
	char name[64];
	bool fits = profile->member.n > 0;

	for (size_t i = 0; fits && i < profile->member.n; i++) {
		const char *pair = profile->member.list[i], *equals = strchr(pair, '=');

		(void)snprintf(name, sizeof name, "%.*s", (int)(equals - pair), pair);
		const char *value = ft_request_endpoint(&none, metadata, name);

		fits = value != NULL && fnmatch(equals + 1, value, 0) == 0;
	}
	return fits && endpoints_agree(profile, server, metadata);
}

static bool header_fits(const struct ft_profile *profile, const struct ft_strings *headers)
{
	bool fits = false;

	for (size_t i = 0; i < profile->header.n; i++)
		for (size_t j = 0; j < headers->n; j++)
			fits = fits || strcasecmp(profile->header.list[i], headers->list[j]) == 0;
	return fits;
}

/* How specific a match is; 0: no match. More conditions are more specific. A header counts least,
 * because a proxy may have added it. */
static size_t weigh(const struct ft_profile *profile, const char *server, const char *host,
		    const struct ft_marks *marks)
{
	if (marks == NULL)
		return host_fits(profile, host) ? 1 : 0;
	if (metadata_fits(profile, server, marks->metadata))
		return 1 + profile->member.n;
	return header_fits(profile, marks->headers) ? 1 : 0;
}

static int take(const struct ft_profile *profile, char **ret_name, char **ret_description,
		struct ft_error *err)
{
	const char *words =
		profile->description != NULL ? profile->description : profile->name;
	char *name = strdup(profile->name), *description = strdup(words);

	*ret_name = *ret_description = NULL;
	if (name == NULL || description == NULL) {
		free(name);
		free(description);
		return ft_error_memory(err);
	}
	*ret_name = name;
	*ret_description = description;
	return 0;
}

int ft_recognise_headers(const struct ft_places *places, struct ft_strings *ret,
			 struct ft_error *err)
{
	struct ft_strings names = { NULL, 0 };
	int r = ft_profile_names(places, &names, err);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		struct ft_profile profile;

		if (ft_profile_find(places, names.list[i], &profile, NULL) != 0)
			continue;
		for (size_t j = 0; r == 0 && j < profile.header.n && ret->n < HEADERS_MAX; j++)
			r = ft_strings_add(ret, profile.header.list[j],
					   strlen(profile.header.list[j]));
		ft_profile_release(&profile);
	}
	ft_strings_release(&names);
	return r == FT_NO_MEMORY ? ft_error_memory(err) : r;
}

int ft_recognise(const struct ft_places *places, const char *server, const struct ft_marks *marks,
		 char **ret_name, char **ret_description, struct ft_error *err)
{
	struct ft_strings names = { NULL, 0 };
	struct ft_url url;
	size_t most = 0;
	int r;

	*ret_name = *ret_description = NULL;
	/* Its errors are reported when it is checked. */
	if (ft_url_parse(server, false, &url, NULL) != 0)
		return 0;
	r = ft_profile_names(places, &names, err);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		struct ft_profile profile;

		/* A profile with errors is not used. */
		if (ft_profile_find(places, names.list[i], &profile, NULL) != 0)
			continue;
		const size_t weight = weigh(&profile, server, url.host, marks);

		if (weight > most) {
			free(*ret_name);
			free(*ret_description);
			r = take(&profile, ret_name, ret_description, err);
			most = weight;
		}
		ft_profile_release(&profile);
	}
	ft_strings_release(&names);
	return r;
}
