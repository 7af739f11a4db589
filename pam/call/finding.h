/* SPDX-License-Identifier: MIT */
/*
 * finding.h - what freshtoken-pam came to: a situation of decide.h, and why
 */
#ifndef FT_PAM_FINDING_H
#define FT_PAM_FINDING_H

#include "lib/base/error.h"
#include "pam/wire/decide.h"

struct ft_finding {
	enum ft_pam_situation situation;
	struct ft_error why;	/* for the log and, without secrets, for people */
	/* What auth tells whoever signs in of it, where that gives nothing away; NULL: what
	 * everybody is told. */
	const char *told;
};

struct ft_finding ft_found(enum ft_pam_situation situation, const char *format, ...)
	FT_PRINTF(2, 3);
/* … for that reason, with all of its parts; before: what is put in front of it, NULL: nothing. */
struct ft_finding ft_found_error(enum ft_pam_situation situation, const struct ft_error *why,
				 const char *before);
/* What went wrong on our own side: FT_PAM_NO_MEMORY, or FT_PAM_BROKEN. */
struct ft_finding ft_found_wrong(const struct ft_error *err);

#endif
