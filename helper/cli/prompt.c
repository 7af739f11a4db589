/* SPDX-License-Identifier: MIT */
/*
 * prompt.c - asks at the terminal, with or without echo
 *
 * What is typed must not be shown, and a shell must not be left without echo. So a signal that ends
 * or stops this process takes effect only after the terminal was restored: its handler only notes
 * it, and it is raised again later. After a stop (^Z and fg) echo is switched off again and the
 * question is repeated, because what was typed was discarded with the terminal's input. libbsd's
 * readpassphrase does the same.
 */
#include "config.h"
#include "helper/cli/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/buffer.h"

#define INPUT_MAX (256 * 1024)

/* SIGCONT is among them: a SIGSTOP cannot be caught, and the shell has changed the terminal after
 * it. */
static const int noted[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE, SIGALRM,
			     SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT };
#define NOTED (sizeof noted / sizeof *noted)

static volatile sig_atomic_t pending[NSIG];

static void note(int sig)
{
	pending[sig] = 1;
}

static bool interrupted(void)
{
	for (size_t i = 0; i < NOTED; i++)
		if (pending[noted[i]])
			return true;
	return false;
}

struct prompt {
	const char *text;
	bool hidden;
	int fd;
	struct sigaction actions[NOTED];	/* the actions and mask before */
	sigset_t mask;
	struct termios settings;
};

static bool is_typed(int sig)
{
	return sig == SIGINT || sig == SIGQUIT;
}

static void take_signals(struct prompt *prompt)
{
	struct sigaction ours = { .sa_handler = note };
	sigset_t held;

	for (size_t i = 0; i < NOTED; i++)
		pending[noted[i]] = 0;
	/* These signals are unblocked only while this process waits, so that none is missed.
	 * SIGTTIN and SIGTTOU are sent to a background process that uses the terminal, and must
	 * interrupt that. */
	(void)sigemptyset(&held);
	for (size_t i = 0; i < NOTED; i++)
		if (noted[i] != SIGTTIN && noted[i] != SIGTTOU)
			(void)sigaddset(&held, noted[i]);
	(void)sigprocmask(SIG_BLOCK, &held, &prompt->mask);
	for (size_t i = 0; i < NOTED; i++) {
		(void)sigaction(noted[i], NULL, &prompt->actions[i]);
		/* A signal that is ignored (nohup) stays ignored. But Ctrl-C at a prompt must work
		 * even if a script has started this process in the background, with SIGINT
		 * ignored. */
		if (prompt->actions[i].sa_handler == SIG_IGN && is_typed(noted[i]))
			prompt->actions[i].sa_handler = SIG_DFL;
		if (noted[i] == SIGCONT || prompt->actions[i].sa_handler != SIG_IGN)
			(void)sigaction(noted[i], &ours, NULL);
	}
}

static void give_signals_back(const struct prompt *prompt)
{
	for (size_t i = 0; i < NOTED; i++)
		(void)sigaction(noted[i], &prompt->actions[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &prompt->mask, NULL);
}

/* Raises the signals that were noted. Returns whether to continue after them, and ask again. */
static bool raise_noted(void)
{
	bool again = false, over = false;

	for (size_t i = 0; i < NOTED; i++) {
		int sig = noted[i];

		if (!pending[sig])
			continue;
		if (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU || sig == SIGCONT)
			again = true;
		else
			over = true;
		if (sig != SIGCONT)
			(void)raise(sig);
	}
	return again && !over;
}

static int set_terminal(int fd, const struct termios *settings)
{
	int r;

	/* Discards input that was typed and not read: it may be part of the secret. */
	while ((r = tcsetattr(fd, TCSAFLUSH, settings)) != 0 && errno == EINTR &&
	       !pending[SIGTTOU])
		continue;
	return r;
}

static void show(const struct prompt *prompt, const char *text, size_t len)
{
	/* Not in a loop: in the background each attempt would be interrupted. */
	while (len > 0) {
		struct pollfd wait = { prompt->fd, POLLOUT, 0 };
		ssize_t n = write(prompt->fd, text, len);

		/* A terminal's output may be stopped (Ctrl-S), or slow. */
		if (n < 0 && errno == EAGAIN && ppoll(&wait, 1, NULL, &prompt->mask) > 0)
			continue;
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

static void take_back(const struct prompt *prompt, struct ft_buf *line)
{
	if (line->len > 0 && !prompt->hidden)
		show(prompt, "\b \b", 3);
	line->len -= line->len > 0;
}

/* Returns 1: the line is complete; 0: more will come; -1: error in errno, 0 at the end of the
 * input. */
static int read_byte(const struct prompt *prompt, struct ft_buf *line)
{
	struct pollfd wait = { prompt->fd, POLLIN, 0 };
	char c = 0;

	if (ppoll(&wait, 1, NULL, &prompt->mask) < 0)
		return -1;
	ssize_t n = read(prompt->fd, &c, 1);

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n == 0)
		errno = 0;
	if (n != 1)
		return -1;
	if (c == '\n' || c == '\r' || c == 4)
		return 1;
	if (c == 0x7f || c == '\b') {
		take_back(prompt, line);
	} else if (c == 0x15) {	/* Ctrl-U */
		while (line->len > 0)
			take_back(prompt, line);
	} else {
		ft_buf_add(line, &c, 1);
		if (!prompt->hidden && (unsigned char)c >= 0x20)
			show(prompt, &c, 1);
	}
	return 0;
}

/* Not in canonical mode, which limits a line to 4,095 bytes: longer tokens can be pasted. Returns 0
 * or errno; EINTR: a signal is pending. */
static int read_line(struct prompt *prompt, struct ft_buf *line)
{
	struct termios silent = prompt->settings;
	int n = 0;

	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON);
	silent.c_cc[VMIN] = 1;
	silent.c_cc[VTIME] = 0;
	if (set_terminal(prompt->fd, &silent) != 0)
		return errno;
	show(prompt, prompt->text, strlen(prompt->text));
	while (!interrupted() && (n == 0 || (n < 0 && errno == EINTR)))
		n = read_byte(prompt, line);
	int cause = n == 1 ? 0 : interrupted() ? EINTR : errno != 0 ? errno : EIO;

	(void)set_terminal(prompt->fd, &prompt->settings);
	show(prompt, "\n", 1);
	return cause;
}

static int ask(struct prompt *prompt, struct ft_buf *line, struct ft_error *err)
{
	int cause;

	do {
		ft_buf_clear(line);
		cause = tcgetattr(prompt->fd, &prompt->settings) != 0 ? errno : 0;
		if (cause != 0)
			break;
		take_signals(prompt);
		cause = read_line(prompt, line);
		give_signals_back(prompt);
	} while (raise_noted() && cause != 0);
	if (cause != 0)
		return ft_error_errno(err, FT_SYSTEM, cause, "/dev/tty");
	return ft_buf_check(line, "what was typed", err);
}

int ft_terminal_ask(const char *text, bool hidden, struct ft_secret *ret, struct ft_error *err)
{
	struct prompt prompt = { .text = text, .hidden = hidden };
	struct ft_buf line = FT_BUF_INIT(INPUT_MAX);
	int r;

	/* Ctrl-Z discards the input that poll() has just reported: a blocking read would then wait
	 * with the signals blocked. */
	prompt.fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (prompt.fd < 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "/dev/tty");
	r = ask(&prompt, &line, err);
	(void)close(prompt.fd);
	if (r == 0 && line.len == 0)
		r = ft_error_set(err, FT_CONFIG, "nothing was typed");
	if (r == 0 && ft_secret_set(ret, line.data, line.len) != 0)
		r = ft_error_memory(err);
	ft_buf_release(&line);
	return r;
}
