#include "config.h"
#include "helper/cli/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "helper/cli/command.h"
#include "lib/base/buffer.h"

#define INPUT_MAX (256 * 1024)

static struct termios terminal_before;
static int terminal = -1;

/* Nobody wants a shell without echo. */
static void restore(int sig)
{
	(void)tcsetattr(terminal, TCSANOW, &terminal_before);
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

/* A line in canonical mode has 4,095 bytes at most: hence none of it, and longer tokens can be
 * pasted too. */
static int read_line(const char *prompt, bool hidden, struct ft_buf *ret, struct ft_error *err)
{
	static const int signals[] = { SIGHUP, SIGTERM, SIGINT, SIGQUIT };
	struct sigaction ours = { .sa_handler = restore }, before[4];
	struct termios silent;
	ssize_t n;
	char c = 0;

	if (tcgetattr(terminal, &terminal_before) != 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "/dev/tty");
	silent = terminal_before;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON);
	silent.c_cc[VMIN] = 1;
	silent.c_cc[VTIME] = 0;
	for (size_t i = 0; i < 4; i++)
		(void)sigaction(signals[i], &ours, &before[i]);
	(void)tcsetattr(terminal, TCSAFLUSH, &silent);
	(void)ft_output_all(terminal, prompt, strlen(prompt));
	while ((n = read(terminal, &c, 1)) > 0 && c != '\n' && c != '\r' && c != 4) {
		if (c == 0x7f || c == '\b') {
			if (ret->len > 0 && !hidden)
				(void)ft_output_all(terminal, "\b \b", 3);
			ret->len -= ret->len > 0;
		} else if (c == 0x15) {	/* Ctrl-U */
			for (; ret->len > 0; ret->len--)
				if (!hidden)
					(void)ft_output_all(terminal, "\b \b", 3);
		} else {
			ft_buf_add(ret, &c, 1);
			if (!hidden && (unsigned char)c >= 0x20)
				(void)ft_output_all(terminal, &c, 1);
		}
	}
	int cause = n < 0 ? errno : 0;

	(void)tcsetattr(terminal, TCSANOW, &terminal_before);
	for (size_t i = 0; i < 4; i++)
		(void)sigaction(signals[i], &before[i], NULL);
	(void)ft_output_all(terminal, "\n", 1);
	if (cause != 0)
		return ft_error_errno(err, FT_SYSTEM, cause, "/dev/tty");
	return ft_buf_check(ret, "what was typed", err);
}

int ft_terminal_ask(const char *prompt, bool hidden, struct ft_secret *ret, struct ft_error *err)
{
	struct ft_buf line = FT_BUF_INIT(INPUT_MAX);
	int r;

	terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (terminal < 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "/dev/tty");
	ft_buf_add(&line, "", 0);
	r = read_line(prompt, hidden, &line, err);
	(void)close(terminal);
	terminal = -1;
	if (r == 0 && line.len == 0)
		r = ft_error_set(err, FT_CONFIG, "nothing was typed");
	if (r == 0 && ft_secret_set(ret, line.data, line.len) != 0)
		r = ft_error_memory(err);
	ft_buf_release(&line);
	return r;
}

/* 1, 0, or -1 for anything else. */
static int read_answer(void)
{
	struct ft_buf line = FT_BUF_INIT(1024);
	int answer = -1;
	ssize_t n;
	char c = 0;

	ft_buf_add(&line, "", 0);
	while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n')
		ft_buf_add(&line, &c, 1);
	if (n != 1) {
		(void)ft_output_all(STDERR_FILENO, "\n", 1);
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
		(void)ft_output_all(STDERR_FILENO, question, strlen(question));
		(void)ft_output_all(STDERR_FILENO, answers, sizeof answers - 1);
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
	/* A line that wraps could not be taken back. */
	if (strlen(text) >= width)
		text[width - 1] = '\0';
	int len = snprintf(line, sizeof line, "\r\033[K%s", text);

	if (len > 0)
		(void)ft_output_all(STDERR_FILENO, line, (size_t)len);
	in_progress = true;
}

void ft_terminal_progress_end(void)
{
	if (in_progress)
		(void)ft_output_all(STDERR_FILENO, "\r\033[K", 4);
	in_progress = false;
}
