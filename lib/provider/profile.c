/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/provider/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/escape.h"
#include "lib/base/url.h"
#include "lib/provider/check.h"
#include "lib/provider/keys.h"
#include "lib/provider/template.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))

const char *const ft_field_names[FT_FIELD_COUNT] = {
	"access_token", "refresh_token", "token_type", "subject", "success", "expires_in",
	"expires_in_ms", "expires_at", "expires_at_ms", "expires_offset",
	"refresh_expires_in", "code", "message",
	"device_code", "user_code", "verification_uri", "verification_uri_complete", "interval",
	"active", "client_id", "audience", "second_audience", "token_use",
	"request_uri", "client_secret",
	"client_auth", "registration_uri", "registration_token", "identity",
	"store_at", "store_done", "store_revision", "store_value", "store_token",
};

void ft_profile_release(struct ft_profile *profile)
{
	if (profile == NULL)
		return;
	for (size_t i = 0; i < FT_SECTION_COUNT; i++) {
		const struct ft_section *section = &ft_sections[i];

		if (section->kind != FT_SECTION_GRANT)
			ft_keys_release(section->keys, section->n,
					ft_section_part(section, profile));
		for (size_t j = 0; section->kind == FT_SECTION_GRANT && j < profile->n_grants; j++)
			ft_keys_release(section->keys, section->n, &profile->grants[j].request);
	}
	for (size_t i = 0; i < profile->n_grants; i++)
		free(profile->grants[i].name);
	free(profile->grants);
	free(profile->elsewhere);
	for (size_t i = 0; i < profile->n_metadata; i++) {
		free(profile->metadata[i].name);
		free(profile->metadata[i].value);
	}
	free(profile->metadata);
	free(profile->name);
	free(profile->file);
	*profile = (struct ft_profile){ .name = NULL };
}

/* below: the file that extends a profile of its own name, which is searched in the later folders;
 * NULL: all folders are searched. */
static int find(const struct ft_places *places, const char *name, const char *below,
		unsigned depth, struct ft_profile *ret, struct ft_error *err)
{
	const char *const folders[] = {
		places->user_config, places->system_config, places->data
	};
	char searched[FT_ERROR_TEXT / 2] = "";

	/* A name has no "/", so it cannot lead out of the folders. */
	if (!ft_account_name_valid(name))
		return ft_error_set(err, FT_CONFIG, "\"%s\" is not the name of a provider profile",
				    name);
	for (size_t i = 0; i < COUNT(folders); i++) {
		char *file = NULL;
		size_t len = strlen(searched);
		int r = FT_NOT_FOUND;

		if (folders[i] == NULL)
			continue;
		if (asprintf(&file, "%s/providers/%s.conf", folders[i], name) < 0)
			return ft_error_memory(err);
		if (below != NULL && strcmp(below, file) == 0)
			below = NULL;
		else if (below == NULL)
			r = ft_profile_read(places, depth, name, file, NULL, 0, ret, err);
		free(file);
		if (r != FT_NOT_FOUND)
			return r;
		(void)snprintf(searched + len, sizeof searched - len, "%s%s/providers",
			       len > 0 ? ", " : "", folders[i]);
	}
	return ft_error_set(err, FT_CONFIG,
			    "no provider profile %s.conf in %s" FT_REMEDY
			    "to see which there are, run: freshtoken provider list",
			    name, searched);
}

int ft_profile_find(const struct ft_places *places, const char *name, struct ft_profile *ret,
		    struct ft_error *err)
{
	return find(places, name, NULL, 0, ret, err);
}

int ft_profile_find_base(const struct ft_places *places, const struct ft_profile *extending,
			 const char *name, unsigned depth, struct ft_profile *ret,
			 struct ft_error *err)
{
	bool same = strcmp(extending->name, name) == 0;

	return find(places, name, same ? extending->file : NULL, depth, ret, err);
}

/* Replaces ${param.NAME} in one value with the account's parameters, then checks the value. */
static int fill_in(const struct ft_account *account, const char *key, char **value,
		   int (*check)(const char *, struct ft_error *), struct ft_error *err)
{
	const struct ft_scope scope = { .account = account };
	struct ft_buf text = FT_BUF_INIT(4096);

	if (*value == NULL || strchr(*value, '$') == NULL)
		return 0;
	int r = ft_template_expand(*value, &scope, ft_escape_nothing, ft_escape_nothing, &text,
				   err);

	if (r == 0)
		r = ft_buf_check(&text, "the value", err);
	if (r == 0 && check != NULL)
		r = check(text.data, err);
	if (r == 0) {
		free(*value);
		*value = text.data;
	} else {
		ft_error_prefix(err, "%s", key);
		ft_buf_release(&text);
	}
	return r;
}

static int bind_account(struct ft_profile *p, const struct ft_account *account,
			struct ft_error *err)
{
	int r = ft_profile_elsewhere(p, account, &p->elsewhere, err);

	/* If the account has a server of its own, the profile's is not used. */
	if (r == 0 && account->server == NULL)
		r = fill_in(account, "server", &p->server, ft_url_check_service, err);
	if (r == 0)
		r = fill_in(account, "issuer", &p->issuer, ft_check_issuer_is, err);
	if (r == 0)
		r = fill_in(account, "metadata_url", &p->metadata_url, ft_check_metadata_url_is,
			    err);
	if (r == 0)
		r = fill_in(account, "scope", &p->scope, NULL, err);
	for (size_t i = 0; r == 0 && i < p->n_metadata; i++)
		r = fill_in(account, p->metadata[i].name, &p->metadata[i].value,
			    ft_check_endpoint_is, err);
	if (r != 0)
		ft_error_prefix(err, "provider profile %s", p->name);
	/* With dpop, a token that is not bound to the key must not be accepted. */
	if (r == 0 && account->dpop) {
		ft_strings_release(&p->token_types);
		r = ft_strings_add(&p->token_types, "DPoP", 4) == 0 ? 0 : ft_error_memory(err);
	}
	if (p->server != NULL)
		ft_url_trim_server(p->server);
	if (r == 0 && account->metadata_url != NULL) {
		free(p->metadata_url);
		p->metadata_url = strdup(account->metadata_url);
		r = p->metadata_url != NULL ? 0 : ft_error_memory(err);
	}
	const char *server = account->server != NULL ? account->server : p->server;

	/* Metadata for a service on https must not come from a local port: any user may bind it. */
	if (r == 0 && p->metadata_url != NULL && server != NULL &&
	    ft_url_is_http(p->metadata_url) && !ft_url_is_http(server))
		r = ft_error_set(err, FT_CONFIG,
				 "metadata_url: it has to be https, as the server is");
	/* With a metadata_url, `discover = none` has no effect. */
	if (r == 0 && p->metadata_url != NULL && p->discover.n == 0 &&
	    ft_strings_add(&p->discover, "openid", 6) != 0)
		r = ft_error_memory(err);
	return r;
}

static int no_grant(const struct ft_profile *p, const struct ft_account *account,
		    struct ft_error *err)
{
	const char *name = ft_account_grant(account), *one;
	bool signs_in = !ft_account_derives(account);
	struct ft_buf names = FT_BUF_INIT(200);

	for (size_t i = 0; (one = ft_profile_grant_name(p, i)) != NULL; i++)
		ft_buf_addf(&names, "%s%s", i > 0 ? ", " : "", one);
	const char *have = names.failed ? "many" : names.len > 0 ? names.data : "";

	if (signs_in)
		(void)ft_error_set(err, FT_CONFIG,
				   "provider profile %s has no [refresh], so nobody can sign in"
				   FT_REMEDY "set grant to one of: %s", p->name, have);
	else if (*have != '\0')
		(void)ft_error_set(err, FT_CONFIG,
				   "grant: provider profile %s has no [grant %s]" FT_REMEDY
				   "it has: %s", p->name, name, have);
	else
		(void)ft_error_set(err, FT_CONFIG,
				   "grant: provider profile %s has no [grant %s] and no other, "
				   "and no token_endpoint for the grants of OAuth 2.0", p->name,
				   name);
	ft_buf_release(&names);
	return FT_CONFIG;
}

static int choose_grant(struct ft_profile *p, const struct ft_account *account,
			struct ft_error *err)
{
	bool signs_in = !ft_account_derives(account);

	p->grant = signs_in ? NULL : ft_profile_grant(p, ft_account_grant(account));
	/* An account that is only asked about persons gets no tokens. */
	return (signs_in ? p->requests[FT_REQUEST_REFRESH].present ||
				   p->requests[FT_REQUEST_PERSON].present :
			   p->grant != NULL) ?
		       0 : no_grant(p, account, err);
}

int ft_profile_load(const struct ft_places *places, const struct ft_account *account,
		    struct ft_profile *ret, struct ft_error *err)
{
	int r = ft_profile_find(places, account->provider, ret, err);

	if (r != 0)
		return r;
	r = bind_account(ret, account, err);
	if (r == 0)
		r = choose_grant(ret, account, err);
	if (r != 0)
		ft_profile_release(ret);
	return r;
}

/* has: whether a template has a variable (ft_template_uses, ft_template_needs). */
#define FINDS(name) bool (*name)(const char *, enum ft_variable)

static bool any_has(const struct ft_strings *strings, FINDS(has), enum ft_variable variable)
{
	for (size_t i = 0; i < strings->n; i++)
		if (has(strings->list[i], variable))
			return true;
	return false;
}

static bool one_has(const char *text, FINDS(has), enum ft_variable variable)
{
	return text != NULL && has(text, variable);
}

static bool request_has(const struct ft_request_template *t, enum ft_format format, FINDS(has),
			enum ft_variable variable)
{
	return one_has(t->path, has, variable) || one_has(t->basic, has, variable) ||
	       one_has(t->link, has, variable) || any_has(&t->query, has, variable) ||
	       any_has(&t->header, has, variable) ||
	       (format == FT_FORMAT_FORM && any_has(&t->form, has, variable)) ||
	       (format == FT_FORMAT_JSON && one_has(t->json, has, variable)) ||
	       (format == FT_FORMAT_XML && one_has(t->xml, has, variable));
}

bool ft_profile_request_uses(const struct ft_request_template *t, enum ft_format format,
			     enum ft_variable variable)
{
	return request_has(t, format, ft_template_uses, variable);
}

bool ft_profile_request_needs(const struct ft_request_template *t, enum ft_format format,
			      enum ft_variable variable)
{
	return request_has(t, format, ft_template_needs, variable);
}
