/* SPDX-License-Identifier: MIT */
/*
 * freshtoken docker, docker-credential-freshtoken - docker's credential-helper protocol, which
 * podman, skopeo, buildkit, crane and oras use too
 *  - Errors go to stdout, with exit status 1, and docker's pull, push and login do not show them.
 *    The text for "not found" is part of the protocol: docker then fetches a public image without a
 *    token, and a build continues. Any other error ends the build.
 *  - stderr reaches the terminal of the person who runs docker. It has the reason if there is no
 *    token, and nothing on success.
 *  - Docker's clients keep the token for some minutes, so they get one that lives that long if the
 *    service allows it.
 */
#include "config.h"
#include "helper/cli/command.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "helper/protocol/docker-message.h"
#include "lib/config/match.h"
#include "lib/core/context.h"
#include "lib/signin/signin.h"
#include "lib/store/credentials.h"

#define NOT_FOUND "credentials not found in native keychain"
/* buildkit keeps a token for 4 min 50 s, and an upload may begin then and need it for longer. */
#define MIN_LIFETIME 600
/* docker's clients cannot report that a token was refused. */
#define UNKNOWN_LIFE 3600
#define ANSWER_MAX (16 * 1024 * 1024)

struct request {
	struct ft_secret server;
	struct ft_buf key;
	struct freshtoken *ft;
	const char *account;	/* NULL: no account matches the registry */
	bool unsure;		/* as far as the configuration can be read */
	const char *only;	/* the account in the link's name; NULL: any account */
};
/* A link with an account's name answers only for that account. */
static const char link_prefix[] = "docker-credential-freshtoken-";
#define REQUEST_INIT { .key = FT_BUF_INIT(FT_DOCKER_MESSAGE_MAX) }

static void release(struct request *request)
{
	ft_secret_release(&request->server);
	ft_buf_release(&request->key);
	ft_context_close(request->ft);
}

static int print(const char *text)
{
	struct ft_buf buf = FT_BUF_INIT(4096);

	ft_buf_addf(&buf, "%s\n", text);
	int r = ft_output(&buf);

	ft_buf_release(&buf);
	return r;
}

/* Errors go to stdout, as the protocol requires; texts that belong to it have no prefix. */
static int fail(const struct ft_error *err)
{
	bool fixed = strcmp(err->text, "no credentials server URL") == 0 ||
		strcmp(err->text, "no credentials username") == 0;
	struct ft_buf buf = FT_BUF_INIT(4096);
	char line[FT_ERROR_LINE];

	ft_buf_addf(&buf, "%s%s\n", fixed ? "" : "freshtoken: ", ft_error_line(err, line));
	(void)ft_output(&buf);
	ft_buf_release(&buf);
	return FT_EXIT_FAILED;
}

static int read_stdin(struct ft_buf *buf, const char *what, struct ft_error *err)
{
	if (ft_buf_read(buf, STDIN_FILENO) != 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "cannot read stdin");
	return ft_buf_check(buf, what, err);
}

static int read_server(struct request *request, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FT_DOCKER_SERVER_MAX);
	int r = read_stdin(&text, "the server URL", err);

	if (r == 0)
		r = ft_docker_server_parse(text.data, text.len, &request->server, err);
	ft_buf_release(&text);
	return r;
}

/* Matches a server with one account, whether or not other accounts match it too. */
static int find_only(const struct freshtoken *ft, const char *name, const char *server,
		     const char **ret, struct ft_error *err)
{
	const struct ft_account *account = NULL;
	int r = ft_context_account(ft, name, &account, err);
	bool hub = ft_docker_is_hub(server);

	for (size_t n = 0; r == 0 && n < (hub ? 3 : 1); n++) {
		struct ft_request_target target;

		if (ft_target_parse(hub ? ft_docker_hub_names[n] : server, &target) != 0)
			continue;
		/* Registries are sent without a scheme, which means https. */
		if (target.url.scheme == FT_SCHEME_NONE)
			target.url.scheme = FT_SCHEME_HTTPS;
		for (size_t m = 0; m < account->match.n; m++) {
			struct ft_pattern pattern;

			if (ft_pattern_parse(account->match.list[m], &pattern, NULL) != 0 ||
			    (strstr(server, "://") == NULL &&
			     pattern.url.scheme != FT_SCHEME_NONE) ||
			    ft_pattern_match(&pattern, &target) == 0)
				continue;
			*ret = account->name;
			return 0;
		}
	}
	return r != 0 ? r :
			ft_error_set(err, FT_NOT_FOUND, "account %s does not match this "
				     "registry", name);
}

static int find(struct freshtoken *ft, const char *server, const char **ret, struct ft_error *err)
{
	int r = ft_context_find(ft, server, NULL, ret, err);

	for (size_t i = 0; r == FT_NOT_FOUND && ft_docker_hub_names[i] != NULL; i++) {
		if (!ft_docker_is_hub(server))
			break;
		r = ft_context_find(ft, ft_docker_hub_names[i], NULL, ret, err);
	}
	return r;
}

/* 0 also if no account matches. After an error it is unknown whose registry it is. */
static int identify(struct request *request, struct ft_error *err)
{
	int r = ft_docker_key(request->server.data, &request->key, err);

	if (r == 0)
		r = ft_context_open(&request->ft, err);
	if (r == 0 && !ft_docker_is_private(request->server.data)) {
		r = request->only != NULL ?
			    find_only(request->ft, request->only, request->server.data,
				      &request->account, err) :
			    find(request->ft, request->server.data, &request->account, err);
		request->unsure = r == FT_NOT_FOUND && request->only == NULL &&
				  request->ft->accounts.n_problems > 0;
		r = r == FT_NOT_FOUND ? 0 : r;
	}
	return r;
}

/* Likewise for store and erase: the registry may belong to an account that could not be read. */
static int identify_surely(struct request *request, struct ft_error *err)
{
	int r = identify(request, err);

	if (r == 0 && request->unsure)
		r = ft_error_copy(err, FT_CONFIG, &request->ft->accounts.problems[0].error);
	return r;
}

static int answer(const struct request *request, const char *username, const char *secret)
{
	struct ft_buf buf = FT_BUF_INIT(ANSWER_MAX);

	ft_buf_adds(&buf, "{\"ServerURL\":");
	ft_output_json(&buf, request->server.data);
	ft_buf_adds(&buf, ",\"Username\":");
	ft_output_json(&buf, username);
	ft_buf_adds(&buf, ",\"Secret\":");
	ft_output_json(&buf, secret);
	ft_buf_adds(&buf, "}\n");
	int r = ft_output(&buf);

	ft_buf_release(&buf);
	return r;
}

/* Tells the person the cause and the remedy, and docker the text after which it continues without a
 * token. */
static int without_token(const struct ft_error *err)
{
	(void)ft_fail(err);
	(void)print(NOT_FOUND);
	return FT_EXIT_FAILED;
}

static int get_token(struct request *request)
{
	const struct ft_need need = { .min_lifetime = MIN_LIFETIME,
				      .unknown_life = UNKNOWN_LIFE };
	struct freshtoken_token *token = NULL;
	struct ft_error err;
	int r;

	/* FT_PATIENCE_ONCE, because one command of docker asks several times. */
	if (ft_context_get(request->ft, request->account, &need, FT_PATIENCE_ONCE, &token, &err) ==
		    0 &&
	    ft_token_check_alone(token, &err) == 0) {
		const char *username = ft_token_username(token);

		r = answer(request, username != NULL ? username : "oauth2",
			   ft_token_access(token));
		ft_tell_end(request->ft, token);
	} else {
		r = without_token(&err);
	}
	ft_token_free(token);
	return r;
}

/* Only for a request whose context is open. */
#define PLACE(request) \
	((struct ft_credentials_place){ (request)->ft->places.state, (request)->ft->seals })

/* Finds what is stored under a key. Older versions stored it in the file of the host; such a record
 * counts if its own name has this key. */
static int look_up(const struct request *request, const char *key, struct ft_credential *ret,
		   struct ft_error *err)
{
	const struct ft_credential any = FT_CREDENTIAL_INIT;
	struct ft_buf host = FT_BUF_INIT(FT_DOCKER_SERVER_MAX),
		      own = FT_BUF_INIT(FT_DOCKER_SERVER_MAX);
	const char *http = strncmp(key, "http://", 7) == 0 ? key + 7 : key;
	const char *files[] = { key, http, NULL };
	int r = FT_NOT_FOUND;

	ft_buf_add(&host, http, strcspn(http, "/"));
	files[2] = host.failed || strncmp(key, "https://", 8) == 0 ? key : host.data;
	for (size_t i = 0; r == FT_NOT_FOUND && i < sizeof files / sizeof *files; i++) {
		if (i > 0 && strcmp(files[i], files[i - 1]) == 0)
			continue;
		r = ft_credentials_get(&PLACE(request), FT_CREDENTIALS_DOCKER, files[i],
				       &any, true, time(NULL), ret, err);
		ft_buf_clear(&own);
		if (r == 0 && (ft_docker_key(ret->server.len > 0 ? ret->server.data : files[i],
					     &own, NULL) != 0 ||
			       strcmp(own.data, key) != 0)) {
			ft_credential_release(ret);
			r = ft_error_set(err, FT_NOT_FOUND, "no credential is stored for this "
					 "registry");
		}
	}
	ft_buf_release(&host);
	ft_buf_release(&own);
	return r;
}

static int get_stored(struct request *request)
{
	struct ft_credential found = FT_CREDENTIAL_INIT;
	struct ft_error err;
	int r;

	do
		r = look_up(request, request->key.data, &found, &err);
	while (r == FT_NOT_FOUND && ft_docker_key_parent(&request->key));
	if (r == 0 && found.username.len > 0 && found.password.len > 0) {
		r = answer(request, found.username.data, found.password.data);
	} else {
		if (r != 0 && r != FT_NOT_FOUND)
			(void)ft_fail(&err);
		(void)print(NOT_FOUND);
		r = FT_EXIT_FAILED;
	}
	ft_credential_release(&found);
	return r;
}

/* Moves a record of an older version from the host's file to its own file: otherwise storing the
 * host's own record would replace it. */
static int settle(const struct request *request, struct ft_error *err)
{
	const struct ft_credential any = FT_CREDENTIAL_INIT;
	const char *key = request->key.data;
	struct ft_credential found = FT_CREDENTIAL_INIT, there = FT_CREDENTIAL_INIT;
	struct ft_buf own = FT_BUF_INIT(FT_DOCKER_SERVER_MAX),
		      host = FT_BUF_INIT(FT_DOCKER_SERVER_MAX);
	const char *name = strncmp(key, "http://", 7) == 0 ? key + 7 : key;

	ft_buf_add(&host, name,
		   strncmp(key, "https://", 8) == 0 ? strlen(name) : strcspn(name, "/"));
	int r = ft_buf_check(&host, "the server URL", err);

	if (r == 0)
		r = ft_credentials_get(&PLACE(request), FT_CREDENTIALS_DOCKER, host.data, &any,
				       true, time(NULL), &found, err);
	if (r == 0 && found.server.len > 0)
		r = ft_docker_key(found.server.data, &own, err);
	if (r == 0 && own.len > 0 && strcmp(own.data, host.data) != 0) {
		r = ft_credentials_get(&PLACE(request), FT_CREDENTIALS_DOCKER, own.data, &any, true,
				       time(NULL), &there, err);
		if (r == FT_NOT_FOUND)
			r = ft_credentials_store(&PLACE(request), FT_CREDENTIALS_DOCKER, own.data,
						 &found, err);
		if (r == 0)
			r = ft_credentials_erase(&PLACE(request), FT_CREDENTIALS_DOCKER, host.data,
						 &found, err);
	}
	ft_credential_release(&found);
	ft_credential_release(&there);
	ft_buf_release(&own);
	ft_buf_release(&host);
	return r == FT_NOT_FOUND ? 0 : r;
}

static int get(struct request *request)
{
	struct ft_error err;
	int r = read_server(request, &err);

	if (r != 0)
		return fail(&err);
	r = identify(request, &err);
	if (r != 0)
		return without_token(&err);
	ft_say_problems(request->ft, true, request->account);
	return request->account != NULL ? get_token(request) : get_stored(request);
}

/* Whether the credential is one that get has just answered, which "docker login" stores; if not, a
 * person has typed it. */
static void say_not_kept(struct request *request, const struct ft_docker_store *message)
{
	struct ft_error err;

	struct ft_record record = FT_RECORD_INIT;
	bool damaged, ours = ft_context_read(request->ft, request->account, request->account,
					     &record, &damaged, NULL) == 0 &&
			     ft_secret_equal(&record.access_token, message->secret.data,
					     message->secret.len);

	ft_record_release(&record);
	if (ours)
		return;
	/* Without the path, which may be too long for a message. */
	const char *key = request->key.data, *scheme = strstr(key, "://");
	size_t start = scheme != NULL ? (size_t)(scheme - key) + 3 : 0;
	size_t host_len = start + strcspn(key + start, "/");

	(void)ft_error_set(&err, FT_CONFIG,
			   "%.*s is a registry of the account %s, whose tokens are handed out: the "
			   "credential for \"%s\" was not stored; to use another one, take the "
			   "registry out of the account's match, or out of credHelpers",
			   (int)host_len, key, request->account, message->username.data);
	(void)ft_fail(&err);
}

/* Nothing is stored for an account's registry: "docker login" would store the token that get has
 * just answered, or an identity token of the registry, which would then be used instead of the
 * sign-in. */
static int store(struct request *request)
{
	struct ft_docker_store message = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
	struct ft_buf text = FT_BUF_INIT(FT_DOCKER_MESSAGE_MAX);
	struct ft_error err;
	int r = read_stdin(&text, "the message", &err);

	if (r == 0)
		r = ft_docker_store_parse(text.data, text.len, &message, &err);
	if (r == 0 && ft_secret_copy(&request->server, &message.server) != 0)
		r = ft_error_memory(&err);
	if (r == 0)
		r = identify_surely(request, &err);
	if (r == 0 && request->account == NULL) {
		const struct ft_credential kept = {	/* shares the values */
			.server = message.server,
			.username = message.username,
			.password = message.secret,
			.expires_at = -1,
		};

		r = settle(request, &err);
		if (r == 0)
			r = ft_credentials_store(&PLACE(request), FT_CREDENTIALS_DOCKER,
						 request->key.data, &kept, &err);
	} else if (r == 0) {
		say_not_kept(request, &message);
	}
	ft_docker_store_release(&message);
	ft_buf_release(&text);
	return r == 0 ? FT_EXIT_DONE : fail(&err);
}

static int erase(struct request *request)
{
	const struct ft_credential any = FT_CREDENTIAL_INIT;
	struct ft_error err;
	int r = read_server(request, &err);

	if (r == 0)
		r = identify_surely(request, &err);
	if (r == 0 && request->account == NULL)
		r = settle(request, &err);
	if (r == 0 && request->account == NULL)
		r = ft_credentials_erase(&PLACE(request), FT_CREDENTIALS_DOCKER,
					 request->key.data, &any, &err);
	else if (r == 0)
		r = ft_signin_invalidate(request->ft, request->account, NULL, 0, &err);
	return r == 0 || r == FT_NOT_FOUND ? FT_EXIT_DONE : fail(&err);
}

static void add_pair(struct ft_buf *buf, const char *server, const char *username)
{
	ft_buf_adds(buf, buf->len > 1 ? "," : "");
	ft_output_json(buf, server);
	ft_buf_adds(buf, ":");
	ft_output_json(buf, username);
}

/* docker calls get for each entry of the list, and if one fails it drops the whole list. */
static bool can_be_listed(struct freshtoken *ft, const struct ft_account *account)
{
	struct ft_status status;

	return ft_signin_status(ft, account->name, &status, NULL) == 0 &&
	       (status.verdict == FT_FRESH || status.verdict == FT_REFRESHABLE) &&
	       !ft_context_is_vain(ft, account->name);
}

/* Whether get would answer for the server with this account's token; name NULL: with what is
 * stored. */
static bool belongs_to(struct freshtoken *ft, const char *server, const char *name)
{
	const char *account = NULL;
	int r = ft_docker_is_private(server) ? FT_NOT_FOUND : find(ft, server, &account, NULL);

	return name == NULL ? r == FT_NOT_FOUND : r == 0 && strcmp(account, name) == 0;
}

static void list_accounts(struct freshtoken *ft, const char *only, struct ft_buf *buf)
{
	bool hub_listed = false;

	for (size_t i = 0; i < ft->accounts.n; i++) {
		const struct ft_account *account = &ft->accounts.list[i];

		if ((only != NULL && strcmp(account->name, only) != 0) ||
		    !can_be_listed(ft, account))
			continue;
		for (size_t m = 0; m < account->match.n; m++) {
			const char *pattern = account->match.list[m];

			bool hub = ft_docker_is_hub(pattern);

			if ((hub ? hub_listed : strstr(pattern, "://") != NULL) ||
			    strchr(pattern, '*') != NULL ||
			    (only == NULL && !belongs_to(ft, pattern, account->name)))
				continue;
			/* A classic docker build looks for Docker Hub under this name. */
			add_pair(buf, hub ? ft_docker_hub_names[0] : pattern,
				 account->username != NULL ? account->username : "oauth2");
			hub_listed = hub_listed || hub;
		}
	}
}

static int list(struct request *request)
{
	struct ft_credential_list stored = { NULL, 0 };
	struct ft_buf buf = FT_BUF_INIT(ANSWER_MAX);
	struct ft_error err;
	int r = ft_context_open(&request->ft, &err);

	if (r == 0)
		r = ft_credentials_list(&PLACE(request), FT_CREDENTIALS_DOCKER, &stored,
					&err);
	ft_buf_adds(&buf, "{");
	if (r != 0) {
		(void)ft_fail(&err);
	} else {
		ft_say_problems(request->ft, true, NULL);
		list_accounts(request->ft, request->only, &buf);
		for (size_t i = 0; i < stored.n; i++) {
			const struct ft_credential *one = &stored.list[i];

			if (one->server.len > 0 && one->username.len > 0 && one->password.len > 0 &&
			    belongs_to(request->ft, one->server.data, NULL))
				add_pair(&buf, one->server.data, one->username.data);
		}
	}
	ft_buf_adds(&buf, "}\n");
	r = ft_output(&buf);
	ft_buf_release(&buf);
	ft_credential_list_release(&stored);
	return r;
}

static int version(struct request *request)
{
	(void)request;
	return print("docker-credential-freshtoken (freshtoken) " PACKAGE_VERSION);
}

static const struct {
	const char *name;
	int (*serve)(struct request *request);
} actions[] = {
	{ "get", get }, { "store", store }, { "erase", erase }, { "list", list },
	{ "version", version }, { "--version", version },
};

static int run(const struct ft_args *args)
{
	const char *name = args->n == 1 ? args->operands[0] : "";
	struct ft_error err;

	if (args->n != 1) {
		(void)print("Usage: docker-credential-freshtoken <store|get|erase|list|version>");
		return FT_EXIT_FAILED;
	}
	if (strcmp(name, "--help") == 0)
		return ft_args_help(args);
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
		struct request request = REQUEST_INIT;

		if (strncmp(args->program, link_prefix, strlen(link_prefix)) == 0)
			request.only = args->program + strlen(link_prefix);
		if (strcmp(name, actions[i].name) != 0)
			continue;
		int r = actions[i].serve(&request);

		release(&request);
		return r;
	}
	(void)ft_error_set(&err, FT_CONFIG, "docker-credential-freshtoken: unknown action: %s",
			   name);
	(void)print(err.text);
	return FT_EXIT_FAILED;
}

const struct ft_command ft_command_docker = {
	.name = "docker",
	.operands = "ACTION",
	.raw = true,
	.summary = "docker's credential-helper protocol (docker calls this)",
	.help =
"Reads a request of docker on stdin and answers on stdout, errors included.\n"
"ACTION is get, store, erase, list or version. docker, podman and skopeo call\n"
"this as docker-credential-freshtoken once \"freshtoken setup docker\" has told\n"
"them to.\n",
	.run = run,
};
