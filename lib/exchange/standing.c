/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/exchange/standing.h"

#include <stdlib.h>
#include <string.h>

static bool has(const struct ft_strings *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->list[i], text) == 0)
			return true;
	return false;
}

static bool is_yes(const struct ft_request_template *request, const char *value)
{
	static const char *const words[] = { "true", "1", "active", "ACTIVE" };
	bool yes = false;

	if (request->active_values.n > 0)
		return has(&request->active_values, value);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		yes = yes || strcmp(words[i], value) == 0;
	return yes;
}

static bool is_gone(const struct ft_request_template *request, const struct ft_facts *facts)
{
	for (size_t i = 0; i < request->gone.n; i++)
		if (strtol(request->gone.list[i], NULL, 10) == facts->status)
			return true;
	return false;
}

/* Judges the one entry. */
static enum ft_standing read_entry(const struct ft_request_template *request,
				   const struct ft_facts *facts, const char *person,
				   struct ft_error *why)
{
	const struct ft_secret *subject = &facts->fields[FT_FIELD_SUBJECT];
	const char *active = facts->fields[FT_FIELD_ACTIVE].data;
	char quoted[FT_ERROR_QUOTED];

	if (subject->data == NULL) {
		(void)ft_error_set(why, FT_OK, "the directory's answer does not say whom it is "
				   "about" FT_REMEDY "check subject in the profile's [person]");
		return FT_STANDING_UNSAID;
	}
	/* The whole string, byte by byte: no prefix, no other case. */
	if (strlen(person) != subject->len || memcmp(person, subject->data, subject->len) != 0) {
		(void)ft_error_set(why, FT_OK, "the directory's answer is about \"%s\", not "
				   "about \"%.200s\"", ft_error_quoted(subject->data, 200, quoted),
				   person);
		return FT_STANDING_UNSAID;
	}
	if (active == NULL) {
		(void)ft_error_set(why, FT_OK,
				   "the directory's answer does not say whether \"%.200s\" is "
				   "active" FT_REMEDY
				   "check active in the profile's [person], and what the checker's "
				   "token may read",
				   person);
		return FT_STANDING_UNSAID;
	}
	if (is_yes(request, active)) {
		(void)ft_error_set(why, FT_OK, "the directory says that \"%.200s\" is active",
				   person);
		return FT_STANDING_ACTIVE;
	}
	(void)ft_error_set(why, FT_OK, "the directory says that \"%.200s\" is not active (\"%s\")",
			   person, ft_error_quoted(active, 40, quoted));
	return FT_STANDING_INACTIVE;
}

static enum ft_standing read_success(const struct ft_request_template *request,
				     const struct ft_facts *facts, const char *person,
				     struct ft_error *why)
{
	if (!facts->parsed) {
		(void)ft_error_set(why, FT_OK, "the directory's answer cannot be read%s%s",
				   facts->media == FT_MEDIA_HTML ? ": it is a web page" :
				   facts->error[0] != '\0'	 ? ": " : "",
				   facts->media == FT_MEDIA_HTML ? "" : facts->error);
		return FT_STANDING_UNSAID;
	}
	if (facts->entries < 0) {
		(void)ft_error_set(why, FT_OK, "the directory's answer has no entry where the "
				   "profile says" FT_REMEDY
				   "check entry in the profile's [person]");
		return FT_STANDING_UNSAID;
	}
	if (facts->entries == 0) {
		(void)ft_error_set(why, FT_OK, "the directory knows no \"%.200s\"", person);
		return FT_STANDING_GONE;
	}
	if (facts->entries > 1) {
		(void)ft_error_set(why, FT_OK, "the directory has more than one entry for "
				   "\"%.200s\"", person);
		return FT_STANDING_UNSAID;
	}
	return read_entry(request, facts, person, why);
}

/* The directory's code and words, where it gives any. */
static void add_words(const struct ft_facts *facts, struct ft_error *why)
{
	const char *code = facts->fields[FT_FIELD_CODE].data;
	const char *message = facts->fields[FT_FIELD_MESSAGE].data;
	char quoted[FT_ERROR_QUOTED];

	if (code != NULL)
		ft_error_foreign(why, ft_error_quoted(code, 100, quoted));
	else if (message != NULL)
		ft_error_foreign(why, ft_error_quoted(message, 200, quoted));
}

enum ft_standing ft_standing_judge(const struct ft_profile *profile, const struct ft_facts *facts,
				   const char *person, struct ft_error *ret_why)
{
	const struct ft_request_template *request =
		ft_profile_request(profile, FT_REQUEST_PERSON);
	const int status = facts->status;
	enum ft_standing standing = FT_STANDING_UNSAID;

	if (status >= 200 && status <= 299)
		return read_success(request, facts, person, ret_why);
	if (status == 0) {
		standing = facts->local ? FT_STANDING_LOCAL : FT_STANDING_DOWN;
		(void)ft_error_set(ret_why, FT_OK, "%s%s",
				   facts->local ? "this machine cannot ask the directory: " :
						  "the directory cannot be asked: ",
				   facts->error);
	} else if (status == 401) {
		standing = FT_STANDING_REFUSED;
		(void)ft_error_set(ret_why, FT_OK, "the directory does not accept the checker's "
				   "token (HTTP 401)" FT_REMEDY
				   "check what the client of the checker may do, and for whom its "
				   "tokens are");
	} else if (status == 403) {
		(void)ft_error_set(ret_why, FT_OK, "the checker may not ask the directory about "
				   "persons (HTTP 403)" FT_REMEDY
				   "give its client the right to read them");
	} else if (status == 429) {
		standing = FT_STANDING_BUSY;
		(void)ft_error_set(ret_why, FT_OK, "the directory is too busy to answer (HTTP 429)"
				   FT_REMEDY "lower person_rate");
	} else if (status >= 500) {
		standing = FT_STANDING_DOWN;
		(void)ft_error_set(ret_why, FT_OK, "the directory has failed (HTTP %d)", status);
	} else if (is_gone(request, facts) && facts->parsed) {
		/* Only with a parsed body: a proxy in front of the directory answers 404 as well,
		 * with plain text or a web page. */
		standing = FT_STANDING_GONE;
		(void)ft_error_set(ret_why, FT_OK, "the directory knows no \"%.200s\" (HTTP %d)",
				   person, status);
	} else {
		(void)ft_error_set(ret_why, FT_OK, "the directory answers HTTP %d%s", status,
				   facts->media == FT_MEDIA_HTML ? ", with a web page" : "");
	}
	add_words(facts, ret_why);
	return standing;
}
