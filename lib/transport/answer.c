/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/base/encode.h"
#include "lib/base/token.h"
#include "lib/base/utf8.h"
#include "lib/transport/jose/idtoken.h"
#include "lib/transport/jose/jwk.h"
#include "lib/transport/jose/jwt.h"
#include "lib/transport/metadata.h"
#include "lib/transport/nonce.h"
#include "lib/transport/quota.h"
#include "lib/transport/reading.h"
#include "lib/transport/repeat.h"
#include "lib/transport/seen.h"
#include "lib/transport/unzip.h"

/* Bytes that are kept of a body that could not be read. */
#define RAW_MAX (64 * 1024)

/* The trees that a field's paths can lead into. */
struct sources {
	const struct ft_response *response;
	struct json_object *body;	/* of the body; NULL also if that is the issuer's keys */
	struct json_object *claims;	/* of the access token; NULL: not a JWT, or not known yet */
	struct json_object *id_claims;	/* of the verified ID token; NULL: none */
};

static void wipe(char *value)
{
	if (value != NULL)
		explicit_bzero(value, strlen(value));
	free(value);
}

/* U+0000 to U+001F, U+007F to U+009F, in what is known to be UTF-8. */
static bool is_control(const char *c)
{
	return (unsigned char)c[0] < 0x20 || c[0] == 0x7f ||
	       ((unsigned char)c[0] == 0xc2 && (unsigned char)c[1] < 0xa0);
}

/* Whether a person must type the value, or open it. */
static bool is_shown(const char *name)
{
	return strcmp(name, "user_code") == 0 || strncmp(name, "verification_uri", 16) == 0;
}

int ft_answer_copy(const char *name, const char *text, size_t len, char **ret)
{
	const bool for_people = strcmp(name, "message") == 0;

	if (len == 0 || len > FT_VALUE_MAX || !ft_utf8_valid(text, len))
		return 0;
	char *copy = strndup(text, len);

	if (copy == NULL)
		return FT_NO_MEMORY;
	for (char *c = copy; *c != '\0'; c++) {
		size_t unseen = for_people || is_shown(name) ? ft_utf8_unseen(c) : is_control(c);

		/* Line feeds stay, because the judge chooses the first line. */
		if (unseen == 0 || (for_people && *c == '\n'))
			continue;
		if (!for_people) {
			wipe(copy);
			return 0;
		}
		memset(c, ' ', unseen);
		c += unseen - 1;
	}
	*ret = copy;
	return 0;
}

/* The tree that a path leads into; NULL: it does not lead into a tree. */
static struct json_object *tree_of(const struct ft_path *path, const struct sources *sources)
{
	return path->source == FT_PATH_BODY ? sources->body :
	       path->source == FT_PATH_CLAIM ? sources->claims :
	       path->source == FT_PATH_ID_TOKEN ? sources->id_claims : NULL;
}

static const char *follow(const struct ft_path *path, const struct sources *sources,
			  size_t *ret_len)
{
	const char *text = NULL;

	if (path->source == FT_PATH_COOKIE)
		return ft_response_cookie(sources->response, path->segment[0].name, ret_len);
	if (path->source == FT_PATH_HEADER)
		text = ft_response_header(sources->response, path->segment[0].name);
	else
		text = ft_path_find(path, tree_of(path, sources));
	*ret_len = text != NULL ? strlen(text) : 0;
	return text;
}

/* Tokens, their type and subjects are strings, or numbers: never true or false. */
static bool has_right_type(const struct ft_exchange_field *field, const struct ft_path *path,
			   const struct sources *sources)
{
	static const char *const names[] = {
		"access_token", "refresh_token", "token_type", "subject", "identity",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(field->name, names[i]) == 0)
			return !json_object_is_type(ft_path_value(path, tree_of(path, sources)),
						    json_type_boolean);
	return true;
}

/* An expiry that is there but has no value ("", {}): its JSON, so that it is not taken as
 * absent. */
static int stated_expiry(const struct ft_exchange_field *field, const struct sources *sources,
			 char **ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && *ret == NULL && i < field->n; i++) {
		struct json_object *value =
			ft_path_value(&field->paths[i], tree_of(&field->paths[i], sources));
		size_t len = 0;
		const char *text = value != NULL ? ft_json_text(value, &len) : NULL;

		if (text != NULL)
			r = ft_answer_copy("message", text, len < 40 ? len : 40, ret);
	}
	return r;
}

/* 0 with NULL in *ret if no path finds a value; the caller frees *ret. */
static int find_field(const struct ft_exchange_field *field, const struct sources *sources,
		      char **ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && *ret == NULL && i < field->n; i++) {
		size_t len = 0;
		const char *text = follow(&field->paths[i], sources, &len);

		if (text != NULL && has_right_type(field, &field->paths[i], sources))
			r = ft_answer_copy(field->name, text, len, ret);
	}
	if (r == 0 && *ret == NULL && strncmp(field->name, "expires", 7) == 0)
		r = stated_expiry(field, sources, ret);
	return r;
}

/* Whether there is a value that no token can have: too long, with forbidden bytes, true, or an
 * object. false and {} are ways to say that there is none. */
static bool is_unusable(const struct ft_exchange_field *field, const struct sources *sources)
{
	for (size_t i = 0; i < field->n; i++) {
		const struct ft_path *path = &field->paths[i];
		struct json_object *value = ft_path_value(path, tree_of(path, sources));
		size_t len = 0;

		if (json_object_is_type(value, json_type_object) ?
			    json_object_object_length(value) > 0 :
			    follow(path, sources, &len) != NULL &&
				    (has_right_type(field, path, sources) ||
				     json_object_get_boolean(value)))
			return true;
	}
	return false;
}

/* Whether this is a refresh token that could not be sent. */
static bool is_odd_refresh_token(const char *name, const char *value)
{
	return strcmp(name, "refresh_token") == 0 && value != NULL &&
	       !ft_refresh_token_valid(value, strlen(value));
}

static int find_claims(const struct ft_exchange *exchange, struct sources *sources)
{
	char *token = NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && i < exchange->n_fields; i++)
		if (strcmp(exchange->fields[i].name, "access_token") == 0)
			r = find_field(&exchange->fields[i], sources, &token);
	if (token != NULL)
		sources->claims = ft_jwt_payload(token);
	wipe(token);
	return r;
}

/* Hides what was sent in text that people get and that is stored. An error code like invalid_client
 * decides, so it stays even if it looks like the beginning of a value that was sent. */
static int hide_sent(const struct ft_exchange *exchange, const char *name, char *value)
{
	bool words = strcmp(name, "message") == 0;
	int r = 0;

	if (strcmp(name, "code") == 0) {
		words = value[strspn(value, "abcdefghijklmnopqrstuvwxyz_")] != '\0';
		if (!words)
			r = ft_repeat_has_value(exchange, value, &words);
	}
	return r == 0 && words ? ft_repeat_hide(exchange, value) : r;
}

static int add_fields(const struct ft_exchange *exchange, const struct sources *sources,
		      struct json_object *answer)
{
	struct json_object *fields = json_object_new_object();
	size_t room = FT_VALUES_MAX;
	int r = ft_json_add(answer, "fields", fields);

	for (size_t i = 0; r == 0 && i < exchange->n_fields; i++) {
		char *value = NULL;

		r = find_field(&exchange->fields[i], sources, &value);
		if (r == 0 && is_odd_refresh_token(exchange->fields[i].name, value)) {
			wipe(value);
			value = NULL;
		}
		if (r == 0 && value != NULL)
			r = hide_sent(exchange, exchange->fields[i].name, value);
		if (r == 0 && value != NULL && strlen(value) <= room) {
			room -= strlen(value);
			r = ft_json_add_string(fields, exchange->fields[i].name, value);
		} else if (r == 0 && strcmp(exchange->fields[i].name, "refresh_token") == 0 &&
			   is_unusable(&exchange->fields[i], sources)) {
			r = ft_json_add(answer, "refresh_unusable", json_object_new_boolean(true));
		}
		wipe(value);
	}
	return r;
}

/* The number of entries: the highest that any path gives. Other values are ignored. */
static int add_entries(const struct ft_exchange_field *entries, const struct sources *sources,
		       struct json_object *answer)
{
	static const struct ft_path all = { .source = FT_PATH_BODY };
	int64_t most = -1;

	for (size_t i = 0; i < entries->n || i == 0; i++) {
		const struct ft_path *path = entries->n > 0 ? &entries->paths[i] : &all;
		struct json_object *node = ft_path_node(path, tree_of(path, sources));
		int64_t n = json_object_is_type(node, json_type_array) ?
				    (int64_t)json_object_array_length(node) :
			    json_object_is_type(node, json_type_object) ? 1 :
			    json_object_is_type(node, json_type_int) ?
				    json_object_get_int64(node) : -1;

		most = n > most ? n : most;
	}
	return most < 0 ? 0 : ft_json_add_int(answer, "entries", most);
}

static int add_jwt(struct json_object *claims, struct json_object *answer)
{
	static const char *const names[] = { "exp", "iat" };
	struct json_object *jwt = json_object_new_object();
	int r = ft_json_add(answer, "jwt", jwt);

	for (size_t i = 0; r == 0 && i < sizeof names / sizeof *names; i++) {
		int64_t seconds = 0;

		if (ft_jwt_time(claims, names[i], &seconds))
			r = ft_json_add_int(jwt, names[i], seconds);
	}
	if (r == 0 && !ft_jwt_time(claims, "exp", &(int64_t){ 0 }) &&
	    json_object_object_get(claims, "exp") != NULL)
		r = ft_json_add(jwt, "exp_unreadable", json_object_new_boolean(1));
	return r;
}

static int add_status(const struct ft_response *response, bool proven, int64_t now,
		      struct json_object *answer)
{
	const char *nonce = proven ? ft_nonce_of(response) : NULL;
	const int64_t date = ft_response_time(response);
	struct ft_quota quota = ft_quota_of(response, date, now);
	int r = ft_json_add_int(answer, "status", response->status);

	if (r == 0 && nonce != NULL)
		r = ft_json_add_string(answer, "dpop_nonce", nonce);
	if (r == 0 && date >= 0)
		r = ft_json_add_int(answer, "date", date);
	if (r == 0 && quota.wait >= 0)
		r = ft_json_add_int(answer, "retry_after", quota.wait);
	if (r == 0 && quota.used_up)
		r = ft_json_add(answer, "quota_used_up", json_object_new_boolean(true));
	return r;
}

/* Adds nothing if the body is not a JWK set. */
static int add_keys(struct json_object *set, struct json_object *answer)
{
	struct json_object *clean = NULL;
	int r = ft_jwks_clean(set, &clean);

	return r == FT_UNTRUSTED ? 0 : r != 0 ? r : ft_json_add(answer, "keys", clean);
}

/* The time that an ID token's times are compared with; in a refresh, the service's own. */
static int64_t clock_of(const struct ft_exchange *exchange, const struct ft_response *response,
			int64_t now)
{
	const int64_t date = exchange->by_date ? ft_response_time(response) : -1;

	return date >= 0 ? date : exchange->id_token_now >= 0 ? exchange->id_token_now : now;
}

/* The verified claims go to sources, the rest goes into the answer. */
static int add_id_token(const struct ft_exchange *exchange, const char *token,
			const struct ft_idtoken_rules *rules, int64_t now,
			struct sources *sources, struct json_object *answer)
{
	struct json_object *object = json_object_new_object();
	struct ft_error err = FT_ERROR_INIT;
	char why[FT_RESPONSE_TEXT];
	int verdict = ft_idtoken_verify(token, strlen(token), rules, now, &sources->id_claims,
					&err);
	const bool kept = verdict == 0 && exchange->keep_id_token;
	int64_t seconds = 0;
	int r = ft_json_add(answer, "id_token", object);

	if (verdict == FT_NO_MEMORY)
		return verdict;
	if (r == 0)
		r = ft_json_add(object, "verified", json_object_new_boolean(verdict == 0));
	if (r == 0 && verdict != 0) {
		ft_response_copy_text(why, err.text);
		r = ft_json_add_string(object, "error", why);
	}
	if (r == 0 && verdict == FT_NOT_FOUND)
		r = ft_json_add(object, "unknown_key", json_object_new_boolean(true));
	if (r == 0 && kept && ft_jwt_time(sources->id_claims, "exp", &seconds))
		r = ft_json_add_int(object, "exp", seconds);
	if (r == 0 && (kept || verdict == FT_NOT_FOUND))
		r = ft_json_add_string(object, "token", token);
	return r;
}

/* Adds what the request wants of a body's tree, which is NULL if it was not parsed. */
static int add_facts(const struct ft_exchange *exchange, const struct ft_response *response,
		     struct json_object *body, int64_t now, struct json_object *answer)
{
	struct sources sources = { .response = response, .body = exchange->jwks ? NULL : body };
	struct ft_idtoken_rules rules = exchange->id_token;
	const char *token = exchange->id_token_text != NULL ? exchange->id_token_text :
		ft_json_string(sources.body, "id_token");
	int r = 0;

	if (exchange->jwks) {
		/* Only a success can have keys. */
		rules.keys = response->status == 200 ? body : NULL;
		r = add_keys(rules.keys, answer);
	}
	if (r == 0 && rules.issuer != NULL && token != NULL)
		r = add_id_token(exchange, token, &rules, clock_of(exchange, response, now),
				 &sources, answer);
	if (r == 0)
		r = find_claims(exchange, &sources);
	if (r == 0)
		r = add_fields(exchange, &sources, answer);
	if (r == 0 && exchange->entries.name != NULL && body != NULL)
		r = add_entries(&exchange->entries, &sources, answer);
	if (r == 0 && exchange->jwt && sources.claims != NULL)
		r = add_jwt(sources.claims, answer);
	json_object_put(sources.claims);
	json_object_put(sources.id_claims);
	return r;
}

/* Adds the reliable parts of an answer that could not be parsed as a whole. */
static int add_salvaged(const struct ft_exchange *exchange, const struct ft_reading *reading,
			const struct ft_response *response, struct json_object *answer)
{
	static const char *const names[] = { "access_token", "refresh_token" };
	struct sources sources = { .response = response, .body = reading->tree };
	struct json_object *fields = json_object_new_object();
	int r = ft_json_add(answer, "fields", fields);

	if (r == 0)
		r = ft_json_add(answer, "salvaged", json_object_new_boolean(true));
	for (size_t i = 0; r == 0 && i < exchange->n_fields; i++) {
		const struct ft_exchange_field *field = &exchange->fields[i];
		char *value = NULL;

		if (strcmp(field->name, names[0]) != 0 && strcmp(field->name, names[1]) != 0)
			continue;
		r = find_field(field, &sources, &value);
		if (r == 0 && value != NULL && strstr(value, FT_JSON_MARK) == NULL)
			r = ft_json_add_string(fields, field->name, value);
		wipe(value);
	}
	return r;
}

/* Adds the body of an answer that could not be read and may have tokens. */
static int add_raw(const struct ft_buf *body, struct json_object *answer)
{
	struct ft_buf text = FT_BUF_INIT(2 * RAW_MAX);

	ft_base64_add(&text, FT_BASE64, body->data, body->len < RAW_MAX ? body->len : RAW_MAX);
	int r = text.failed ? FT_NO_MEMORY : ft_json_add_string(answer, "raw", text.data);

	ft_buf_release(&text);
	return r;
}

static int add_body(const struct ft_exchange *exchange, const struct ft_response *response,
		    int64_t now, struct json_object *answer)
{
	static const char *const names[] = {
		[FT_MEDIA_NONE] = "none", [FT_MEDIA_JSON] = "json", [FT_MEDIA_XML] = "xml",
		[FT_MEDIA_HTML] = "html", [FT_MEDIA_OTHER] = "other",
	};
	struct ft_reading reading = { .tree = NULL };
	int r = ft_reading_make(exchange, response, &reading);

	if (r == 0)
		r = ft_json_add_string(answer, "media", names[reading.media]);
	if (r == 0 && exchange->headers_seen != NULL)
		r = ft_seen_add(exchange->headers_seen, response, answer);
	if (r == 0)
		r = ft_json_add(answer, "parsed", json_object_new_boolean(reading.parsed));
	if (r == 0 && reading.why[0] != '\0')
		r = ft_repeat_hide(exchange, reading.why);
	if (r == 0 && reading.why[0] != '\0' && response->error[0] == '\0')
		r = ft_json_add_string(answer, "error", reading.why);
	if (r == 0 && reading.salvaged)
		r = add_salvaged(exchange, &reading, response, answer);
	else if (r == 0 && exchange->metadata)
		r = ft_answer_add_metadata(reading.tree, answer);
	else if (r == 0)
		r = add_facts(exchange, response, reading.tree, now, answer);
	/* An HTML document is from a captive portal: it has spent nothing. */
	if (r == 0 && response->status >= 200 && response->status <= 299 &&
	    response->body.len > 0 && ft_reading_brings_tokens(exchange) && !reading.page &&
	    (!reading.parsed || json_object_object_get_ex(answer, "refresh_unusable", NULL)))
		r = add_raw(&response->body, answer);
	ft_reading_release(&reading);
	return r;
}

/* Adds the content of the body, which may be compressed. */
static int add_content(const struct ft_exchange *exchange, const struct ft_response *response,
		       int64_t now, struct json_object *answer)
{
	const char *encoding = ft_response_header(response, "Content-Encoding");
	struct ft_response plain = *response;
	bool whole = false;

	if (!ft_unzip_wanted(&response->body, encoding))
		return add_body(exchange, response, now, answer);
	ft_buf_init(&plain.body, FT_RESPONSE_BODY_MAX);
	int r = ft_unzip(&response->body, &plain.body, &whole);

	plain.whole = response->whole && whole;
	/* A body that only looks like gzip is used as it is. */
	if (r == 0)
		r = add_body(exchange, plain.body.len > 0 ? &plain : response, now, answer);
	ft_buf_release(&plain.body);
	return r;
}

int ft_answer_make(const struct ft_exchange *exchange, const struct ft_response *response,
		   int64_t now, struct json_object **ret, struct ft_error *err)
{
	static const char *const sent[] = {
		[FT_SENT_NO] = "no", [FT_SENT_MAYBE] = "maybe", [FT_SENT_YES] = "yes",
	};
	struct json_object *answer = json_object_new_object();
	int r = ft_json_add_int(answer, "version", 1);

	if (r == 0 && exchange->id != NULL)
		r = ft_json_add_string(answer, "id", exchange->id);
	if (r == 0)
		r = ft_json_add_string(answer, "sent", sent[response->sent]);
	if (r == 0 && response->error[0] != '\0')
		r = ft_json_add_string(answer, "error", response->error);
	if (r == 0 && response->error[0] != '\0' && response->reason != FT_REASON_NONE)
		r = ft_json_add_string(answer, "reason", ft_reason_names[response->reason]);
	if (r == 0 && response->local && response->sent != FT_SENT_YES)
		r = ft_json_add(answer, "local", json_object_new_boolean(true));
	if (r == 0 && response->sent == FT_SENT_YES)
		r = add_status(response, exchange->dpop.key != NULL, now, answer);
	if (r == 0 && response->sent == FT_SENT_YES)
		r = add_content(exchange, response, now, answer);
	if (r != 0) {
		json_object_put(answer);
		return ft_error_memory(err);
	}
	*ret = answer;
	return 0;
}
