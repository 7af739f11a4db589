/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "state.h"

#include <dirent.h>
#include <errno.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

extern char **environ;

static void add_signals(FILE *out)
{
	sigset_t mask, pending;

	sigemptyset(&mask);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigpending(&pending);
	for (int n = 1; n < NSIG; n++) {
		struct sigaction action;

		if (sigaction(n, NULL, &action) != 0)
			continue;
		fprintf(out, "signal %d handler %p flags %x blocked %d pending %d\n", n,
			(void *)action.sa_sigaction, (unsigned)action.sa_flags,
			sigismember(&mask, n), sigismember(&pending, n));
	}
}

/* Ids, groups, capabilities, umask, threads, no_new_privs and what else the kernel tells. */
static void add_status(FILE *out)
{
	static const char *const wanted[] = { "Umask:",	     "Tgid:",	 "PPid:",    "Uid:",
					      "Gid:",	     "Groups:",	 "Threads:", "Cap",
					      "NoNewPrivs:", "Seccomp:", "NSsid:",   "NSpgid:" };
	FILE *status = fopen("/proc/self/status", "r");
	char line[4096];

	while (status != NULL && fgets(line, sizeof line, status) != NULL)
		for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0)
				fputs(line, out);
	if (status != NULL)
		fclose(status);
}

static void add_descriptors(FILE *out)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char path[64], target[4096];
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] == '.' || fd == dirfd(dir))
			continue;
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		ssize_t n = readlink(path, target, sizeof target - 1);

		/* Whoever looks opens files, and where they land says how many are open. */
		target[n > 0 ? n : 0] = '\0';
		if (strncmp(target, "/proc/", 6) != 0)
			fprintf(out, "fd %d %s\n", fd, target);
	}
	if (dir != NULL)
		closedir(dir);
}

static void add_limits(FILE *out)
{
	for (int n = 0; n < RLIM_NLIMITS; n++) {
		struct rlimit limit;

		if (getrlimit((__rlimit_resource_t)n, &limit) == 0)
			fprintf(out, "limit %d %llu %llu\n", n, (unsigned long long)limit.rlim_cur,
				(unsigned long long)limit.rlim_max);
	}
	for (int n = 0; n < 3; n++) {
		struct itimerval timer;

		getitimer((__itimer_which_t)n, &timer);
		fprintf(out, "timer %d %ld\n", n, (long)timer.it_interval.tv_sec);
	}
	fprintf(out, "alarm %d\n", alarm(0) != 0);
}

static void add_mapped(FILE *out)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[4096], last[4096] = "";

	while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
		char *path = strchr(line, '/');

		if (path == NULL || strcmp(path, last) == 0)
			continue;
		strcpy(last, path);
		fprintf(out, "mapped %s", path);
	}
	if (maps != NULL)
		fclose(maps);
}

/* What syslog would write in front, seen in a pipe (LOG_PERROR). */
static void add_syslog(FILE *out)
{
	char text[256] = "";
	int fds[2], saved = dup(STDERR_FILENO);

	if (pipe(fds) != 0)
		return;
	dup2(fds[1], STDERR_FILENO);
	syslog(LOG_DEBUG, "state");
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fds[1]);
	ssize_t n = read(fds[0], text, sizeof text - 1);

	close(fds[0]);
	text[n > 0 ? n : 0] = '\0';
	fprintf(out, "syslog %s", n > 0 ? text : "\n");
}

char *state_take(void)
{
	char *text = NULL, folder[4096] = "";
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	add_signals(out);
	add_status(out);
	add_descriptors(out);
	add_limits(out);
	add_mapped(out);
	add_syslog(out);
	fprintf(out, "folder %s\n", getcwd(folder, sizeof folder) != NULL ? folder : "none");
	fprintf(out, "locale %s\n", setlocale(LC_ALL, NULL));
	fprintf(out, "dumpable %d keepcaps %d subreaper %d\n", prctl(PR_GET_DUMPABLE),
		prctl(PR_GET_KEEPCAPS), 0);
	fprintf(out, "nice %d policy %d\n", getpriority(PRIO_PROCESS, 0), sched_getscheduler(0));
	fprintf(out, "environ %p\n", (void *)environ);
	for (char **variable = environ; *variable != NULL; variable++)
		fprintf(out, "variable %p %s\n", (void *)*variable, *variable);
	int status = 0;
	pid_t pid = waitpid(-1, &status, WNOHANG);

	fprintf(out, "children %s\n", pid > 0 ? "one has ended" : pid == 0 ? "some" :
		errno == ECHILD ? "none" : strerror(errno));
	fclose(out);
	return text;
}

/* The first n bytes of text have this line, LF included. */
static bool has_line(const char *text, const char *line, size_t len)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n") + 1;

		if (n == len && memcmp(text, line, n) == 0)
			return true;
		text += text[n - 1] == '\n' ? n : n - 1;
	}
	return false;
}

static bool all_in(const char *text, const char *other, const char *sign, bool first)
{
	bool same = true;

	while (*text != '\0') {
		size_t n = strcspn(text, "\n") + 1;
		const char *name = memrchr(text, '/', n);

		if (!has_line(other, text, n) && !(first && strncmp(text, "mapped ", 7) == 0 &&
						   strncmp(name, "/pam_", 5) == 0)) {
			printf("# state: %s%.*s", sign, (int)n, text);
			same = false;
		}
		text += n;
	}
	return same;
}

bool state_same(const char *before, const char *after, bool first)
{
	bool gone = all_in(before, after, "-", false), come = all_in(after, before, "+", first);

	return gone && come;
}
