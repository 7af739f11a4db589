/* SPDX-License-Identifier: MIT */
/* show.c - formats a profile as text, with everything that it inherits; the text is a profile
 * again */
#include "config.h"
#include "lib/provider/profile.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/escape.h"
#include "lib/provider/keys.h"

/* Adds an item of a list, as a JSON string if a reader would take it for something else. */
static void add_item(struct ft_buf *out, const char *item)
{
	bool plain = *item != '\0' && *item != ' ' && item[strlen(item) - 1] != ' ' &&
		     strpbrk(item, ",;\"") == NULL;

	if (plain) {
		ft_buf_adds(out, item);
		return;
	}
	ft_buf_adds(out, "\"");
	for (size_t len; *item != '\0'; item += len) {
		len = *item == ';' ? 1 : strcspn(item, ";");
		if (*item == ';')
			ft_buf_adds(out, "\\u003b");
		else if (ft_escape_json(out, item, len) != NULL)
			ft_buf_adds(out, "?");
	}
	ft_buf_adds(out, "\"");
}

/* Paths are written as they are: they have quotation marks of their own. */
static void add_list(struct ft_buf *out, const struct ft_key *key, const struct ft_strings *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (i == 0 || key->kind == FT_LINES)
			ft_buf_addf(out, "%s%s = ", i > 0 ? "\n" : "", key->name);
		else
			ft_buf_adds(out, ", ");
		if (key->kind == FT_LIST)
			add_item(out, list->list[i]);
		else
			ft_buf_adds(out, list->list[i]);
	}
	ft_buf_adds(out, list->n > 0 ? "\n" : "");
}

static void add_block(struct ft_buf *out, const char *name, const char *text)
{
	ft_buf_addf(out, "%s = ", name);
	for (size_t len; *text != '\0'; text += len) {
		len = strcspn(text, "\n");
		ft_buf_add(out, text, len);
		ft_buf_adds(out, "\n");
		len += text[len] == '\n';
		ft_buf_adds(out, text[len] != '\0' ? "  " : "");
	}
}

static void add_replay(struct ft_buf *out, const char *name, int64_t replay)
{
	if (replay == FT_REPLAY_NEVER || replay == FT_REPLAY_ALWAYS)
		ft_buf_addf(out, "%s = %s\n", name, replay == FT_REPLAY_NEVER ? "never" : "always");
	else
		ft_buf_addf(out, "%s = window:%" PRId64 "s\n", name, replay);
}

static void add_key(struct ft_buf *out, const struct ft_key *key, const void *object)
{
	const void *member = (const char *)object + key->offset;
	const char *text = key->kind == FT_ONE || key->kind == FT_BLOCK ?
				   *(const char *const *)member : NULL;

	switch (key->kind) {
	case FT_ONE:
		if (text != NULL)
			ft_buf_addf(out, "%s = %s\n", key->name, text);
		break;
	case FT_BLOCK:
		if (text != NULL)
			add_block(out, key->name, text);
		break;
	case FT_LIST:
	case FT_PATHS:
	case FT_LINES:
		add_list(out, key, member);
		break;
	case FT_YESNO:
		ft_buf_addf(out, "%s = %s\n", key->name, *(const bool *)member ? "yes" : "no");
		break;
	case FT_CHOICE:
		ft_buf_addf(out, "%s = %s\n", key->name,
			    key->words[*(const int *)member - key->first]);
		break;
	case FT_REPLAY:
		add_replay(out, key->name, *(const int64_t *)member);
		break;
	case FT_DURATION:
		if (*(const int64_t *)member != 0)
			ft_buf_addf(out, "%s = %" PRId64 "s\n", key->name,
				    *(const int64_t *)member);
		break;
	case FT_NUMBER:
		if (*(const int64_t *)member != 0)
			ft_buf_addf(out, "%s = %" PRId64 "\n", key->name, *(const int64_t *)member);
		break;
	case FT_SECONDS:
		break;	/* no profile has any */
	}
}

static void add_section(struct ft_buf *out, const struct ft_section *section, const void *part)
{
	ft_buf_addf(out, "\n[%s]\n", section->name);
	for (size_t i = 0; i < section->n; i++)
		/* The text has what it inherits already. */
		if (strcmp(section->keys[i].name, "extends") != 0)
			add_key(out, &section->keys[i], part);
}

/* The paths of a field: the section's own, else the standard's. */
static void add_paths(struct ft_buf *out, const struct ft_profile *profile,
		      enum ft_request_kind kind, const struct ft_key *key)
{
	size_t first = offsetof(struct ft_request_template, fields);
	enum ft_field field = (enum ft_field)((key->offset - first) / sizeof(struct ft_strings));
	const char *path;

	for (size_t i = 0; (path = ft_profile_answer_path(profile, kind, field, i)) != NULL; i++)
		ft_buf_addf(out, "%s%s%s", i > 0 ? ", " : key->name, i > 0 ? "" : " = ", path);
	ft_buf_adds(out, ft_profile_answer_path(profile, kind, field, 0) != NULL ? "\n" : "");
}

static void add_grants(struct ft_buf *out, const struct ft_profile *profile,
		       const struct ft_section *section)
{
	const char *name;

	for (size_t i = 0; (name = ft_profile_grant_name(profile, i)) != NULL; i++) {
		ft_buf_addf(out, "\n[%s %s]\n", section->name, name);
		for (size_t j = 0; j < section->n; j++)
			/* A grant spends nothing. */
			if (section->keys[j].kind != FT_REPLAY)
				add_key(out, &section->keys[j], ft_profile_grant(profile, name));
	}
}

static void add_request(struct ft_buf *out, const struct ft_profile *profile,
			const struct ft_section *section)
{
	const struct ft_request_template *request = ft_profile_request(profile, section->request);

	if (!request->present)
		return;
	ft_buf_addf(out, "\n[%s]\n", section->name);
	for (size_t i = 0; i < section->n; i++)
		if (section->keys[i].offset >= offsetof(struct ft_request_template, fields))
			add_paths(out, profile, section->request, &section->keys[i]);
		else
			add_key(out, &section->keys[i], request);
}

void ft_profile_show(const struct ft_profile *profile, struct ft_buf *out)
{
	ft_buf_addf(out, "# %s\n", profile->file);
	if (profile->extends != NULL)
		ft_buf_addf(out, "# which extends %s\n", profile->extends);
	for (size_t i = 0; i < FT_SECTION_COUNT; i++) {
		const struct ft_section *section = &ft_sections[i];
		const void *part = (const char *)profile + section->offset;

		switch (section->kind) {
		case FT_SECTION_PLAIN:
			if (strcmp(section->name, "recognise") == 0 ?
				    profile->host.n + profile->member.n + profile->header.n > 0 :
				    strcmp(section->name, "jwt") != 0 || profile->jwt.present)
				add_section(out, section, part);
			break;
		case FT_SECTION_METADATA:
			ft_buf_adds(out, profile->n_metadata > 0 ? "\n[metadata]\n" : "");
			for (size_t j = 0; j < profile->n_metadata; j++)
				ft_buf_addf(out, "%s = %s\n", profile->metadata[j].name,
					    profile->metadata[j].value);
			break;
		case FT_SECTION_REQUEST:
			add_request(out, profile, section);
			break;
		case FT_SECTION_GRANT:
			add_grants(out, profile, section);
			break;
		case FT_SECTION_RULE:
			if (((const struct ft_error_rule *)part)->present)
				add_section(out, section, part);
			break;
		}
	}
}
