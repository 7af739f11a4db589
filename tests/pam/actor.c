/* SPDX-License-Identifier: MIT */
/*
 * actor - takes the place of freshtoken-pam, and behaves as the options of the PAM line say
 *
 *	situation=N	answers what decide.h says of it; permissive and ignore_unknown_user count
 *	code=N		answers this code
 *	act=WORD	misbehaves, see below; early does so before its terms
 *	wait=MS		terms; default 3000
 *	info=TEXT, error=TEXT, hidden=TEXT, shown=TEXT	says or asks; answers are noted
 *	handle=TEXT, memory=TEXT, delay=MS	go with the result
 *	note=FILE	writes there what it was called with, what it was answered, and what
 *			state it was started in
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pam/wire/decide.h"
#include "pam/wire/libpam.h"
#include "pam/wire/wire.h"

extern char **environ;

static struct ft_buf call = FT_BUF_INIT(FT_WIRE_MAX), message = FT_BUF_INIT(2 * FT_WIRE_MAX);
static int note = -1;

static int64_t soon(void)
{
	return ft_wire_now() + 10000;
}

static const char *option(const char *name)
{
	const char *text;

	for (unsigned n = 0; (text = ft_wire_get(&call, FT_WIRE_OPTION, n)) != NULL; n++)
		if (strncmp(text, name, strlen(name)) == 0 &&
		    (text[strlen(name)] == '=' || text[strlen(name)] == '\0'))
			return text[strlen(name)] == '=' ? text + strlen(name) + 1 : "";
	return NULL;
}

static void write_note(const char *format, ...) FT_PRINTF(1, 2);
static void write_note(const char *format, ...)
{
	va_list args;

	if (note < 0)
		return;
	va_start(args, format);
	vdprintf(note, format, args);
	va_end(args);
}

/* "NAME VALUE" of each line of /proc/self/status that is asked for. */
static void note_status(void)
{
	static const char *const wanted[] = {
		"Umask:", "Uid:", "Gid:", "Groups:", "SigBlk:", "SigIgn:", "SigCgt:", "NSsid:", "Threads:"
	};
	FILE *status = fopen("/proc/self/status", "r");
	char line[4096];

	while (status != NULL && fgets(line, sizeof line, status) != NULL)
		for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0)
				write_note("%s", line);
	if (status != NULL)
		fclose(status);
}

static void note_state(void)
{
	char path[4096];
	struct rlimit core = { 1, 1 }, size = { 1, 1 };

	for (int fd = 0; fd < 1024; fd++) {
		char name[64];

		snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
		ssize_t n = readlink(name, path, sizeof path - 1);

		if (n < 0 || fd == note)
			continue;
		path[n] = '\0';
		*strchrnul(path, ':') = '\0';
		write_note("fd %d %s\n", fd, path);
	}
	note_status();
	for (char **variable = environ; *variable != NULL; variable++)
		write_note("variable %s\n", *variable);
	getrlimit(RLIMIT_CORE, &core);
	getrlimit(RLIMIT_FSIZE, &size);
	write_note("core %llu file %s\n", (unsigned long long)core.rlim_max,
		   size.rlim_cur == RLIM_INFINITY ? "unlimited" : "limited");
	write_note("folder %s\n", getcwd(path, sizeof path) != NULL ? path : "none");
	write_note("alarm %d\n", alarm(60) > 60);
}

static void note_call(void)
{
	const char *at = call.data + 1;

	while (at < call.data + call.len) {
		write_note("call %c %s\n", *at, at + 1);
		at += strlen(at) + 1;
	}
}

/* Bytes as they are, whatever comes of it. */
static void raw(const char *bytes, size_t len)
{
	(void)!send(0, bytes, len, MSG_NOSIGNAL);
}

static void say(int style, const char *text)
{
	ft_wire_begin(&message, FT_WIRE_SAY);
	ft_wire_add_number(&message, FT_WIRE_STYLE, (uint64_t)style);
	ft_wire_add(&message, FT_WIRE_TEXT, text);
	if (ft_wire_send(0, &message, soon()) != 0 || ft_wire_receive(0, "A", &message, soon()) != 0)
		_exit(3);
	const char *answer = ft_wire_get(&message, FT_WIRE_TEXT, 0);

	write_note("answer %s %s\n", ft_wire_get(&message, FT_WIRE_CODE, 0),
		   answer != NULL ? answer : "(none)");
}

static void talk(void)
{
	static const struct { const char *name; int style; } ways[] = {
		{ "info", PAM_TEXT_INFO }, { "error", PAM_ERROR_MSG },
		{ "shown", PAM_PROMPT_ECHO_ON }, { "hidden", PAM_PROMPT_ECHO_OFF }
	};

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (option(ways[i].name) != NULL)
			say(ways[i].style, option(ways[i].name));
}

static void send_terms(int64_t wait)
{
	ft_wire_begin(&message, FT_WIRE_TERMS);
	ft_wire_add_number(&message, FT_WIRE_WAIT, (uint64_t)wait);
	ft_wire_add_number(&message, FT_WIRE_STRICT, option("permissive") == NULL);
	ft_wire_add_number(&message, FT_WIRE_HINTS, option("no_hint") == NULL);
	(void)ft_wire_send(0, &message, soon());
}

static void send_result(int code)
{
	ft_wire_begin(&message, FT_WIRE_RESULT);
	ft_wire_add_number(&message, FT_WIRE_CODE, (uint64_t)code);
	ft_wire_add(&message, FT_WIRE_HANDLE, option("handle"));
	ft_wire_add(&message, FT_WIRE_MEMORY, option("memory"));
	if (option("delay") != NULL)
		ft_wire_add(&message, FT_WIRE_DELAY, option("delay"));
	(void)ft_wire_send(0, &message, soon());
}

static void flood(const char *bytes, size_t len)
{
	while (send(0, bytes, len, MSG_NOSIGNAL) >= 0)
		continue;
}

static void misbehave(const char *act)
{
	static char zeros[65536];

	if (strcmp(act, "hang") == 0)
		for (;;)
			pause();
	if (strcmp(act, "die") == 0)
		raise(SIGKILL);
	if (strcmp(act, "leave") == 0)
		_exit(0);
	if (strcmp(act, "close") == 0) {
		close(0);
		for (;;)
			pause();
	}
	if (strcmp(act, "half") == 0)
		raw("\0\0\0\10Rc0", 7);
	if (strcmp(act, "empty") == 0)
		raw("\0\0\0\0", 4);
	if (strcmp(act, "long") == 0)
		raw("\377\377\377\377R", 5);
	if (strcmp(act, "gigabyte") == 0) {
		raw("\100\0\0\0R", 5);
		flood("c0", 3);
	}
	if (strcmp(act, "zeros") == 0)
		flood(zeros, sizeof zeros);
	if (strcmp(act, "text") == 0)
		flood("HTTP/1.1 400 Bad Request\r\n\r\n", 28);
	if (strcmp(act, "unknown-kind") == 0)
		raw("\0\0\0\4Qc0\0", 8);
	if (strcmp(act, "unknown-field") == 0)
		raw("\0\0\0\4RQ0\0", 8);
	if (strcmp(act, "twice") == 0)
		raw("\0\0\0\7Rc0\0c0\0", 11);
	if (strcmp(act, "unended") == 0)
		raw("\0\0\0\4Rc00", 8);
	if (strcmp(act, "no-code") == 0)
		raw("\0\0\0\1R", 5);
	if (strcmp(act, "no-number") == 0)
		raw("\0\0\0\5Rc-1\0", 9);
	if (strcmp(act, "big-number") == 0)
		raw("\0\0\0\030Rc18446744073709551616\0\0", 28);
	if (strcmp(act, "control") == 0)
		raw("\0\0\0\7Sy4\0x\033\0", 11);
	if (strcmp(act, "c1-control") == 0)
		raw("\0\0\0\010Sy4\0x\302\233\0", 12);
	if (strcmp(act, "turned-text") == 0)
		raw("\0\0\0\011Sy4\0x\342\200\256\0", 13);
	if (strcmp(act, "style") == 0)
		raw("\0\0\0\7Sy7\0xa\0", 11);
	if (strcmp(act, "long-text") == 0) {
		memset(zeros, 'a', 512);
		zeros[512] = '\0';
		ft_wire_begin(&message, FT_WIRE_SAY);
		ft_wire_add(&message, FT_WIRE_STYLE, "4");
		ft_wire_add(&message, FT_WIRE_TEXT, zeros);
		(void)ft_wire_send(0, &message, soon());
	}
	if (strcmp(act, "terms") == 0)
		for (;;)
			send_terms(1000);
	if (strcmp(act, "chatter") == 0)
		for (;;)
			say(PAM_TEXT_INFO, "again");
	/* Whatever was not understood by now: it waits for the other end. */
	while (recv(0, zeros, sizeof zeros, 0) > 0)
		continue;
	_exit(0);
}

int main(void)
{
	if (ft_wire_receive(0, "C", &call, soon()) != 0)
		return 2;
	if (option("note") != NULL)
		note = open(option("note"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	note_call();
	note_state();
	/* A test that goes wrong leaves nothing that runs. */
	(void)alarm(60);
	if (option("early") != NULL)
		misbehave(option("act"));
	send_terms(option("wait") != NULL ? strtoll(option("wait"), NULL, 10) : 3000);
	talk();
	if (option("act") != NULL)
		misbehave(option("act"));
	const int64_t function = ft_wire_number(&call, FT_WIRE_FUNCTION, FT_PAM_FUNCTIONS);
	const char *situation = option("situation");

	send_result(situation == NULL ? (option("code") != NULL ? atoi(option("code")) : PAM_SUCCESS) :
		    ft_pam_decide((enum ft_pam_situation)atoi(situation), (enum ft_pam_function)function,
				  option("permissive") == NULL, option("ignore_unknown_user") != NULL).code);
	write_note("done\n");
	return 0;
}
