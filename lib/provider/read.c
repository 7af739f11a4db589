/* SPDX-License-Identifier: MIT */
/* read.c - reads a profile from its file, line by line, then checks it as a whole */
#include "config.h"
#include "lib/provider/profile.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/url.h"
#include "lib/config/inifile.h"
#include "lib/config/values.h"
#include "lib/provider/check.h"
#include "lib/provider/keys.h"
#include "lib/provider/template.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))
#define EXTENDS_MAX 4

/* format was not given yet; choose_format() replaces it. */
#define FORMAT_UNSET ((int)FT_FORMAT_XML + 1)

/* The lines of a section and of its blocks; 0: not in this file. */
struct spot {
	unsigned line, json, xml;
};

struct loader {
	const struct ft_places *places;
	unsigned depth;		/* of `extends` */
	struct ft_profile profile;
	const struct ft_section *section;
	size_t grant;		/* of FT_SECTION_GRANT: its index */
	struct ft_seen seen;
	bool any_key;		/* the file has had a key, or another section than [provider] */
	size_t inherited;	/* the first members of [metadata], which came with `extends` */
	bool place_seen, body_seen, format_seen;	/* in this section */
	struct spot spots[FT_SECTION_COUNT], grants[FT_GRANTS_MAX];
};

static struct spot *spot_of(struct loader *l)
{
	return l->section->kind == FT_SECTION_GRANT ? &l->grants[l->grant] :
						      &l->spots[l->section - ft_sections];
}

/* The object that the current section fills. */
static void *part_of(struct loader *l)
{
	return l->section->kind == FT_SECTION_GRANT ? &l->profile.grants[l->grant].request :
						      ft_section_part(l->section, &l->profile);
}

/* Checks a block, which is complete only when the whole file has been read. */
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
			return ft_error_set(err, FT_CONFIG,
					    "format: there is more than one body" FT_REMEDY
					    "say which one is sent by default");
		t->format = t->json != NULL ? FT_FORMAT_JSON : t->xml != NULL ? FT_FORMAT_XML :
			    t->form.n > 0 ? FT_FORMAT_FORM : FT_FORMAT_NONE;
	}
	if ((t->format == FT_FORMAT_FORM && t->form.n == 0) ||
	    (t->format == FT_FORMAT_JSON && t->json == NULL) ||
	    (t->format == FT_FORMAT_XML && t->xml == NULL))
		return ft_error_set(err, FT_CONFIG, "format: there is no %s body",
				    ft_profile_formats[t->format]);
	if (strcmp(t->method, "GET") == 0 && bodies > 0)
		return ft_error_set(err, FT_CONFIG, "method: GET has no body");
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

/* The variables that only some requests have, and these requests. */
static const struct {
	enum ft_variable variable;
	unsigned requests;
} special[] = {
	/* In a grant it is another name for the source. */
	{ FT_VARIABLE_TOKEN, 1u << FT_REQUEST_GRANT | 1u << FT_REQUEST_INTROSPECT |
				     1u << FT_REQUEST_USERINFO | 1u << FT_REQUEST_PERSON },
	{ FT_VARIABLE_SOURCE, 1u << FT_REQUEST_GRANT },
	{ FT_VARIABLE_SOURCE_TYPE, 1u << FT_REQUEST_GRANT },
	{ FT_VARIABLE_JWT, 1u << FT_REQUEST_GRANT },
	{ FT_VARIABLE_TOKEN_TYPE_HINT, 1u << FT_REQUEST_INTROSPECT },
	{ FT_VARIABLE_DEVICE_CODE, 1u << FT_REQUEST_DEVICE | 1u << FT_REQUEST_DEVICE_TOKEN },
	{ FT_VARIABLE_CODE, 1u << FT_REQUEST_CODE },
	{ FT_VARIABLE_REDIRECT_URI, 1u << FT_REQUEST_AUTHORIZE | 1u << FT_REQUEST_CODE |
					    1u << FT_REQUEST_REGISTER },
	{ FT_VARIABLE_CODE_VERIFIER, 1u << FT_REQUEST_CODE },
	{ FT_VARIABLE_CODE_CHALLENGE, 1u << FT_REQUEST_AUTHORIZE },
	{ FT_VARIABLE_STATE, 1u << FT_REQUEST_AUTHORIZE },
	{ FT_VARIABLE_NONCE, 1u << FT_REQUEST_AUTHORIZE },
	{ FT_VARIABLE_PROMPT, 1u << FT_REQUEST_AUTHORIZE },
	{ FT_VARIABLE_DEVICE_GRANT, 1u << FT_REQUEST_REGISTER },
	{ FT_VARIABLE_PERSON, 1u << FT_REQUEST_PERSON },
};
_Static_assert(COUNT(special) == FT_VARIABLE_COUNT - FT_VARIABLE_EVERYWHERE, "each has a row");

static int check_variables(const struct ft_request_template *t, enum ft_request_kind kind,
			   struct ft_error *err)
{
	for (size_t i = 0; i < COUNT(special); i++)
		for (int format = FT_FORMAT_NONE; format <= FT_FORMAT_XML; format++)
			if ((special[i].requests & 1u << kind) == 0 &&
			    ft_profile_request_uses(t, (enum ft_format)format, special[i].variable))
				return ft_error_set(err, FT_CONFIG,
						    "${%s} is not known in this request",
						    ft_variable_names[special[i].variable]);
	return 0;
}

/* The answer must name the person, because a service could misread the question. */
static int finish_person(const struct ft_request_template *t, struct ft_error *err)
{
	if (t->fields[FT_FIELD_ACTIVE].n == 0 || t->fields[FT_FIELD_SUBJECT].n == 0)
		return ft_error_set(err, FT_CONFIG, "it needs active and subject: where the answer "
				    "says whether somebody is active, and who that is");
	if (!ft_profile_request_uses(t, t->format, FT_VARIABLE_PERSON))
		return ft_error_set(err, FT_CONFIG, "this request must contain ${person}");
	if (t->prefix != NULL && (t->path == NULL || *t->path != '/'))
		return ft_error_set(err, FT_CONFIG, "prefix: it needs a path that begins with /");
	return 0;
}

static int finish_request(struct loader *l, struct ft_request_template *t,
			  enum ft_request_kind kind, struct ft_error *err)
{
	/* Client authentication does not belong in a browser's URL, nor in a request that a token
	 * authorizes. */
	bool client = l->profile.client_auth == FT_CLIENT_AUTH_BASIC &&
		      kind != FT_REQUEST_AUTHORIZE && kind != FT_REQUEST_USERINFO &&
		      kind != FT_REQUEST_REGISTER && kind != FT_REQUEST_PERSON;

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
	int r = choose_format(t, err);

	if (r == 0)
		r = check_variables(t, kind, err);
	/* The link and the user code are made from a device code that freshtoken invents. */
	if (r == 0 && (t->link != NULL || t->code_tail > 0) &&
	    !ft_profile_request_uses(t, t->format, FT_VARIABLE_DEVICE_CODE))
		r = ft_error_set(err, FT_CONFIG,
				 "link and code_tail need ${device_code} in this request");
	if (r == 0 && kind == FT_REQUEST_PERSON)
		r = finish_person(t, err);
	return r;
}

static int finish_rule(const struct ft_error_rule *rule, struct ft_error *err)
{
	if (rule->unparsed && rule->status.n == 0)
		return ft_error_set(err, FT_CONFIG, "unparsed: it needs status");
	if (rule->status.n == 0 && rule->code.n == 0 && rule->message.n == 0)
		return ft_error_set(err, FT_CONFIG, "it needs status, code or message");
	return 0;
}

static int check_blocks(const struct loader *l, const struct spot *spot,
			const struct ft_request_template *t, struct ft_error *err)
{
	const char *file = l->profile.file;
	int r = check_block(file, spot->json, "json", t->json, ft_check_json, err);

	return r != 0 ? r : check_block(file, spot->xml, "xml", t->xml, ft_check_xml, err);
}

static int blame(const struct loader *l, const struct spot *spot, const char *section,
		 const char *name, struct ft_error *err)
{
	ft_error_prefix(err, "[%s%s%s]", section, name != NULL ? " " : "",
			name != NULL ? name : "");
	if (spot->line > 0)
		ft_error_prefix(err, "%s:%u", l->profile.file, spot->line);
	else
		ft_error_prefix(err, "%s", l->profile.file);
	return FT_CONFIG;
}

static int finish_grants(struct loader *l, const struct ft_section *section, struct ft_error *err)
{
	for (size_t i = 0; i < l->profile.n_grants; i++) {
		struct ft_grant *grant = &l->profile.grants[i];
		int r = check_blocks(l, &l->grants[i], &grant->request, err);

		if (r != 0)
			return r;
		r = finish_request(l, &grant->request, FT_REQUEST_GRANT, err);
		if (r != 0)
			return r == FT_NO_MEMORY ? r : blame(l, &l->grants[i], section->name,
							     grant->name, err);
	}
	return 0;
}

/* The whole profile is known now, so what the section got from a standard is checked, too. */
static int finish_section(struct loader *l, size_t i, struct ft_error *err)
{
	const struct ft_section *section = &ft_sections[i];
	struct ft_request_template *request = ft_section_part(section, &l->profile);
	struct ft_error_rule *rule = ft_section_part(section, &l->profile);
	int r = 0;

	if (section->kind == FT_SECTION_GRANT)
		return finish_grants(l, section, err);
	if (section->kind == FT_SECTION_REQUEST && request->present) {
		r = check_blocks(l, &l->spots[i], request, err);
		if (r != 0)
			return r;
		r = finish_request(l, request, section->request, err);
	} else if (section->kind == FT_SECTION_RULE && rule->present) {
		r = finish_rule(rule, err);
	}
	return r == 0 || r == FT_NO_MEMORY ? r :
					     blame(l, &l->spots[i], section->name, NULL, err);
}

static int finish(struct loader *l, struct ft_error *err)
{
	struct ft_profile *p = &l->profile;
	bool none = false;
	int r = 0;

	if (p->server != NULL)
		ft_url_trim_server(p->server);
	for (size_t i = 0; i < p->discover.n; i++)
		none = none || strcmp(p->discover.list[i], "none") == 0;
	if (none && p->discover.n > 1) {
		(void)ft_error_set(err, FT_CONFIG, "discover: none has to be alone");
		return blame(l, &l->spots[0], ft_sections[0].name, NULL, err);
	}
	if (none)
		ft_strings_release(&p->discover);
	for (size_t i = 0; r == 0 && i < FT_SECTION_COUNT; i++)
		r = finish_section(l, i, err);
	if (r != 0)
		return r;
	bool gets_tokens = p->requests[FT_REQUEST_REFRESH].present || p->n_grants > 0;

	if (!gets_tokens && !p->requests[FT_REQUEST_PERSON].present)
		return ft_error_set(err, FT_CONFIG, "%s: the section [refresh] is missing, or "
				    "[grant NAME] or [person]", p->file);
	if (gets_tokens && p->fields[FT_FIELD_ACCESS_TOKEN].n == 0)
		return ft_error_set(err, FT_CONFIG, "%s: [response] access_token is missing: where"
				    " the access token is in an answer", p->file);
	if (p->token_types.n == 0 && ft_strings_add(&p->token_types, "bearer", 6) != 0)
		return ft_error_memory(err);
	return 0;
}

static int copy_string(char *const *from, char **to)
{
	return *from != NULL && (*to = strdup(*from)) == NULL ? FT_NO_MEMORY : 0;
}

static int copy_strings(const struct ft_strings *from, struct ft_strings *to)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->n; i++)
		r = ft_strings_add(to, from->list[i], strlen(from->list[i]));
	return r;
}

/* Begins a section of a request with the standard's template, if there is one. */
static int begin_request(const struct ft_request_template *standard, struct ft_request_template *t,
			 struct ft_error *err)
{
	int r = copy_string(&standard->method, &t->method);

	t->present = true;
	t->format = standard->present ? standard->format : (enum ft_format)FORMAT_UNSET;
	if (r == 0)
		r = copy_string(&standard->endpoint, &t->endpoint);
	if (r == 0)
		r = copy_strings(&standard->query, &t->query);
	if (r == 0)
		r = copy_strings(&standard->form, &t->form);
	if (r == 0)
		r = copy_strings(&standard->header, &t->header);
	if (r == 0)
		r = copy_string(&standard->json, &t->json);
	return r == 0 ? 0 : ft_error_memory(err);
}

/* Finds or begins a grant; a new one begins with the standard's template. */
static int begin_grant(struct loader *l, const char *name, struct ft_error *err)
{
	struct ft_profile *p = &l->profile;
	size_t at = 0;

	if (!ft_account_name_valid(name) || strcmp(name, "refresh") == 0)
		return ft_error_set(err, FT_CONFIG, "[grant NAME]: expected a name of 1 to 40 "
				    "letters, digits, \"-\", \"_\" and \".\", and another "
				    "than refresh");
	while (at < p->n_grants && strcmp(p->grants[at].name, name) != 0)
		at++;
	l->grant = at;
	/* A grant that came with `extends` may be changed. */
	if (at < p->n_grants)
		return l->grants[at].line == 0 ? 0 :
		       ft_error_set(err, FT_CONFIG, "[grant %s]: it is already in line %u",
				    name, l->grants[at].line);
	if (at == FT_GRANTS_MAX)
		return ft_error_set(err, FT_CONFIG, "more than %u grants", FT_GRANTS_MAX);
	struct ft_grant *grants = reallocarray(p->grants, at + 1, sizeof *grants);

	if (grants == NULL)
		return ft_error_memory(err);
	p->grants = grants;
	grants[at] = (struct ft_grant){ .name = strdup(name) };
	p->n_grants++;
	return grants[at].name == NULL ? ft_error_memory(err) :
	       begin_request(ft_profile_standard_grant(name), &grants[at].request, err);
}

/* The name of the grant that a section is about; NULL: it is not a grant's section. */
static const char *grant_of(const char *section)
{
	static const char grant[] = "grant";
	size_t len = sizeof grant - 1;

	/* Beside [device], [authorize], [introspect] and [userinfo], a name that people expect. */
	if (strcmp(section, "exchange") == 0)
		return "token_exchange";
	return strncmp(section, grant, len) != 0 || strchr(" \t", section[len]) == NULL ? NULL :
	       section + len + (section[len] != '\0');
}

static int begin_section(struct loader *l, const struct ft_ini_line *line,
			 struct ft_error *err)
{
	const char *names[FT_SECTION_COUNT], *grant = grant_of(line->section),
		   *section = grant != NULL ? "grant" : line->section;
	size_t i = 0;
	int r = 0;

	for (; i < FT_SECTION_COUNT && strcmp(ft_sections[i].name, section) != 0; i++)
		names[i] = ft_sections[i].name;
	if (i == FT_SECTION_COUNT)
		return ft_unknown("section", line->section, names, FT_SECTION_COUNT, err);
	l->section = &ft_sections[i];
	l->seen = (struct ft_seen){ 0 };
	l->place_seen = l->body_seen = l->format_seen = false;
	if (grant != NULL)
		r = begin_grant(l, grant, err);
	if (r != 0)
		return r;
	spot_of(l)->line = line->line;
	l->any_key = l->any_key || strcmp(line->section, "provider") != 0;
	struct ft_request_template *request = part_of(l);
	struct ft_error_rule *rule = part_of(l);

	l->profile.jwt.present = l->profile.jwt.present || strcmp(section, "jwt") == 0;
	if (l->section->kind == FT_SECTION_REQUEST && !request->present)
		return begin_request(ft_profile_request(&(struct ft_profile){ .name = NULL },
							l->section->request), request, err);
	if (l->section->kind == FT_SECTION_RULE) {
		/* All keys of a rule belong together, so a section replaces the whole inherited
		 * rule. */
		ft_keys_release(l->section->keys, l->section->n, rule);
		*rule = (struct ft_error_rule){ .present = true };
	}
	return 0;
}

static int replace_inherited(struct loader *l, size_t at, const char *value, struct ft_error *err)
{
	struct ft_param *list = l->profile.metadata, mine = { list[at].name, strdup(value) };

	if (mine.value == NULL)
		return ft_error_memory(err);
	free(list[at].value);
	/* Moves it to the members of this file, among which a second one is an error. */
	list[at] = list[--l->inherited];
	list[l->inherited] = mine;
	return 0;
}

static int set_metadata(struct loader *l, const struct ft_ini_line *line, struct ft_error *err)
{
	struct ft_profile *p = &l->profile;
	int r = ft_check_member(line->name, err);
	size_t at = 0;

	while (at < p->n_metadata && strcmp(p->metadata[at].name, line->name) != 0)
		at++;
	/* The members before l->inherited came with `extends`, and may be replaced. */
	if (r == 0 && at < p->n_metadata && at >= l->inherited)
		r = ft_error_set(err, FT_CONFIG, line->continued ?
				 "its value is one line" : "it may be given only once");
	if (r == 0)
		r = ft_check_endpoint(line->value, err);
	if (r != 0) {
		ft_error_prefix(err, "%s", line->name);
		return r;
	}
	if (at < p->n_metadata)
		return replace_inherited(l, at, line->value, err);
	struct ft_param *metadata = reallocarray(p->metadata, p->n_metadata + 1, sizeof *metadata);

	if (metadata == NULL)
		return ft_error_memory(err);
	p->metadata = metadata;
	metadata += p->n_metadata++;
	metadata->name = strdup(line->name);
	metadata->value = strdup(line->value);
	return metadata->name != NULL && metadata->value != NULL ? 0 : ft_error_memory(err);
}

/* Starts with the other profile's contents; name, file and later keys are this one's. */
static int extend(struct loader *l, const struct ft_ini_line *line, struct ft_error *err)
{
	struct ft_profile base, *p = &l->profile;
	int r = ft_check_name(line->value, err);

	if (r == 0 && p->extends != NULL)
		r = ft_error_set(err, FT_CONFIG, line->continued ? "its value is one line" :
								   "it may be given only once");
	if (r == 0 && l->any_key)
		r = ft_error_set(err, FT_CONFIG, "it has to be the first key of the profile");
	if (r == 0 && l->places == NULL)
		r = ft_error_set(err, FT_CONFIG, "there is no folder of profiles to look in");
	if (r == 0 && l->depth == EXTENDS_MAX)
		r = ft_error_set(err, FT_CONFIG, "more than %d profiles extend each other",
				 EXTENDS_MAX);
	if (r == 0)
		r = ft_profile_find_base(l->places, p, line->value, l->depth + 1, &base, err);
	if (r != 0) {
		ft_error_prefix(err, "extends");
		return r;
	}
	free(base.name);
	free(base.file);
	free(base.extends);
	/* What recognises that service does not recognise this one. */
	ft_strings_release(&base.host);
	ft_strings_release(&base.member);
	ft_strings_release(&base.header);
	base.name = p->name;
	base.file = p->file;
	base.extends = strdup(line->value);
	*p = base;
	l->inherited = p->n_metadata;
	return p->extends != NULL ? 0 : ft_error_memory(err);
}

static bool is_one_of(const char *name, const char *const *names)
{
	while (*names != NULL && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

/* The first path, endpoint or body in a section replaces those that the section began with. */
static void make_room(struct loader *l, const struct ft_ini_line *line)
{
	static const char *const places[] = { "path", "endpoint", NULL };
	static const char *const bodies[] = { "form", "json", "xml", NULL };
	struct ft_request_template *t = part_of(l);
	bool place = is_one_of(line->name, places), body = is_one_of(line->name, bodies);

	/* GET has no body, so it also removes the one that the section began with. */
	if (strcmp(line->name, "method") == 0 && strcmp(line->value, "GET") == 0)
		body = true;
	for (size_t i = 0; i < l->section->n; i++)
		if ((place && !l->place_seen && is_one_of(l->section->keys[i].name, places)) ||
		    (body && !l->body_seen && is_one_of(l->section->keys[i].name, bodies)))
			ft_key_release(&l->section->keys[i], t);
	if (body && !l->body_seen && !l->format_seen)
		t->format = (enum ft_format)FORMAT_UNSET;
	l->place_seen = l->place_seen || place;
	l->body_seen = l->body_seen || body;
	l->format_seen = l->format_seen || strcmp(line->name, "format") == 0;
}

static int handle(void *user, const struct ft_ini_line *line, struct ft_error *err)
{
	struct loader *l = user;

	if (line->name == NULL)
		return begin_section(l, line, err);
	if (l->section->kind == FT_SECTION_PLAIN && strcmp(line->name, "extends") == 0 &&
	    strcmp(l->section->name, "provider") == 0)
		return extend(l, line, err);
	l->any_key = true;
	if (l->section->kind == FT_SECTION_METADATA)
		return set_metadata(l, line, err);
	if (l->section->kind == FT_SECTION_REQUEST || l->section->kind == FT_SECTION_GRANT) {
		/* A request that is copied from a document must be sent completely, so a comment in
		 * it is an error. */
		if (line->cut)
			return ft_error_set(err, FT_CONFIG, "%s: a request's value cannot hold a"
					    " blank and \";\"" FT_REMEDY
					    "write \\u003b in JSON, &#59; in XML",
					    line->name);
		make_room(l, line);
		if (strcmp(line->name, "json") == 0 && !line->continued)
			spot_of(l)->json = line->line;
		if (strcmp(line->name, "xml") == 0 && !line->continued)
			spot_of(l)->xml = line->line;
	}
	return ft_key_set(l->section->keys, l->section->n, part_of(l), &l->seen, line, err);
}

int ft_profile_read(const struct ft_places *places, unsigned depth, const char *name,
		    const char *file, const char *text, size_t len, struct ft_profile *ret,
		    struct ft_error *err)
{
	struct loader l = { .places = places, .depth = depth,
			    .profile = { .eager = true, .client_auth = FT_CLIENT_AUTH_NONE,
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

int ft_profile_parse(const struct ft_places *places, const char *name, const char *file,
		     const char *text, size_t len, struct ft_profile *ret, struct ft_error *err)
{
	return ft_profile_read(places, 0, name, file, text, len, ret, err);
}
