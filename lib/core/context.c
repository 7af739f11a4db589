/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/core/context.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/core/client.h"
#include "lib/exchange/request.h"
#include "lib/provider/profile.h"
#include "lib/store/sealed.h"

int ft_context_open_state(struct freshtoken *ft, struct ft_error *err)
{
	ft->ops = &ft_store_file;
	ft->seals = NULL;
	ft->store = NULL;
	ft->host = NULL;
	int r = ft_seals_new(&ft->accounts, ft->places.state, ft->places.libexec, &ft->seals, err);

	if (r == 0)
		r = ft->ops->open(ft->places.state, &ft->store, err);
	if (r == 0)
		r = ft_host_open(ft->places.state, &ft->host, err);
	if (r == 0 && ft->seals != NULL) {
		ft_host_seal(ft->host, ft->seals);
		r = ft_sealed_open(ft->ops, ft->store, ft->seals, &ft->store, err);
		if (r != 0)
			ft->store = NULL;
		ft->ops = &ft_store_sealed;
	}
	if (r != 0)
		ft_context_close_state(ft);
	return r;
}

void ft_context_close_state(struct freshtoken *ft)
{
	if (ft->ops != NULL)
		ft->ops->close(ft->store);
	ft_host_close(ft->host);
	ft_seals_free(ft->seals);
	ft->store = NULL;
	ft->host = NULL;
	ft->seals = NULL;
}

int ft_context_open_at(const struct ft_places_given *given, struct freshtoken **ret,
		       struct ft_error *err)
{
	struct freshtoken *ft = calloc(1, sizeof *ft);
	int r;

	if (ft == NULL)
		return ft_error_memory(err);
	r = ft_places_for_user(given, &ft->places, err);
	if (r == 0)
		r = ft_accounts_load_usable(&ft->places, &ft->accounts, err);
	if (r == 0)
		r = ft_context_open_state(ft, err);
	/* Only from the caller's own state: PAM, which opens the state of others, must use nothing
	 * but root's configuration. */
	if (r == 0)
		r = ft_client_give_all(ft, err);
	if (r != 0) {
		ft_context_close(ft);
		return r;
	}
	*ret = ft;
	return 0;
}

int ft_context_open(struct freshtoken **ret, struct ft_error *err)
{
	return ft_context_open_at(&(struct ft_places_given){ .self = NULL }, ret, err);
}

void ft_context_close(struct freshtoken *ft)
{
	if (ft == NULL)
		return;
	ft_context_close_state(ft);
	ft_accounts_release(&ft->accounts);
	ft_places_release(&ft->places);
	free(ft);
}

const char *ft_context_list(struct freshtoken *ft, size_t index)
{
	return index < ft->accounts.n ? ft->accounts.list[index].name : NULL;
}

int ft_context_find(struct freshtoken *ft, const char *url, const char *username,
		    const char **ret_account, struct ft_error *err)
{
	const struct ft_account *account = NULL;
	int r = ft_accounts_match(&ft->accounts, url, username, &account, err);

	if (r == 0)
		*ret_account = account->name;
	return r;
}

/* Bytes; a message does not list more names. */
#define NAMES_SHOWN_MAX 200

/* The account may be the one whose section has the error. */
static int maybe_account(const struct freshtoken *ft, const char *name, struct ft_error *err)
{
	return ft_error_set(err, FT_CONFIG,
			    "there is no account %s, or %s/freshtoken.conf has an error where it is"
			    FT_REMEDY "correct that; to see it, run: freshtoken config check "
			    "%s/freshtoken.conf",
			    name, ft->places.user_config, ft->places.user_config);
}

static int no_account(const struct freshtoken *ft, const char *name, struct ft_error *err)
{
	for (size_t i = 0; i < ft->accounts.n_problems; i++)
		if (ft->accounts.problems[i].account == NULL)
			return maybe_account(ft, name, err);

	const struct ft_account *close = ft_accounts_closest(&ft->accounts, name);
	struct ft_buf names = FT_BUF_INIT(NAMES_SHOWN_MAX);

	for (size_t i = 0; i < ft->accounts.n && names.failed == 0; i++)
		ft_buf_addf(&names, "%s%s", i > 0 ? ", " : "", ft->accounts.list[i].name);
	if (ft->accounts.n == 0)
		(void)ft_error_set(
			err, FT_NOT_FOUND,
			"there is no account %s in %s/freshtoken.conf or %s/freshtoken.conf, nor "
			"any other" FT_REMEDY "run: freshtoken add %s --server URL",
			name, ft->places.user_config, ft->places.system_config, name);
	else
		(void)ft_error_set(err, FT_NOT_FOUND,
				   "there is no account %s%s%s%s %s" FT_REMEDY
				   "see: freshtoken list; "
				   "freshtoken add makes another",
				   name, close != NULL ? "; did you mean " : "",
				   close != NULL ? close->name : "",
				   close != NULL ? "? There is" : "; there is",
				   names.failed == 0 ? names.data : "more than one");
	ft_buf_release(&names);
	return FT_NOT_FOUND;
}

int ft_context_account(const struct freshtoken *ft, const char *name,
		       const struct ft_account **ret, struct ft_error *err)
{
	const struct ft_account *account = ft_accounts_find(&ft->accounts, name);

	if (account == NULL)
		return no_account(ft, name, err);
	if (account->broken)
		return ft_error_copy(err, FT_CONFIG, ft_accounts_problem(&ft->accounts, name));
	*ret = account;
	return 0;
}

void ft_context_log(const struct freshtoken *ft, int priority, const char *format, ...)
{
	char text[FT_ERROR_LINE];
	va_list args;

	if (ft->log == NULL)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	/* Cleaned as every message is. */
	ft_error_clean(text);
	ft->log(ft->log_data, priority, text);
}

void ft_context_prefix(const struct freshtoken *ft, const char *name, struct ft_error *err)
{
	if (ft_accounts_find(&ft->accounts, name) != NULL)
		ft_error_prefix(err, "account %s", name);
}

/* A function of its own, because a profile takes much stack and is rarely needed. */
static __attribute__((noinline)) int profile_server(const struct freshtoken *ft,
						    const struct ft_account *account, char **ret,
						    struct ft_error *err)
{
	struct ft_profile profile;
	const char *server = NULL;
	int r = ft_profile_load(&ft->places, account, &profile, err);

	if (r != 0)
		return r;
	r = ft_request_server(account, &profile, &server, err);
	if (r == 0 && (*ret = strdup(server)) == NULL)
		r = ft_error_memory(err);
	ft_profile_release(&profile);
	return r;
}

int ft_context_server(const struct freshtoken *ft, const struct ft_account *account,
		      char **ret, struct ft_error *err)
{
	if (account->server == NULL)
		return profile_server(ft, account, ret, err);
	*ret = strdup(account->server);
	return *ret != NULL ? 0 : ft_error_memory(err);
}

int ft_context_usable(const struct freshtoken *ft, const struct ft_account *account,
		      struct ft_error *err)
{
	const char *secret = ft_account_secret_file(account);
	struct ft_profile profile;
	int r = ft_profile_load(&ft->places, account, &profile, err);

	if (r != 0)
		return r;
	ft_profile_release(&profile);
	if (secret != NULL && faccessat(AT_FDCWD, secret, R_OK, AT_EACCESS) != 0)
		return ft_error_errno(err, FT_CONFIG, errno, "%s %s",
				      account->client_key_file != NULL ? "client_key_file" :
				      "client_secret_file", secret);
	return 0;
}

bool ft_context_eager(const struct freshtoken *ft, const struct ft_account *account)
{
	struct ft_profile profile;

	if (account->eager >= 0)
		return account->eager != 0;
	/* If the profile cannot be read, the refresh that is needed later reports it. */
	if (ft_profile_load(&ft->places, account, &profile, NULL) != 0)
		return false;
	bool eager = profile.eager;

	ft_profile_release(&profile);
	return eager;
}

int ft_context_read(const struct freshtoken *ft, const char *account, const char *slot,
		    struct ft_record *ret, bool *ret_damaged, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FT_RECORD_MAX);
	char version[FT_STORE_VERSION_SIZE];
	int r = ft->ops->read(ft->store, slot, &text, version, err);

	/* A file that is too long, or whose key is lost, is no record either. */
	*ret_damaged = r != 0 && text.failed == FT_UNTRUSTED;
	/* Without `seal` in any file the store has not looked for sealed bytes. */
	if (r == 0 && ft_box_is(&text)) {
		r = ft_seals_open(NULL, slot, "json", &text, err);
		ft_error_prefix(err, "%s/%s.json", ft->places.state, slot);
	} else if (r == FT_LOGIN_NEEDED) {
		ft_error_prefix(err, "%s/%s.json", ft->places.state, slot);
		(void)ft_error_remedy(err, r, "bring the key back, or run: freshtoken login %s, "
				      "which keeps the file under another name", account);
	} else if (r == FT_CONFIG) {
		ft_error_prefix(err, "%s/%s.json", ft->places.state, slot);
	} else if (r == 0) {
		r = ft_record_parse(text.data, text.len, account, ret, err);
		*ret_damaged = r == FT_UNTRUSTED;
	}
	if (r == 0)
		memcpy(ret->version, version, sizeof version);
	ft_buf_release(&text);
	if (*ret_damaged && r != FT_LOGIN_NEEDED && err != NULL) {
		char cause[FT_ERROR_TEXT];

		(void)snprintf(cause, sizeof cause, "%s", err->text);
		(void)ft_error_set(err, r,
				   "%s/%s.json is no record (%.300s)" FT_REMEDY
				   "run: freshtoken login %s, "
				   "which keeps the file under another name",
				   ft->places.state, slot, cause, account);
	}
	return r;
}

int ft_context_commit(const struct freshtoken *ft, struct ft_prepared *prepared,
		      struct ft_record *record, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FT_RECORD_MAX);
	int r = ft_record_format(record, &text, err);

	if (r != 0)
		ft->ops->discard(prepared);
	else
		r = ft->ops->commit(prepared, record->version, &text, record->version, err);
	ft_buf_release(&text);
	if (r == FT_BUSY) {
		r = FT_TEMPORARY;
		if (err != NULL)
			err->code = r;
	}
	return r;
}

int ft_context_write(const struct freshtoken *ft, const char *slot, struct ft_record *record,
		     struct ft_error *err)
{
	struct ft_prepared *prepared = NULL;
	int r = ft->ops->prepare(ft->store, slot, "next", &prepared, err);

	return r != 0 ? r : ft_context_commit(ft, prepared, record, err);
}

int ft_context_succeed(const struct freshtoken *ft, const char *account, struct ft_record *record,
		       struct ft_error *err)
{
	const struct ft_account *known = ft_accounts_find(&ft->accounts, account);
	struct ft_record old = FT_RECORD_INIT;
	char *aside = NULL;
	bool damaged;
	int r = ft_context_read(ft, account, account, &old, &damaged, err);

	if (damaged)
		r = ft->ops->set_aside(ft->store, account, &aside, err);
	else if (r == FT_NOT_FOUND)
		r = 0;
	if (r == 0) {
		record->generation = old.generation + 1;
		memcpy(record->counts, old.counts, sizeof record->counts);
		memcpy(record->version, old.version, sizeof record->version);
		record->fleet = old.fleet;
		record->fleet.used = record->fleet.login = known != NULL && known->fleet != NULL;
	}
	free(aside);
	ft_record_release(&old);
	return r;
}

int ft_context_lock(const struct freshtoken *ft, const char *account, int64_t deadline,
		    int *ret_fd, struct ft_error *err)
{
	int r = ft_host_lock_await(ft->host, account, deadline, ret_fd, err);

	if (r == FT_BUSY)
		return ft_error_set(err, FT_TEMPORARY, "another process refreshes this account and"
				    " has not ended" FT_REMEDY "try again in a moment");
	return r;
}

int64_t ft_context_patience(const struct ft_account *account)
{
	return ft_monotonic_ms() + ((int64_t)account->timeout + account->wait) * 1000;
}

bool ft_context_login_pending(const struct freshtoken *ft, const char *account)
{
	struct ft_buf text = FT_BUF_INIT(FT_RECORD_MAX);
	char *slot = NULL;
	bool pending = false;

	if (asprintf(&slot, "%s~login", account) >= 0) {
		pending = ft->ops->read(ft->store, slot, &text, NULL, NULL) == 0;
		free(slot);
	}
	ft_buf_release(&text);
	return pending;
}
