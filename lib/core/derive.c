#include "config.h"
#include "lib/core/derive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/stored.h"

/* The sign-in at the end of the chain, without its tokens. */
struct source {
	const struct ft_account *account;
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
	int r = ft_context_server(ft, root, &server, &cause);

	/* That one has no source of its own. */
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

/* All that the new token has to be for; a value has no line feed. */
static void add_target(struct ft_buf *buf, const char *name, const char *value)
{
	if (value != NULL)
		ft_buf_addf(buf, "%s%s=%s", buf->len > 0 ? "\n" : "", name, value);
}

static int make_target(const struct ft_account *account, struct ft_buf *ret, struct ft_error *err)
{
	add_target(ret, "audience", account->audience);
	add_target(ret, "resource", account->resource);
	add_target(ret, "scope", account->scope);
	return ft_buf_check(ret, "audience, resource and scope", err);
}

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool is_of_use(const struct ft_record *record, const struct ft_account *account,
		      const char *server, const char *target, const struct source *source)
{
	return ft_record_belongs(record, account, server, NULL) == 0 &&
	       same(record->target, target) && record->signed_in == source->signed_in;
}

/* No token, and nothing known of one; who remembers a generation must not meet it again. (The
 * first is 1: 0 is what nobody has seen.) */
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

/* Only a person can help, by signing in to the source. */
static int take_trouble(const struct source *source, struct ft_record *record, struct ft_error *err)
{
	struct ft_error why = source->why;

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
	struct ft_buf target = FT_BUF_INIT(4096);
	struct ft_record record = FT_RECORD_INIT;
	struct source source = { .account = NULL };
	bool damaged = false;
	int r = ft_context_read(ft, account->name, account->name, &record, &damaged, err);

	if (r == FT_NOT_FOUND || damaged)
		r = 0;
	if (r == 0 && record.refresh_token.data != NULL)
		r = ft_error_set(err, FT_CONFIG,
				 "a sign-in of its own is still stored, from before %s:%u got from "
				 "= %s" FT_REMEDY "run: freshtoken logout %s",
				 account->file, account->line, account->from, account->name);
	if (r == 0)
		r = make_target(account, &target, err);
	if (r == 0)
		r = read_source(ft, account, &source, err);
	if (r == 0 && !is_of_use(&record, account, server, target.data, &source))
		r = make_blank(account, server, target.data, &source, &record, err);
	if (r == 0)
		r = take_trouble(&source, &record, err);
	if (r == 0) {
		*ret = record;
		*ret_damaged = damaged;
	} else {
		ft_record_release(&record);
	}
	ft_buf_release(&target);
	return r;
}

int ft_derive_signs_in(const struct freshtoken *ft, const struct ft_account *account,
		       struct ft_error *err)
{
	const char *root = ft_accounts_root(&ft->accounts, account)->name;

	return account->from == NULL ?
		       0 :
		       ft_error_set(err, FT_CONFIG,
				    "its tokens come from account %s" FT_REMEDY
				    "run: freshtoken login %s",
				    root, root);
}
