/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/call/call.h"

#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/base/journal.h"

/* Documented in pam_freshtoken(8); they never change. */
static const char *const message_ids[] = {
	[FT_LOG_TROUBLE] = "4f5bbb179cb8432f83d38db339b7e21a",
	[FT_LOG_GRANTED] = "ec306e77343e4a1690e0eb7b8ef6215c",
	[FT_LOG_REFUSED] = "5906bb4355f94e388c496cb1f9507a38",
	[FT_LOG_PERMITTED] = "0dc149ce9c8b4e48b7f6acece9c179c0",
	[FT_LOG_UNVERIFIED] = "9e1d4c0a9e714ee49131eadef74e5b26",
	[FT_LOG_NOT_ASKED] = "19a4328f444b4d248e5587954613cc04",
	[FT_LOG_BROKEN] = "8ce66087ad45408f882fb941ef6ecc1f",
	[FT_LOG_DEBUG] = "38c76ea245bc436db74e74619d8d00ec",
};

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

/* Sends the line to the journal, with its parts in fields; false: there is no journal. */
static bool write_entry(const struct ft_call *call, enum ft_log_kind kind, int priority,
			const char *line, const char *user, const char *from)
{
	struct ft_buf entry = FT_BUF_INIT(16384);
	char number[16];

	ft_journal_add(&entry, "MESSAGE", line);
	ft_journal_add(&entry, "MESSAGE_ID", message_ids[kind]);
	(void)snprintf(number, sizeof number, "%d", priority);
	ft_journal_add(&entry, "PRIORITY", number);
	(void)snprintf(number, sizeof number, "%d", LOG_FAC(LOG_AUTHPRIV));
	ft_journal_add(&entry, "SYSLOG_FACILITY", number);
	ft_journal_add(&entry, "SYSLOG_IDENTIFIER", "freshtoken-pam");
	(void)snprintf(number, sizeof number, "%ld", (long)getpid());
	ft_journal_add(&entry, "SYSLOG_PID", number);
	ft_journal_add(&entry, "FRESHTOKEN_USER", user);
	ft_journal_add(&entry, "FRESHTOKEN_RHOST", from);
	ft_journal_add(&entry, "FRESHTOKEN_SERVICE", call->program);
	ft_journal_add(&entry, "FRESHTOKEN_FUNCTION", ft_pam_function_names[call->function]);
	ft_journal_add(&entry, "FRESHTOKEN_ACCOUNT",
		       call->account != NULL ? call->account->name : NULL);
	bool sent = ft_journal_send(&entry);

	ft_buf_release(&entry);
	return sent;
}

static void FT_PRINTF(4, 0) write_line(const struct ft_call *call, enum ft_log_kind kind,
				       int priority, const char *format, va_list args)
{
	char words[FT_ERROR_LINE], user[65], from[65], line[FT_ERROR_LINE + 256];

	(void)vsnprintf(words, sizeof words, format, args);
	copy_word(user, sizeof user, call->user);
	copy_word(from, sizeof from, call->rhost != NULL ? call->rhost : "");
	(void)snprintf(line, sizeof line, "pam_freshtoken(%s:%s) user %s%s%s: %s", call->program,
			   ft_pam_function_names[call->function], user,
			   from[0] != '\0' ? " from " : "", from, words);
	/* The line has text from the network and from the person. */
	ft_error_clean(line);
	if (!write_entry(call, kind, priority, line, user, from))
		syslog(priority, "%s", line);
}

void ft_log(const struct ft_call *call, int priority, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(call, FT_LOG_TROUBLE, priority, format, args);
	va_end(args);
}

void ft_log_as(const struct ft_call *call, enum ft_log_kind kind, int priority, const char *format,
	       ...)
{
	va_list args;

	va_start(args, format);
	write_line(call, kind, priority, format, args);
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
	write_line(call, FT_LOG_DEBUG, LOG_DEBUG, format, args);
	va_end(args);
}
