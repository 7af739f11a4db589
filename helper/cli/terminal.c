/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/cli/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "helper/cli/command.h"
#include "lib/base/buffer.h"
#include "lib/file/replace.h"

/* 1 for yes, 0 for no, -1 for anything else. */
static int read_answer(void)
{
	struct ft_buf line = FT_BUF_INIT(1024);
	int answer = -1;
	ssize_t n;
	char c = 0;

	while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n')
		ft_buf_add(&line, &c, 1);
	if (n != 1) {
		(void)ft_write_all(STDERR_FILENO, "\n", 1);
		answer = 0;
	} else if (line.failed == 0 &&
		   (strcasecmp(line.data, "n") == 0 || strcasecmp(line.data, "no") == 0)) {
		answer = 0;
	} else if (line.failed == 0 && (line.len == 0 || strcasecmp(line.data, "y") == 0 ||
					strcasecmp(line.data, "yes") == 0)) {
		answer = 1;
	}
	ft_buf_release(&line);
	return answer;
}

bool ft_terminal_agrees(const char *question)
{
	static const char answers[] = " [Y/n] ";
	int answer;

	do {
		(void)ft_write_all(STDERR_FILENO, question, strlen(question));
		(void)ft_write_all(STDERR_FILENO, answers, sizeof answers - 1);
		answer = read_answer();
	} while (answer < 0);
	return answer == 1;
}

static bool is_dumb(void)
{
	const char *term = getenv("TERM");

	return term == NULL || strcmp(term, "dumb") == 0;
}

bool ft_terminal_watched(void)
{
	return isatty(STDERR_FILENO) && !is_dumb();
}

bool ft_terminal_paints(int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(fd) && !is_dumb() && (no_color == NULL || no_color[0] == '\0');
}

bool ft_terminal_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && value[0] != '\0')
			return strcasestr(value, "utf-8") != NULL ||
			       strcasestr(value, "utf8") != NULL;
	}
	return false;
}

size_t ft_terminal_width(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

size_t ft_terminal_height(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

static bool in_progress;

void ft_terminal_progress(const char *format, ...)
{
	char text[256], line[300];
	size_t width = ft_terminal_width(STDERR_FILENO);
	va_list args;

	if (!ft_terminal_watched())
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	/* A line that wraps cannot be erased. */
	if (strlen(text) >= width)
		text[width - 1] = '\0';
	int len = snprintf(line, sizeof line, "\r\033[K%s", text);

	if (len > 0)
		(void)ft_write_all(STDERR_FILENO, line, (size_t)len);
	in_progress = true;
}

void ft_terminal_progress_end(void)
{
	if (in_progress)
		(void)ft_write_all(STDERR_FILENO, "\r\033[K", 4);
	in_progress = false;
}
