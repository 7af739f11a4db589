/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/cli/command.h"

#include <stdlib.h>
#include <string.h>

#include "helper/cli/terminal.h"
#include "lib/core/context.h"
#include "lib/signin/revoke.h"

static const char elsewhere[] = "; end the session at the service where that matters";

/* Adds what happened to one token, after other tokens. */
static void add_token(struct ft_buf *buf, const char *name, const struct ft_revocation *token,
		      int64_t left)
{
	char line[FT_ERROR_LINE];

	if (token->state == FT_REVOKED_NOTHING)
		return;
	ft_buf_addf(buf, "; the %s ", name);
	if (token->state == FT_REVOKED) {
		ft_buf_adds(buf, token->confirmed ? "is revoked, and no longer active" :
			    "is revoked, says the service");
	} else if (token->state == FT_REVOKED_ENDED) {
		ft_buf_adds(buf, "had ended already");
	} else if (token->state == FT_REVOKED_NOT) {
		ft_buf_addf(buf, "is not revoked: %s", ft_error_line(&token->why, line));
	} else {
		ft_buf_adds(buf, "cannot be revoked there, it ends by itself");
		if (left >= 0) {
			ft_buf_adds(buf, " in ");
			ft_output_duration(buf, left);
		}
	}
}

/* A service gives the same answer for a token that it has forgotten and for one that it never
 * stored. */
static void add_jwt(struct ft_buf *buf, const struct ft_signed_out *out)
{
	if (out->access_token.state != FT_REVOKED || !out->access_jwt || out->access_left <= 0)
		return;
	ft_buf_adds(buf, "; the access token is a JWT, which a server that does not ask the service"
		    " may take for another ");
	ft_output_duration(buf, out->access_left);
}

static bool is_same(const struct ft_revocation *a, const struct ft_revocation *b)
{
	return a->state == b->state && strcmp(a->why.text, b->why.text) == 0 &&
	       strcmp(a->why.foreign, b->why.foreign) == 0;
}

/* For a machine account: its token is gone, and the next request gets another one. */
static void add_derived(struct ft_buf *buf, const struct ft_account *account,
			const struct ft_account *person, const struct ft_signed_out *out)
{
	char line[FT_ERROR_LINE];

	ft_buf_adds(buf, "its token is deleted on this host");
	if (out->refresh_token.state == FT_REVOKED_NOT)
		ft_buf_addf(buf, ", but not revoked: %s",
			    ft_error_line(&out->refresh_token.why, line));
	add_token(buf, "token", &out->access_token, out->access_left);
	add_jwt(buf, out);
	ft_buf_adds(buf, "; the next request gets another one");
	if (person != NULL)
		ft_buf_addf(buf, " while somebody is signed in to account %s", account->from);
}

/* person: the account that people sign in to for its tokens; NULL: none. */
static int tell(const struct ft_account *account, const struct ft_account *person,
		const struct ft_signed_out *out)
{
	const struct ft_revocation *refresh = &out->refresh_token, *access = &out->access_token;
	bool failed = refresh->state == FT_REVOKED_NOT || access->state == FT_REVOKED_NOT;
	bool one = access->state == FT_REVOKED_NOTHING || is_same(refresh, access);
	struct ft_buf buf = FT_BUF_INIT(4096);
	char line[FT_ERROR_LINE];

	if (!out->signed_in && person == NULL) {
		ft_buf_adds(&buf, "there is no token, and it is a machine account");
	} else if (!out->signed_in && person != account) {
		ft_buf_addf(&buf, "there is no token; to sign out run: freshtoken logout %s",
			    account->from);
	} else if (!out->signed_in) {
		ft_buf_adds(&buf, "nobody was signed in");
	} else if (person != account) {
		add_derived(&buf, account, person, out);
	} else if (one && refresh->state == FT_REVOKED_NOT) {
		ft_buf_addf(&buf, "the sign-in is deleted on this host, but not revoked: %s%s",
			    ft_error_line(&refresh->why, line), elsewhere);
	} else if (one && refresh->state == FT_REVOKED_NEVER) {
		ft_buf_adds(&buf, "the sign-in is deleted on this host; its service has no way to "
			    "revoke the tokens, they end by themselves");
	} else if (one && refresh->state == FT_REVOKED_ENDED) {
		ft_buf_adds(&buf, "signed out; the sign-in had ended already, says the service");
	} else if (one && refresh->state == FT_REVOKED) {
		bool confirmed = refresh->confirmed &&
				 (access->confirmed || access->state == FT_REVOKED_NOTHING);

		ft_buf_adds(&buf,
			    confirmed ? "signed out; its tokens are revoked, and the service calls "
					"them active no longer" :
					"signed out; the service says that its tokens are revoked");
		add_jwt(&buf, out);
	} else {
		ft_buf_adds(&buf, failed ? "the sign-in is deleted on this host" : "signed out");
		add_token(&buf, "refresh token", refresh, -1);
		add_token(&buf, "access token", access, out->access_left);
		add_jwt(&buf, out);
		ft_buf_adds(&buf, failed ? elsewhere : "");
	}
	ft_say("account %s: %s", account->name,
	       buf.failed ? "the sign-in is deleted on this host" : buf.data);
	ft_buf_release(&buf);
	if (out->client.state == FT_REVOKED) {
		ft_say("account %s: the client that was registered for it is removed",
		       account->name);
	} else if (out->client.state == FT_REVOKED_NEVER) {
		ft_say("account %s: the client that was registered for it is deleted on this "
		       "host; its service offers no way to remove it", account->name);
	} else if (out->client.state == FT_REVOKED_NOT) {
		struct ft_error why = out->client.why;

		ft_error_prefix(&why,
				"account %s: the client that was registered for it is deleted on "
				"this host, but not removed at the service", account->name);
		ft_say_error(&why);
	}
	return failed ? FT_EXIT_FAILED : FT_EXIT_DONE;
}

static int logout(struct freshtoken *ft, const struct ft_account *account, bool named)
{
	struct ft_signed_out out;
	struct ft_error err;

	ft_terminal_progress("account %s: revoking its tokens", account->name);
	int r = ft_revoke_sign_in(ft, account->name, &out, &err);

	ft_terminal_progress_end();
	if (r != 0)
		return ft_fail(&err);
	const struct ft_account *root = ft_accounts_root(&ft->accounts, account);

	return named || out.signed_in ?
		       tell(account, ft_account_derives(root) ? NULL : root, &out) : FT_EXIT_DONE;
}

/* Signs out of the account, then of those whose tokens come from it, because these cannot be
 * renewed any more. */
static int logout_all(struct freshtoken *ft, const char *name)
{
	const struct ft_account *account = NULL;
	struct ft_error err;

	if (ft_context_account(ft, name, &account, &err) != 0)
		return ft_fail(&err);
	int r = logout(ft, account, true);

	for (size_t i = 0; i < ft->accounts.n; i++) {
		const struct ft_account *other = &ft->accounts.list[i];

		if (ft_accounts_descends(&ft->accounts, other, account) &&
		    logout(ft, other, false) != FT_EXIT_DONE)
			r = FT_EXIT_FAILED;
	}
	return r;
}

static int run(const struct ft_args *args)
{
	struct freshtoken *ft = NULL;
	int r = ft_open_for(&ft, args->operands[0]);

	if (r == FT_EXIT_DONE)
		r = logout_all(ft, args->operands[0]);
	ft_context_close(ft);
	return r;
}

const struct ft_command ft_command_logout = {
	.name = "logout",
	.operands = "ACCOUNT",
	.min = 1, .max = 1,
	.summary = "revoke and delete a sign-in",
	.help =
"Revokes the tokens of ACCOUNT where its service can do that, and deletes them\n"
"on this host, whatever the service said. Where the service tells which tokens\n"
"are active it is asked, and its answer is printed. If a token could not be\n"
"revoked, a line says which and why, and the exit status is 1.\n"
"The account itself stays in the configuration.\n"
"\n"
"Accounts whose tokens come from ACCOUNT (from) lose them in the same way.\n",
	.run = run,
};
