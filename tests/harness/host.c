/* SPDX-License-Identifier: MIT */
/*
 * host - a program that loads the shared library as others do, in their circumstances, for tests
 *
 *	host LIBRARY ACCOUNT [WORD...]
 *
 * prints the account's token. The words are done before it is asked for:
 *	ignore-children	SIGCHLD is ignored
 *	reap-all	a thread waits for every child there is
 *	chdir		to / after the library was loaded
 *	deleted		its own program file is removed
 *	closed		standard input, output and error are closed while it asks
 *	threads=N	N threads ask, each with a context of its own, again and again
 *	rounds=N	how often; 1
 *	refresh		asks for a new token each time
 *	compare		fails where anything that is the host's has changed
 */
#include "config.h"
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <freshtoken.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	int (*open)(const struct freshtoken_options *, struct freshtoken **,
		    struct freshtoken_error **);
	void (*close)(struct freshtoken *);
	int (*get)(struct freshtoken *, const char *, const struct freshtoken_need *, int64_t,
		   struct freshtoken_token **, struct freshtoken_error **);
	int (*refresh)(struct freshtoken *, const char *, int, int64_t,
		       struct freshtoken_error **);
	const char *(*access)(const struct freshtoken_token *);
	void (*free)(struct freshtoken_token *);
	const char *(*text)(const struct freshtoken_error *);
	void (*error_free)(struct freshtoken_error *);
} lib;

static const char *account;
static int rounds = 1, refresh, failed;

static int has(int argc, char *argv[], const char *word)
{
	for (int i = 3; i < argc; i++)
		if (strcmp(argv[i], word) == 0)
			return 1;
	return 0;
}

static int number(int argc, char *argv[], const char *name, int otherwise)
{
	size_t len = strlen(name);

	for (int i = 3; i < argc; i++)
		if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=')
			return atoi(argv[i] + len + 1);
	return otherwise;
}

static void load(const char *file)
{
	void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (handle == NULL) {
		fprintf(stderr, "host: %s\n", dlerror());
		exit(2);
	}
	*(void **)&lib.open = dlsym(handle, "freshtoken_open");
	*(void **)&lib.close = dlsym(handle, "freshtoken_close");
	*(void **)&lib.get = dlsym(handle, "freshtoken_get");
	*(void **)&lib.refresh = dlsym(handle, "freshtoken_refresh");
	*(void **)&lib.access = dlsym(handle, "freshtoken_token_access");
	*(void **)&lib.free = dlsym(handle, "freshtoken_token_free");
	*(void **)&lib.text = dlsym(handle, "freshtoken_error_text");
	*(void **)&lib.error_free = dlsym(handle, "freshtoken_error_free");
}

/* The token in fresh memory; NULL after a message. */
static char *ask(void)
{
	struct freshtoken *ft = NULL;
	struct freshtoken_token *token = NULL;
	struct freshtoken_error *error = NULL;
	char *copy = NULL;
	int r = lib.open(NULL, &ft, &error);

	for (int i = 0; r == 0 && i < rounds; i++) {
		lib.free(token);
		token = NULL;
		if (refresh)
			r = lib.refresh(ft, account, 0, FRESHTOKEN_WAIT, &error);
		if (r == 0)
			r = lib.get(ft, account, NULL, FRESHTOKEN_WAIT, &token, &error);
	}
	if (r == 0)
		copy = strdup(lib.access(token));
	else
		fprintf(stderr, "host: %s\n", lib.text(error));
	lib.error_free(error);
	lib.free(token);
	lib.close(ft);
	return copy;
}

static void *ask_in_thread(void *unused)
{
	char *token = ask();

	(void)unused;
	if (token == NULL)
		__atomic_store_n(&failed, 1, __ATOMIC_RELAXED);
	free(token);
	return NULL;
}

static void *reap(void *unused)
{
	(void)unused;
	for (;;)
		if (waitpid(-1, NULL, 0) < 0)
			(void)usleep(1000);
	return NULL;
}

/* All of the host that the library has to leave alone, as text. */
static void describe(char *text, size_t size)
{
	char folder[4096];
	sigset_t mask;
	size_t n = 0, descriptors = 0, threads = 0;
	DIR *dir;
	mode_t mask_of_files = umask(0);

	(void)umask(mask_of_files);
	(void)pthread_sigmask(SIG_BLOCK, NULL, &mask);
	for (int sig = 1; sig < 65; sig++) {
		struct sigaction action;

		if (sigaction(sig, NULL, &action) == 0)
			n += (size_t)snprintf(text + n, size - n, "%d:%d:%p ", sig,
					      sigismember(&mask, sig), (void *)action.sa_handler);
	}
	for (dir = opendir("/proc/self/fd"); dir != NULL && readdir(dir) != NULL;)
		descriptors++;
	(void)closedir(dir);
	for (dir = opendir("/proc/self/task"); dir != NULL && readdir(dir) != NULL;)
		threads++;
	(void)closedir(dir);
	if (getcwd(folder, sizeof folder) == NULL)
		folder[0] = '\0';
	(void)snprintf(text + n, size - n, "descriptors %zu threads %zu umask %o folder %s child %d",
		       descriptors, threads, mask_of_files, folder,
		       waitpid(-1, NULL, WNOHANG) < 0 ? 0 : 1);
}

int main(int argc, char *argv[])
{
	static char before[8192], after[8192], self[4096];
	pthread_t threads[64], reaper;
	char *token = NULL;
	int n, saved[3] = { -1, -1, -1 };

	if (argc < 3)
		return 2;
	account = argv[2];
	n = number(argc, argv, "threads", 0);
	rounds = number(argc, argv, "rounds", 1);
	refresh = has(argc, argv, "refresh");
	load(argv[1]);
	if (has(argc, argv, "ignore-children"))
		(void)signal(SIGCHLD, SIG_IGN);
	if (has(argc, argv, "reap-all") && pthread_create(&reaper, NULL, reap, NULL) != 0)
		return 2;
	if (has(argc, argv, "chdir") && chdir("/") != 0)
		return 2;
	if (has(argc, argv, "deleted") &&
	    (readlink("/proc/self/exe", self, sizeof self - 1) < 0 || unlink(self) != 0))
		return 2;
	describe(before, sizeof before);
	if (has(argc, argv, "closed"))
		for (int fd = 0; fd < 3; fd++) {
			saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
			(void)close(fd);
		}
	if (n == 0) {
		token = ask();
	} else {
		for (int i = 0; i < n && i < 64; i++)
			if (pthread_create(&threads[i], NULL, ask_in_thread, NULL) != 0)
				return 2;
		for (int i = 0; i < n && i < 64; i++)
			(void)pthread_join(threads[i], NULL);
		token = failed ? NULL : ask();
	}
	for (int fd = 0; fd < 3 && has(argc, argv, "closed"); fd++) {
		(void)dup2(saved[fd], fd);
		(void)close(saved[fd]);
	}
	describe(after, sizeof after);
	if (has(argc, argv, "compare") && strcmp(before, after) != 0) {
		fprintf(stderr, "host: changed: before: %s\nafter: %s\n", before, after);
		return 1;
	}
	if (token == NULL)
		return 1;
	printf("%s\n", token);
	free(token);
	return 0;
}
