/* SPDX-License-Identifier: MIT */
/*
 * play - a program that uses PAM, and plays a conversation that it is told
 *
 *	play [OPTION…] <SCRIPT
 *
 *	auth = SUCCESS			calls one function and wants this code. Functions: auth,
 *					account, setcred, open, close, chauthtok; words between
 *					the name and "=" are flags (silent, establish, delete,
 *					reinitialize, refresh).
 *	> hidden Token:* = abc		below it: what it says, in order (hidden, shown, info,
 *					error) and what is answered. Texts may have "*" and "?".
 *					Answers !null, !error, !wild, !again and !nothing misbehave;
 *					!run COMMAND answers with the line that a command prints,
 *					which gets the text on its standard input.
 *	env NAME			PAM's environment has NAME
 *	noenv NAME			it has not
 *	delay yes|no			the last auth was to be delayed (nothing waits for it here)
 *	user NAME			sets PAM_USER
 *	service NAME			ends, and begins anew with another stack
 *
 * After every call the state of this process must be what it was (state.h), and
 * no SIGCHLD may have arrived.
 *
 *	--confdir DIR	the folder of stacks; --service NAME the stack, default "test"
 *	--user NAME	PAM_USER, else none
 *	--item NAME=VALUE	tty, rhost or ruser
 *	--no-conv	a conversation function that is NULL
 *	--sigchld WORD	default, ignore, or handle: by a handler that would reap
 *	--reap		a thread waits for any child all the time
 *	--times N	all of it N times, each with a PAM handle of its own
 *	--threads N	all of it in N threads at a time
 *	--refuse WORD	the kernel has no clone3 (clone3), and no pidfd either (pidfd)
 *	--close-input	descriptor 0 is closed once the script is read
 *	--report	prints "code: text" for what was said, and checks no texts
 */
#include "config.h"

#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "state.h"

#define LINES_MAX 10000
#define PAIR(name) { #name, PAM_ ## name }

static const struct word {
	const char *name;
	int value;
} codes[] = {
	PAIR(SUCCESS), PAIR(SERVICE_ERR), PAIR(SYSTEM_ERR), PAIR(BUF_ERR), PAIR(PERM_DENIED),
	PAIR(AUTH_ERR), PAIR(CRED_INSUFFICIENT), PAIR(AUTHINFO_UNAVAIL), PAIR(USER_UNKNOWN),
	PAIR(MAXTRIES), PAIR(NEW_AUTHTOK_REQD), PAIR(ACCT_EXPIRED), PAIR(SESSION_ERR),
	PAIR(CRED_UNAVAIL), PAIR(CRED_EXPIRED), PAIR(CRED_ERR), PAIR(CONV_ERR), PAIR(IGNORE),
	PAIR(ABORT), PAIR(CONV_AGAIN), PAIR(INCOMPLETE), PAIR(MODULE_UNKNOWN), PAIR(OPEN_ERR),
	PAIR(SYMBOL_ERR), PAIR(AUTHTOK_ERR), PAIR(TRY_AGAIN), { NULL, 0 }
}, styles[] = {
	{ "hidden", PAM_PROMPT_ECHO_OFF }, { "shown", PAM_PROMPT_ECHO_ON },
	{ "error", PAM_ERROR_MSG }, { "info", PAM_TEXT_INFO }, { NULL, 0 }
}, flag_words[] = {
	{ "silent", (int)PAM_SILENT }, { "establish", PAM_ESTABLISH_CRED },
	{ "delete", PAM_DELETE_CRED }, { "reinitialize", PAM_REINITIALIZE_CRED },
	{ "refresh", PAM_REFRESH_CRED }, { NULL, 0 }
};

static const struct {
	const char *name;
	int (*call)(pam_handle_t *pamh, int flags);
} functions[] = {
	{ "auth", pam_authenticate }, { "account", pam_acct_mgmt }, { "setcred", pam_setcred },
	{ "open", pam_open_session }, { "close", pam_close_session }, { "chauthtok", pam_chauthtok }
};

static struct {
	const char *confdir, *service, *user, *items[8];
	int n_items, times, threads;
	bool no_conv, reap, report, close_input;
} options = { ".", "test", NULL, { NULL }, 0, 1, 0, false, false, false, false };

static char *lines[LINES_MAX + 1];
static volatile sig_atomic_t children_ended, reaped;
static pthread_mutex_t printing = PTHREAD_MUTEX_INITIALIZER;
static bool failed;

/* One run of the script. */
struct run {
	pam_handle_t *pamh;
	size_t line;	/* of the script, from 0 */
	size_t next;	/* the line of what is said next */
	bool delayed;	/* the last auth asked for a delay */
};

static void __attribute__((format(printf, 2, 3)))
fail(const struct run *run, const char *format, ...)
{
	va_list args;

	pthread_mutex_lock(&printing);
	printf("# line %zu: ", run->line + 1);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	failed = true;
	pthread_mutex_unlock(&printing);
}

static int value_of(const struct word *words, const char *name, int fallback)
{
	for (; words->name != NULL; words++)
		if (strcmp(words->name, name) == 0)
			return words->value;
	return fallback;
}

static const char *name_of(const struct word *words, int value)
{
	for (; words->name != NULL; words++)
		if (words->value == value)
			return words->name;
	return "unknown";
}

static bool is_said(const char *line)
{
	return line != NULL && line[0] == '>' && line[1] == ' ';
}

/* What was said against the script's next line; *ret_answer is what follows " = ". */
static void expect_said(struct run *run, const struct pam_message *message, char **ret_answer)
{
	const char *line = lines[run->next];
	char *copy, *answer;

	*ret_answer = NULL;
	if (options.report) {
		printf("%s: %s\n", name_of(styles, message->msg_style), message->msg);
		if (!is_said(line))
			return;
	} else if (!is_said(line)) {
		fail(run, "it also says %s \"%s\"", name_of(styles, message->msg_style),
		     message->msg);
		return;
	}
	run->next++;
	copy = strdup(line + 2);
	answer = strstr(copy, " = ");
	if (answer != NULL) {
		*answer = '\0';
		*ret_answer = strdup(answer + 3);
	}
	char *text = copy;
	const char *style = strsep(&text, " ");

	if (text == NULL)
		text = copy + strlen(copy);
	if (!options.report && (value_of(styles, style, -1) != message->msg_style ||
				fnmatch(text, message->msg, 0) != 0))
		fail(run, "it says %s \"%s\", not %s \"%s\"", name_of(styles, message->msg_style),
		     message->msg, style, text);
	free(copy);
}

/* A person who does something before the answer. */
static char *run_command(const struct run *run, const char *command, const char *text)
{
	char file[] = "/tmp/ft-play.XXXXXX", line[70000] = "", full[4096];
	int fd = mkstemp(file);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail(run, "cannot write %s", file);
	close(fd);
	snprintf(full, sizeof full, "{ %s; } <%s", command, file);
	FILE *out = popen(full, "r");

	if (out == NULL || fgets(line, sizeof line, out) == NULL)
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (out == NULL || pclose(out) != 0)
		fail(run, "failed: %s", command);
	unlink(file);
	return strdup(line);
}

static void delay(int code, unsigned usec, void *data)
{
	struct run *run = data;

	(void)code;
	run->delayed = usec > 0;
}

static int talk(int n, const struct pam_message **messages, struct pam_response **ret, void *data)
{
	struct run *run = data;
	struct pam_response *answers = calloc((size_t)n, sizeof *answers);
	int code = PAM_SUCCESS;
	bool wild = false;

	for (int i = 0; i < n; i++) {
		char *answer = NULL;

		if (strlen(messages[i]->msg) >= PAM_MAX_MSG_SIZE)
			fail(run, "it says %zu bytes at once", strlen(messages[i]->msg));
		expect_said(run, messages[i], &answer);
		if (answer != NULL && strncmp(answer, "!run ", 5) == 0) {
			answers[i].resp = run_command(run, answer + 5, messages[i]->msg);
			free(answer);
			continue;
		}
		wild = answer != NULL && strcmp(answer, "!wild") == 0;
		if (wild || (answer != NULL && strcmp(answer, "!error") == 0))
			code = PAM_CONV_ERR;
		else if (answer != NULL && strcmp(answer, "!again") == 0)
			code = PAM_CONV_AGAIN;
		else if (answer != NULL && strcmp(answer, "!nothing") == 0)
			n = 0;
		else if (answer != NULL && strcmp(answer, "!null") != 0) {
			answers[i].resp = answer;
			continue;
		}
		free(answer);
	}
	if (code != PAM_SUCCESS || n == 0) {
		free(answers);
		answers = NULL;
	}
	/* What it must not look at after an error. */
	*ret = wild ? (struct pam_response *)8 : answers;
	return code;
}

/* "auth silent = SUCCESS" */
static void call(struct run *run, bool compare, bool first)
{
	static const char *const strangers[] = {
		"libcurl", "libssl", "libcrypto", "libjson-c", "libexpat", "libfreshtoken"
	};
	char *copy = strdup(lines[run->line]), *rest = copy, *word, *before = NULL;
	size_t function = 0, n = sizeof functions / sizeof *functions;
	int flags = 0;

	word = strsep(&rest, " ");
	while (function < n && strcmp(functions[function].name, word) != 0)
		function++;
	while ((word = strsep(&rest, " ")) != NULL && strcmp(word, "=") != 0)
		flags |= value_of(flag_words, word, 0);
	if (function == n || rest == NULL) {
		fail(run, "what is \"%s\"?", lines[run->line]);
		free(copy);
		return;
	}
	run->next = run->line + 1;
	if (functions[function].call == pam_authenticate)
		run->delayed = false;
	if (compare)
		before = state_take();
	int code = functions[function].call(run->pamh, flags);

	if (before != NULL) {
		char *after = state_take();

		if (!state_same(before, after, first))
			fail(run, "the state of the process has changed");
		/* The first call maps the module; nothing comes with it. */
		for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
			if (strstr(after, strangers[i]) != NULL &&
			    strstr(before, strangers[i]) == NULL)
				fail(run, "%s is mapped into the process", strangers[i]);
		free(after);
		free(before);
	}
	if (options.report)
		printf("%s\n", name_of(codes, code));
	else if (code != value_of(codes, rest, -1))
		fail(run, "%s (%s), not %s", name_of(codes, code), pam_strerror(run->pamh, code),
		     rest);
	if (!options.report && is_said(lines[run->next]))
		fail(run, "it does not say %s", lines[run->next] + 2);
	if (children_ended > 0 || reaped > 0)
		fail(run, "a child has been seen");
	free(copy);
}

static void other(struct run *run)
{
	char *copy = strdup(lines[run->line]), *name = copy;
	const char *verb = strsep(&name, " ");

	if (name == NULL)
		fail(run, "what is \"%s\"?", verb);
	else if (strcmp(verb, "user") == 0)
		pam_set_item(run->pamh, PAM_USER, name);
	else if (strcmp(verb, "delay") == 0) {
		if (run->delayed != (strcmp(name, "yes") == 0))
			fail(run, "a delay: %s", run->delayed ? "yes" : "no");
	} else if ((pam_getenv(run->pamh, name) != NULL) != (strcmp(verb, "env") == 0))
		fail(run, "PAM's environment: %s", name);
	free(copy);
}

static void set_items(pam_handle_t *pamh)
{
	static const struct word items[] = {
		{ "tty", PAM_TTY }, { "rhost", PAM_RHOST }, { "ruser", PAM_RUSER }, { NULL, 0 }
	};

	for (int i = 0; i < options.n_items; i++) {
		char *copy = strdup(options.items[i]), *value = copy;
		const char *name = strsep(&value, "=");

		pam_set_item(pamh, value_of(items, name, 0), value);
		free(copy);
	}
}

static bool start(struct run *run, const struct pam_conv *conv, const char *service)
{
	int code = pam_start_confdir(service, options.user, conv, options.confdir, &run->pamh);

	if (code != PAM_SUCCESS) {
		fail(run, "pam_start: %d", code);
		return false;
	}
	set_items(run->pamh);
	pam_set_item(run->pamh, PAM_FAIL_DELAY, (const void *)delay);
	return true;
}

static void run_script(bool compare)
{
	struct run run = { NULL, 0, 0, false };
	struct pam_conv conv = { options.no_conv ? NULL : talk, &run };
	bool first = true;

	if (!start(&run, &conv, options.service))
		return;
	for (; lines[run.line] != NULL; run.line++) {
		if (is_said(lines[run.line]))
			continue;
		if (strncmp(lines[run.line], "service ", 8) == 0) {
			pam_end(run.pamh, PAM_SUCCESS);
			if (!start(&run, &conv, lines[run.line] + 8))
				return;
			first = true;
		} else if (strstr(lines[run.line], " = ") != NULL) {
			call(&run, compare, first);
			first = false;
		} else {
			other(&run);
		}
	}
	pam_end(run.pamh, PAM_SUCCESS);
}

static void *in_thread(void *data)
{
	for (int i = 0; i < options.times; i++)
		run_script(false);
	return data;
}

static void child_ended(int signal)
{
	(void)signal;
	children_ended++;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		reaped++;
}

static void *reap(void *data)
{
	for (;;) {
		if (waitpid(-1, NULL, 0) > 0)
			reaped++;
		usleep(200);
	}
	return data;
}

static void read_script(void)
{
	char *line = NULL;
	size_t size = 0, n = 0;
	ssize_t len;

	while (n < LINES_MAX && (len = getline(&line, &size, stdin)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (line[0] != '\0' && line[0] != '#')
			lines[n++] = strdup(line);
	}
	free(line);
}

static void set_sigchld(const char *word)
{
	struct sigaction action = { .sa_handler = SIG_DFL, .sa_flags = SA_RESTART };

	if (strcmp(word, "ignore") == 0)
		action.sa_handler = SIG_IGN;
	else if (strcmp(word, "handle") == 0)
		action.sa_handler = child_ended;
	sigaction(SIGCHLD, &action, NULL);
}

/* A filter of system calls: clone3 is not there; clone, where it is to make a pidfd, neither. */
static void refuse(bool pidfd)
{
	const unsigned errno_of = SECCOMP_RET_ERRNO;
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, errno_of | ENOSYS),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, pidfd ? CLONE_PIDFD : 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, errno_of | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof filter / sizeof *filter, filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		exit(99);
}

static void parse_options(int argc, char *argv[])
{
	static const struct option known[] = {
		{ "confdir", 1, NULL, 'c' }, { "service", 1, NULL, 's' }, { "user", 1, NULL, 'u' },
		{ "item", 1, NULL, 'i' }, { "no-conv", 0, NULL, 'n' }, { "sigchld", 1, NULL, 'S' },
		{ "reap", 0, NULL, 'r' }, { "times", 1, NULL, 't' }, { "threads", 1, NULL, 'T' },
		{ "refuse", 1, NULL, 'f' }, { "report", 0, NULL, 'R' },
		{ "close-input", 0, NULL, 'C' }, { NULL, 0, NULL, 0 }
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		switch (option) {
		case 'c': options.confdir = optarg; break;
		case 's': options.service = optarg; break;
		case 'u': options.user = optarg; break;
		case 'i': options.items[options.n_items++ % 8] = optarg; break;
		case 'n': options.no_conv = true; break;
		case 'S': set_sigchld(optarg); break;
		case 'r': options.reap = true; break;
		case 't': options.times = atoi(optarg); break;
		case 'T': options.threads = atoi(optarg); break;
		case 'R': options.report = true; break;
		case 'C': options.close_input = true; break;
		case 'f': refuse(strcmp(optarg, "pidfd") == 0); break;
		default: exit(2);
		}
}

int main(int argc, char *argv[])
{
	pthread_t threads[16], reaper;

	parse_options(argc, argv);
	read_script();
	if (options.close_input)
		close(STDIN_FILENO);
	openlog("play", LOG_PERROR | LOG_PID | LOG_NDELAY, LOG_USER);
	/* As every such program does before it calls PAM; what it loads is not PAM's doing. */
	(void)getpwnam(options.user != NULL ? options.user : "root");
	if (options.reap)
		pthread_create(&reaper, NULL, reap, NULL);
	if (options.threads > 0) {
		char *before = state_take();

		for (int i = 0; i < options.threads && i < 16; i++)
			pthread_create(&threads[i], NULL, in_thread, NULL);
		for (int i = 0; i < options.threads && i < 16; i++)
			pthread_join(threads[i], NULL);
		char *after = state_take();

		failed |= !state_same(before, after, false);
		free(before);
		free(after);
	} else {
		/* The first one loads what stays, and is not compared. */
		char *before = NULL;

		for (int i = 0; i < options.times; i++) {
			run_script(options.times < 10);
			if (before == NULL)
				before = state_take();
		}
		char *after = state_take();

		failed |= !state_same(before, after, false);
		free(before);
		free(after);
	}
	for (size_t i = 0; lines[i] != NULL; i++)
		free(lines[i]);
	return failed ? 1 : 0;
}
