/*
 * freshtoken login ACCOUNT --token - a sign-in that was made elsewhere
 *
 * The refresh token comes on stdin, never in argv: everybody can read that.
 */
#include "config.h"
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "context.h"
#include "profile.h"
#include "request.h"
#include "secret.h"

#define INPUT_MAX (256 * 1024)

enum { TOKEN };

/* The next line without its LF or CRLF. */
static int next_line(const char **at, const char *end, struct ft_secret *ret, struct ft_error *err)
{
	const char *line = *at, *lf = memchr(line, '\n', (size_t)(end - line));
	const char *stop = lf != NULL ? lf : end;

	*at = lf != NULL ? lf + 1 : end;
	if (stop > line && stop[-1] == '\r')
		stop--;
	return ft_secret_set(ret, line, (size_t)(stop - line)) == 0 ? 0 : ft_error_memory(err);
}

/* What else no token has is found out where it is a string already. */
static int check(const struct ft_secret *token, struct ft_error *err)
{
	if (token->len > 0 && memchr(token->data, '\0', token->len) != NULL)
		return ft_error_set(err, FT_CONFIG, "there is a NUL in it, which no token has");
	return 0;
}

static int read_pipe(const char *account, struct ft_secret *refresh, struct ft_secret *access,
		     struct ft_error *err)
{
	struct ft_buf input = FT_BUF_INIT(INPUT_MAX);
	int r = 0;

	ft_buf_add(&input, "", 0);
	if (ft_buf_read(&input, STDIN_FILENO) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "cannot read stdin");
	if (r == 0)
		r = ft_buf_check(&input, "stdin", err);
	const char *at = input.data, *end = r == 0 ? input.data + input.len : NULL;

	if (r == 0)
		r = next_line(&at, end, refresh, err);
	if (r == 0)
		r = next_line(&at, end, access, err);
	if (r == 0 && at < end)
		r = ft_error_set(err, FT_CONFIG, "stdin has more than two lines; it should have the"
				 " refresh token, and the old access token where the service needs it");
	if (r == 0 && refresh->len == 0)
		r = ft_error_set(err, FT_CONFIG, "no refresh token on stdin; give it like this:"
				 " freshtoken login %s --token <FILE", account);
	ft_buf_release(&input);
	return r;
}

static struct termios terminal_before;
static int terminal = -1;

/* Nobody wants a shell without echo. */
static void restore(int sig)
{
	(void)tcsetattr(terminal, TCSANOW, &terminal_before);
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

/* One line from the terminal, unseen. A line there has 4,095 bytes at most: hence no
 * canonical mode, and longer tokens can be pasted too. */
static int read_unseen(const char *prompt, struct ft_buf *ret, struct ft_error *err)
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
		if (c == 0x7f || c == '\b')
			ret->len -= ret->len > 0;
		else if (c == 0x15)	/* Ctrl-U */
			ret->len = 0;
		else
			ft_buf_add(ret, &c, 1);
	}
	int cause = n < 0 ? errno : 0;

	(void)tcsetattr(terminal, TCSANOW, &terminal_before);
	for (size_t i = 0; i < 4; i++)
		(void)sigaction(signals[i], &before[i], NULL);
	(void)ft_output_all(terminal, "\n", 1);
	if (cause != 0)
		return ft_error_errno(err, FT_SYSTEM, cause, "/dev/tty");
	return ft_buf_check(ret, "the token", err);
}

static int ask(const char *what, const char *account, struct ft_secret *ret,
	       struct ft_error *err)
{
	struct ft_buf line = FT_BUF_INIT(INPUT_MAX), prompt = FT_BUF_INIT(1024);
	int r;

	terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (terminal < 0) {
		r = ft_error_errno(err, FT_SYSTEM, errno, "/dev/tty");
	} else {
		ft_buf_add(&line, "", 0);
		ft_buf_addf(&prompt, "%s of %s (not shown): ", what, account);
		r = ft_buf_check(&prompt, "the account's name", err);
		if (r == 0)
			r = read_unseen(prompt.data, &line, err);
		(void)close(terminal);
		terminal = -1;
	}
	if (r == 0 && line.len == 0)
		r = ft_error_set(err, FT_CONFIG, "no token was given");
	if (r == 0 && ft_secret_set(ret, line.data, line.len) != 0)
		r = ft_error_memory(err);
	ft_buf_release(&line);
	ft_buf_release(&prompt);
	return r;
}

static bool known(struct freshtoken *ft, const char *account)
{
	const char *name;

	for (size_t i = 0; (name = freshtoken_list(ft, i)) != NULL; i++)
		if (strcmp(name, account) == 0)
			return true;
	return false;
}

/* Whether the service wants the old access token beside the refresh token. */
static bool wants_access_token(const struct freshtoken *ft, const char *name)
{
	const struct ft_account *account = ft_accounts_find(&ft->accounts, name);
	struct ft_profile profile;
	bool wants = false;

	if (account != NULL && ft_profile_load(&ft->places, account->provider, &profile, NULL) == 0) {
		wants = ft_request_needs_access_token(account, &profile, FT_REQUEST_REFRESH);
		ft_profile_release(&profile);
	}
	return wants;
}

static int login(struct freshtoken *ft, const char *account)
{
	struct ft_secret refresh = { NULL, 0 }, access = { NULL, 0 };
	bool at_terminal = isatty(STDIN_FILENO) != 0;
	struct ft_error err;
	int r = at_terminal ? ask("Refresh token", account, &refresh, &err) :
		read_pipe(account, &refresh, &access, &err);

	if (r == 0 && at_terminal && wants_access_token(ft, account))
		r = ask("Old access token", account, &access, &err);
	if (r == 0)
		r = check(&refresh, &err);
	if (r == 0)
		r = check(&access, &err);
	if (r == 0)
		r = freshtoken_store(ft, account, refresh.data,
				     access.len > 0 ? access.data : NULL, &err);
	ft_secret_release(&refresh);
	ft_secret_release(&access);
	if (r != 0)
		return ft_fail(&err);
	ft_tell(ft, account, "signed in");
	return FT_EXIT_DONE;
}

static int run(const struct ft_args *args)
{
	const char *account = args->operands[0];
	struct freshtoken *ft = NULL;
	int r = ft_open(&ft);

	if (r != FT_EXIT_DONE)
		return r;
	if (!known(ft, account)) {
		struct ft_error err;
		struct freshtoken_status status;

		/* For the words that all commands have for it. */
		r = freshtoken_status(ft, account, &status, &err) != 0 ? ft_fail(&err) : FT_EXIT_FAILED;
	} else if (!FT_OPTION_GIVEN(args, TOKEN)) {
		ft_say("this version signs in with a refresh token; with one in FILE run:"
		       " freshtoken login %s --token <FILE", account);
		r = FT_EXIT_USAGE;
	} else {
		r = login(ft, account);
	}
	freshtoken_close(ft);
	return r;
}

const struct ft_command ft_command_login = {
	.name = "login",
	.operands = "ACCOUNT",
	.min = 1, .max = 1,
	.summary = "sign in to ACCOUNT's token service",
	.help =
"Signs in with a refresh token, which is proven at once by refreshing with it.\n"
"What was stored before is replaced only when that succeeded.\n"
"\n"
"  freshtoken login ACCOUNT --token <FILE\n"
"\n"
"The file's second line may have the old access token; some services want it\n"
"beside the refresh token. At a terminal you are asked for what is needed.\n",
	.options = {
		[TOKEN] = { "--token", "take the refresh token from stdin" },
	},
	.run = run,
};
