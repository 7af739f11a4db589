/* SPDX-License-Identifier: MIT */
/*
 * pty - a person at a terminal, with a shell that has job control, for tests
 *
 *	pty OUTPUT COMMAND [ARGUMENT...] <SCRIPT
 *
 * All that the terminal shows is in OUTPUT. A line of the script is one of
 *	see TEXT	until the terminal has shown it, after what was seen before
 *	type TEXT	and Enter
 *	press BYTE	one key, as an octal number: 003 is Ctrl-C, 032 Ctrl-Z
 *	silent		until the terminal neither echoes nor waits for lines
 *	keep		remembers the terminal's settings
 *	kept		until they are as they were then
 *	run COMMAND	a command of sh, from outside
 * It fails with the line that did not come true within 60 s.
 */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define SHOWN_MAX (1024 * 1024)

static char shown[SHOWN_MAX + 1];
static size_t len, seen;
static int terminal, output;
static struct termios kept;

/* Reads what the terminal shows within a moment. */
static void watch(void)
{
	struct pollfd wait = { terminal, POLLIN, 0 };
	ssize_t n;

	if (poll(&wait, 1, 20) <= 0)
		return;
	n = read(terminal, shown + len, SHOWN_MAX - len);
	if (n > 0 && write(output, shown + len, (size_t)n) == n)
		len += (size_t)n;
	else if (n <= 0)
		(void)poll(NULL, 0, 20);
}

static int has_come(const char *word, const char *text)
{
	struct termios now;

	if (strcmp(word, "see") == 0) {
		char *found = memmem(shown + seen, len - seen, text, strlen(text));

		if (found == NULL)
			return 0;
		seen = (size_t)(found - shown) + strlen(text);
		return 1;
	}
	if (tcgetattr(terminal, &now) != 0)
		return 0;
	if (strcmp(word, "silent") == 0)
		return (now.c_lflag & (ECHO | ICANON)) == 0;
	return now.c_iflag == kept.c_iflag && now.c_oflag == kept.c_oflag &&
	       now.c_cflag == kept.c_cflag && now.c_lflag == kept.c_lflag &&
	       memcmp(now.c_cc, kept.c_cc, sizeof now.c_cc) == 0;
}

static int send(const char *text, size_t n)
{
	return write(terminal, text, n) == (ssize_t)n;
}

static int follow(char *line)
{
	char *text = strchr(line, ' ');
	time_t end = time(NULL) + 60;

	if (text != NULL)
		*text++ = '\0';
	if (strcmp(line, "type") == 0 && text != NULL)
		return send(text, strlen(text)) && send("\r", 1);
	if (strcmp(line, "press") == 0 && text != NULL)
		return send(&(char){ (char)strtol(text, NULL, 8) }, 1);
	if (strcmp(line, "run") == 0 && text != NULL)
		return system(text) == 0;
	if (strcmp(line, "keep") == 0)
		return tcgetattr(terminal, &kept) == 0;
	if ((strcmp(line, "see") != 0 || text == NULL) && strcmp(line, "silent") != 0 &&
	    strcmp(line, "kept") != 0)
		return 0;
	while (!has_come(line, text)) {
		if (time(NULL) > end)
			return 0;
		watch();
	}
	return 1;
}

int main(int argc, char *argv[])
{
	char *line = NULL;
	size_t size = 0, number = 0;
	ssize_t n;
	pid_t pid;
	int r = 0;

	if (argc < 3)
		return 2;
	output = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	pid = forkpty(&terminal, NULL, NULL, NULL);
	if (pid == 0) {
		(void)execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (output < 0 || pid < 0)
		return 2;
	while (r == 0 && (n = getline(&line, &size, stdin)) > 0) {
		number++;
		while (n > 0 && line[n - 1] == '\n')
			line[--n] = '\0';
		if (n > 0 && !follow(line)) {
			fprintf(stderr, "pty: line %zu did not come true: %s\n", number, line);
			r = 1;
		}
	}
	/* What is shown last counts too. */
	for (int i = 0; i < 10; i++)
		watch();
	free(line);
	(void)close(terminal);
	/* The hangup ends the shell and its jobs. */
	for (int i = 0; i < 100 && waitpid(pid, NULL, WNOHANG) == 0; i++)
		(void)poll(NULL, 0, 50);
	(void)kill(pid, SIGKILL);
	return r;
}
