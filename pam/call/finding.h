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
	/* A reason that auth may show to the person, because it does not tell which users are
	 * mapped; NULL: the general text. */
	const char *told;
};

struct ft_finding ft_found(enum ft_pam_situation situation, const char *format, ...)
	FT_PRINTF(2, 3);
/* A finding with an error's text and remedy; before: a prefix for the text, or NULL. */
struct ft_finding ft_found_error(enum ft_pam_situation situation, const struct ft_error *why,
				 const char *before);
/* A finding for a local error: FT_PAM_NO_MEMORY, or else FT_PAM_BROKEN. */
struct ft_finding ft_found_wrong(const struct ft_error *err);

#endif
