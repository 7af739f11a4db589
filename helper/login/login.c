/* SPDX-License-Identifier: MIT */
/* freshtoken login: chooses the way to sign in, and reports the result */
#include "config.h"
#include "helper/login/login.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/cli/terminal.h"
#include "lib/core/derive.h"
#include "lib/signin/ready.h"
#include "lib/signin/register.h"

#define INPUT_MAX (256 * 1024)

enum { DEVICE, BROWSER, PASSWORD, TOKEN };

static const unsigned way_of[] = {
	[DEVICE] = FT_WAY_DEVICE,
	[BROWSER] = FT_WAY_BROWSER | FT_WAY_DEVICE,
	[PASSWORD] = FT_WAY_PASSWORD,
	[TOKEN] = FT_WAY_TOKEN,
};

/* Takes the next line, without its LF or CRLF. */
static int next_line(const char **at, const char *end, struct ft_secret *ret, struct ft_error *err)
{
	const char *line = *at, *lf = memchr(line, '\n', (size_t)(end - line));
	const char *stop = lf != NULL ? lf : end;

	*at = lf != NULL ? lf + 1 : end;
	if (stop > line && stop[-1] == '\r')
		stop--;
	return ft_secret_set(ret, line, (size_t)(stop - line)) == 0 ? 0 : ft_error_memory(err);
}

int ft_login_read_lines(const char *what, const char *missing, struct ft_secret *first,
			struct ft_secret *second, struct ft_error *err)
{
	struct ft_buf input = FT_BUF_INIT(INPUT_MAX);
	int r = 0;

	if (ft_buf_read(&input, STDIN_FILENO) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "cannot read stdin");
	if (r == 0)
		r = ft_buf_check(&input, "stdin", err);
	const char *at = input.data, *end = r == 0 ? input.data + input.len : NULL;

	if (r == 0)
		r = next_line(&at, end, first, err);
	if (r == 0)
		r = next_line(&at, end, second, err);
	if (r == 0 && at < end)
		r = ft_error_set(err, FT_CONFIG, "stdin has more than two lines" FT_REMEDY
						"it should have %s",
				 what);
	if (r == 0 && first->len == 0)
		r = ft_error_fixed(err, FT_CONFIG, missing);
	ft_buf_release(&input);
	return r;
}

int ft_login_fail(const struct ft_login *login, struct ft_error *err)
{
	ft_error_prefix(err, "account %s", login->account->name);
	return ft_fail(err);
}

void ft_login_advise(const struct ft_login *login, struct ft_error *err)
{
	const char *name = login->account->name, *options;
	struct ft_ready ready;

	ft_ready_look(&login->service, &ready);
	options = ft_ready_options(&ready);
	/* This was the only way to sign in. */
	if (options == NULL && err->remedy[0] != '\0')
		return;
	char remedy[sizeof err->remedy + 8];

	(void)snprintf(remedy, sizeof remedy, "%s%s", err->remedy,
		       err->remedy[0] != '\0' ? ", or " : "");
	(void)ft_error_remedy(err, err->code, "%s%srun: freshtoken login %s%s", remedy,
			      options != NULL ? "with a refresh token in FILE " : "", name,
			      options != NULL ? options : "");
}

int ft_login_keep(struct ft_login *login, struct ft_signin *signin)
{
	const char *name = login->account->name;
	struct ft_status before = FT_STATUS_INIT;
	bool lasts = signin->judgement.refresh_token.data != NULL;
	struct ft_error err;

	(void)ft_signin_status(login->ft, name, &before, NULL);
	const char *subject = signin->judgement.subject;
	bool other = before.subject[0] != '\0' && subject != NULL &&
		     strcmp(before.subject, subject) != 0;

	if (ft_signin_keep(login->ft, &login->service, signin, &err) != 0)
		return ft_login_fail(login, &err);
	ft_tell(login->ft, name, "signed in");
	if (other)
		ft_say("account %s: before this, %s was signed in", name, before.subject);
	if (!lasts)
		ft_say("account %s: the service gave no refresh token, so this sign-in ends with "
		       "its access token; a scope like offline_access, or the client's settings at "
		       "the service, may change that",
		       name);
	return FT_EXIT_DONE;
}

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value != NULL && value[0] != '\0';
}

/* Whether the person would see a browser that is started on this machine. */
static bool has_display(void)
{
	if (is_set("BROWSER"))
		return true;
	return (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")) && !is_set("SSH_CONNECTION");
}

static bool offers(const struct ft_login *login, enum ft_request_kind kind)
{
	return ft_service_offers(&login->service, kind);
}

/* freshtoken login ACCOUNT without an option: the way that fits the service and this machine. */
static int any_way(struct ft_login *login)
{
	const char *name = login->account->name;
	struct ft_ready ready;
	struct ft_error err;

	ft_ready_look(&login->service, &ready);
	if ((ready.ready & FT_WAY_PASSWORD) != 0)
		return ft_login_password(login);
	ft_terminal_progress("asking %s how to sign in", login->service.server);
	int r = ft_service_discover(&login->service, NULL, &err);

	ft_terminal_progress_end();
	if (r != 0)
		return ft_login_fail(login, &err);
	bool device = offers(login, FT_REQUEST_DEVICE);

	if (offers(login, FT_REQUEST_AUTHORIZE) && (has_display() || !device))
		return ft_login_browser(login);
	if (device)
		return ft_login_device(login);
	ft_say("account %s: %s offers neither a code nor a browser to sign in with; with a refresh "
	       "token in FILE run: freshtoken login %s --token <FILE",
	       name, login->service.server, name);
	return FT_EXIT_FAILED;
}

/* --browser, but nobody would see a browser. */
static int browser_or_device(struct ft_login *login)
{
	struct ft_error err;

	if (has_display())
		return ft_login_browser(login);
	if (ft_service_discover(&login->service, NULL, &err) != 0)
		return ft_login_fail(login, &err);
	if (!offers(login, FT_REQUEST_DEVICE))
		return ft_login_browser(login);
	ft_say("account %s: this session has no display for a browser; signing in with a code "
	       "instead", login->account->name);
	return ft_login_device(login);
}

static int (*const ways[])(struct ft_login *) = {
	[DEVICE] = ft_login_device, [BROWSER] = browser_or_device, [PASSWORD] = ft_login_password,
	[TOKEN] = ft_login_token,
};

/* Registers a client before anything is requested with its name. */
static int register_client(struct ft_login *login)
{
	const char *name = login->account->name;
	struct ft_error err;
	bool is_new = false;

	if (!login->account->register_client)
		return 0;
	if (login->account->client_id == NULL || login->account->client_expired)
		ft_terminal_progress("asking %s for a client", login->service.server);
	int r = ft_register_ensure(login->ft, &login->service, &is_new, &err);

	ft_terminal_progress_end();
	if (r != 0)
		return ft_login_fail(login, &err);
	if (is_new)
		ft_say("account %s: registered at %s, as the client %s", name,
		       login->service.server, login->account->client_id);
	return 0;
}

static int login_by(struct freshtoken *ft, const char *name, const struct ft_args *args)
{
	struct ft_login login = { .ft = ft };
	struct ft_error err;
	int r = ft_context_account(ft, name, &login.account, &err), way = -1;

	if (r == 0) {
		r = ft_service_init(ft, login.account, &login.service, &err);
		if (r != 0)
			ft_error_prefix(&err, "account %s", name);
	}
	if (r != 0)
		return ft_fail(&err);
	login.service.by_secret = true;
	ft_service_proxy_from_environment(&login.service);
	for (int i = DEVICE; i <= TOKEN; i++)
		if (FT_OPTION_GIVEN(args, i))
			way = way == -1 ? i : -2;
	if (ft_account_derives(login.account)) {
		(void)ft_derive_signs_in(ft, login.account, &err);
		(void)ft_login_fail(&login, &err);
		r = FT_EXIT_USAGE;
	} else if (way == -2) {
		r = ft_usage(args, "only one way to sign in can be given");
	} else if ((r = register_client(&login)) != 0) {
		/* The error was reported. */
	} else if (ft_ready_check(&login.service, way >= 0 ? way_of[way] : FT_WAYS_OF_PEOPLE,
				  &err) != 0) {
		/* Checked first, so that nobody types a password or opens a page in vain. */
		r = ft_login_fail(&login, &err);
	} else {
		r = way >= 0 ? ways[way](&login) : any_way(&login);
	}
	ft_service_release(&login.service);
	return r;
}

static int run(const struct ft_args *args)
{
	struct freshtoken *ft = NULL;
	struct ft_error err;
	int r = ft_open_for(&ft, args->operands[0]);

	/* Checked first, because the tokens would be lost if the seal key is not available. */
	if (r == FT_EXIT_DONE && ft_seals_ready(ft->seals, args->operands[0], &err) != 0)
		r = ft_fail(&err);
	if (r == FT_EXIT_DONE)
		r = login_by(ft, args->operands[0], args);
	ft_context_close(ft);
	return r;
}

const struct ft_command ft_command_login = {
	.name = "login",
	.operands = "ACCOUNT",
	.min = 1, .max = 1,
	.summary = "sign in to ACCOUNT's token service",
	.help =
"Signs in the way that fits the service and the place: with a browser where\n"
"there is a display, with a code on another device where there is none (as over\n"
"ssh), with user name and password where the provider's profile has that. What\n"
"was stored before is replaced only when the sign-in succeeded.\n"
"\n"
"  freshtoken login ACCOUNT\n"
"  freshtoken login ACCOUNT --token <FILE\n"
"\n"
"FILE has a refresh token, which is proven at once by refreshing with it. Its\n"
"second line may have the old access token; some services want it beside the\n"
"refresh token. At a terminal you are asked for what is needed. With --password\n"
"and no terminal, stdin has the user name and the password in two lines.\n",
	.options = {
		[DEVICE] = { "--device", "show a link and a code (RFC 8628)" },
		[BROWSER] = { "--browser", "open a browser; without a display as --device" },
		[PASSWORD] = { "--password", "ask for user name and password" },
		[TOKEN] = { "--token", "take the refresh token from stdin" },
	},
	.run = run,
};
