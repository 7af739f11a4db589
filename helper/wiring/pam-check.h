/* SPDX-License-Identifier: MIT */
/*
 * pam-check.h - asks freshtoken-pam whether a login would work
 *
 * Only freshtoken-pam reads the configuration for PAM; other programs ask it for the result.
 */
#ifndef FT_PAM_CHECK_H
#define FT_PAM_CHECK_H

#include <stdbool.h>
#include "lib/core/context.h"

struct ft_pam_report {
	struct ft_buf text;	/* lines "warning ", each with a packed error (error.h) */
	bool device;		/* auth would show a code to be approved on another device */
};

/* options: those of a PAM line, with NULL at the end. FT_CONFIG with the reason if a login would be
 * refused; *ret must be released even then. FT_TEMPORARY: only root may read the files that decide;
 * FT_SYSTEM: freshtoken-pam could not be asked. */
int ft_pam_ask(const struct freshtoken *ft, const char *const options[], struct ft_pam_report *ret,
	       struct ft_error *err);
/* Gets the next warning of the report and moves *at; false: there is no more. */
bool ft_pam_report_warning(const struct ft_pam_report *report, size_t *at, struct ft_error *ret);
/* Gets the next result of "--person NAME", which is before the options: what a directory says.
 * ret_result is ok, note, warning or error. false: there is no more. */
bool ft_pam_report_told(const struct ft_pam_report *report, size_t *at, char ret_result[8],
			struct ft_error *ret);
void ft_pam_report_release(struct ft_pam_report *report);

#endif
