/* SPDX-License-Identifier: MIT */
/* freshtoken login --browser: the service's page in a browser, which returns to a port of this
 * machine */
#include "config.h"
#include "helper/login/login.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/cli/terminal.h"
#include "helper/login/loopback.h"
#include "lib/base/moment.h"
#include "lib/base/process.h"
#include "lib/file/replace.h"
#include "lib/signin/authorize.h"

#define PATIENCE_SECONDS 300
#define WORDS 16

/* Starts a browser and does not wait for it. Its output is discarded, because the terminal is
 * freshtoken's. */
static bool start(const char *const argv[])
{
	const struct ft_process process = {
		.argv = argv, .session = true, .n = 3,
		.fds = { FT_PROCESS_NULL, FT_PROCESS_NULL, FT_PROCESS_NULL }
	};
	pid_t pid;

	return ft_process_start(&process, &pid) == 0;
}

/* Starts one entry of $BROWSER: words between blanks. "%s" is the link; without it the link is
 * added. */
static bool start_entry(char *entry, const char *url)
{
	const char *argv[WORDS + 2] = { NULL };
	char *save = NULL;
	bool placed = false;
	size_t n = 0;

	for (char *word = strtok_r(entry, " ", &save); word != NULL && n < WORDS;
	     word = strtok_r(NULL, " ", &save)) {
		bool here = strcmp(word, "%s") == 0;

		argv[n++] = here ? url : word;
		placed = placed || here;
	}
	if (n == 0)
		return false;
	if (!placed)
		argv[n] = url;
	return start(argv);
}

/* $BROWSER is a list with colons between its entries. Without it, the desktop's own program. */
static bool open_browser(const char *url)
{
	const char *list = getenv("BROWSER");
	char *copy = list != NULL && list[0] != '\0' ? strdup(list) : NULL, *save = NULL;
	bool started = false;

	for (char *entry = copy != NULL ? strtok_r(copy, ":", &save) : NULL;
	     entry != NULL && !started; entry = strtok_r(NULL, ":", &save))
		started = start_entry(entry, url);
	free(copy);
	if (list == NULL || list[0] == '\0') {
		const char *argv[] = { "xdg-open", url, NULL };

		started = start(argv);
	}
	return started;
}

/* If a service compares redirect URIs exactly, it shows an error page, and the browser never
 * returns. */
static void show(const struct ft_login *login, const char *url, const char *uri, bool opened)
{
	struct ft_buf text = FT_BUF_INIT(16 * 1024);

	ft_buf_addf(&text, "freshtoken: account %s: %s:\n\n    %s\n\n", login->account->name,
		    opened ? "sign in with the browser that opens now; if none does, open" :
			     "no browser could be started; open this link in "
			     "a browser on this host",
		    url);
	ft_buf_addf(
		&text,
		"freshtoken: account %s: the browser is sent back to %s; if the service refuses "
		"that address, %s\n",
		login->account->name, uri,
		login->account->redirect_uri != NULL ?
			"register it there exactly so, or set redirect_uri to one that is "
			"registered" :
			"set redirect_uri to one with a port, as http://127.0.0.1:8400/callback "
			"(or localhost), and register that one there");
	if (!text.failed)
		(void)ft_write_all(STDERR_FILENO, text.data, text.len);
	ft_buf_release(&text);
}

static int nobody_came(const struct ft_login *login, const struct ft_loopback *loopback,
		       struct ft_error *err)
{
	const bool device = ft_service_offers(&login->service, FT_REQUEST_DEVICE);

	return ft_error_set(err, FT_LOGIN_NEEDED,
			    "the browser did not come back to %s within %d minutes; if the service "
			    "refused that address, register it there or set redirect_uri%s%s%s",
			    loopback->uri, PATIENCE_SECONDS / 60,
			    device ? "; or sign in on another device: freshtoken login " : "",
			    device ? login->account->name : "", device ? " --device" : "");
}

/* Waits until an answer with this sign-in's state arrives. */
static int wait_for_browser(struct ft_login *login, struct ft_loopback *loopback,
			    struct ft_authorize *authorize, struct ft_error *err)
{
	int64_t end = ft_monotonic_ms() + PATIENCE_SECONDS * 1000;

	for (;;) {
		struct ft_buf query = FT_BUF_INIT(FT_LOOPBACK_REQUEST_MAX);
		int64_t now = ft_monotonic_ms(), left = (end - now) / 1000;

		if (now >= end)
			return nobody_came(login, loopback, err);
		ft_process_reap();
		ft_terminal_progress("waiting for the browser, %lld:%02lld left",
				     (long long)(left / 60), (long long)(left % 60));
		int r = ft_loopback_next(loopback, now + 1000 < end ? now + 1000 : end, &query,
					 err);

		if (r == 0)
			r = ft_authorize_answer(&login->service, authorize, query.data, err);
		else if (r != FT_BUSY)
			return r;
		ft_buf_release(&query);
		if (r == FT_NOT_FOUND) {
			ft_loopback_answer(loopback, 400,
					   "This is not an answer to the sign-in that is going on. "
					   "Nothing has happened.");
			ft_terminal_progress_end();
			ft_error_prefix(err, "account %s", login->account->name);
			ft_say_error(err);
		} else if (r != FT_BUSY) {
			return r;
		}
	}
}

/* Gets the tokens, in one step, or in two if the service wants a separate consent. */
static int sign_in(struct ft_login *login, struct ft_loopback *loopback,
		   struct ft_authorize *authorize, struct ft_signin *ret, struct ft_error *err)
{
	for (bool again = false; ; again = true) {
		if (again)
			ft_loopback_redirect(loopback, authorize->url.data);
		int r = wait_for_browser(login, loopback, authorize, err);

		if (r != 0)
			return r;
		ft_terminal_progress("asking %s for the tokens", login->service.server);
		r = ft_authorize_finish(&login->service, authorize, ret, err);
		if (r != 0 || !ft_authorize_wants_consent(&login->service, authorize, ret))
			return r;
		ft_signin_release(ret);
		*ret = (struct ft_signin)FT_SIGNIN_INIT;
		ft_authorize_release(authorize);
		*authorize = (struct ft_authorize)FT_AUTHORIZE_INIT;
		r = ft_authorize_begin(&login->service, loopback->uri, true, authorize, err);
		if (r != 0)
			return r;
	}
}

int ft_login_browser(struct ft_login *login)
{
	struct ft_authorize authorize = FT_AUTHORIZE_INIT;
	struct ft_signin signin = FT_SIGNIN_INIT;
	struct ft_loopback loopback = FT_LOOPBACK_INIT;
	struct ft_error err;
	int r = ft_loopback_listen(login->account->redirect_uri, &loopback, &err);

	ft_terminal_progress("asking %s", login->service.server);
	if (r == 0)
		r = ft_authorize_begin(&login->service, loopback.uri, false, &authorize, &err);
	ft_terminal_progress_end();
	if (r == FT_CONFIG && !ft_service_offers(&login->service, FT_REQUEST_AUTHORIZE))
		ft_login_advise(login, &err);
	if (r == 0) {
		show(login, authorize.url.data, loopback.uri, open_browser(authorize.url.data));
		r = sign_in(login, &loopback, &authorize, &signin, &err);
		ft_terminal_progress_end();
	}
	if (r == 0) {
		r = ft_login_keep(login, &signin);
		ft_loopback_answer(&loopback, 200,
				   r == FT_EXIT_DONE ?
					   "You are signed in. You can close this window." :
					   "The sign-in worked, but it could not be saved. The "
					   "terminal says why.");
	} else {
		r = ft_login_fail(login, &err);
		ft_loopback_answer(&loopback, 400,
				   "The sign-in did not work. The terminal says why.");
	}
	ft_loopback_close(&loopback);
	ft_signin_release(&signin);
	ft_authorize_release(&authorize);
	return r;
}
