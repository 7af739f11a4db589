/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/core/derive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/digest.h"
#include "lib/base/encode.h"
#include "lib/core/stored.h"

/* A target is "FOR", or "FOR:SHOWN" if the caller's environment identifies the caller: two
 * digests in hexadecimal. */
#define FOR_LEN ((size_t)2 * FT_DIGEST_SIZE)
#define TARGET_SIZE (2 * FOR_LEN + 2)
#define SHOWN_MAX ((size_t)1024 * 1024)

/* The sign-in at the end of the chain, without its tokens. */
struct source {
	const struct ft_account *account;	/* NULL: there is none, nobody signs in */
	int64_t signed_in;
	enum ft_verdict verdict;
	struct ft_error why;
};

static int from_where(const struct ft_account *root, int code, const struct ft_error *cause,
		      struct ft_error *err)
{
	(void)ft_error_copy(err, code, cause);
	if (code == FT_LOGIN_NEEDED && cause->remedy[0] == '\0')
		(void)ft_error_remedy(err, code, "run: freshtoken login %s", root->name);
	ft_error_prefix(err, "its tokens come from account %s", root->name);
	return code;
}

static int read_source(const struct freshtoken *ft, const struct ft_account *account,
		       struct source *ret, struct ft_error *err)
{
	const struct ft_account *root = ft_accounts_root(&ft->accounts, account);
	struct ft_stored stored = FT_STORED_INIT;
	struct ft_record *record = &stored.record;
	struct ft_error cause = FT_ERROR_INIT;
	char *server = NULL;

	if (ft_account_derives(root)) {
		*ret = (struct source){ .verdict = FT_REFRESHABLE };
		return 0;
	}
	int r = ft_context_server(ft, root, &server, &cause);

	/* The root has no source of its own, so this does not recurse again. */
	if (r == 0)
		r = ft_stored_read(ft, root, server, NULL, &stored, &cause);
	if (r == FT_NOT_FOUND && ft_context_usable(ft, root, &cause) != 0)
		r = FT_CONFIG;
	if (r == 0) {
		*ret = (struct source){ .account = root, .signed_in = record->signed_in,
					.verdict = record->verdict };
		ft_record_why(record, &ret->why);
	} else {
		r = from_where(root, r, &cause, err);
	}
	ft_stored_release(&stored);
	free(server);
	return r;
}

static void add(struct ft_buf *buf, const char *name, const char *value)
{
	if (value != NULL)
		ft_buf_addf(buf, "%s=%s\n", name, value);
}

/* Everything that decides which token the service issues. No value has a line feed. */
static void add_target(struct ft_buf *buf, const struct ft_account *account)
{
	add(buf, "grant", ft_account_grant(account));
	add(buf, "audience", account->audience);
	add(buf, "resource", account->resource);
	add(buf, "scope", account->scope);
	add(buf, "key", ft_account_secret_file(account));
	for (size_t i = 0; i < account->n_params; i++) {
		ft_buf_adds(buf, "param.");
		add(buf, account->params[i].name, account->params[i].value);
	}
}

/* The environment variable that identifies the caller; NULL: all callers get the same token. */
static const char *variable_of(const struct ft_account *account)
{
	switch (ft_account_from(account)) {
	case FT_FROM_ENVIRONMENT:
		return ft_account_from_what(account);
	case FT_FROM_GITHUB_ACTIONS:
		return "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
	default:
		return NULL;
	}
}

/* Adds what identifies the caller: jobs of several projects take turns in the home of one runner,
 * and must not get each other's tokens. A caller without the variable (*ret_lacks) is not
 * distinguished. */
static void add_shown(struct ft_buf *buf, const struct ft_account *account, bool *ret_lacks)
{
	const char *name = variable_of(account), *value = name != NULL ? getenv(name) : NULL;

	if (value != NULL && *value != '\0')
		add(buf, account->name, value);
	else if (name != NULL)
		*ret_lacks = true;
}

static void add_digest(const struct ft_buf *text, char *ret)
{
	uint8_t digest[FT_DIGEST_SIZE];

	ft_digest(text->data, text->len, digest);
	ft_hex_write(digest, sizeof digest, ret);
}

/* Includes each account in the chain of `from`s: a token that came from another caller's token is
 * another caller's, too. PAM's accounts read no environment. */
static int make_target(const struct freshtoken *ft, const struct ft_account *account,
		       char ret[TARGET_SIZE], struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FT_RECORD_MAX), shown = FT_BUF_INIT(SHOWN_MAX);
	bool lacks = ft->places.user_config == NULL;

	add_target(&text, account);
	add_shown(&shown, account, &lacks);
	while ((account = ft_accounts_source(&ft->accounts, account)) != NULL &&
	       ft_account_derives(account)) {
		add(&text, "account", account->name);
		add(&text, "provider", account->provider);
		add(&text, "server", account->server);
		add(&text, "client_id", account->client_id);
		add(&text, "from", account->from);
		add_target(&text, account);
		add_shown(&shown, account, &lacks);
	}
	int r = ft_buf_check(&text, "what the token is for", err);

	if (r == 0)
		r = ft_buf_check(&shown, "what is shown for the token", err);
	if (r == 0)
		add_digest(&text, ret);
	if (r == 0 && shown.len > 0 && !lacks) {
		ret[FOR_LEN] = ':';
		add_digest(&shown, ret + FOR_LEN + 1);
	}
	ft_buf_release(&text);
	ft_buf_release(&shown);
	return r;
}

static bool is_for(const char *stored, const char *target)
{
	if (stored == NULL || strncmp(stored, target, FOR_LEN) != 0)
		return false;
	return stored[FOR_LEN] == '\0' || target[FOR_LEN] == '\0' || strcmp(stored, target) == 0;
}

static bool is_of_use(const struct ft_record *record, const struct ft_account *account,
		      const char *server, const char *target, const struct source *source)
{
	return ft_record_belongs(record, account, server, NULL) == 0 &&
	       is_for(record->target, target) && record->signed_in == source->signed_in;
}

/* Makes a record without a token. Its generation is kept, because callers may remember it; the
 * first is 1, because 0 means "none seen". */
static int make_blank(const struct ft_account *account, const char *server, const char *target,
		      const struct source *source, struct ft_record *record, struct ft_error *err)
{
	uint64_t generation = record->generation;
	char version[sizeof record->version];

	memcpy(version, record->version, sizeof version);
	ft_record_release(record);
	memcpy(record->version, version, sizeof version);
	record->generation = generation > 0 ? generation : 1;
	record->verdict = FT_REFRESHABLE;
	record->signed_in = source->signed_in;
	return ft_record_set(&record->account, account->name) == 0 &&
	       ft_record_set(&record->provider, account->provider) == 0 &&
	       ft_record_set(&record->server, server) == 0 &&
	       ft_record_set(&record->client_id, account->client_id) == 0 &&
	       ft_record_set(&record->from, account->from) == 0 &&
	       ft_record_set(&record->target, target) == 0 ? 0 : ft_error_memory(err);
}

/* If the source needs a sign-in or is disabled, so is this record. */
static int take_trouble(const struct source *source, struct ft_record *record, struct ft_error *err)
{
	struct ft_error why = source->why;

	if (source->account == NULL)
		return 0;
	if (source->verdict != FT_NEEDS_LOGIN && source->verdict != FT_DISABLED)
		return 0;
	if (why.text[0] == '\0')
		(void)ft_error_set(&why, FT_OK, "%s", ft_verdict_name(source->verdict));
	ft_error_prefix(&why, "account %s", source->account->name);
	record->verdict = source->verdict;
	return ft_record_say(record, &why) == 0 ? 0 : ft_error_memory(err);
}

int ft_derive_read(const struct freshtoken *ft, const struct ft_account *account,
		   const char *server, struct ft_record *ret, bool *ret_damaged,
		   struct ft_error *err)
{
	char target[TARGET_SIZE] = "";
	struct ft_record record = FT_RECORD_INIT;
	struct source source = { .account = NULL };
	bool damaged = false;
	int r = ft_context_read(ft, account->name, account->name, &record, &damaged, err);

	if (r == FT_NOT_FOUND || damaged)
		r = 0;
	if (r == 0 && record.refresh_token.data != NULL)
		r = ft_error_set(err, FT_CONFIG,
				 "a sign-in of its own is still stored, from before %s:%u got %s "
				 "= %s" FT_REMEDY "run: freshtoken logout %s",
				 account->file, account->line,
				 account->from != NULL ? "from" : "grant",
				 account->from != NULL ? account->from : ft_account_grant(account),
				 account->name);
	if (r == 0)
		r = make_target(ft, account, target, err);
	if (r == 0)
		r = read_source(ft, account, &source, err);
	if (r == 0 && !is_of_use(&record, account, server, target, &source))
		r = make_blank(account, server, target, &source, &record, err);
	if (r == 0)
		r = take_trouble(&source, &record, err);
	if (r == 0) {
		*ret = record;
		*ret_damaged = damaged;
	} else {
		ft_record_release(&record);
	}
	return r;
}

int ft_derive_signs_in(const struct freshtoken *ft, const struct ft_account *account,
		       struct ft_error *err)
{
	const struct ft_account *root = ft_accounts_root(&ft->accounts, account);

	if (!ft_account_derives(account))
		return 0;
	if (!ft_account_derives(root))
		return ft_error_set(err, FT_CONFIG, "its tokens come from account %s" FT_REMEDY
				    "run: freshtoken login %s", root->name, root->name);
	return ft_error_set(err, FT_CONFIG, "nobody signs in to it: it gets its tokens by grant = "
			    "%s" FT_REMEDY "run: freshtoken token %s", ft_account_grant(account),
			    account->name);
}
