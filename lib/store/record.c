/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/store/record.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/token.h"
#include "lib/data/json.h"

#define RECORD_VERSION 1

static const struct {
	enum ft_verdict verdict;
	const char *name;
} verdicts[] = {
	{ FT_FRESH, "fresh" },
	{ FT_REFRESHABLE, "refreshable" },
	{ FT_NEEDS_LOGIN, "needs-login" },
	{ FT_DISABLED, "disabled" },
	{ FT_UNREACHABLE, "unreachable" },
	{ FT_SIGNED_OUT, "signed-out" },
};

const char *ft_verdict_name(enum ft_verdict verdict)
{
	for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
		if (verdicts[i].verdict == verdict)
			return verdicts[i].name;
	return "unknown";
}

int ft_record_set(char **member, const char *value)
{
	char *copy = NULL;

	if (value != NULL && (copy = strdup(value)) == NULL)
		return FT_NO_MEMORY;
	free(*member);
	*member = copy;
	return 0;
}

int ft_record_say(struct ft_record *record, const struct ft_error *why)
{
	static const struct ft_error nothing = FT_ERROR_INIT;

	if (why == NULL || why->text[0] == '\0')
		why = &nothing;
	return ft_record_set(&record->reason, why->text[0] != '\0' ? why->text : NULL) == 0 &&
			       ft_record_set(&record->service_says,
					     why->foreign[0] != '\0' ? why->foreign : NULL) == 0 &&
			       ft_record_set(&record->remedy,
					     why->remedy[0] != '\0' ? why->remedy : NULL) == 0
		       ? 0
		       : FT_NO_MEMORY;
}

void ft_record_why(const struct ft_record *record, struct ft_error *ret)
{
	(void)ft_error_set(ret, FT_OK, "%s", record->reason != NULL ? record->reason : "");
	ft_error_foreign(ret, record->service_says);
	if (record->remedy != NULL)
		(void)ft_error_remedy(ret, FT_OK, "%s", record->remedy);
}

void ft_record_release(struct ft_record *record)
{
	if (record == NULL)
		return;
	free(record->account);
	free(record->provider);
	free(record->server);
	free(record->client_id);
	free(record->elsewhere);
	free(record->from);
	free(record->target);
	free(record->token_type);
	free(record->subject);
	free(record->reason);
	free(record->service_says);
	free(record->remedy);
	free(record->file_trouble);
	ft_secret_release(&record->access_token);
	ft_secret_release(&record->refresh_token);
	ft_secret_release(&record->id.token);
	*record = (struct ft_record)FT_RECORD_INIT;
}

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	(void)json_object_object_get_ex(object, key, &value);
	return value;
}

static void copy_text(char *to, size_t size, const char *from)
{
	size_t len = from != NULL ? strnlen(from, size - 1) : 0;

	if (len > 0)
		memcpy(to, from, len);
	to[len] = '\0';
}

static void parse_moment(struct json_object *object, struct ft_moment *ret)
{
	ret->real = ft_json_int(object, "real", 0);
	ret->boot = ft_json_int(object, "boot", 0);
	copy_text(ret->boot_id, sizeof ret->boot_id, ft_json_string(object, "boot_id"));
}

static void parse_journal(struct json_object *object, struct ft_journal *ret)
{
	if (object == NULL)
		return;
	ret->present = true;
	ret->settled = ft_json_bool(object, "settled", false);
	ret->replay = ft_json_int(object, "replay", FT_REPLAY_WINDOW_NEVER);
	copy_text(ret->id, sizeof ret->id, ft_json_string(object, "id"));
	copy_text(ret->fingerprint, sizeof ret->fingerprint, ft_json_string(object, "fingerprint"));
	copy_text(ret->host, sizeof ret->host, ft_json_string(object, "host"));
	parse_moment(member(object, "moment"), &ret->moment);
	ret->first = ret->moment;	/* an older version does not write it */
	if (member(object, "first") != NULL)
		parse_moment(member(object, "first"), &ret->first);
}

static void parse_fleet(struct json_object *object, struct ft_record_fleet *ret)
{
	struct json_object *held = member(object, "held");

	ret->used = object != NULL;
	ret->login = ft_json_bool(object, "login", false);
	ret->away = ft_json_bool(object, "away", false);
	ret->generation = (uint64_t)ft_json_int(object, "generation", 0);
	copy_text(ret->revision, sizeof ret->revision, ft_json_string(object, "revision"));
	copy_text(ret->owner, sizeof ret->owner, ft_json_string(object, "owner"));
	copy_text(ret->nonce, sizeof ret->nonce, ft_json_string(object, "nonce"));
	copy_text(ret->held.nonce, sizeof ret->held.nonce, ft_json_string(held, "nonce"));
	copy_text(ret->held.host, sizeof ret->held.host, ft_json_string(held, "host"));
	parse_moment(member(held, "seen"), &ret->held.seen);
}

static int parse_strings(struct json_object *object, struct ft_record *record)
{
	struct {
		const char *key;
		char **to;
	} strings[] = {
		{ "account", &record->account }, { "provider", &record->provider },
		{ "server", &record->server }, { "client_id", &record->client_id },
		{ "elsewhere", &record->elsewhere },
		{ "from", &record->from }, { "target", &record->target },
		{ "token_type", &record->token_type }, { "subject", &record->subject },
		{ "reason", &record->reason }, { "service_says", &record->service_says },
		{ "remedy", &record->remedy }, { "file_trouble", &record->file_trouble },
	};

	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
		if (ft_record_set(strings[i].to, ft_json_string(object, strings[i].key)) != 0)
			return FT_NO_MEMORY;
	if (ft_json_secret(object, "access_token", &record->access_token) != 0)
		return FT_NO_MEMORY;
	return ft_json_secret(object, "refresh_token", &record->refresh_token);
}

/* Tokens are written in git's line protocol: an edited record must not add lines to it. */
static bool usable(const struct ft_record *record)
{
	return record->provider != NULL && record->server != NULL && record->generation > 0 &&
	       (record->access_token.data == NULL ||
		ft_token_valid(record->access_token.data, record->access_token.len)) &&
	       (record->refresh_token.data == NULL ||
		ft_refresh_token_valid(record->refresh_token.data, record->refresh_token.len)) &&
	       (record->id.token.data == NULL ||
		ft_token_valid(record->id.token.data, record->id.token.len));
}

static int parse_id_token(struct json_object *object, struct ft_id_token *ret)
{
	if (object == NULL)
		return 0;
	ret->lifetime = ft_json_int(object, "lifetime", 0);
	ret->unrenewed = ft_json_bool(object, "unrenewed", false);
	parse_moment(member(object, "issued"), &ret->issued);
	return ft_json_secret(object, "token", &ret->token);
}

static void parse_refused(struct json_object *object, struct ft_record *record)
{
	struct json_object *refused = member(object, "refused");

	if (refused == NULL)
		return;
	int64_t count = ft_json_int(refused, "count", 0);

	record->refused.count = count < 0 || count > INT32_MAX ? 0 : (unsigned)count;
	copy_text(record->refused.as, sizeof record->refused.as, ft_json_string(refused, "as"));
}

static int add_refused(struct json_object *object, const struct ft_record *record)
{
	if (record->refused.count == 0 && record->refused.as[0] == '\0')
		return 0;
	struct json_object *refused = json_object_new_object();
	int r = ft_json_add_int(refused, "count", record->refused.count);

	if (record->refused.as[0] != '\0')
		r |= ft_json_add_string(refused, "as", record->refused.as);
	return r | ft_json_add(object, "refused", refused);
}

static void parse_counts(struct json_object *object, struct ft_record *record)
{
	struct json_object *counts = member(object, "counts");
	size_t n = json_object_is_type(counts, json_type_array) ? json_object_array_length(counts) :
		   0;

	for (size_t i = 0; i < n && i < FT_ENDINGS; i++) {
		struct json_object *count = json_object_array_get_idx(counts, i);
		int64_t value = json_object_is_type(count, json_type_int) ?
					json_object_get_int64(count) : 0;

		record->counts[i] = value > 0 ? (uint64_t)value : 0;
	}
}

static int add_counts(struct json_object *object, const struct ft_record *record)
{
	struct json_object *counts = json_object_new_array();
	int r = counts != NULL ? 0 : FT_NO_MEMORY;

	for (size_t i = 0; r == 0 && i < FT_ENDINGS; i++) {
		struct json_object *count = json_object_new_int64((int64_t)record->counts[i]);

		if (count == NULL || json_object_array_add(counts, count) != 0) {
			json_object_put(count);
			r = FT_NO_MEMORY;
		}
	}
	if (r == 0)
		return ft_json_add(object, "counts", counts);
	json_object_put(counts);
	return r;
}

static bool was_counted(const struct ft_record *record)
{
	for (size_t i = 0; i < FT_ENDINGS; i++)
		if (record->counts[i] != 0)
			return true;
	return false;
}

static void parse_disbelief(struct json_object *object, struct ft_disbelief *ret)
{
	struct json_object *list = member(object, "disbelieved");
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < n && ret->n < FT_DISBELIEF_CLIENTS; i++) {
		struct json_object *noted = json_object_array_get_idx(list, i);
		int64_t count = ft_json_int(noted, "count", 0);

		if (count > 0 && count <= INT32_MAX)
			ret->clients[ret->n++] = (struct ft_disbelieved){
				.client = ft_json_int(noted, "client", 0),
				.at = ft_json_int(noted, "at", 0), .count = (unsigned)count,
				.told = ft_json_bool(noted, "told", false)
			};
	}
	ret->works = ret->n > 0 && ft_json_bool(object, "works", false);
}

static int add_disbelief(struct json_object *object, const struct ft_disbelief *disbelief)
{
	struct json_object *list = json_object_new_array();
	int r = list != NULL ? 0 : FT_NO_MEMORY;

	for (size_t i = 0; r == 0 && i < disbelief->n; i++) {
		struct json_object *noted = json_object_new_object();

		r = ft_json_add_int(noted, "client", disbelief->clients[i].client);
		r |= ft_json_add_int(noted, "at", disbelief->clients[i].at);
		r |= ft_json_add_int(noted, "count", disbelief->clients[i].count);
		if (r == 0 && disbelief->clients[i].told)
			r = ft_json_add(noted, "told", json_object_new_boolean(1));
		if (r != 0 || json_object_array_add(list, noted) != 0) {
			json_object_put(noted);
			r = FT_NO_MEMORY;
		}
	}
	if (r == 0 && disbelief->works)
		r = ft_json_add(object, "works", json_object_new_boolean(1));
	if (r == 0)
		return ft_json_add(object, "disbelieved", list);
	json_object_put(list);
	return r;
}

int ft_record_parse(const char *text, size_t len, const char *account,
		    struct ft_record *ret, struct ft_error *err)
{
	struct ft_record record = FT_RECORD_INIT;
	struct json_object *object = NULL;
	int r = ft_json_parse(text, len, 4, "the record", &object, err);

	if (r != 0)
		return r;
	int64_t version = ft_json_int(object, "version", 0);

	if (version > RECORD_VERSION) {
		r = ft_error_set(err, FT_CONFIG, "the record is of version %lld, written by a newer"
				 " freshtoken; this one reads version %d",
				 (long long)version, RECORD_VERSION);
		goto out;
	}
	if (parse_strings(object, &record) != 0 ||
	    parse_id_token(member(object, "id_token"), &record.id) != 0) {
		r = ft_error_memory(err);
		goto out;
	}
	record.signed_in = ft_json_int(object, "signed_in", 0);
	record.generation = (uint64_t)ft_json_int(object, "generation", 0);
	record.lifetime = ft_json_int(object, "lifetime", -1);
	record.refresh_ends = ft_json_int(object, "refresh_ends", 0);
	record.refresh_moves = record.refresh_ends != 0 &&
			       ft_json_bool(object, "refresh_moves", false);
	record.cooldown = ft_json_int(object, "cooldown", 0);
	record.rejected = ft_json_bool(object, "rejected", false);
	record.after_rejection = ft_json_bool(object, "after_rejection", false);
	record.lazy = ft_json_bool(object, "lazy", false);
	const char *replaced = ft_json_string(object, "replaced");

	if (replaced != NULL && strlen(replaced) == sizeof record.replaced - 1)
		memcpy(record.replaced, replaced, sizeof record.replaced);
	parse_disbelief(object, &record.disbelief);
	parse_refused(object, &record);
	parse_counts(object, &record);
	record.client_refused = ft_json_bool(object, "client_refused", false);
	parse_moment(member(object, "issued"), &record.issued);
	parse_moment(member(object, "checked"), &record.checked);
	parse_journal(member(object, "journal"), &record.journal);
	parse_fleet(member(object, "fleet"), &record.fleet);
	record.verdict = FT_REFRESHABLE;
	const char *name = ft_json_string(object, "verdict");

	for (size_t i = 0; name != NULL && i < sizeof verdicts / sizeof *verdicts; i++)
		if (strcmp(name, verdicts[i].name) == 0)
			record.verdict = verdicts[i].verdict;
	if (version != RECORD_VERSION || !usable(&record))
		r = ft_error_set(err, FT_UNTRUSTED, "the record is damaged");
	else if (record.account == NULL || strcmp(record.account, account) != 0)
		r = ft_error_set(err, FT_UNTRUSTED, "the record is of another account");
out:
	json_object_put(object);
	if (r != 0)
		ft_record_release(&record);
	else
		*ret = record;
	return r;
}

static int add_moment(struct json_object *object, const char *key, const struct ft_moment *moment)
{
	struct json_object *value = json_object_new_object();
	int r = ft_json_add_int(value, "real", moment->real);

	r |= ft_json_add_int(value, "boot", moment->boot);
	r |= ft_json_add_string(value, "boot_id", moment->boot_id);
	return r | ft_json_add(object, key, value);
}

static int add_journal(struct json_object *object, const struct ft_journal *journal)
{
	if (!journal->present)
		return 0;
	struct json_object *value = json_object_new_object();
	int r = ft_json_add_string(value, "id", journal->id);

	r |= ft_json_add_string(value, "fingerprint", journal->fingerprint);

	r |= add_moment(value, "moment", &journal->moment);
	r |= add_moment(value, "first", &journal->first);
	r |= ft_json_add_string(value, "host", journal->host);
	r |= ft_json_add(value, "settled", json_object_new_boolean(journal->settled));
	r |= ft_json_add_int(value, "replay", journal->replay);
	return r | ft_json_add(object, "journal", value);
}

static int add_fleet(struct json_object *object, const struct ft_record_fleet *fleet)
{
	if (!fleet->used)
		return 0;
	struct json_object *value = json_object_new_object();
	int r = ft_json_add_int(value, "generation", (int64_t)fleet->generation);

	r |= ft_json_add_string(value, "revision", fleet->revision);
	r |= ft_json_add_string(value, "owner", fleet->owner);
	r |= ft_json_add_string(value, "nonce", fleet->nonce);
	if (fleet->login)
		r |= ft_json_add(value, "login", json_object_new_boolean(1));
	if (fleet->away)
		r |= ft_json_add(value, "away", json_object_new_boolean(1));
	if (fleet->held.nonce[0] != '\0') {
		struct json_object *held = json_object_new_object();

		r |= ft_json_add_string(held, "nonce", fleet->held.nonce);
		r |= ft_json_add_string(held, "host", fleet->held.host);
		r |= add_moment(held, "seen", &fleet->held.seen);
		r |= ft_json_add(value, "held", held);
	}
	return r | ft_json_add(object, "fleet", value);
}

static int add_text(struct json_object *object, const char *key, const char *value)
{
	return value == NULL ? 0 : ft_json_add_string(object, key, value);
}

static int add_id_token(struct json_object *object, const struct ft_id_token *id)
{
	if (id->token.data == NULL && !id->unrenewed)
		return 0;
	struct json_object *value = json_object_new_object();
	int r = add_text(value, "token", id->token.data);

	if (id->token.data != NULL) {
		r |= add_moment(value, "issued", &id->issued);
		r |= ft_json_add_int(value, "lifetime", id->lifetime);
	}
	if (id->unrenewed)
		r |= ft_json_add(value, "unrenewed", json_object_new_boolean(1));
	return r | ft_json_add(object, "id_token", value);
}

int ft_record_format(const struct ft_record *record, struct ft_buf *ret, struct ft_error *err)
{
	struct json_object *object = json_object_new_object();
	int r = ft_json_add_int(object, "version", RECORD_VERSION);

	r |= add_text(object, "account", record->account);
	r |= add_text(object, "provider", record->provider);
	r |= add_text(object, "server", record->server);
	r |= add_text(object, "client_id", record->client_id);
	r |= add_text(object, "elsewhere", record->elsewhere);
	r |= add_text(object, "from", record->from);
	r |= add_text(object, "target", record->target);
	if (record->signed_in != 0)
		r |= ft_json_add_int(object, "signed_in", record->signed_in);
	r |= ft_json_add_int(object, "generation", (int64_t)record->generation);
	r |= add_text(object, "access_token", record->access_token.data);
	r |= add_text(object, "refresh_token", record->refresh_token.data);
	r |= add_text(object, "token_type", record->token_type);
	r |= add_text(object, "subject", record->subject);
	r |= add_moment(object, "issued", &record->issued);
	if (record->lifetime >= 0)
		r |= ft_json_add_int(object, "lifetime", record->lifetime);
	r |= add_id_token(object, &record->id);
	if (record->refresh_ends != 0)
		r |= ft_json_add_int(object, "refresh_ends", record->refresh_ends);
	if (record->refresh_moves)
		r |= ft_json_add(object, "refresh_moves", json_object_new_boolean(1));
	if (record->rejected)
		r |= ft_json_add(object, "rejected", json_object_new_boolean(1));
	if (record->disbelief.n > 0)
		r |= add_disbelief(object, &record->disbelief);
	if (record->after_rejection)
		r |= ft_json_add(object, "after_rejection", json_object_new_boolean(1));
	if (record->lazy)
		r |= ft_json_add(object, "lazy", json_object_new_boolean(1));
	r |= add_text(object, "replaced", record->replaced[0] != '\0' ? record->replaced : NULL);
	r |= add_text(object, "verdict", ft_verdict_name(record->verdict));
	r |= add_moment(object, "checked", &record->checked);
	r |= add_text(object, "reason", record->reason);
	r |= add_text(object, "service_says", record->service_says);
	r |= add_text(object, "remedy", record->remedy);
	r |= add_text(object, "file_trouble", record->file_trouble);
	if (record->cooldown > 0)
		r |= ft_json_add_int(object, "cooldown", record->cooldown);
	r |= add_refused(object, record);
	if (record->client_refused)
		r |= ft_json_add(object, "client_refused", json_object_new_boolean(1));
	r |= add_fleet(object, &record->fleet);
	if (was_counted(record))
		r |= add_counts(object, record);
	r |= add_journal(object, &record->journal);

	size_t len = 0;
	const char *text = r == 0 ? ft_json_text(object, &len) : NULL;

	if (text != NULL) {
		ft_buf_add(ret, text, len);
		ft_buf_adds(ret, "\n");
		r = ft_buf_check(ret, "the record", err);
	} else {
		r = ft_error_memory(err);
	}
	json_object_put(object);
	return r;
}

bool ft_record_is_ahead(const struct ft_record *record)
{
	return record->fleet.used &&
	       (record->fleet.login || record->generation > record->fleet.generation);
}

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int ft_record_belongs(const struct ft_record *record, const struct ft_account *account,
		      const char *server, struct ft_error *err)
{
	const char *key = NULL, *was = NULL, *is = NULL;

	if (!same(record->server, server))
		key = "server", was = record->server, is = server;
	else if (!same(record->provider, account->provider))
		key = "provider", was = record->provider, is = account->provider;
	else if (!same(record->client_id, account->client_id))
		key = "client_id", was = record->client_id, is = account->client_id;
	else if (!same(record->from, account->from))
		key = "from", was = record->from, is = account->from;
	if (key == NULL && record->target != NULL && !ft_account_derives(account))
		return ft_error_set(
			err, FT_LOGIN_NEEDED,
			"its token was got without a sign-in, and %s:%u now has grant = refresh"
			FT_REMEDY "run: freshtoken login %s",
			account->file != NULL ? account->file : "the configuration", account->line,
			account->name);
	if (key == NULL)
		return 0;
	/* The arguments of a command may be secret. */
	bool from = strcmp(key, "from") == 0;
	int was_shown = was != NULL ? (int)(from ? ft_from_shown(was) : strlen(was)) : 6;
	int is_shown = is != NULL ? (int)(from ? ft_from_shown(is) : strlen(is)) : 6;

	return ft_error_set(
		err, FT_LOGIN_NEEDED,
		"the sign-in was made with %s = %.*s, %s:%u now says %.*s" FT_REMEDY
		"run: freshtoken login %s",
		key, was_shown, was != NULL ? was : "(none)",
		account->file != NULL ? account->file : "the configuration", account->line,
		is_shown, is != NULL ? is : "(none)", account->name);
}

static const char *or_server(const char *elsewhere)
{
	return *elsewhere != '\0' ? elsewhere : "the server's own addresses alone";
}

int ft_record_stays(const struct ft_record *record, const struct ft_account *account,
		    const char *elsewhere, struct ft_error *err)
{
	if (record->elsewhere == NULL || strcmp(record->elsewhere, elsewhere) == 0)
		return 0;
	return ft_error_set(
		err, FT_LOGIN_NEEDED,
		"its tokens would go elsewhere: the sign-in was made with %.300s; %s:%u and its"
		" provider profile now say %.300s" FT_REMEDY "run: freshtoken login %s",
		or_server(record->elsewhere),
		account->file != NULL ? account->file : "the configuration", account->line,
		or_server(elsewhere), account->name);
}
