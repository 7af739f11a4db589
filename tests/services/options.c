/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "service.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* kind: "seconds", "number", "text", or the values that are allowed. */
static struct {
	const char *name, *kind, *standard;
} table[OPT_COUNT] = {
	[OPT_VENDOR] = { "vendor",
			 "oauth2|abitmedia|consinco|formulacerta|kirjaswappi|github|bitbucket",
			 "oauth2" },
	[OPT_LIFETIME] = { "lifetime", "seconds", "3600" },
	[OPT_REFRESH_LIFETIME] = { "refresh_lifetime", "seconds", "0" },
	[OPT_ROTATE] = { "rotate", "yes|no", "yes" },
	[OPT_REUSE_DETECTION] = { "reuse_detection", "yes|no", "yes" },
	[OPT_GRACE] = { "grace", "seconds", "0" },
	[OPT_KILL_OLD] = { "kill_old", "yes|no", "no" },
	[OPT_USER] = { "user", "text", "alice" },
	[OPT_SUBJECT] = { "subject", "text", "" },
	[OPT_PASSWORD] = { "password", "text", "wonderland" },
	[OPT_COMPANY] = { "company", "text", "example" },
	[OPT_CLIENT_AUTH] = { "client_auth", "none|basic|post|assertion", "none" },
	[OPT_CLIENT_ID] = { "client_id", "text", "" },
	[OPT_CLIENT_SECRET] = { "client_secret", "text", "" },
	[OPT_SCOPE] = { "scope", "text", "openid offline_access" },
	[OPT_SIZE] = { "size", "number", "0" },
	[OPT_SPECIAL] = { "special", "yes|no", "no" },
	[OPT_JWT] = { "jwt", "yes|no", "no" },
	[OPT_SPELLING] = { "spelling", "backing|table", "backing" },
	[OPT_MEDIA] = { "media", "json|none|any", "json" },
	[OPT_ERROR_SHAPE] = { "error_shape", "nested|bare|text", "nested" },
	[OPT_ERROR_BODY] = { "error_body", "none|json|xml|html", "none" },
	[OPT_CHALLENGE] = { "challenge", "basic|bearer|both", "basic" },
	[OPT_DISCOVERY] = { "discovery", "both|oauth|openid|none", "both" },
	[OPT_ISSUER] = { "issuer", "text", "" },
	[OPT_SKEW] = { "skew", "number", "0" },
	[OPT_DATE] = { "date", "yes|no", "yes" },
	[OPT_DATE_SKEW] = { "date_skew", "number", "0" },
	[OPT_EXPIRES] = { "expires", "yes|no", "yes" },
	[OPT_OFFSET] = { "offset", "number", "0" },
	[OPT_ZONE] = { "zone", "yes|no", "yes" },
	[OPT_NOISY] = { "noisy", "yes|no", "no" },
	[OPT_WITHOUT] = { "without", "text", "" },
	[OPT_TARGETS] = { "targets", "text", "" },
	[OPT_EXCHANGE_LIFETIME] = { "exchange_lifetime", "seconds", "0" },
	[OPT_AUDIENCE] = { "audience", "text", "" },
	[OPT_REFUSAL] = { "refusal",
			  "standard|empty|invalid_request|unauthorized_client|token_inactive",
			  "standard" },
	[OPT_REFRESH_EXPIRES_IN] = { "refresh_expires_in", "text", "" },
	[OPT_REVOCATION] = { "revocation", "standard|doorkeeper|never", "standard" },
};

static bool one_of(const char *list, const char *value)
{
	size_t len = strlen(value);

	for (const char *p = list; len > 0 && (p = strstr(p, value)) != NULL; p++)
		if ((p == list || p[-1] == '|') && (p[len] == '|' || p[len] == '\0'))
			return true;
	return false;
}

static bool valid(const char *kind, const char *value)
{
	char *end;

	if (strcmp(kind, "text") == 0)
		return true;
	if (strcmp(kind, "number") == 0) {
		strtoll(value, &end, 10);
		return *value != '\0' && *end == '\0';
	}
	if (strcmp(kind, "seconds") == 0) {
		double number = strtod(value, &end);

		return *value != '\0' && *end == '\0' && isfinite(number) && number >= 0 &&
		       number < 1e9;
	}
	return one_of(kind, value);
}

static void replace(struct tenant *tenant, enum opt option, const char *value)
{
	free(tenant->options[option]);
	tenant->options[option] = must(strdup(value));
}

bool option_set_standard(enum opt option, const char *value)
{
	if (!valid(table[option].kind, value))
		return false;
	table[option].standard = value;
	return true;
}

void options_default(struct tenant *tenant)
{
	for (unsigned i = 0; i < OPT_COUNT; i++)
		replace(tenant, i, table[i].standard);
}

bool option_set(struct tenant *tenant, const char *name, const char *value, const char **why)
{
	for (unsigned i = 0; i < OPT_COUNT; i++) {
		if (strcmp(table[i].name, name) != 0)
			continue;
		if (!valid(table[i].kind, value)) {
			*why = table[i].kind;
			return false;
		}
		replace(tenant, i, value);
		/* What the documents show; a later option may say otherwise. */
		if (i == OPT_VENDOR && strcmp(value, "consinco") == 0)
			replace(tenant, OPT_OFFSET, "-180");
		if (i == OPT_VENDOR && strcmp(value, "kirjaswappi") == 0) {
			replace(tenant, OPT_ROTATE, "no");
			replace(tenant, OPT_JWT, "yes");
			replace(tenant, OPT_MEDIA, "none");
		}
		return true;
	}
	*why = "no such option";
	return false;
}

bool option_is(const struct tenant *tenant, enum opt option, const char *value)
{
	return strcmp(tenant->options[option], value) == 0;
}

bool option_yes(const struct tenant *tenant, enum opt option)
{
	return option_is(tenant, option, "yes");
}

int64_t option_ms(const struct tenant *tenant, enum opt option)
{
	return (int64_t)(strtod(tenant->options[option], NULL) * 1000);
}

int64_t option_number(const struct tenant *tenant, enum opt option)
{
	return strtoll(tenant->options[option], NULL, 10);
}

void options_print(const struct tenant *tenant, FILE *file)
{
	for (unsigned i = 0; i < OPT_COUNT; i++)
		fprintf(file, "%s=%s\n", table[i].name, tenant->options[i]);
}
