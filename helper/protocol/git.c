/* SPDX-License-Identifier: MIT */
/*
 * freshtoken git, git-credential-freshtoken - git's credential-helper protocol
 *  - Nothing is printed before the answer is certain, because git uses what it has read even if the
 *    helper fails. Answers are complete before they are written, in one piece.
 *  - This program never asks a person. The answer says what git should do, and the exit status
 *    only whether it could be written.
 *  - It never prints a refresh token, because git passes the answer on to all other helpers.
 */
#include "config.h"
#include "helper/cli/command.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "helper/protocol/git-message.h"
#include "lib/base/encode.h"
#include "lib/core/context.h"
#include "lib/signin/signin.h"

#define ANSWER_MAX (1024 * 1024)

/* One request, and the account that it is about. */
struct request {
	struct ft_git_message message;
	struct ft_buf url, key;
	struct freshtoken *ft;
	const char *account;	/* NULL: no account matches the host */
	bool unsure;		/* as far as the configuration can be read */
};

static void release(struct request *request)
{
	ft_git_message_release(&request->message);
	ft_buf_release(&request->url);
	ft_buf_release(&request->key);
	ft_context_close(request->ft);
}

/* 0 also if no account matches. After an error nothing may be done: with a broken configuration it
 * is unknown whose host it is. */
static int identify(struct request *request, struct ft_error *err)
{
	const struct ft_secret *username = &request->message.credential.username;
	int r = ft_git_message_key(&request->message, &request->key, err);

	if (r != 0)
		return r == FT_NOT_FOUND ? 0 : r;
	r = ft_context_open(&request->ft, err);
	if (r == 0)
		r = ft_git_message_url(&request->message, &request->url, err);
	if (r == 0)
		r = ft_context_find(request->ft, request->url.data,
				    username->len > 0 ? username->data : NULL, &request->account,
				    err);
	request->unsure = r == FT_NOT_FOUND && request->ft->accounts.n_problems > 0;
	return r == FT_NOT_FOUND ? 0 : r;
}

static void add_line(struct ft_buf *answer, const char *key, const struct ft_secret *value)
{
	if (value->data == NULL)
		return;
	ft_buf_adds(answer, key);
	ft_buf_adds(answer, "=");
	ft_buf_add(answer, value->data, value->len);
	ft_buf_adds(answer, "\n");
}

static void add_expiry(struct ft_buf *answer, int64_t expires_at)
{
	if (expires_at < 0)
		return;
	ft_buf_adds(answer, "password_expiry_utc=");
	ft_buf_add_number(answer, (uint64_t)expires_at);
	ft_buf_adds(answer, "\n");
}

/* authtype and credential: with `ephemeral` no other helper stores them. */
static void add_encoded(struct ft_buf *answer, const struct freshtoken_token *token,
			const char *username)
{
	const char *access = ft_token_access(token);

	if (ft_token_is_bearer(token)) {
		ft_buf_adds(answer, "authtype=Bearer\ncredential=");
		ft_buf_adds(answer, access);
		ft_buf_adds(answer, "\n");
	} else {
		struct ft_buf pair = FT_BUF_INIT(ANSWER_MAX);

		ft_buf_adds(&pair, username);
		ft_buf_adds(&pair, ":");
		ft_buf_adds(&pair, access);
		ft_buf_adds(answer, "authtype=Basic\ncredential=");
		if (pair.failed)
			answer->failed = pair.failed;
		else
			ft_base64_add(answer, FT_BASE64, pair.data, pair.len);
		ft_buf_adds(answer, "\n");
		ft_buf_release(&pair);
	}
	ft_buf_adds(answer, "ephemeral=1\n");
}

static void add_pair(struct ft_buf *answer, const char *username, const char *password)
{
	ft_buf_adds(answer, "username=");
	ft_buf_adds(answer, username);
	ft_buf_adds(answer, "\npassword=");
	ft_buf_adds(answer, password);
	ft_buf_adds(answer, "\n");
}

static void answer_token(struct ft_buf *answer, const struct ft_git_message *message,
			 const struct freshtoken_token *token)
{
	const struct ft_secret *asked = &message->credential.username;
	const char *username = ft_token_username(token);
	/* git sends this state back if the server refuses the token, and then one more try may
	 * help. Not after that: git would repeat the request without end. And not if the host
	 * offers Negotiate or the like: git uses its tries on that, sends neither the state nor an
	 * erase, and would keep the refused token. */
	bool again = message->can_state && !message->has_state && !message->tries_itself;

	if (username == NULL)
		username = asked->len > 0 ? asked->data : "oauth2";
	if (message->can_authtype)
		ft_buf_adds(answer, "capability[]=authtype\n");
	if (again)
		ft_buf_adds(answer, "capability[]=state\n");
	if (message->can_authtype)
		add_encoded(answer, token, username);
	else
		add_pair(answer, username, ft_token_access(token));
	add_expiry(answer, ft_token_expires_at(token));
	if (again) {
		ft_buf_adds(answer, "state[]=freshtoken:");
		ft_buf_add_number(answer, ft_token_generation(token));
		ft_buf_adds(answer, "\ncontinue=1\n");
	}
}

#define NAME_SIZE 32

/* The parent of a process, and the process's name; 0: unknown. */
static int64_t parent_of(int64_t pid, char name[NAME_SIZE])
{
	char path[64], text[512];

	name[0] = '\0';
	(void)snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;

	if (fd >= 0)
		(void)close(fd);
	text[n > 0 ? n : 0] = '\0';
	/* "PID (NAME) STATE PPID": a name may have any characters. */
	const char *start = strchr(text, '('), *end = strrchr(text, ')');

	if (start == NULL || end == NULL || end < start || strlen(end) <= 4)
		return 0;
	(void)snprintf(name, NAME_SIZE, "%.*s", (int)(end - start - 1), start + 1);
	return strtol(end + 4, NULL, 10);
}

/* The process that asks. It is not the parent: git-lfs runs "git credential fill" for each
 * question, that runs a shell, the shell runs "git credential-freshtoken", and that runs this
 * program. Each of them may be missing: a shell may replace itself, and a helper that is named by
 * its path has no git of its own. 0 and "": unknown. */
static int64_t client_name(char name[NAME_SIZE])
{
	static const char *const between[] = { "git", "sh", "git" };
	int64_t pid = getppid();

	for (size_t i = 0; pid > 1 && i < sizeof between / sizeof *between; i++) {
		int64_t parent = parent_of(pid, name);

		if (strcmp(name, between[i]) == 0)
			pid = parent;
	}
	(void)parent_of(pid, name);
	/* Every process descends from init. */
	return pid > 1 ? pid : 0;
}

static int64_t client(void)
{
	char name[NAME_SIZE];

	return client_name(name);
}

/* The generation that a server has refused: that of the state that was sent back. But git-lfs
 * (3.6), if it transfers several objects at once, sends the state of an answer that it has not used
 * yet; it reports a refused token with an erase. */
static uint64_t rejected(const struct ft_git_message *message)
{
	char name[NAME_SIZE] = "";

	if (message->generation != 0)
		(void)client_name(name);
	return strcmp(name, "git-lfs") == 0 ? 0 : message->generation;
}

static bool asks_in_vain(const struct request *request, const struct freshtoken_token *token)
{
	struct ft_error err;
	int64_t age = 0;

	/* First, because without such a token the account need not be searched. */
	if (!ft_context_is_disbelieved(token) || !ft_context_stops(token, client(), &age))
		return false;
	/* Printed once, because a client may ask for each of a thousand objects. */
	if (!ft_signin_tell(request->ft, request->account, ft_token_access(token),
			    client()))
		return true;
	(void)ft_error_set(
		&err, FT_LOGIN_NEEDED,
		"account %s: %.*s has refused a token of %lld s again and again, as it did the one "
		"before; may you read that repository? If so, run: freshtoken refresh %s",
		request->account, (int)request->message.host.len, request->message.host.data,
		(long long)age, request->account);
	(void)ft_fail(&err);
	return true;
}

static void get_token(struct request *request, struct ft_buf *answer)
{
	struct ft_need need = { .rejected = rejected(&request->message) };
	struct freshtoken_token *token = NULL;
	struct ft_error err;

	if (ft_context_get(request->ft, request->account, &need, FT_PATIENCE_WAIT, &token, &err) ==
		    0 &&
	    asks_in_vain(request, token)) {
		ft_buf_adds(answer, "quit=1\n");
	} else if (token != NULL && ft_token_is_bearer(token) &&
		   !request->message.can_authtype) {
		/* The host would refuse the token as a password, and git would then erase it. */
		(void)ft_error_set(&err, FT_CONFIG,
				   "account %s: authtype = bearer: this program can send a user "
				   "name and a password only; git does from 2.46 on",
				   request->account);
		(void)ft_fail(&err);
	} else if (token != NULL && ft_token_check_alone(token, &err) != 0) {
		(void)ft_fail(&err);
		ft_buf_adds(answer, "quit=1\n");
	} else if (token != NULL) {
		answer_token(answer, &request->message, token);
		ft_tell_end(request->ft, token);
	} else {
		/* quit=1, because no other helper and no person has a credential for this host. */
		(void)ft_fail(&err);
		ft_buf_adds(answer, "quit=1\n");
	}
	ft_token_free(token);
}

static void get_stored(struct request *request, const struct ft_credentials_place *place,
		       struct ft_buf *answer)
{
	struct ft_credential found = FT_CREDENTIAL_INIT;
	bool encoded = request->message.can_authtype;
	struct ft_error err;
	int r = ft_credentials_get(place, FT_CREDENTIALS_GIT, request->key.data,
				   &request->message.credential, !encoded, time(NULL), &found,
				   &err);

	if (r != 0) {
		if (r != FT_NOT_FOUND)
			(void)ft_fail(&err);
		return;
	}
	if (found.credential.data != NULL && encoded) {
		ft_buf_adds(answer, "capability[]=authtype\n");
		add_line(answer, "authtype", &found.authtype);
		add_line(answer, "credential", &found.credential);
	}
	add_line(answer, "username", &found.username);
	add_line(answer, "password", &found.password);
	add_expiry(answer, found.expires_at);
	add_line(answer, "oauth_refresh_token", &found.oauth_refresh_token);
	ft_credential_release(&found);
}

/* Keeps what git got elsewhere, for a host that no account matches. */
static void store(struct request *request, const struct ft_credentials_place *place,
		       struct ft_buf *answer)
{
	const struct ft_credential *new = &request->message.credential;
	struct ft_credential kept = *new;	/* shares the values */
	bool password = new->username.data != NULL && new->password.data != NULL;
	bool encoded = new->authtype.data != NULL && new->credential.data != NULL &&
		!request->message.ephemeral;
	struct ft_error err;

	(void)answer;
	if (!password)
		kept.password = (struct ft_secret){ NULL, 0 };
	if (!encoded)
		kept.authtype = kept.credential = (struct ft_secret){ NULL, 0 };
	if ((password || encoded) &&
	    ft_credentials_store(place, FT_CREDENTIALS_GIT, request->key.data, &kept, &err) != 0)
		(void)ft_fail(&err);
}

static void erase_stored(struct request *request, const struct ft_credentials_place *place,
		       struct ft_buf *answer)
{
	struct ft_error err;

	(void)answer;
	if (ft_credentials_erase(place, FT_CREDENTIALS_GIT, request->key.data,
				 &request->message.credential, &err) != 0)
		(void)ft_fail(&err);
}

/* Without a token in the request it is unknown which one was refused: another program may have
 * refreshed meanwhile. */
static void erase_token(struct request *request, struct ft_buf *answer)
{
	struct ft_secret token = { NULL, 0 };
	struct ft_error err;
	struct ft_refusal refusal = { 0 };
	int r = ft_git_message_refused(&request->message, &token, &err);
	bool ours = r == 0 && token.len > 0;

	(void)answer;
	if (ours)
		r = ft_signin_refused(request->ft, request->account, token.data, client(), &refusal,
				      &err);
	if (r == 0 && refusal.learnt)
		ft_say("account %s: its service ends a token when it issues the next one, so from "
		       "now on tokens are refreshed only when necessary (eager = no)",
		       request->account);
	/* Printed once, because a client may ask again and again. */
	if (r == 0 && refusal.disbelieved == 1)
		r = ft_error_set(&err, FT_TEMPORARY,
				 "account %s: %.*s refused a token of %lld s that was fetched "
				 "because it had refused one less than a minute ago; it is kept. "
				 "May you read that repository? If so, run: freshtoken refresh %s",
				 request->account, (int)request->message.host.len,
				 request->message.host.data, (long long)refusal.age,
				 request->account);
	/* git fails now without saying why, so later requests are told the reason. */
	else if (ours && r == 0 && refusal.disbelieved == 0 &&
		 ft_context_over(request->ft, request->account, &err) == FT_LOGIN_NEEDED)
		r = FT_LOGIN_NEEDED;
	if (r != 0 && r != FT_NOT_FOUND)
		(void)ft_fail(&err);
	ft_secret_release(&token);
}

/* Nothing is stored; but if git stores a token of freshtoken, a server has accepted it. */
static void store_nothing(struct request *request, struct ft_buf *answer)
{
	struct ft_secret token = { NULL, 0 };

	(void)answer;
	if (ft_git_message_refused(&request->message, &token, NULL) == 0 && token.len > 0)
		(void)ft_signin_works(request->ft, request->account, token.data, client(), NULL);
	ft_secret_release(&token);
}

static const struct action {
	const char *name;
	void (*ours)(struct request *request, struct ft_buf *answer);
	void (*others)(struct request *request, const struct ft_credentials_place *place,
		       struct ft_buf *answer);
} actions[] = {
	{ "get", get_token, get_stored },
	{ "store", store_nothing, store },
	{ "erase", erase_token, erase_stored },
};

static int serve(const struct action *action)
{
	struct request request = { .url = FT_BUF_INIT(ANSWER_MAX), .key = FT_BUF_INIT(ANSWER_MAX) };
	struct ft_buf answer = FT_BUF_INIT(ANSWER_MAX);
	struct ft_error err;
	int r = ft_git_message_read(STDIN_FILENO, &request.message, &err);
	bool read = r == 0, get = action->ours == get_token;

	if (r == 0)
		r = identify(&request, &err);
	if (r != 0)
		(void)ft_fail(&err);
	if (r == 0 && request.ft != NULL && (get || request.unsure))
		ft_say_problems(request.ft, true, request.account);
	if (r == 0 && request.account != NULL)
		action->ours(&request, &answer);
	else if (r == 0 && request.key.len > 0 && (get || !request.unsure))
		action->others(&request,
			       &(struct ft_credentials_place){ request.ft->places.state,
							       request.ft->seals },
			       &answer);
	/* No password that is typed could solve an error in the configuration. */
	if (read && get && (r != 0 || (request.unsure && answer.len == 0)))
		ft_buf_adds(&answer, "quit=1\n");
	int status = answer.len > 0 ? ft_output(&answer) : FT_EXIT_DONE;

	ft_buf_release(&answer);
	release(&request);
	return status;
}

static int capability(void)
{
	struct ft_buf answer = FT_BUF_INIT(256);

	ft_buf_adds(&answer, "version 0\ncapability authtype\ncapability state\n");
	int status = ft_output(&answer);

	ft_buf_release(&answer);
	return status;
}

static int run(const struct ft_args *args)
{
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (strcmp(args->operands[0], actions[i].name) == 0)
			return serve(&actions[i]);
	/* Actions of a later git are ignored. */
	return strcmp(args->operands[0], "capability") == 0 ? capability() : FT_EXIT_DONE;
}

const struct ft_command ft_command_git = {
	.name = "git",
	.operands = "ACTION",
	.min = 1, .max = 1,
	.summary = "git's credential-helper protocol (git calls this)",
	.help =
"Reads a credential request of git on stdin and answers on stdout. ACTION is\n"
"get, store, erase or capability; others are ignored. git calls this as\n"
"git-credential-freshtoken once \"freshtoken setup git\" has told it to.\n",
	.run = run,
};
