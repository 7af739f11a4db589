/* SPDX-License-Identifier: MIT */
/* --check --person NAME: what a login of that person's would be told; root alone can ask */
#include "config.h"
#include "pam/program/check.h"

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

void ft_check_person(struct ft_call *call, const char *name, struct ft_buf *report)
{
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
	finding = ft_directory_try(call, &token);
	if (token) {
		(void)ft_error_set(&err, FT_OK, "account %s has a token to ask the directory with",
				   call->checker->name);
		tell(report, "ok", "", &err);
	}
	tell_finding(call, &finding, report);
}
