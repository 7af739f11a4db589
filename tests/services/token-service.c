/* SPDX-License-Identifier: MIT */
/*
 * token-service.c - the program: its options, its start, its end
 *
 * It listens only on a loopback address, and ends on SIGTERM, when its parent has ended, and after
 * --max-seconds.
 */
#include "config.h"
#include "service.h"

#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	struct text text;
	int c;

	if (file == NULL)
		die(path);
	text_open(&text);
	while ((c = getc(file)) != EOF)
		putc(c, text.file);
	fclose(file);
	text_close(&text);
	return text.data;
}

/* Whoever waits for the file finds it whole. */
static void write_port(const char *path, unsigned port)
{
	char *temporary;
	FILE *file;

	if (asprintf(&temporary, "%s.tmp", path) < 0)
		must(NULL);
	file = fopen(temporary, "we");
	if (file == NULL || fprintf(file, "%u\n", port) < 0 || fclose(file) != 0 ||
	    rename(temporary, path) != 0)
		die(path);
	free(temporary);
}

static const char usage[] =
	"usage: token-service [--port PORT] [--port-file FILE] [--ipv6]\n"
	"                     [--tls-cert FILE --tls-key FILE] [--max-seconds SECONDS]\n"
	"                     [--lifetime SECONDS]\n";

struct settings {
	unsigned max_seconds;
	const char *port_file;
	struct http_settings http;
};

static void read_options(int argc, char **argv, struct settings *ret)
{
	static const struct option longs[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "port-file", required_argument, NULL, 'f' },
		{ "ipv6", no_argument, NULL, '6' },
		{ "tls-cert", required_argument, NULL, 'c' },
		{ "tls-key", required_argument, NULL, 'k' },
		{ "max-seconds", required_argument, NULL, 'm' },
		{ "lifetime", required_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	bool good = true;
	int c;

	while (good && (c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'p': ret->http.port = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'f': ret->port_file = optarg; break;
		case '6': ret->http.ipv6 = true; break;
		case 'c': ret->http.cert = read_file(optarg); break;
		case 'k': ret->http.key = read_file(optarg); break;
		case 'm': ret->max_seconds = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'l': good = option_set_standard(OPT_LIFETIME, optarg); break;
		default: good = false;
		}
	}
	if (!good || optind != argc || ret->http.port > 65535 ||
	    (ret->http.cert == NULL) != (ret->http.key == NULL)) {
		fputs(usage, stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct settings settings = { .max_seconds = 1500 };
	struct rlimit files;
	sigset_t signals;
	unsigned port;
	int signal;

	read_options(argc, argv, &settings);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	/* Before there are threads, so that none of them gets these. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	alarm(settings.max_seconds);

	port = http_start(&settings.http);
	if (port == 0)
		die("token-service: listen");
	service_started(&settings.http, port);
	if (settings.port_file != NULL)
		write_port(settings.port_file, port);
	else
		printf("%s\n", service_base), fflush(stdout);
	if (sigwait(&signals, &signal) != 0)
		die("sigwait");
	/* Requests that hang on purpose have threads that nobody can join. */
	_exit(signal == SIGALRM ? 3 : 0);
}
