#include "config.h"
#include "pam/call/finding.h"

#include <stdio.h>

struct ft_finding ft_found(enum ft_pam_situation situation, const char *format, ...)
{
	struct ft_finding finding = { .situation = situation };
	va_list args;

	va_start(args, format);
	(void)vsnprintf(finding.text, sizeof finding.text, format, args);
	va_end(args);
	return finding;
}

struct ft_finding ft_found_wrong(const struct ft_error *err)
{
	return ft_found(err->code == FT_NO_MEMORY ? FT_PAM_NO_MEMORY : FT_PAM_BROKEN, "%s",
			err->text);
}
