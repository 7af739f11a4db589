/* SPDX-License-Identifier: MIT */
/*
 * helper/protocol/: a line with the words of a command, such as "cargo --cargo-plugin", and its
 * input: stdin, or KUBERNETES_EXEC_INFO. It answers in its client's format, and only a request for
 * the account's host gets the token.
 */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "helper/cli/command.h"
#include "helper/commands.h"
#include "lib/core/context.h"

#define TOKEN "t0ken-of-nobody-else"
#define HOST "own.example.com"
#define WORDS 4
#define ANSWER_MAX (1 << 20)

static const struct ft_command *const commands[] = {
	&ft_command_bazel, &ft_command_cargo, &ft_command_goauth, &ft_command_headers,
	&ft_command_keyring, &ft_command_kubelet, &ft_command_kubernetes, &ft_command_terraform,
};

static char home[] = "/tmp/freshtoken-fuzz.XXXXXX";

static void forget_home(void)
{
	static const char *const names[] = { "freshtoken/freshtoken.conf", "freshtoken/own.json",
					     "freshtoken/own.lock", "freshtoken", "" };
	char path[sizeof home + 64];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", home, names[i]);
		(void)remove(path);
	}
}

/* An account with a good token, that nothing can renew. */
static void make_home(void)
{
	char path[sizeof home + 64];
	struct ft_record record = FT_RECORD_INIT;
	struct freshtoken *ft = NULL;
	int lock = -1;

	MUST(mkdtemp(home) != NULL && atexit(forget_home) == 0);
	(void)snprintf(path, sizeof path, "%s/freshtoken", home);
	MUST(mkdir(path, 0700) == 0);
	(void)snprintf(path, sizeof path, "%s/freshtoken/freshtoken.conf", home);
	FILE *file = fopen(path, "we");

	MUST(file != NULL);
	MUST(fputs("[account own]\nserver = https://sso.example.com\nclient_id = cli\n"
		   "match = " HOST "\n", file) >= 0);
	MUST(fclose(file) == 0 && setenv("HOME", home, 1) == 0);
	MUST(setenv("XDG_CONFIG_HOME", home, 1) == 0 && setenv("XDG_STATE_HOME", home, 1) == 0);
	MUST(ft_context_open(&ft, NULL) == 0);
	MUST(ft_record_set(&record.account, "own") == 0);
	MUST(ft_record_set(&record.provider, "oauth2") == 0);
	MUST(ft_record_set(&record.server, "https://sso.example.com") == 0);
	MUST(ft_record_set(&record.client_id, "cli") == 0);
	MUST(ft_secret_set(&record.access_token, TOKEN, strlen(TOKEN)) == 0);
	ft_moment_now(&record.issued);
	record.generation = 1;
	record.lifetime = INT64_C(86400000);
	record.verdict = FT_FRESH;
	MUST(ft_context_lock(ft, "own", ft_monotonic_ms() + 1000, &lock, NULL) == 0);
	MUST(ft_context_write(ft, "own", &record, NULL) == 0);
	(void)close(lock);
	ft_record_release(&record);
	ft_context_close(ft);
}

/* In place of a descriptor, which is returned. */
static int put(int fd, int in_its_place)
{
	int kept = fcntl(fd, F_DUPFD_CLOEXEC, 10);

	MUST(kept >= 0 && in_its_place >= 0 && dup2(in_its_place, fd) == fd);
	(void)close(in_its_place);
	return kept;
}

static void put_back(int fd, int kept)
{
	MUST(dup2(kept, fd) == fd);
	(void)close(kept);
}

/* Its exit status; what it says is in *ret. */
static int run(const struct ft_command *command, int n, char *words[], const uint8_t *input,
	       size_t len, struct ft_buf *ret)
{
	int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
	int said = fcntl(out, F_DUPFD_CLOEXEC, 10);

	MUST(in >= 0 && said >= 0 && (len == 0 || write(in, input, len) == (ssize_t)len));
	MUST(lseek(in, 0, SEEK_SET) == 0 && fflush(stdout) == 0);
	int kept[3] = { put(0, in), put(1, out), put(2, open("/dev/null", O_WRONLY | O_CLOEXEC)) };
	int status = ft_args_run(command, "freshtoken", n, words);

	for (int i = 0; i < 3; i++)
		put_back(i, kept[i]);
	MUST(lseek(said, 0, SEEK_SET) == 0 && ft_buf_read(ret, said) == 0);
	(void)close(said);
	return status;
}

static bool is_ours(const uint8_t *input, size_t len, int n, char *words[])
{
	for (int i = 0; i < n; i++)
		if (strcasestr(words[i], HOST) != NULL || strcmp(words[i], "own") == 0)
			return true;
	/* A letter may be written as \u0061, and the name be in capitals: what says neither is
	 * nobody's. */
	char *text = strndup((const char *)input, len);

	MUST(text != NULL);
	bool ours = strcasestr(text, HOST) != NULL || strchr(text, '\\') != NULL ||
		    strlen(text) != len;
	free(text);
	return ours;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool made;
	const uint8_t *end = memchr(data, '\n', size);
	size_t len = end != NULL ? (size_t)(end - data) : size, n_words = 0, which = 0;
	const uint8_t *input = end != NULL ? end + 1 : data + size;
	size_t left = size - (size_t)(input - data);
	char *line = strndup((const char *)data, len), *words[WORDS + 1] = { NULL }, *rest = NULL;
	struct ft_buf said = FT_BUF_INIT(ANSWER_MAX);

	MUST(line != NULL);
	for (char *word = strtok_r(line, " ", &rest); word != NULL && n_words < WORDS;
	     word = strtok_r(NULL, " ", &rest))
		words[n_words++] = word;
	while (n_words > 0 && which < sizeof commands / sizeof *commands &&
	       strcmp(words[0], commands[which]->name) != 0)
		which++;
	if (n_words == 0 || which == sizeof commands / sizeof *commands)
		goto out;
	if (!made)
		make_home();
	made = true;
	const struct ft_command *command = commands[which];

	(void)unsetenv("KUBERNETES_EXEC_INFO");
	if (command == &ft_command_kubernetes) {
		char *info = strndup((const char *)input, left);

		MUST(info != NULL && setenv("KUBERNETES_EXEC_INFO", info, 1) == 0);
		free(info);
	}
	int status = run(command, (int)n_words - 1, words + 1, input, left, &said);

	MUST(status >= FT_EXIT_DONE && status <= FT_EXIT_TEMPORARY && said.failed == 0);
	const bool told = memmem(said.data, said.len, TOKEN, strlen(TOKEN)) != NULL;

	/* go asks for all there is. */
	if (told && (command != &ft_command_goauth || n_words > 1))
		MUST(is_ours(input, left, (int)n_words - 1, words + 1));
	MUST(!told || status == FT_EXIT_DONE);
	/* Nothing half: what fails says nothing but to cargo, who has errors as answers. */
	MUST(status == FT_EXIT_DONE || said.len == 0 || command == &ft_command_cargo);
	/* Whole lines, and no more than what belongs into one. */
	MUST(said.len == 0 || said.data[said.len - 1] == '\n');
	MUST(strlen(said.data) == said.len);
out:
	ft_buf_release(&said);
	free(line);
	return 0;
}
