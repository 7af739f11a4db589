/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/call/finding.h"

struct ft_finding ft_found(enum ft_pam_situation situation, const char *format, ...)
{
	struct ft_finding finding = { .situation = situation };
	va_list args;

	va_start(args, format);
	(void)ft_error_vset(&finding.why, FT_OK, format, args);
	va_end(args);
	return finding;
}

struct ft_finding ft_found_error(enum ft_pam_situation situation, const struct ft_error *why,
				 const char *before)
{
	struct ft_finding finding = { .situation = situation, .why = *why };

	finding.why.code = FT_OK;
	if (before != NULL)
		ft_error_prefix(&finding.why, "%s", before);
	return finding;
}

struct ft_finding ft_found_wrong(const struct ft_error *err)
{
	return ft_found_error(err->code == FT_NO_MEMORY ? FT_PAM_NO_MEMORY : FT_PAM_BROKEN, err,
			      NULL);
}
