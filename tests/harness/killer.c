/* SPDX-License-Identifier: MIT */
/*
 * killer.c - kills a program right after one of its system calls
 *
 *	killer NAME N COMMAND…
 *
 * runs COMMAND, and when one of its descendants executes a program whose path ends with NAME, lets
 * that one's first child, which goes on alone, make N system calls and kills it. What else it starts goes on
 * untouched. Prints how many calls it has made. 0: it is only counted. The status is COMMAND's, or 125.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static bool runs(pid_t pid, const char *name)
{
	char link[64], path[4096];

	snprintf(link, sizeof link, "/proc/%d/exe", (int)pid);
	ssize_t len = readlink(link, path, sizeof path - 1);

	if (len < 0)
		return false;
	path[len] = '\0';
	return (size_t)len >= strlen(name) && strcmp(path + len - strlen(name), name) == 0;
}

/* Its first stop may be seen before its parent's word of it. */
static bool is_child_of(pid_t pid, pid_t parent)
{
	char name[64];
	int found = 0;

	snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
	FILE *file = fopen(name, "re");

	if (file == NULL)
		return false;
	if (fscanf(file, "%*d %*s %*c %d", &found) != 1)
		found = 0;
	fclose(file);
	return found == parent;
}

static void go_on(enum __ptrace_request how, pid_t pid, int signal_number)
{
	(void)ptrace(how, pid, NULL, (void *)(long)signal_number);
}

int main(int argc, char **argv)
{
	const long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD;
	long last, calls = 0;
	pid_t parent = 0, target = 0, pid;
	unsigned long message;
	int status, result = 125;
	bool leaving = false;

	if (argc < 4)
		return 125;
	last = strtol(argv[2], NULL, 10);
	const pid_t child = fork();

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execvp(argv[3], argv + 3);
		_exit(125);
	}
	if (child < 0 || waitpid(child, &status, 0) != child ||
	    ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)options) != 0)
		return 125;
	go_on(PTRACE_CONT, child, 0);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid <= 0)
			continue;
		if (!WIFSTOPPED(status)) {
			if (pid == child)
				result = WIFEXITED(status) ? WEXITSTATUS(status) :
							     128 + WTERMSIG(status);
			continue;
		}
		const int stop = WSTOPSIG(status), event = status >> 16;

		if (stop == SIGSTOP && parent != 0 && target == 0 && is_child_of(pid, parent))
			target = pid;
		const enum __ptrace_request how = pid == target ? PTRACE_SYSCALL : PTRACE_CONT;

		if (event == PTRACE_EVENT_EXEC && parent == 0 && runs(pid, argv[1])) {
			parent = pid;
			go_on(PTRACE_CONT, pid, 0);
		} else if (event != 0 && event != PTRACE_EVENT_EXEC && pid == parent && target == 0 &&
			   ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message) == 0) {
			target = (pid_t)message;
			go_on(PTRACE_CONT, pid, 0);
		} else if (stop == (SIGTRAP | 0x80)) {
			leaving = !leaving;
			if (!leaving)
				calls++;
			if (!leaving && calls == last)
				kill(pid, SIGKILL);
			else
				go_on(PTRACE_SYSCALL, pid, 0);
		} else if (event != 0) {
			go_on(how, pid, 0);
		} else if (stop == SIGSTOP && pid != target && target != 0) {
			/* What the target has started. */
			go_on(PTRACE_DETACH, pid, 0);
		} else {
			go_on(how, pid, stop == SIGSTOP ? 0 : stop);
		}
	}
	printf("%ld\n", calls);
	return result;
}
