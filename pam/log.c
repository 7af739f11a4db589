#include "config.h"
#include "call.h"

#include <stdio.h>
#include <syslog.h>

void ft_log_open(void)
{
	openlog("freshtoken-pam", LOG_PID, LOG_AUTHPRIV);
}

static void FT_PRINTF(3, 0) write_line(const struct ft_call *call, int priority, const char *format,
				       va_list args)
{
	struct ft_error text;	/* what cleans a line of whatever came from outside */
	char words[FT_ERROR_TEXT];

	(void)vsnprintf(words, sizeof words, format, args);
	(void)ft_error_set(&text, 0, "(%s:%s) user %.64s: %s", call->program,
			   ft_pam_function_names[call->function], call->user, words);
	syslog(priority, "%s", text.text);
}

void ft_log(const struct ft_call *call, int priority, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(call, priority, format, args);
	va_end(args);
}

void ft_log_debug(const struct ft_call *call, const char *format, ...)
{
	va_list args;

	if (!call->options.debug)
		return;
	va_start(args, format);
	write_line(call, LOG_DEBUG, format, args);
	va_end(args);
}
