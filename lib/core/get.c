/* SPDX-License-Identifier: MIT */
/*
 * get.c - a good access token: the caller's side of a refresh
 *
 * Read the record and decide. Only if a refresh is needed: lock, read and decide again, hand the
 * lock to freshtoken-refresh, wait. A caller that finds the lock taken waits, and then reads the
 * record that the other process has written.
 */
#include "config.h"
#include "lib/core/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/date.h"
#include "lib/core/ends.h"
#include "lib/core/handover.h"
#include "lib/core/idtoken.h"
#include "lib/core/stored.h"

struct freshtoken_token {
	struct ft_secret access, id;
	char *account, *username, *type;
	uint64_t generation;
	int64_t expires_at, id_expires_at, sign_in_ends_at;
	int bearer;
	int64_t issued;		/* ms since the epoch */
	struct ft_disbelief disbelief;
};

/* ms that a token in a token_file must still be good for: freshtoken-refresh.timer looks for due
 * refreshes every two minutes. */
#define FILE_LIFETIME 300000

/* One call of a caller. */
struct call {
	const struct freshtoken *ft;
	const struct ft_account *account;
	char *server;
	struct ft_want want;
	int64_t deadline;
	unsigned silent;	/* refreshes that ended without a report: killed */
	bool waited;		/* has waited for another process's refresh */
	bool once;		/* FT_PATIENCE_ONCE */
	struct ft_stored stored;
};

static int read_record(struct call *call, struct ft_error *err)
{
	return ft_stored_need(call->ft, call->account, call->server, &call->want, &call->stored,
			      err);
}

static void start_nobody_waits(struct call *call)
{
	const struct freshtoken *ft = call->ft;
	int lock = -1;

	/* Without `eager` a refresh is started early only to settle one that was killed. */
	if (!call->stored.record.journal.present &&
	    ((call->account->eager < 0 && call->stored.record.lazy) ||
	     !ft_context_eager(ft, call->account)))
		return;
	if (ft_host_lock(ft->host, call->account->name, &lock, NULL) != 0)
		return;
	struct ft_error ignored;

	if (read_record(call, &ignored) == 0 && call->stored.action == FT_USE_AND_REFRESH)
		(void)ft_handover_start(ft, call->account->name, &call->want, lock, -1, NULL, NULL);
	(void)close(lock);
}

/*
 * If nothing is stored, but a sign-in was begun: waits for the process that proves it; or adopts
 * its answer if that process was killed. 0: read the record again.
 */
static int await_login(struct call *call)
{
	const struct freshtoken *ft = call->ft;
	const char *name = ft_accounts_root(&ft->accounts, call->account)->name;
	const struct ft_want none = { 0 }, *want = call->want.derived ? &none : &call->want;
	int lock = -1, result = -1, r;
	bool silent;

	if (!ft_context_login_pending(ft, name))
		return FT_NOT_FOUND;
	r = ft_host_lock_await(ft->host, name, call->deadline, &lock, NULL);
	/* The process that had the lock may have finished it. */
	if (r == 0 && !ft_context_login_pending(ft, name)) {
		(void)close(lock);
		return 0;
	}
	if (r == 0)
		r = ft_handover_start(ft, name, want, lock, -1, &result, NULL);
	if (lock >= 0)
		(void)close(lock);
	if (r == 0)
		/* The result does not matter: the record is read again. */
		(void)ft_handover_result(result, call->deadline, &silent, NULL);
	if (result >= 0)
		(void)close(result);
	return r;
}

/* Sleeps for 1 to 8 ms, so that waiting processes do not retry at the same moment. */
static void rest(const struct call *call)
{
	int64_t ms = 1 + (int64_t)(((unsigned)getpid() * 2654435761u) >> 29);
	struct timespec pause = { 0, (long)ms * 1000000 };

	if (call->deadline - ft_monotonic_ms() > ms)
		(void)nanosleep(&pause, NULL);
}

/* Whether the refresh in flight has been running for about as long as a caller waits. */
static bool is_long_under_way(const struct call *call)
{
	const struct ft_journal *journal = &call->stored.record.journal;

	return journal->present && !journal->settled &&
	       ft_moment_since(&call->stored.now, &journal->moment) >=
		       (int64_t)call->account->wait * 900;
}

/*
 * One step towards a fresh record: starts a refresh, or waits for another process's. 0: decide
 * again. Otherwise there is no better token than the stored one.
 */
static int step(struct call *call, struct ft_error *err)
{
	const struct freshtoken *ft = call->ft;
	const char *name = call->account->name;
	int lock = -1, result = -1, r;
	bool silent = false;

	/* The first time all waiters wake at once and read the new record. If there was none, they
	 * take the lock one after the other to try it themselves. */
	r = call->waited ? ft_host_lock_await(ft->host, name, call->deadline, &lock, err) :
			   ft_host_lock(ft->host, name, &lock, err);
	if (r == FT_BUSY && !call->waited) {
		if (call->once && is_long_under_way(call))
			return r;
		call->waited = true;
		ft_context_log(ft, LOG_INFO, "account %s: another process refreshes it", name);
		r = ft_host_lock_wait(ft->host, name, call->deadline, err);
		return r == 0 ? read_record(call, err) : r;
	}
	if (r != 0)
		return r;
	r = read_record(call, err);
	if (r != 0 ||
	    (call->stored.action != FT_REFRESH && call->stored.action != FT_REFRESH_OR_USE))
		goto out;
	r = ft_handover_start(ft, name, &call->want, lock, -1, &result, err);
	(void)close(lock);
	lock = -1;
	if (r != 0)
		goto out;
	r = ft_handover_result(result, call->deadline, &silent, err);
	ft_seals_again(ft->seals);
	if (silent && call->silent++ < 2)
		r = 0;	/* killed: its exchange may still end, and is adopted then */
	if (r == 0)
		r = read_record(call, err);
	if (r == 0 && call->stored.record.generation <= call->want.seen)
		rest(call);
	else if (silent && r != 0)
		ft_error_prefix(err, "%s/freshtoken-refresh", ft->places.libexec);
	else if (r != FT_BUSY)
		(void)read_record(call, NULL);
out:
	if (lock >= 0)
		(void)close(lock);
	if (result >= 0)
		(void)close(result);
	return r;
}

static int login_needed(const struct call *call, struct ft_error *err)
{
	const struct ft_record *record = &call->stored.record;
	const char *name = ft_accounts_root(&call->ft->accounts, call->account)->name;
	const struct ft_want access = { .rejected = call->want.rejected };
	struct ft_error why;

	/* Only the ID token is missing: the access token is still good. */
	if (call->want.id_token && ft_freshness_alive(record, &access, &call->stored.now))
		return ft_id_token_missing(call->account, record, err);
	ft_record_why(record, &why);
	if (record->verdict == FT_DISABLED) {
		(void)ft_error_set(err, FT_LOGIN_NEEDED,
				   "the service says that this user is disabled (%s)" FT_REMEDY
				   "ask its administrator, then run: freshtoken login %s",
				   why.text[0] != '\0' ? why.text : "no reason given", name);
		ft_error_foreign(err, why.foreign);
		return FT_LOGIN_NEEDED;
	}
	(void)ft_error_set(err, FT_LOGIN_NEEDED, "sign in again: %s" FT_REMEDY
						"run: freshtoken login %s",
			   why.text[0] != '\0' ? why.text : "there is no refresh token", name);
	ft_error_foreign(err, why.foreign);
	return FT_LOGIN_NEEDED;
}

static int cooling(const struct call *call, struct ft_error *err)
{
	const struct ft_record *record = &call->stored.record;
	const char *name = call->account->name;
	struct ft_error why;
	char when[32];

	ft_record_why(record, &why);
	if (record->client_refused) {
		(void)ft_error_set(
			err, FT_CONFIG, "%s: %s" FT_REMEDY "%s%sthen run: freshtoken refresh %s",
			call->server,
			why.text[0] != '\0' ? why.text : "it does not accept this client",
			why.remedy, why.remedy[0] != '\0' ? "; " : "", name);
		ft_error_foreign(err, why.foreign);
		return FT_CONFIG;
	}
	ft_date_format(record->checked.real, when);
	const long long pause = record->cooldown / 1000;

	/* The reason names the store. */
	if (record->fleet.away)
		(void)ft_error_set(
			err, FT_TEMPORARY,
			"%s (at %s); it is asked again %llds after that, or by: freshtoken refresh "
			"%s" FT_REMEDY "%s", why.text, when, pause, name, why.remedy);
	else
		(void)ft_error_set(
			err, FT_TEMPORARY,
			"%s gave no token at %s (%s); it is asked again %llds after that, or by: "
			"freshtoken refresh %s" FT_REMEDY "%s", call->server, when,
			why.text[0] != '\0' ? why.text : "no reason known", pause, name,
			why.remedy);
	ft_error_foreign(err, why.foreign);
	return FT_TEMPORARY;
}

/* Whether the stored token can still be handed out. Time has passed: one that was good before a
 * step may have expired. */
static bool is_still_good(struct call *call)
{
	const struct ft_record *record = &call->stored.record;

	ft_moment_now(&call->stored.now);
	return !call->want.force && ft_freshness_left(record, &call->stored.now) != 0 &&
	       (!call->want.id_token || ft_freshness_id_left(record, &call->stored.now) != 0);
}

static void tell_of_old(const struct call *call, int r, const struct ft_error *err)
{
	char why[FT_ERROR_LINE] = "not in time";

	if (r != FT_BUSY && err != NULL)
		(void)ft_error_line(err, why);
	ft_context_log(call->ft, LOG_WARNING,
		       "account %s: the stored token is handed out, because no newer one was "
		       "available: %s",
		       call->account->name, why);
}

/* What has not answered may be the service, a fleet's store, or a source. A file and a variable are
 * read at once. */
static int not_yet(const struct call *call, struct ft_error *err)
{
	const char *from = call->account->from;
	const enum ft_from kind = ft_account_from(call->account);

	if (call->account->fleet != NULL) {
		(void)ft_error_set(err, FT_TEMPORARY,
				   "it or %s has not answered yet; the refresh goes on in the "
				   "background, try again in a moment", call->server);
		ft_fleet_prefix(call->account->fleet, err);
		return FT_TEMPORARY;
	}
	if (kind == FT_FROM_COMMAND || kind == FT_FROM_GITHUB_ACTIONS)
		return ft_error_set(err, FT_TEMPORARY,
				    "%s or the source %.*s has not answered yet; the refresh goes "
				    "on in the background, try again in a moment", call->server,
				    (int)ft_from_shown(from), from);
	return ft_error_set(err, FT_TEMPORARY,
			    "%s has not answered yet; the refresh goes on in the background, try "
			    "again in a moment", call->server);
}

/* Makes call->stored.record one whose token can be handed out. */
static int make_fresh(struct call *call, struct ft_error *err)
{
	int r = read_record(call, err);

	if (r == FT_LOGIN_NEEDED && await_login(call) == 0)
		r = read_record(call, err);
	if (r != 0)
		return r;
	call->want.seen = call->stored.record.generation;
	for (bool looked = false, begun = false; ; ) {
		const enum ft_action action = call->stored.action;

		if (action == FT_USE_AND_REFRESH)
			start_nobody_waits(call);
		if (action == FT_USE || action == FT_USE_AND_REFRESH)
			return 0;
		/* A person may be signing in again just now; or that process was killed. */
		if (action == FT_LOGIN) {
			if (looked || await_login(call) != 0 || read_record(call, err) != 0)
				return login_needed(call, err);
			looked = true;
			continue;
		}
		if (action == FT_COOLING)
			return cooling(call, err);
		/* The first step is made even after the deadline: the next caller uses its
		 * result. */
		if (begun && ft_monotonic_ms() >= call->deadline)
			r = FT_BUSY;
		else
			r = step(call, err);
		begun = true;
		if (r == 0)
			continue;
		if (action == FT_REFRESH_OR_USE && is_still_good(call)) {
			tell_of_old(call, r, err);
			return 0;
		}
		/* The new record may have been written just before the deadline. */
		if (r == FT_BUSY && read_record(call, NULL) == 0 && call->stored.action == FT_USE)
			return 0;
		return r == FT_BUSY ? not_yet(call, err) : r;
	}
}

static int call_init(struct freshtoken *ft, const char *name, struct call *ret,
		     struct ft_error *err)
{
	memset(ret, 0, sizeof *ret);
	ret->ft = ft;
	ret->stored = (struct ft_stored)FT_STORED_INIT;
	int r = ft_context_account(ft, name, &ret->account, err);

	if (r == 0)
		r = ft_context_server(ft, ret->account, &ret->server, err);
	if (r == 0)
		ret->want.derived = ft_account_derives(ret->account);
	return r;
}

static void call_release(struct call *call)
{
	free(call->server);
	ft_stored_release(&call->stored);
}

static int make_token(struct call *call, struct freshtoken_token **ret, struct ft_error *err)
{
	struct freshtoken_token *token = calloc(1, sizeof *token);

	if (token == NULL)
		return ft_error_memory(err);
	token->generation = call->stored.record.generation;
	token->bearer = call->account->authtype == FT_AUTHTYPE_BEARER;
	token->expires_at = token->id_expires_at = token->sign_in_ends_at = -1;
	token->issued = call->stored.record.issued.real;
	token->disbelief = call->stored.record.disbelief;
	int64_t left = ft_freshness_left(&call->stored.record, &call->stored.now);

	if (left >= 0)
		token->expires_at = (call->stored.now.real + left) / 1000;
	if (ft_record_set(&token->account, call->account->name) != 0 ||
	    ft_record_set(&token->username, call->account->username) != 0) {
		ft_token_free(token);
		return ft_error_memory(err);
	}
	token->type = call->stored.record.token_type;
	call->stored.record.token_type = NULL;
	left = call->account->id_token ?
		       ft_freshness_id_left(&call->stored.record, &call->stored.now) : 0;
	if (ft_ends_soon(&call->stored.record, call->stored.now.real))
		token->sign_in_ends_at = ft_ends_at(&call->stored.record) / 1000;
	if (left > 0) {
		token->id_expires_at = (call->stored.now.real + left) / 1000;
		ft_secret_move(&token->id, &call->stored.record.id.token);
	}
	ft_secret_move(&token->access, &call->stored.record.access_token);
	*ret = token;
	return 0;
}

int ft_context_get(struct freshtoken *ft, const char *account, const struct ft_need *need,
		   enum ft_patience patience, struct freshtoken_token **ret, struct ft_error *err)
{
	struct call call;
	int r = call_init(ft, account, &call, err);

	if (r == 0 && need != NULL && need->id_token)
		r = ft_id_token_kept(call.account, err);
	if (r == 0) {
		int64_t lifetime = need != NULL ? need->min_lifetime : 0;

		if (lifetime < call.account->min_lifetime)
			lifetime = call.account->min_lifetime;
		call.want.min_lifetime =
			lifetime > INT32_MAX ? INT64_C(1000) * INT32_MAX : lifetime * 1000;
		call.want.rejected = need != NULL ? need->rejected : 0;
		call.want.id_token = need != NULL && need->id_token;
		call.want.unknown_life = need != NULL ? need->unknown_life * 1000 : 0;
		call.once = patience == FT_PATIENCE_ONCE;
		call.deadline = need != NULL && need->deadline != 0 ? need->deadline :
				patience == FT_PATIENCE_ALL ? ft_context_patience(call.account) :
				ft_monotonic_ms() + (int64_t)call.account->wait * 1000;
		r = make_fresh(&call, err);
	}
	if (r == 0)
		r = make_token(&call, ret, err);
	if (r != 0)
		ft_context_prefix(ft, account, err);
	call_release(&call);
	return r;
}

int ft_context_over(struct freshtoken *ft, const char *account, struct ft_error *err)
{
	struct call call;
	int r = call_init(ft, account, &call, err);

	if (r == 0)
		r = read_record(&call, err);
	if (r == 0 && call.stored.action == FT_LOGIN)
		r = login_needed(&call, err);
	if (r != 0)
		ft_context_prefix(ft, account, err);
	call_release(&call);
	return r;
}

static bool is_bound(const char *type)
{
	return type != NULL && strcasecmp(type, "DPoP") == 0;
}

bool ft_context_is_vain(struct freshtoken *ft, const char *account)
{
	struct call call;
	bool vain = false;

	if (call_init(ft, account, &call, NULL) == 0 && read_record(&call, NULL) == 0)
		vain = is_bound(call.stored.record.token_type) ||
		       call.stored.action == FT_COOLING ||
		       (call.stored.action == FT_REFRESH && is_long_under_way(&call) &&
			ft_host_lock_wait(ft->host, account, 0, NULL) == FT_BUSY);
	call_release(&call);
	return vain;
}

int ft_context_refresh(struct freshtoken *ft, const char *account, int due, int64_t deadline,
		       struct ft_error *err)
{
	struct call call;
	int r = call_init(ft, account, &call, err);

	if (r == 0) {
		call.want.min_lifetime = call.account->min_lifetime * 1000;
		call.want.force = !due;
		if (due && call.account->token_file != NULL) {
			/* Readers of the file do not ask freshtoken: its token must be good until
			 * the next run of the timer. */
			call.want.id_token = call.account->token_file_id;
			if (call.want.min_lifetime < FILE_LIFETIME)
				call.want.min_lifetime = FILE_LIFETIME;
		}
		/* A person waits for the result: as long as the exchange may take. */
		call.deadline = deadline != 0 ? deadline : ft_context_patience(call.account);
		r = make_fresh(&call, err);
	}
	if (r != 0)
		ft_context_prefix(ft, account, err);
	call_release(&call);
	return r;
}

bool ft_context_is_disbelieved(const struct freshtoken_token *token)
{
	return token->disbelief.n > 0;
}

bool ft_context_stops(const struct freshtoken_token *token, int64_t client, int64_t *ret_age)
{
	struct ft_moment now;

	ft_moment_now(&now);
	*ret_age = now.real > token->issued ? (now.real - token->issued) / 1000 : 0;
	return ft_disbelief_stops(&token->disbelief, client, now.real);
}

const char *ft_token_access(const struct freshtoken_token *token)
{
	return token->access.data;
}

const char *ft_token_id(const struct freshtoken_token *token)
{
	return token->id.data;
}

const char *ft_token_type(const struct freshtoken_token *token)
{
	return token->type;
}

int ft_token_check_alone(const struct freshtoken_token *token, struct ft_error *err)
{
	if (!is_bound(token->type))
		return 0;
	return ft_error_set(err, FT_CONFIG,
			    "account %s: its tokens are bound to a key (DPoP, RFC 9449), but "
			    "this program sends a token without a proof" FT_REMEDY
			    "use an account without dpop", token->account);
}

const char *ft_token_account(const struct freshtoken_token *token)
{
	return token->account;
}

const char *ft_token_username(const struct freshtoken_token *token)
{
	return token->username;
}

int ft_token_is_bearer(const struct freshtoken_token *token)
{
	return token->bearer;
}

uint64_t ft_token_generation(const struct freshtoken_token *token)
{
	return token->generation;
}

int64_t ft_token_expires_at(const struct freshtoken_token *token)
{
	return token->expires_at;
}

int64_t ft_token_id_expires_at(const struct freshtoken_token *token)
{
	return token->id_expires_at;
}

int64_t ft_token_sign_in_ends_at(const struct freshtoken_token *token)
{
	return token->sign_in_ends_at;
}

void ft_token_free(struct freshtoken_token *token)
{
	if (token == NULL)
		return;
	ft_secret_release(&token->access);
	ft_secret_release(&token->id);
	free(token->type);
	free(token->account);
	free(token->username);
	free(token);
}
