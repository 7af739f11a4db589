#include "config.h"
#include "lib/provider/profile.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/url.h"
#include "lib/config/inifile.h"
#include "lib/config/values.h"
#include "lib/provider/check.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))

const char *const ft_field_names[FT_FIELD_COUNT] = {
	"access_token", "refresh_token", "token_type", "subject", "success", "expires_in",
	"expires_in_ms", "expires_at", "expires_at_ms", "expires_offset", "code", "message",
	"device_code", "user_code", "verification_uri", "verification_uri_complete", "interval",
	"active", "client_id", "audience", "second_audience", "token_use", "identity",
};

/* format is not given yet; ends with the section. */
#define FORMAT_UNSET ((int)FT_FORMAT_XML + 1)

static const char *const client_auths[] = { "none", "basic", "post", "private_key_jwt", NULL };
static const char *const formats[] = { "none", "form", "json", "xml", NULL };
static const char *const untyped[] = { "refuse", "ignore", "json", "xml", NULL };

static int check_discover(const char *value, struct ft_error *err)
{
	return strcmp(value, "oauth") == 0 || strcmp(value, "openid") == 0 ? 0 :
	       ft_error_set(err, FT_CONFIG, "expected oauth, openid");
}

#define PROFILE(NAME, KIND, ...) \
	{ .name = #NAME, .kind = FT_ ## KIND, .offset = offsetof(struct ft_profile, NAME), \
	  __VA_ARGS__ }
#define FIELD(NAME, FIELD_NAME) \
	{ .name = #NAME, .kind = FT_PATHS, .check = ft_check_path, \
	  .offset = offsetof(struct ft_profile, fields) + \
		    FT_FIELD_ ## FIELD_NAME * sizeof(struct ft_strings) }
#define REQUEST(NAME, KIND, ...) \
	{ .name = #NAME, .kind = FT_ ## KIND, \
	  .offset = offsetof(struct ft_request_template, NAME), __VA_ARGS__ }
#define RULE(NAME, KIND, ...) \
	{ .name = #NAME, .kind = FT_ ## KIND, .offset = offsetof(struct ft_error_rule, NAME), \
	  __VA_ARGS__ }

static const struct ft_key provider_keys[] = {
	PROFILE(description, ONE),
	PROFILE(server, ONE, .check = ft_url_check_service),
	PROFILE(client_auth, CHOICE, .words = client_auths, .first = FT_CLIENT_AUTH_NONE),
	PROFILE(eager, YESNO),
	PROFILE(token_types, LIST),
	PROFILE(discover, LIST, .check = check_discover),
};

static const struct ft_key request_keys[] = {
	REQUEST(method, ONE, .check = ft_check_method),
	REQUEST(path, ONE, .check = ft_check_request_path),
	REQUEST(endpoint, ONE, .check = ft_check_member),
	REQUEST(query, LINES, .check = ft_check_pair),
	REQUEST(form, LINES, .check = ft_check_pair),
	REQUEST(header, LINES, .check = ft_check_header),
	REQUEST(basic, ONE, .check = ft_check_basic),
	REQUEST(json, BLOCK),
	REQUEST(xml, BLOCK),
	REQUEST(format, CHOICE, .words = formats, .first = FT_FORMAT_NONE),
	REQUEST(content_type, ONE, .check = ft_check_media),
	REQUEST(accept, ONE, .check = ft_check_media),
	REQUEST(refresh_first, YESNO),	/* the last, for it is a key of [revoke] alone */
};

static const struct ft_key response_keys[] = {
	FIELD(access_token, ACCESS_TOKEN),
	FIELD(refresh_token, REFRESH_TOKEN),
	FIELD(token_type, TOKEN_TYPE),
	FIELD(subject, SUBJECT),
	FIELD(success, SUCCESS),
	FIELD(expires_in, EXPIRES_IN),
	FIELD(expires_in_ms, EXPIRES_IN_MS),
	FIELD(expires_at, EXPIRES_AT),
	FIELD(expires_at_ms, EXPIRES_AT_MS),
	FIELD(expires_offset, EXPIRES_OFFSET),
	PROFILE(expires_jwt, YESNO),
	PROFILE(untyped, CHOICE, .words = untyped, .first = FT_UNTYPED_REFUSE),
};

static const struct ft_key error_keys[] = {
	FIELD(code, CODE),
	FIELD(message, MESSAGE),
};

static const struct ft_key rule_keys[] = {
	RULE(status, LIST, .check = ft_check_status),
	RULE(code, LIST),
	RULE(message, LIST),
	RULE(unparsed, YESNO),
};

/* Which part of a profile a section fills, and by which table. */
static const struct section {
	const char *name;
	const struct ft_key *keys;
	size_t n;
	size_t offset;
} sections[] = {
	{ "provider", provider_keys, COUNT(provider_keys), 0 },
	{ "metadata", NULL, 0, 0 },
	{ "refresh", request_keys, COUNT(request_keys) - 1, offsetof(struct ft_profile, refresh) },
	{ "login", request_keys, COUNT(request_keys) - 1, offsetof(struct ft_profile, login) },
	{ "revoke", request_keys, COUNT(request_keys), offsetof(struct ft_profile, revoke) },
	{ "response", response_keys, COUNT(response_keys), 0 },
	{ "error", error_keys, COUNT(error_keys), 0 },
	{ "disabled", rule_keys, COUNT(rule_keys), offsetof(struct ft_profile, disabled) },
	{ "transient", rule_keys, COUNT(rule_keys), offsetof(struct ft_profile, transient) },
	{ "terminal", rule_keys, COUNT(rule_keys), offsetof(struct ft_profile, terminal) },
};

struct loader {
	struct ft_profile profile;
	const struct section *section;
	struct ft_seen seen;
	bool replay_seen;
	unsigned lines[COUNT(sections)];	/* where the sections begin; 0: absent */
	unsigned json[COUNT(sections)], xml[COUNT(sections)];	/* where these blocks begin */
};

static bool is_request(const struct section *section)
{
	return section->keys == request_keys;
}

static bool is_rule(const struct section *section)
{
	return section->keys == rule_keys;
}

/* A block is whole only when all is read. */
static int check_block(const char *file, unsigned line, const char *key, const char *text,
		       int (*check)(const char *, struct ft_error *), struct ft_error *err)
{
	int r = text == NULL ? 0 : *text == '\0' ?
		ft_error_set(err, FT_CONFIG, "the value is empty") : check(text, err);

	if (r != 0)
		ft_error_prefix(err, "%s:%u: %s", file, line, key);
	return r;
}

static int choose_format(struct ft_request_template *t, struct ft_error *err)
{
	int bodies = (t->form.n > 0) + (t->json != NULL) + (t->xml != NULL);

	if ((int)t->format == FORMAT_UNSET) {
		if (bodies > 1)
			return ft_error_set(err, FT_CONFIG, "format: there is more than one body;"
					    " say which one is sent by default");
		t->format = t->json != NULL ? FT_FORMAT_JSON : t->xml != NULL ? FT_FORMAT_XML :
			    t->form.n > 0 ? FT_FORMAT_FORM : FT_FORMAT_NONE;
	}
	if ((t->format == FT_FORMAT_FORM && t->form.n == 0) ||
	    (t->format == FT_FORMAT_JSON && t->json == NULL) ||
	    (t->format == FT_FORMAT_XML && t->xml == NULL))
		return ft_error_set(err, FT_CONFIG, "format: there is no %s body",
				    formats[t->format]);
	if (strcmp(t->method, "GET") == 0 && bodies > 0)
		return ft_error_set(err, FT_CONFIG, "method: GET carries no body");
	return 0;
}

static bool sets_authorization(const struct ft_request_template *t)
{
	static const char name[] = "authorization:";

	for (size_t i = 0; i < t->header.n; i++)
		if (strncasecmp(t->header.list[i], name, sizeof name - 1) == 0)
			return true;
	return false;
}

static int finish_request(struct loader *l, struct ft_request_template *t, struct ft_error *err)
{
	bool client = l->profile.client_auth == FT_CLIENT_AUTH_BASIC;

	if (t->method == NULL && (t->method = strdup("POST")) == NULL)
		return ft_error_memory(err);
	if ((t->path == NULL) == (t->endpoint == NULL))
		return ft_error_set(err, FT_CONFIG, "exactly one of path and endpoint is needed");
	if (sets_authorization(t) && (client || t->basic != NULL))
		return ft_error_set(err, FT_CONFIG, "header: Authorization is sent by %s",
				    client ? "client_auth = basic" : "basic");
	if (t->basic != NULL && client)
		return ft_error_set(err, FT_CONFIG,
				    "basic: client_auth = basic uses the same header");
	return choose_format(t, err);
}

static int finish_rule(const struct ft_error_rule *rule, struct ft_error *err)
{
	if (rule->unparsed && rule->status.n == 0)
		return ft_error_set(err, FT_CONFIG, "unparsed: it needs status");
	if (rule->status.n == 0 && rule->code.n == 0 && rule->message.n == 0)
		return ft_error_set(err, FT_CONFIG, "it needs status, code or message");
	return 0;
}

static int check_blocks(const struct loader *l, size_t i, struct ft_error *err)
{
	const struct ft_request_template *t =
		(const void *)((const char *)&l->profile + sections[i].offset);
	const char *file = l->profile.file;
	int r = check_block(file, l->json[i], "json", t->json, ft_check_json, err);

	return r != 0 ? r : check_block(file, l->xml[i], "xml", t->xml, ft_check_xml, err);
}

static int finish(struct loader *l, struct ft_error *err)
{
	struct ft_profile *p = &l->profile;
	size_t len = p->server != NULL ? strlen(p->server) : 0;
	int r = 0;

	while (len > 0 && p->server[len - 1] == '/')
		p->server[--len] = '\0';

	for (size_t i = 0; i < COUNT(sections); i++) {
		void *part = (char *)p + sections[i].offset;

		if (l->lines[i] == 0)
			continue;
		if (is_request(&sections[i]) && (r = check_blocks(l, i, err)) != 0)
			return r;
		if (is_request(&sections[i]))
			r = finish_request(l, part, err);
		else if (is_rule(&sections[i]))
			r = finish_rule(part, err);
		if (r != 0) {
			ft_error_prefix(err, "%s:%u: [%s]", p->file, l->lines[i],
					sections[i].name);
			return r;
		}
	}
	if (!p->refresh.present)
		return ft_error_set(err, FT_CONFIG, "%s: the section [refresh] is missing",
				    p->file);
	if (p->fields[FT_FIELD_ACCESS_TOKEN].n == 0)
		return ft_error_set(err, FT_CONFIG, "%s: [response] access_token is missing: where"
				    " the access token is in an answer", p->file);
	if (p->token_types.n == 0 && ft_strings_add(&p->token_types, "bearer", 6) != 0)
		return ft_error_memory(err);
	return 0;
}

static int begin_section(struct loader *l, const struct ft_ini_line *line,
			 struct ft_error *err)
{
	const char *names[COUNT(sections)];
	size_t i = 0;

	for (; i < COUNT(sections) && strcmp(sections[i].name, line->section) != 0; i++)
		names[i] = sections[i].name;
	if (i == COUNT(sections))
		return ft_unknown("section", line->section, names, COUNT(sections), err);
	l->section = &sections[i];
	l->seen = (struct ft_seen){ 0 };
	l->lines[i] = line->line;
	if (is_request(l->section)) {
		struct ft_request_template *t = (void *)((char *)&l->profile + sections[i].offset);

		t->present = true;
		t->format = (enum ft_format)FORMAT_UNSET;
	} else if (is_rule(l->section)) {
		((struct ft_error_rule *)(void *)((char *)&l->profile + sections[i].offset))
			->present = true;
	}
	return 0;
}

static int set_metadata(struct ft_profile *p, const struct ft_ini_line *line,
			struct ft_error *err)
{
	int r = ft_check_member(line->name, err);

	for (size_t i = 0; r == 0 && i < p->n_metadata; i++)
		if (strcmp(p->metadata[i].name, line->name) == 0)
			r = ft_error_set(err, FT_CONFIG, line->continued ?
					 "its value is one line" : "it may be given only once");
	if (r == 0)
		r = ft_check_endpoint(line->value, err);
	if (r != 0) {
		ft_error_prefix(err, "%s", line->name);
		return r;
	}
	struct ft_param *metadata = reallocarray(p->metadata, p->n_metadata + 1, sizeof *metadata);

	if (metadata == NULL)
		return ft_error_memory(err);
	p->metadata = metadata;
	metadata += p->n_metadata++;
	metadata->name = strdup(line->name);
	metadata->value = strdup(line->value);
	return metadata->name != NULL && metadata->value != NULL ? 0 : ft_error_memory(err);
}

static int set_replay(struct loader *l, const struct ft_ini_line *line, struct ft_error *err)
{
	static const char window[] = "window:";
	struct ft_request_template *t = &l->profile.refresh;
	int64_t duration = -1;

	if (strncmp(line->value, window, sizeof window - 1) == 0)
		duration = ft_duration_parse(line->value + sizeof window - 1);
	if (l->replay_seen)
		return ft_error_set(err, FT_CONFIG, "replay: it may be given only once");
	l->replay_seen = true;
	if (strcmp(line->value, "never") == 0)
		t->replay = FT_REPLAY_NEVER;
	else if (strcmp(line->value, "always") == 0)
		t->replay = FT_REPLAY_ALWAYS;
	else if (duration > 0)
		t->replay = FT_REPLAY_WINDOW;
	else
		return ft_error_set(err, FT_CONFIG, "replay: expected never, always, or"
				    " window:DURATION as window:30s");
	t->replay_window = duration > 0 ? duration : 0;
	return 0;
}

static int handle(void *user, const struct ft_ini_line *line, struct ft_error *err)
{
	struct loader *l = user;

	if (line->name == NULL)
		return begin_section(l, line, err);
	if (l->section->keys == NULL)
		return set_metadata(&l->profile, line, err);
	if (is_request(l->section)) {
		/* Whoever copies a request from a document wants all of it sent. */
		if (line->cut)
			return ft_error_set(err, FT_CONFIG, "%s: a request's value cannot hold a"
					    " blank and \";\"; write \\u003b in JSON, &#59; in XML",
					    line->name);
		if (strcmp(l->section->name, "refresh") == 0 && strcmp(line->name, "replay") == 0)
			return set_replay(l, line, err);
		if (strcmp(line->name, "json") == 0 && !line->continued)
			l->json[l->section - sections] = line->line;
		if (strcmp(line->name, "xml") == 0 && !line->continued)
			l->xml[l->section - sections] = line->line;
	}
	return ft_key_set(l->section->keys, l->section->n,
			  (char *)&l->profile + l->section->offset, &l->seen, line, err);
}

void ft_profile_release(struct ft_profile *profile)
{
	if (profile == NULL)
		return;
	for (size_t i = 0; i < COUNT(sections); i++) {
		void *part = (char *)profile + sections[i].offset;

		ft_keys_release(sections[i].keys, sections[i].n, part);
	}
	for (size_t i = 0; i < profile->n_metadata; i++) {
		free(profile->metadata[i].name);
		free(profile->metadata[i].value);
	}
	free(profile->metadata);
	free(profile->name);
	free(profile->file);
	*profile = (struct ft_profile){ .name = NULL };
}

int ft_profile_parse(const char *name, const char *file, const char *text, size_t len,
		     struct ft_profile *ret, struct ft_error *err)
{
	struct loader l = { .profile = { .eager = true, .client_auth = FT_CLIENT_AUTH_NONE,
					 .untyped = FT_UNTYPED_JSON } };
	int r;

	l.profile.name = strdup(name);
	l.profile.file = strdup(file);
	if (l.profile.name == NULL || l.profile.file == NULL)
		r = ft_error_memory(err);
	else if (text != NULL)
		r = ft_ini_parse(file, text, len, handle, &l, err);
	else
		r = ft_ini_read(file, handle, &l, err);
	if (r == 0)
		r = finish(&l, err);
	if (r == 0)
		*ret = l.profile;
	else
		ft_profile_release(&l.profile);
	return r;
}

int ft_profile_load(const struct ft_places *places, const char *name,
		    struct ft_profile *ret, struct ft_error *err)
{
	const char *const folders[] = {
		places->user_config, places->system_config, places->data
	};
	char searched[FT_ERROR_TEXT / 2] = "";

	/* A name is no path: it cannot lead out of the folders. */
	if (!ft_account_name_valid(name))
		return ft_error_set(err, FT_CONFIG, "\"%s\" is not the name of a provider profile",
				    name);
	for (size_t i = 0; i < COUNT(folders); i++) {
		char *file = NULL;
		size_t len = strlen(searched);
		int r;

		if (folders[i] == NULL)
			continue;
		if (asprintf(&file, "%s/providers/%s.conf", folders[i], name) < 0)
			return ft_error_memory(err);
		r = ft_profile_parse(name, file, NULL, 0, ret, err);
		free(file);
		if (r != FT_NOT_FOUND)
			return r;
		(void)snprintf(searched + len, sizeof searched - len, "%s%s/providers",
			       len > 0 ? ", " : "", folders[i]);
	}
	return ft_error_set(err, FT_CONFIG, "no provider profile %s.conf in %s", name, searched);
}
