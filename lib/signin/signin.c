/* SPDX-License-Identifier: MIT */
/*
 * signin.c - changes a sign-in otherwise than by a refresh: store, invalidate, erase
 */
#include "config.h"
#include "lib/core/context.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/base/fingerprint.h"
#include "lib/base/token.h"
#include "lib/core/derive.h"
#include "lib/core/ends.h"
#include "lib/core/handover.h"
#include "lib/core/idtoken.h"
#include "lib/core/tokenfile.h"
#include "lib/signin/signin.h"

/* ms after a refresh in which a refusal of the previous token shows that the service ends tokens
 * when it replaces them. */
#define LESSON_MS 60000

/* Whether the record has this token, and it is not refused yet. NULL: any token. */
static bool concerns(const struct ft_record *record, const char *access_token)
{
	return record->access_token.data != NULL && !record->rejected &&
	       (access_token == NULL ||
		ft_secret_equal(&record->access_token, access_token, strlen(access_token)));
}

/* Marks the token as refused; but a refusal right after a refresh that another refusal caused is
 * only counted. */
static struct ft_refusal refuse(struct ft_record *record, int64_t client)
{
	struct ft_refusal refusal = { 0 };
	struct ft_moment now;

	ft_moment_now(&now);
	if (!ft_freshness_believes_rejection(record, &now)) {
		refusal.disbelieved = ft_disbelief_add(&record->disbelief, client, now.real);
		refusal.age = ft_moment_since(&now, &record->issued) / 1000;
		return refusal;
	}
	record->rejected = true;
	record->disbelief = (struct ft_disbelief){ 0 };
	return refusal;
}

/* Whether a refusal shows that the service ends a token when it issues the next one. The refused
 * token is the one before this one; it was handed out before this one was issued, and should still
 * live. */
static bool teaches(const struct freshtoken *ft, const struct ft_account *account,
		    const struct ft_record *record, const char *access_token)
{
	char fingerprint[FT_FINGERPRINT_SIZE];
	struct ft_secret token = { (char *)access_token, 0 };
	struct ft_moment now;

	if (access_token == NULL || record->lazy || record->replaced[0] == '\0' ||
	    account->eager >= 0)
		return false;
	token.len = strlen(access_token);
	ft_fingerprint(&token, fingerprint);
	ft_moment_now(&now);
	int64_t age = ft_moment_since(&now, &record->issued);

	return strcmp(fingerprint, record->replaced) == 0 && age >= 0 && age < LESSON_MS &&
	       ft_context_eager(ft, account);
}

static int read_one(const struct freshtoken *ft, const char *account, struct ft_record *ret,
		    struct ft_error *err)
{
	bool damaged;

	return ft_context_read(ft, account, account, ret, &damaged, err);
}

/* Applies change to the record of this token, and writes the record if that changes something.
 * Looks without the lock first, then again under it. */
static int note(struct freshtoken *ft, const char *name, const char *access_token, int64_t client,
		bool (*change)(struct ft_disbelief *disbelief, int64_t client), bool *ret_news,
		struct ft_error *err)
{
	struct ft_record record = FT_RECORD_INIT;
	int lock = -1, r = read_one(ft, name, &record, err);

	*ret_news = r == 0 && concerns(&record, access_token) && change(&record.disbelief, client);
	/* Nearly always nothing changes; then no lock is taken. */
	if (!*ret_news)
		goto out;
	r = ft_context_lock(ft, name, ft_monotonic_ms() + 1000, &lock, err);
	if (r != 0)
		goto out;
	ft_record_release(&record);
	r = read_one(ft, name, &record, err);
	*ret_news = r == 0 && concerns(&record, access_token) && change(&record.disbelief, client);
	if (*ret_news)
		r = ft_context_write(ft, name, &record, err);
out:
	if (lock >= 0)
		(void)close(lock);
	ft_record_release(&record);
	return r;
}

int ft_signin_works(struct freshtoken *ft, const char *name, const char *access_token,
		    int64_t client, struct ft_error *err)
{
	bool ignored;

	return note(ft, name, access_token, client, ft_disbelief_works, &ignored, err);
}

bool ft_signin_tell(struct freshtoken *ft, const char *name, const char *access_token,
		    int64_t client)
{
	bool news;

	/* If it cannot be written, the client may be told twice. */
	return note(ft, name, access_token, client, ft_disbelief_tell, &news, NULL) != 0 || news;
}

static int refused_until(struct freshtoken *ft, const char *name, const char *access_token,
			 int64_t client, int64_t deadline, struct ft_refusal *ret,
			 struct ft_error *err)
{
	const struct ft_account *account = NULL;
	struct ft_record record = FT_RECORD_INIT;
	struct ft_refusal refusal = { 0 };
	int lock = -1, r = ft_context_account(ft, name, &account, err);

	if (r == 0)
		r = read_one(ft, name, &record, err);
	/* Most refusals are of a token that was replaced already: no lock for those. */
	if (r != 0 || (!concerns(&record, access_token) &&
		       !teaches(ft, account, &record, access_token)))
		goto out;
	if (deadline == 0)
		deadline = ft_monotonic_ms() + (int64_t)account->wait * 1000;
	r = ft_context_lock(ft, name, deadline, &lock, err);
	if (r != 0)
		goto out;
	ft_record_release(&record);
	r = read_one(ft, name, &record, err);
	if (r == 0 && concerns(&record, access_token)) {
		refusal = refuse(&record, client);
		r = ft_context_write(ft, name, &record, err);
	} else if (r == 0 && teaches(ft, account, &record, access_token)) {
		refusal.learnt = record.lazy = true;
		r = ft_context_write(ft, name, &record, err);
		ft_context_log(ft, LOG_INFO,
			       "account %s: its service ends a token when it issues "
			       "the next one; from now on it is refreshed only when necessary",
			       name);
	}
out:
	*ret = refusal;
	if (lock >= 0)
		(void)close(lock);
	ft_record_release(&record);
	if (r == FT_NOT_FOUND && account != NULL)
		return 0;	/* nothing stored, nothing to invalidate */
	if (r != 0)
		ft_context_prefix(ft, name, err);
	return r;
}

int ft_signin_refused(struct freshtoken *ft, const char *name, const char *access_token,
		      int64_t client, struct ft_refusal *ret, struct ft_error *err)
{
	return refused_until(ft, name, access_token, client, 0, ret, err);
}

int ft_signin_invalidate(struct freshtoken *ft, const char *name, const char *access_token,
			 int64_t deadline, struct ft_error *err)
{
	struct ft_refusal ignored;

	return refused_until(ft, name, access_token, 0, deadline, &ignored, err);
}

static int fill_record(const struct ft_service *service, struct ft_signin *signin,
		       struct ft_record *record, struct ft_error *err)
{
	const struct ft_account *account = service->account;
	struct ft_judgement *j = &signin->judgement;

	if (ft_record_set(&record->account, account->name) != 0 ||
	    ft_record_set(&record->provider, account->provider) != 0 ||
	    ft_record_set(&record->server, service->server) != 0 ||
	    ft_record_set(&record->elsewhere, service->profile.elsewhere) != 0 ||
	    ft_record_set(&record->client_id, account->client_id) != 0 ||
	    ft_record_set(&record->token_type, j->token_type) != 0 ||
	    ft_record_set(&record->subject, j->subject) != 0)
		return ft_error_memory(err);
	ft_secret_move(&record->access_token, &j->access_token);
	ft_secret_move(&record->refresh_token, &j->refresh_token);
	record->signed_in = signin->sent.real;
	record->issued = signin->sent;
	record->lifetime = j->lifetime;
	record->verdict = FT_FRESH;
	ft_id_token_take(account, j, &signin->sent, record);
	ft_ends_take(j, &signin->sent, true, record);
	if (ft_record_say(record, &j->why) != 0)
		return ft_error_memory(err);
	ft_moment_now(&record->checked);
	return 0;
}

/* Removes what a killed "login --token" has left before its refresh token was proven. */
static int forget_unproven(struct freshtoken *ft, const char *name, struct ft_error *err)
{
	char *login = NULL;
	int r = asprintf(&login, "%s~login", name) < 0 ? ft_error_memory(err) : 0;

	if (r == 0)
		r = ft->ops->remove(ft->store, login, err);
	if (r == 0)
		r = ft_host_answer_remove(ft->host, login, err);
	free(login);
	return r;
}

/* Sends a new sign-in to the fleet's store at once. Releases the lock. */
static int give_to_fleet(struct freshtoken *ft, const struct ft_account *account, int *lock,
			 struct ft_error *err)
{
	const struct ft_want want = { .settle = true };
	bool silent;
	int result = -1, r = ft_handover_start(ft, account->name, &want, *lock, -1, &result, err);

	(void)close(*lock);
	*lock = -1;
	if (r == 0)
		r = ft_handover_result(result, ft_context_patience(account), &silent, err);
	if (result >= 0)
		(void)close(result);
	if (r != 0)
		ft_error_prefix(err, FT_HANDOVER_KEPT);
	return r;
}

int ft_signin_keep(struct freshtoken *ft, const struct ft_service *service,
		   struct ft_signin *signin, struct ft_error *err)
{
	const char *name = service->account->name;
	struct ft_record record = FT_RECORD_INIT;
	int lock = -1, r = ft_derive_signs_in(ft, service->account, err);

	if (r == 0)
		r = ft_context_lock(ft, name, ft_context_patience(service->account), &lock, err);
	if (r == 0)
		r = ft_context_succeed(ft, name, &record, err);
	if (r == 0)
		r = fill_record(service, signin, &record, err);
	if (r == 0)
		r = ft_context_write(ft, name, &record, err);
	if (r == 0)
		ft_token_file_sign_in(ft, service->account, &record);
	/* Otherwise an older exchange that is settled later would replace this sign-in. */
	if (r == 0) {
		(void)ft_host_answer_remove(ft->host, name, NULL);
		(void)ft_host_unread_remove(ft->host, name, NULL);
		(void)forget_unproven(ft, name, NULL);
	}
	if (r == 0 && service->account->fleet != NULL)
		r = give_to_fleet(ft, service->account, &lock, err);
	if (lock >= 0)
		(void)close(lock);
	ft_record_release(&record);
	return r;
}

/* Passes the tokens in an anonymous file: other users can see argv, and programs the
 * environment. */
static int tokens_file(const char *refresh_token, const char *access_token, int *ret_fd,
		       struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(2 * FT_TOKEN_MAX + 2);
	int fd = -1, r;

	ft_buf_adds(&text, refresh_token);
	ft_buf_adds(&text, "\n");
	ft_buf_adds(&text, access_token != NULL ? access_token : "");
	r = ft_buf_check(&text, "the sign-in", err);
	if (r == 0) {
		fd = memfd_create("freshtoken-login", MFD_CLOEXEC);
		if (fd < 0 || write(fd, text.data, text.len) != (ssize_t)text.len ||
		    lseek(fd, 0, SEEK_SET) != 0)
			r = ft_error_errno(err, FT_SYSTEM, errno,
					   "cannot pass the refresh token on");
	}
	ft_buf_release(&text);
	if (r != 0 && fd >= 0)
		(void)close(fd);
	else if (r == 0)
		*ret_fd = fd;
	return r;
}

static int check_token(const char *token, bool (*valid)(const char *data, size_t len),
		       const char *what, struct ft_error *err)
{
	if (token == NULL || valid(token, strlen(token)))
		return 0;
	return ft_error_set(err, FT_CONFIG, "the %s is empty, longer than %d bytes, or has a byte"
			    " that no such token may have", what, FT_TOKEN_MAX);
}

int ft_signin_store(struct freshtoken *ft, const char *name, const char *refresh_token,
		    const char *access_token, int64_t deadline, struct ft_error *err)
{
	const struct ft_account *account = NULL;
	struct ft_want want = { .force = true };
	int lock = -1, tokens = -1, result = -1, r = ft_context_account(ft, name, &account, err);
	bool silent = false;

	if (r == 0)
		r = ft_derive_signs_in(ft, account, err);
	if (r == 0)
		r = check_token(refresh_token != NULL ? refresh_token : "", ft_refresh_token_valid,
				"refresh token", err);
	if (r == 0)
		r = check_token(access_token, ft_token_valid, "access token", err);
	if (r == 0)
		r = tokens_file(refresh_token, access_token, &tokens, err);
	if (r == 0)
		r = ft_context_lock(ft, name,
				    deadline != 0 ? deadline : ft_context_patience(account), &lock,
				    err);
	if (r == 0)
		r = ft_handover_start(ft, name, &want, lock, tokens, &result, err);
	if (lock >= 0)
		(void)close(lock);
	if (r == 0)
		r = ft_handover_result(result,
				       deadline != 0 ? deadline : ft_context_patience(account),
				       &silent, err);
	if (r == FT_BUSY)
		r = ft_error_set(err, FT_TEMPORARY,
				 "the service has not answered yet" FT_REMEDY
				 "if it does, the sign-in is "
				 "kept. See: freshtoken status %s",
				 name);
	if (tokens >= 0)
		(void)close(tokens);
	if (result >= 0)
		(void)close(result);
	if (r != 0)
		ft_context_prefix(ft, name, err);
	return r;
}

int ft_signin_forget(struct freshtoken *ft, const char *name, struct ft_error *err)
{
	const struct ft_account *account = ft_accounts_find(&ft->accounts, name);
	struct ft_error left = FT_ERROR_INIT;
	/* The token file before the record: while there is a record, another sign-out finds it. */
	const int file = account != NULL ? ft_token_file_remove(account, &left) : 0;
	/* Then the record, before the other files: after an interruption those must not bring the
	 * sign-in back. */
	int r = ft->ops->remove(ft->store, name, err);

	if (r == 0)
		r = ft_host_answer_remove(ft->host, name, err);
	if (r == 0)
		r = ft_host_unread_remove(ft->host, name, err);
	if (r == 0)
		r = ft_host_told_remove(ft->host, name, err);
	if (r == 0)
		r = ft_host_key_remove(ft->host, name, err);
	if (r == 0)
		r = forget_unproven(ft, name, err);
	return r != 0 || file == 0 ? r : ft_error_copy(err, file, &left);
}

int ft_signin_erase(struct freshtoken *ft, const char *name, int64_t deadline,
		    struct ft_error *err)
{
	const struct ft_account *account = NULL;
	int lock = -1, r = ft_context_account(ft, name, &account, err);

	if (r == 0)
		r = ft_context_lock(ft, name,
				    deadline != 0 ? deadline : ft_context_patience(account), &lock,
				    err);
	if (r == 0)
		r = ft_signin_forget(ft, name, err);
	if (lock >= 0)
		(void)close(lock);
	if (r != 0)
		ft_context_prefix(ft, name, err);
	return r;
}
