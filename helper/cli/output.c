/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/cli/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/escape.h"
#include "lib/base/utf8.h"
#include "lib/core/context.h"
#include "lib/file/replace.h"
#include "lib/signin/signin.h"

#define LAST_SECOND INT64_C(253402300799)	/* 9999-12-31T23:59:59Z */

int ft_exit_status(int code)
{
	switch (code) {
	case FT_OK:
		return FT_EXIT_DONE;
	case FT_NOT_FOUND:
		return FT_EXIT_NO_ACCOUNT;
	case FT_LOGIN_NEEDED:
		return FT_EXIT_LOGIN;
	case FT_TEMPORARY:
	case FT_BUSY:
		return FT_EXIT_TEMPORARY;
	default:
		return FT_EXIT_FAILED;
	}
}

static void say(const char *text)
{
	char line[FT_ERROR_LINE + 16];
	int len = snprintf(line, sizeof line, "freshtoken: %s\n", text);

	if (len > 0)
		(void)ft_write_all(STDERR_FILENO, line, (size_t)len);
}

void ft_say(const char *format, ...)
{
	char text[FT_ERROR_LINE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	ft_error_clean(text);
	say(text);
}

void ft_say_error(const struct ft_error *err)
{
	char line[FT_ERROR_LINE];

	say(ft_error_line(err, line));
}

int ft_fail(const struct ft_error *err)
{
	ft_say_error(err);
	return ft_exit_status(err->code);
}

void ft_tell(struct freshtoken *ft, const char *account, const char *what)
{
	struct ft_status status;
	struct ft_buf text = FT_BUF_INIT(1024);

	ft_buf_adds(&text, what);
	if (ft_signin_status(ft, account, &status, NULL) == 0) {
		if (status.subject[0] != '\0')
			ft_buf_addf(&text, " as %s", status.subject);
		if (status.expires_in >= 0) {
			ft_buf_adds(&text, "; its token is good for ");
			ft_output_duration(&text, status.expires_in);
		}
	}
	ft_say("account %s: %s", account, text.failed ? what : text.data);
	ft_buf_release(&text);
}

void ft_tell_end(struct freshtoken *ft, const struct freshtoken_token *token)
{
	const int64_t end = ft_token_sign_in_ends_at(token);
	struct ft_buf left = FT_BUF_INIT(64);
	const char *name;
	struct ft_moment now;

	if (end < 0 || !isatty(STDERR_FILENO))
		return;
	name = ft_token_account(token);
	ft_moment_now(&now);
	if (!ft_host_tell(ft->host, name, now.real))
		return;
	ft_output_duration(&left, end - now.real / 1000);
	ft_say("account %s: the sign-in ends in %s; run: freshtoken login %s", name,
	       left.failed ? "a while" : left.data, name);
	ft_buf_release(&left);
}

void ft_say_problems(const struct freshtoken *ft, bool of_accounts, const char *but)
{
	for (size_t i = 0; i < ft->accounts.n_problems; i++) {
		const struct ft_problem *problem = &ft->accounts.problems[i];
		char line[FT_ERROR_LINE];

		(void)ft_error_line(&problem->error, line);
		if (problem->account == NULL)
			ft_say("%s", line);
		else if (of_accounts && (but == NULL || strcmp(problem->account, but) != 0))
			ft_say("%.*saccount %s: %s", (int)problem->place, line, problem->account,
			       line + problem->place);
	}
}

int ft_all_known(const struct freshtoken *ft)
{
	for (size_t i = 0; i < ft->accounts.n_problems; i++)
		if (ft->accounts.problems[i].account == NULL)
			return FT_EXIT_FAILED;
	return FT_EXIT_DONE;
}

int ft_open(struct freshtoken **ret)
{
	struct freshtoken *ft = NULL;
	int r = ft_open_for(&ft, NULL);

	if (r == FT_EXIT_DONE && ft->accounts.n_problems > 0) {
		ft_context_close(ft);
		return FT_EXIT_FAILED;
	}
	*ret = ft;
	return r;
}

int ft_open_for(struct freshtoken **ret, const char *account)
{
	struct ft_error err;

	if (ft_context_open(ret, &err) != 0)
		return ft_fail(&err);
	ft_say_problems(*ret, true, account);
	return FT_EXIT_DONE;
}

int ft_open_each(struct freshtoken **ret)
{
	struct ft_error err;

	if (ft_context_open(ret, &err) != 0)
		return ft_fail(&err);
	ft_say_problems(*ret, false, NULL);
	return FT_EXIT_DONE;
}

int ft_output(const struct ft_buf *buf)
{
	struct ft_error err;

	if (ft_buf_check(buf, "the answer", &err) != 0)
		return ft_fail(&err);
	if (ft_write_all(STDOUT_FILENO, buf->data, buf->len) != 0) {
		(void)ft_error_errno(&err, FT_SYSTEM, errno, "cannot write to stdout");
		return ft_fail(&err);
	}
	return FT_EXIT_DONE;
}

/* Correct for a JSON parser, and without control sequences for a terminal. */
static void add_unseen(struct ft_buf *buf, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned long c = s[0] & (0xffu >> (len + 1));

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (s[i] & 0x3f);
	if (c >= 0x10000) {
		ft_buf_addf(buf, "\\u%04lx", 0xd800 | (c - 0x10000) >> 10);
		c = 0xdc00 | (c & 0x3ff);
	}
	ft_buf_addf(buf, "\\u%04lx", c);
}

void ft_output_json(struct ft_buf *buf, const char *string)
{
	bool valid = ft_utf8_valid(string, strlen(string));

	ft_buf_adds(buf, "\"");
	while (*string != '\0') {
		size_t len = 0, unseen = 0;

		/* Invalid bytes are replaced one by one; all others are copied up to the next one
		 * that is not printable. */
		while (string[len] != '\0' && unseen < 2 && (valid || len == 0)) {
			unseen = valid ? ft_utf8_unseen(string + len) : 0;
			len += unseen < 2;
		}
		if (ft_escape_json(buf, string, len) != NULL)
			ft_buf_adds(buf, "\xef\xbf\xbd");
		if (unseen > 1)
			add_unseen(buf, string + len, unseen);
		string += len + (unseen > 1 ? unseen : 0);
	}
	ft_buf_adds(buf, "\"");
}

void ft_output_time(struct ft_buf *buf, int64_t seconds)
{
	/* RFC 3339 has four digits for a year; the "never" of some services has more. */
	time_t when = seconds < LAST_SECOND ? (time_t)seconds : LAST_SECOND;
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL)
		return;
	ft_buf_addf(buf, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
		    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void ft_output_duration(struct ft_buf *buf, int64_t seconds)
{
	static const struct {
		int64_t from, unit;
		const char *name;
	} steps[] = {
		{ 2 * 86400, 86400, "days" },
		{ 2 * 3600, 3600, "h" },
		{ 120, 60, "min" },
		{ 0, 1, "s" },
	};
	size_t i = 0;

	/* What ends soon may have ended while this was prepared. */
	if (seconds < 0)
		seconds = 0;
	while (seconds < steps[i].from)
		i++;
	ft_buf_addf(buf, "%" PRId64 " %s", seconds / steps[i].unit, steps[i].name);
}

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t ft_output_columns(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += !continues(*text);
	return n;
}

void ft_output_cell(struct ft_buf *buf, const char *text, size_t width, bool pad)
{
	size_t left, columns;

	if (text[0] == '\0')
		text = "-";
	columns = ft_output_columns(text);
	bool cut = width > 0 && columns > width;

	for (left = cut ? width - 1 : columns; *text != '\0' && (left > 0 || continues(*text));
	     text++) {
		size_t unseen = ft_utf8_unseen(text);

		left -= !continues(*text) && left > 0;
		ft_buf_add(buf, unseen > 0 ? "?" : text, 1);
		text += unseen > 0 ? unseen - 1 : 0;
	}
	if (cut)
		ft_buf_adds(buf, "\xe2\x80\xa6");
	else if (pad && columns < width)
		ft_buf_addf(buf, "%*s", (int)(width - columns), "");
}

void ft_output_wrapped(struct ft_buf *buf, const char *text, size_t indent, size_t width)
{
	size_t column = 0, room = width > indent + 20 ? width - indent : 20;

	while (*text != '\0') {
		size_t word = strcspn(text, " ");

		if (column == 0)
			ft_buf_addf(buf, "%*s", (int)indent, "");
		else if (column + 1 + word > room)
			ft_buf_addf(buf, "\n%*s", (int)indent, ""), column = 0;
		else
			ft_buf_adds(buf, " "), column++;
		ft_buf_add(buf, text, word);
		column += word;
		text += word;
		text += strspn(text, " ");
	}
	ft_buf_adds(buf, "\n");
}
