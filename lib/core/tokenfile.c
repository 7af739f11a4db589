/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/core/tokenfile.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/base/token.h"
#include "lib/core/idtoken.h"
#include "lib/file/published.h"

/* The token for the file; NULL: there is none. */
static const struct ft_secret *token_of(const struct ft_account *account,
					const struct ft_record *record)
{
	const struct ft_secret *token =
		account->token_file_id ? &record->id.token : &record->access_token;

	return token->data != NULL ? token : NULL;
}

/* Whether freshtoken may have written this: it is empty, or one token (with a line feed, if an
 * editor saved it). Any other file is never overwritten or removed. */
static bool may_be_ours(const struct ft_buf *text)
{
	size_t len = text->len;

	if (len > 0 && text->data[len - 1] == '\n')
		len--;
	return len == 0 || ft_token_valid(text->data, len);
}

static int other_text(const struct ft_account *account, struct ft_error *err)
{
	return ft_error_set(err, FT_UNTRUSTED, "%s holds something other than a token" FT_REMEDY
			    "remove it, or name another file", account->token_file);
}

/* Reads the file: 0, FT_NOT_FOUND, or the error. */
static int look(const struct ft_account *account, const struct ft_published *file,
		struct ft_buf *ret, mode_t *ret_mode, struct ft_error *err)
{
	int r = ft_published_read(file, ret, ret_mode, err);

	if (ret->failed == FT_UNTRUSTED)
		return other_text(account, err);
	return r == 0 && !may_be_ours(ret) ? other_text(account, err) : r;
}

static bool holds(const struct ft_buf *text, const struct ft_secret *token)
{
	return text->len == token->len && memcmp(text->data, token->data, token->len) == 0;
}

static int put(const struct ft_account *account, const struct ft_record *record,
	       struct ft_error *err)
{
	const struct ft_secret *token = token_of(account, record);
	struct ft_published file = FT_PUBLISHED_INIT;
	struct ft_buf text = FT_BUF_INIT(FT_TOKEN_MAX + 1);
	mode_t mode = 0;

	if (token == NULL)
		return account->token_file_id ? ft_id_token_missing(account, record, err) : 0;
	int r = ft_published_open(account->token_file, true, &file, err);

	if (r == 0) {
		r = look(account, &file, &text, &mode, err);
		if (r == FT_NOT_FOUND || (r == 0 && (mode != account->token_file_rights ||
						     !holds(&text, token))))
			r = ft_published_write(&file, account->token_file_rights, token->data,
					       token->len, err);
	}
	ft_published_close(&file);
	ft_buf_release(&text);
	return r;
}

static void put_and_note(const struct freshtoken *ft, const struct ft_account *account,
			 struct ft_record *record)
{
	struct ft_error err = FT_ERROR_INIT;
	char line[FT_ERROR_LINE];
	const char *why = NULL;

	if (account->token_file != NULL && put(account, record, &err) != 0)
		why = ft_error_line(&err, line);
	if (why == NULL && record->file_trouble == NULL)
		return;
	if (why != NULL)
		ft_context_log(ft, LOG_WARNING, "account %s: token_file: %s", account->name, why);
	if (ft_record_set(&record->file_trouble, why) == 0)
		(void)ft_context_write(ft, account->name, record, NULL);
}

void ft_token_file_renew(const struct freshtoken *ft, const struct ft_account *account,
			 struct ft_record *record)
{
	if (record->verdict == FT_FRESH)
		put_and_note(ft, account, record);
}

static void withdraw(const struct freshtoken *ft, const struct ft_account *account)
{
	struct ft_error err = FT_ERROR_INIT;
	char line[FT_ERROR_LINE];

	if (ft_token_file_remove(account, &err) != 0)
		ft_context_log(ft, LOG_WARNING, "account %s: %s", account->name,
			       ft_error_line(&err, line));
}

/* Removes the files of accounts whose tokens came from the previous sign-in. Their locks are not
 * needed: a process that is writing one just now checks the sign-in again after it has written. */
static void withdraw_derived(const struct freshtoken *ft, const struct ft_account *account)
{
	for (size_t i = 0; i < ft->accounts.n; i++)
		if (ft_accounts_descends(&ft->accounts, &ft->accounts.list[i], account))
			withdraw(ft, &ft->accounts.list[i]);
}

void ft_token_file_sign_in(const struct freshtoken *ft, const struct ft_account *account,
			   struct ft_record *record)
{
	if (record->verdict == FT_FRESH && account->token_file != NULL) {
		put_and_note(ft, account, record);
		if (record->file_trouble != NULL)
			withdraw(ft, account);
	}
	withdraw_derived(ft, account);
}

void ft_token_file_refused(const struct freshtoken *ft, const struct ft_account *account,
			   const struct ft_record *record)
{
	const struct ft_want want = { .id_token = account->token_file_id };
	struct ft_moment now;

	ft_moment_now(&now);
	if (record->verdict == FT_DISABLED || !ft_freshness_alive(record, &want, &now))
		withdraw(ft, account);
	if (record->verdict == FT_DISABLED)
		withdraw_derived(ft, account);
}

static int check(const struct ft_account *account, const struct ft_record *record,
		 struct ft_error *err)
{
	const struct ft_secret *token = token_of(account, record);
	struct ft_published file = FT_PUBLISHED_INIT;
	struct ft_buf text = FT_BUF_INIT(FT_TOKEN_MAX + 1);
	mode_t mode = 0;
	int r = ft_published_open(account->token_file, false, &file, err);

	if (r == 0)
		r = look(account, &file, &text, &mode, err);
	if (r == FT_NOT_FOUND)
		(void)ft_error_set(err, r, "%s does not exist" FT_REMEDY
				   "run: freshtoken refresh %s --due", account->token_file,
				   account->name);
	else if (r == 0 && token != NULL && !holds(&text, token))
		r = ft_error_set(err, FT_NOT_FOUND, "%s does not hold the newest token" FT_REMEDY
				 "run: freshtoken refresh %s --due", account->token_file,
				 account->name);
	ft_published_close(&file);
	ft_buf_release(&text);
	return r;
}

int ft_token_file_check(const struct ft_account *account, const struct ft_record *record,
			struct ft_error *err)
{
	int r = account->token_file != NULL ? check(account, record, err) : 0;

	/* Adds why writing failed, because the cause may be gone by now (a full disk). */
	if (r == FT_NOT_FOUND && record->file_trouble != NULL && err != NULL)
		ft_error_add(err, record->file_trouble);
	if (r != 0)
		ft_error_prefix(err, "token_file");
	return r;
}

int ft_token_file_ensure(const struct freshtoken *ft, const char *name, struct ft_error *err)
{
	const struct ft_account *account = ft_accounts_find(&ft->accounts, name);
	struct ft_want want = { .id_token = account != NULL && account->token_file_id };
	struct ft_record record = FT_RECORD_INIT;
	struct ft_moment now;
	bool damaged;
	int lock = -1, r;

	if (account == NULL || account->token_file == NULL)
		return 0;
	r = ft_context_read(ft, name, name, &record, &damaged, err);
	if (r != 0 || (check(account, &record, NULL) == 0 && record.file_trouble == NULL))
		goto out;
	/* A process that holds the lock longer is renewing the record, and writes the file then. */
	if (ft_host_lock_await(ft->host, name, ft_monotonic_ms() + (int64_t)account->wait * 1000,
			       &lock, NULL) != 0)
		goto out;
	ft_record_release(&record);
	r = ft_context_read(ft, name, name, &record, &damaged, err);
	ft_moment_now(&now);
	if (r != 0 || !ft_freshness_alive(&record, &want, &now))
		goto out;
	put_and_note(ft, account, &record);
	r = ft_token_file_check(account, &record, err);
	/* FT_NOT_FOUND would mean a missing account to the caller. */
	if (r == FT_NOT_FOUND)
		r = FT_SYSTEM;
	if (r != 0 && err != NULL)
		err->code = r;
out:
	if (lock >= 0)
		(void)close(lock);
	ft_record_release(&record);
	return r;
}

int ft_token_file_remove(const struct ft_account *account, struct ft_error *err)
{
	struct ft_published file = FT_PUBLISHED_INIT;
	struct ft_buf text = FT_BUF_INIT(FT_TOKEN_MAX + 1);
	mode_t mode = 0;

	if (account->token_file == NULL)
		return 0;
	int r = ft_published_open(account->token_file, false, &file, err);

	if (r == 0)
		r = look(account, &file, &text, &mode, err);
	if (r == 0)
		r = ft_published_remove(&file, err);
	ft_published_close(&file);
	ft_buf_release(&text);
	if (r == FT_NOT_FOUND)
		return 0;
	if (r != 0)
		ft_error_prefix(err, "token_file");
	return r;
}
