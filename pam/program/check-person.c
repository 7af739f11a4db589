/* SPDX-License-Identifier: MIT */
/* --check --person NAME: what the directory says of a person; --check --directory: whether it
 * answers questions about persons at all. Root alone can ask. */
#include "config.h"
#include "pam/program/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "pam/call/ours.h"
#include "pam/directory/directory.h"

static void tell(struct ft_buf *report, const char *result, const char *before,
		 const struct ft_error *why)
{
	char packed[FT_ERROR_LINE];

	ft_buf_addf(report, "told %s %s%s\n", result, before, ft_error_pack(why, packed));
}

static void tell_finding(const struct ft_call *call, const struct ft_finding *finding,
			 struct ft_buf *report)
{
	struct ft_error why = finding->why;

	switch (finding->situation) {
	case FT_PAM_FRESH:
		tell(report, "ok", "", &why);
		break;
	case FT_PAM_DISABLED:
		ft_error_prefix(&why, "%.64s is refused", call->person.name);
		tell(report, "warning", "", &why);
		break;
	default:
		tell(report, "error", "", &why);
		break;
	}
}

static void tell_token(const struct ft_call *call, struct ft_buf *report)
{
	struct ft_error err = FT_ERROR_INIT;

	(void)ft_error_set(&err, FT_OK, "account %s has a token to ask the directory with",
			   call->checker->name);
	tell(report, "ok", "", &err);
}

/* --- a person whom no directory knows ------------------------------------------------------- */

/* Directories whose subjects are numbers refuse anything else without a search. They count upwards,
 * so the largest 32-bit number is not in use. */
#define NUMBER "2147483647"

static int invent(const struct ft_user_map *map, char **ret, struct ft_error *err)
{
	const char *example = map->n > 0 ? map->list[0].subject : "";
	unsigned char b[16];
	char *subject;

	if (example[0] != '\0' && example[strspn(example, "0123456789")] == '\0') {
		subject = strdup(NUMBER);
	} else if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b) {
		return ft_error_errno(err, FT_SYSTEM, errno, "getrandom");
	} else if (asprintf(&subject,
			    "%02x%02x%02x%02x-%02x%02x-4%x%02x-8%x%02x-%02x%02x%02x%02x%02x%02x",
			    b[0], b[1], b[2], b[3], b[4], b[5], b[6] & 15U, b[7], b[8] & 15U, b[9],
			    b[10], b[11], b[12], b[13], b[14], b[15]) < 0) {
		subject = NULL;
	}
	if (subject == NULL)
		return ft_error_memory(err);
	*ret = subject;
	return 0;
}

static void tell_standing(const struct ft_call *call, enum ft_standing standing,
			  const struct ft_finding *finding, struct ft_buf *report)
{
	struct ft_error why = finding->why, err = FT_ERROR_INIT;

	switch (standing) {
	case FT_STANDING_GONE:
		(void)ft_error_set(&err, FT_OK, "the directory answers account %s's questions "
				   "about persons" FT_REMEDY
				   "to see what it says of one: freshtoken doctor --person USER",
				   call->checker->name);
		tell(report, "ok", "", &err);
		break;
	case FT_STANDING_ACTIVE:
	case FT_STANDING_INACTIVE:
		(void)ft_error_set(&err, FT_OK, "the directory claims to know \"%.64s\", whom this "
				   "program has invented" FT_REMEDY
				   "check the profile's [person]: whoever is mapped to a subject "
				   "that does not exist may get in", call->person.subject);
		tell(report, "error", "", &err);
		break;
	default:
		ft_error_prefix(&why, "asked about somebody who does not exist");
		tell(report, "error", "", &why);
		break;
	}
}

void ft_check_directory(struct ft_call *call, const struct ft_user_map *map, struct ft_buf *report)
{
	enum ft_standing standing;
	struct ft_finding finding;
	struct ft_error err = FT_ERROR_INIT;
	bool token = false;

	if (!ft_call_is_root()) {
		(void)ft_error_set(&err, FT_OK, "only root can tell whether account %s may ask the "
				   "directory about persons" FT_REMEDY
				   "run: sudo freshtoken doctor", call->checker->name);
		tell(report, "note", "", &err);
		return;
	}
	if (invent(map, &call->person.subject, &err) != 0) {
		tell(report, "error", "", &err);
		return;
	}
	finding = ft_directory_try(call, &token, &standing);
	if (token) {
		tell_token(call, report);
		tell_standing(call, standing, &finding, report);
	} else {
		tell_finding(call, &finding, report);
	}
}

/* --- one person ----------------------------------------------------------------------------- */

void ft_check_person(struct ft_call *call, const char *name, struct ft_buf *report)
{
	enum ft_standing standing;
	struct ft_finding finding;
	struct ft_error err = FT_ERROR_INIT;
	bool token = false;
	int r;

	if (!ft_call_is_root()) {
		(void)ft_error_set(&err, FT_OK, "only root can ask the directory about a person"
				   FT_REMEDY "run: sudo freshtoken doctor --person %.64s", name);
		tell(report, "note", "", &err);
		return;
	}
	call->user = name;
	call->function = FT_PAM_ACCOUNT;
	r = ft_person_look_up(name, &call->person, &err);
	if (r == 0)
		r = ft_person_find(call, &err);
	if (r != 0) {
		tell(report, "error", "", &err);
		return;
	}
	finding = ft_person_judge(call);
	if (finding.situation != FT_PAM_FRESH) {
		tell(report, "warning", "nobody is asked about the user: ", &finding.why);
		return;
	}
	finding = ft_directory_try(call, &token, &standing);
	if (token)
		tell_token(call, report);
	tell_finding(call, &finding, report);
}
