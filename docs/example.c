/* SPDX-License-Identifier: MIT */
/*
 * example.c - how to use libfreshtoken, as a program
 *
 *	cc example.c $(pkg-config --cflags --libs freshtoken) -o example
 *	./example token work
 *
 * A program that only wants a token needs freshtoken_open, freshtoken_find, freshtoken_get
 * and the functions that free what they give.
 */
#include <freshtoken.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

static const char usage[] =
	"usage: example [-c CONFIG-FOLDER] [-s STATE-FOLDER] [-t MILLISECONDS] [-l SECONDS]\n"
	"               list | find URL | token ACCOUNT | refresh ACCOUNT | status ACCOUNT |\n"
	"               store ACCOUNT <TOKENS | invalidate ACCOUNT | erase ACCOUNT | version\n";

struct asked {
	struct freshtoken_options options;
	struct freshtoken_need need;
	int64_t timeout_ms;
};

static void log_line(void *data, int priority, const char *line)
{
	fprintf(stderr, "%s: %s: %s\n", (const char *)data,
		priority <= LOG_WARNING ? "warning" : "info", line);
}

static int list(struct freshtoken *ft)
{
	const char *name;

	for (size_t i = 0; (name = freshtoken_list(ft, i)) != NULL; i++)
		printf("%s\n", name);
	return 0;
}

static int find(struct freshtoken *ft, const char *url, struct freshtoken_error **error)
{
	const char *account = NULL;
	int r = freshtoken_find(ft, url, NULL, &account, error);

	if (r == 0)
		printf("%s\n", account);
	return r;
}

static int token(struct freshtoken *ft, const char *account, const struct asked *asked,
		 struct freshtoken_error **error)
{
	struct freshtoken_token *got = NULL;
	int r = freshtoken_get(ft, account, &asked->need, asked->timeout_ms, &got, error);

	if (r != 0)
		return r;
	const char *user = freshtoken_token_username(got);

	printf("account %s\nuser %s\n", freshtoken_token_account(got), user ? user : "oauth2");
	printf("header Authorization: %s\n", freshtoken_token_is_bearer(got) ? "Bearer" : "Basic");
	printf("generation %llu\n", (unsigned long long)freshtoken_token_generation(got));
	printf("expires %lld\n", (long long)freshtoken_token_expires_at(got));
	printf("token %s\n", freshtoken_token_access(got));
	freshtoken_token_free(got);
	return 0;
}

static int status(struct freshtoken *ft, const char *account, struct freshtoken_error **error)
{
	struct freshtoken_status *got = NULL;
	int r = freshtoken_status(ft, account, &got, error);

	if (r != 0)
		return r;
	enum freshtoken_verdict verdict = freshtoken_status_verdict(got);

	printf("verdict %s\n", freshtoken_verdict_name(verdict));
	printf("provider %s\n", freshtoken_status_provider(got));
	printf("server %s\n", freshtoken_status_server(got));
	printf("subject %s\n", freshtoken_status_subject(got));
	printf("generation %llu\n", (unsigned long long)freshtoken_status_generation(got));
	printf("expires %lld, in %lld s\n", (long long)freshtoken_status_expires_at(got),
	       (long long)freshtoken_status_expires_in(got));
	printf("checked %lld\n", (long long)freshtoken_status_checked_at(got));
	if (freshtoken_status_is_refused(got))
		printf("a server refuses it\n");
	printf("reason %s\n", freshtoken_status_reason(got));
	printf("service says %s\n", freshtoken_status_service_says(got));
	printf("remedy %s\n", freshtoken_status_remedy(got));
	if (verdict == FRESHTOKEN_NEEDS_LOGIN || verdict == FRESHTOKEN_SIGNED_OUT)
		printf("only a person can help\n");
	freshtoken_status_free(got);
	return 0;
}

/* The refresh token and, in a second line where the service wants it, the old access token. */
static int store(struct freshtoken *ft, const char *account, const struct asked *asked,
		 struct freshtoken_error **error)
{
	char refresh[16384] = "", access[16384] = "";

	if (fgets(refresh, sizeof refresh, stdin) == NULL ||
	    fgets(access, sizeof access, stdin) == NULL)
		access[0] = '\0';
	refresh[strcspn(refresh, "\n")] = '\0';
	access[strcspn(access, "\n")] = '\0';
	int r = freshtoken_store(ft, account, refresh, access[0] != '\0' ? access : NULL,
				 asked->timeout_ms, error);

	explicit_bzero(refresh, sizeof refresh);
	explicit_bzero(access, sizeof access);
	return r;
}

static int run(struct freshtoken *ft, const char *command, const char *argument,
	       const struct asked *asked, struct freshtoken_error **error)
{
	if (strcmp(command, "list") == 0)
		return list(ft);
	if (strcmp(command, "find") == 0)
		return find(ft, argument, error);
	if (strcmp(command, "token") == 0)
		return token(ft, argument, asked, error);
	if (strcmp(command, "status") == 0)
		return status(ft, argument, error);
	if (strcmp(command, "refresh") == 0)
		return freshtoken_refresh(ft, argument, 0, asked->timeout_ms, error);
	if (strcmp(command, "store") == 0)
		return store(ft, argument, asked, error);
	if (strcmp(command, "invalidate") == 0)
		return freshtoken_invalidate(ft, argument, NULL, asked->timeout_ms, error);
	if (strcmp(command, "erase") == 0)
		return freshtoken_erase(ft, argument, asked->timeout_ms, error);
	fputs(usage, stderr);
	return FRESHTOKEN_CONFIG;
}

int main(int argc, char *argv[])
{
	struct asked asked = { FRESHTOKEN_OPTIONS_INIT, FRESHTOKEN_NEED_INIT, FRESHTOKEN_WAIT };
	struct freshtoken *ft = NULL;
	struct freshtoken_error *error = NULL;
	int option, r;

	asked.options.log = log_line;
	asked.options.log_data = argv[0];
	while ((option = getopt(argc, argv, "c:s:t:l:")) != -1) {
		if (option == 'c')
			asked.options.config_folder = optarg;
		else if (option == 's')
			asked.options.state_folder = optarg;
		else if (option == 't')
			asked.timeout_ms = strtoll(optarg, NULL, 10);
		else if (option == 'l')
			asked.need.min_lifetime = strtoll(optarg, NULL, 10);
		else
			return 2;
	}
	if (optind == argc) {
		fputs(usage, stderr);
		return 2;
	}
	if (strcmp(argv[optind], "version") == 0) {
		printf("built with %s, runs with %s\n", FRESHTOKEN_VERSION, freshtoken_version());
		return 0;
	}
	r = freshtoken_open(&asked.options, &ft, &error);
	if (r == 0)
		r = run(ft, argv[optind], optind + 1 < argc ? argv[optind + 1] : "", &asked,
			&error);
	if (error != NULL)
		fprintf(stderr, "%s: %s\n", argv[0], freshtoken_error_text(error));
	/* That has all of it; a program with buttons of its own may want the parts. */
	if (freshtoken_error_remedy(error)[0] != '\0')
		fprintf(stderr, "%s: remedy: %s\n", argv[0], freshtoken_error_remedy(error));
	if (freshtoken_error_service_says(error)[0] != '\0')
		fprintf(stderr, "%s: service: %s\n", argv[0], freshtoken_error_service_says(error));
	if (freshtoken_error_code(error) == FRESHTOKEN_LOGIN_NEEDED)
		fprintf(stderr, "%s: a person has to sign in\n", argv[0]);
	freshtoken_error_free(error);
	freshtoken_close(ft);
	return r == 0 ? 0 : 1;
}
