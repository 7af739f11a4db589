/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/call/call.h"

#include <stdio.h>
#include <syslog.h>

void ft_log_open(void)
{
	openlog("freshtoken-pam", LOG_PID, LOG_AUTHPRIV);
}

/* A user name such as "alice from 192.0.2.1: …" must not look like another address to a program
 * that counts failed logins. */
static void copy_word(char *to, size_t size, const char *from)
{
	size_t n = 0;

	for (; from[n] != '\0' && n < size - 1; n++)
		to[n] = (unsigned char)from[n] > ' ' && from[n] != 0x7f ? from[n] : '?';
	to[n] = '\0';
}

static void FT_PRINTF(3, 0) write_line(const struct ft_call *call, int priority, const char *format,
				       va_list args)
{
	char words[FT_ERROR_LINE], user[65], from[65], line[FT_ERROR_LINE + 256];

	(void)vsnprintf(words, sizeof words, format, args);
	copy_word(user, sizeof user, call->user);
	copy_word(from, sizeof from, call->rhost != NULL ? call->rhost : "");
	(void)snprintf(line, sizeof line, "(%s:%s) user %s%s%s: %s", call->program,
			   ft_pam_function_names[call->function], user,
			   from[0] != '\0' ? " from " : "", from, words);
	/* Whatever came from outside. */
	ft_error_clean(line);
	syslog(priority, "%s", line);
}

void ft_log(const struct ft_call *call, int priority, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(call, priority, format, args);
	va_end(args);
}

void ft_log_error(const struct ft_call *call, int priority, const char *before,
		  const struct ft_error *err)
{
	char line[FT_ERROR_LINE];

	(void)ft_error_line(err, line);
	if (call->account != NULL)
		ft_log(call, priority, "account %s: %s%s%s", call->account->name,
		       before != NULL ? before : "", before != NULL ? ": " : "", line);
	else
		ft_log(call, priority, "%s%s%s", before != NULL ? before : "",
		       before != NULL ? ": " : "", line);
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
