/* SPDX-License-Identifier: MIT */
/*
 * audience.c - tokens that reach a user's store, and from there git, docker and scripts, must not
 * be good for logging in
 */
#include "config.h"
#include "lib/config/account-keys.h"

#include <string.h>
#include <strings.h>

/* Whether one of the words in the value is the audience, or begins with it and "/", as scopes
 * do. */
static bool names_audience(const char *value, const char *audience)
{
	static const char between[] = " \t\n,";
	size_t len = strlen(audience);

	while (len > 0 && audience[len - 1] == '/')
		len--;
	for (; value != NULL && *value != '\0'; value += strcspn(value, between)) {
		value += strspn(value, between);
		if (strncasecmp(value, audience, len) == 0 &&
		    (value[len] == '\0' || strchr(between, value[len]) != NULL ||
		     value[len] == '/'))
			return true;
	}
	return false;
}

/* The key through which the account would get tokens for the audience; NULL: it would not. */
static const char *asks_for(const struct ft_account *a, const char *audience)
{
	if (names_audience(a->audience, audience))
		return "audience";
	if (names_audience(a->resource, audience))
		return "resource";
	if (names_audience(a->scope, audience))
		return "scope";
	/* Services put these into tokens if the client asks for no audience. */
	if (names_audience(a->client_id, audience))
		return "client_id";
	if (names_audience(a->server, audience))
		return "server";
	for (size_t i = 0; i < a->n_params; i++)
		if (names_audience(a->params[i].value, audience))
			return "param";
	return NULL;
}

int ft_account_check_audience(const struct ft_account *a, const struct ft_account *login,
			      struct ft_error *err)
{
	const char *key = asks_for(a, login->login_audience);

	if (key == NULL || a->broken)
		return 0;
	return ft_error_set(err, FT_CONFIG,
			    "%s: its tokens would be for \"%.100s\", the login_audience of "
			    "account %s, and whoever has one could log in" FT_REMEDY
			    "use an audience that is only for logging in",
			    key, login->login_audience, login->name);
}
