/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/call/say.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/base/utf8.h"
#include "pam/wire/libpam.h"
#include "pam/wire/wire.h"

#define PATIENCE 10000	/* ms for the module to take something */
#define FOREVER (INT64_C(24) * 3600 * 1000)

static const struct ft_call *current;	/* for the log; set by ft_say_terms, the first message */

/* The module has gone: ends the process. auth logs that somebody tried to sign in. */
static _Noreturn void nobody_listens(void)
{
	if (current != NULL && current->function == FT_PAM_AUTH)
		ft_log_as(current, FT_LOG_REFUSED, LOG_NOTICE,
		       "account %s, way %s, subject %.200s: refused: the application left before "
		       "an answer",
		       current->account != NULL ? current->account->name : "(none)",
		       current->way != NULL ? current->way : "none",
		       current->person.subject != NULL ? current->person.subject : "none");
	_exit(1);
}

static void send_message(const struct ft_buf *message)
{
	if (ft_wire_send(FT_CALL_MODULE_FD, message, ft_wire_now() + PATIENCE) != 0)
		nobody_listens();
}

void ft_say_terms(const struct ft_call *call, int64_t wait, bool strict)
{
	struct ft_buf message = FT_BUF_INIT(FT_WIRE_MAX);

	current = call;
	ft_wire_begin(&message, FT_WIRE_TERMS);
	ft_wire_add_number(&message, FT_WIRE_WAIT, (uint64_t)wait);
	ft_wire_add_number(&message, FT_WIRE_STRICT, strict);
	ft_wire_add_number(&message, FT_WIRE_HINTS, !call->options.no_hint);
	send_message(&message);
	ft_buf_release(&message);
}

/* Replaces control characters except line feeds, and cuts the text to what applications take. */
static void clean(char *text)
{
	size_t len = strlen(text);

	for (char *at = text; *at != '\0'; at++) {
		size_t unseen = *at != '\n' ? ft_utf8_unseen(at) : 0;

		if (unseen > 0) {
			memset(at, '?', unseen);
			at += unseen - 1;
		}
	}
	if (len > FT_WIRE_TEXT_MAX)
		len = FT_WIRE_TEXT_MAX;
	/* Cuts between characters; in a text that is not UTF-8 other bytes become "?". */
	text[len] = '\0';
	for (int i = 0; i < 4 && len > 0 && !ft_utf8_valid(text, len); i++)
		text[--len] = '\0';
	if (!ft_utf8_valid(text, len))
		for (char *at = text; *at != '\0'; at++)
			if ((unsigned char)*at > 0x7e)
				*at = '?';
}

static void FT_PRINTF(2, 0) say(int style, const char *format, va_list args)
{
	struct ft_buf message = FT_BUF_INIT(FT_WIRE_MAX);
	char text[2048];

	(void)vsnprintf(text, sizeof text, format, args);
	clean(text);
	ft_wire_begin(&message, FT_WIRE_SAY);
	ft_wire_add_number(&message, FT_WIRE_STYLE, (uint64_t)style);
	ft_wire_add(&message, FT_WIRE_TEXT, text);
	send_message(&message);
	ft_buf_release(&message);
}

static bool is_there(int64_t deadline)
{
	for (;;) {
		struct pollfd wait = { FT_CALL_MODULE_FD, POLLIN, 0 };
		const int64_t left = deadline - ft_wire_now();

		if (left <= 0)
			return false;
		if (poll(&wait, 1, left > INT32_MAX ? INT32_MAX : (int)left) > 0)
			return true;
	}
}

int ft_say_answer(int64_t deadline, struct ft_secret *ret, int *ret_code)
{
	static const char kinds[] = { FT_WIRE_ANSWER, '\0' };
	struct ft_buf message = FT_BUF_INIT(FT_WIRE_MAX);

	/* The deadline is for the first byte: after it the rest of the message must be read. */
	if (!is_there(deadline))
		return FT_BUSY;
	int r = ft_wire_receive(FT_CALL_MODULE_FD, kinds, &message, ft_wire_now() + PATIENCE);

	if (r != 0)
		nobody_listens();
	const int64_t code = ft_wire_number(&message, FT_WIRE_CODE, 1000);
	const char *text = ft_wire_get(&message, FT_WIRE_TEXT, 0);

	*ret_code = code >= 0 ? (int)code : PAM_CONV_ERR;
	if (*ret_code != PAM_SUCCESS)
		r = FT_SYSTEM;
	else if (ret != NULL &&
		 ft_secret_set(ret, text != NULL ? text : "", text != NULL ? strlen(text) : 0) != 0)
		r = FT_NO_MEMORY;
	ft_buf_release(&message);
	return r;
}

int ft_say_text(int style, const char *format, ...)
{
	int code = PAM_CONV_ERR;
	va_list args;

	va_start(args, format);
	say(style, format, args);
	va_end(args);
	(void)ft_say_answer(ft_wire_now() + FOREVER, NULL, &code);
	return code;
}

void ft_say_prompt(int style, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(style, format, args);
	va_end(args);
}

void ft_say_result(const struct ft_call *call, int code)
{
	struct ft_buf message = FT_BUF_INIT(FT_WIRE_MAX);

	ft_wire_begin(&message, FT_WIRE_RESULT);
	ft_wire_add_number(&message, FT_WIRE_CODE, (uint64_t)code);
	ft_wire_add(&message, FT_WIRE_HANDLE, call->new_handle);
	ft_wire_add(&message, FT_WIRE_MEMORY, call->new_memory);
	if (call->keep_password)
		ft_wire_add_number(&message, FT_WIRE_KEEP, 1);
	if (call->delay > 0)
		ft_wire_add_number(&message, FT_WIRE_DELAY, call->delay);
	send_message(&message);
	ft_buf_release(&message);
}
