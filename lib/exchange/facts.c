/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/exchange/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/encode.h"
#include "lib/data/json.h"

/* Indexed by the enums of facts.h. */
static const char *const sent_names[] = { "maybe", "no", "yes", NULL };
static const char *const media_names[] = { "none", "json", "xml", "html", "other", NULL };

static int index_of(const char *const names[], const char *name)
{
	for (int i = 0; name != NULL && names[i] != NULL; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static struct json_object *object_member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(object, key, &value) &&
	       json_object_is_type(value, json_type_object) ? value : NULL;
}

/* The limit of all times and durations in seconds: the end of the year 9999. In milliseconds it
 * still fits an int64_t. */
#define SECONDS_MAX INT64_C(253402300799)

/* -1: none. freshtoken-transport writes no value out of range; one is cut to the limit, so that no
 * calculation overflows. */
static int64_t seconds(struct json_object *object, const char *key)
{
	int64_t value = ft_json_int(object, key, -1);

	return value < 0 ? -1 : value > SECONDS_MAX ? SECONDS_MAX : value;
}

static int parse_metadata(struct json_object *object, struct ft_metadata *ret)
{
	if (object == NULL)
		return 0;
	ret->list = calloc((size_t)json_object_object_length(object) + 1, sizeof *ret->list);
	if (ret->list == NULL)
		return FT_NO_MEMORY;
	json_object_object_foreach(object, key, value) {
		struct ft_param *param = &ret->list[ret->n];

		if (!json_object_is_type(value, json_type_string))
			continue;
		param->name = strdup(key);
		param->value = strdup(json_object_get_string(value));
		ret->n++;
		if (param->name == NULL || param->value == NULL)
			return FT_NO_MEMORY;
	}
	return 0;
}

static int parse_headers_seen(struct json_object *object, struct ft_strings *ret)
{
	struct json_object *names = NULL;
	int r = 0;

	if (!json_object_object_get_ex(object, "headers_seen", &names) ||
	    !json_object_is_type(names, json_type_array))
		return 0;
	for (size_t i = 0; r == 0 && i < json_object_array_length(names); i++) {
		struct json_object *name = json_object_array_get_idx(names, i);

		if (json_object_is_type(name, json_type_string))
			r = ft_strings_add(ret, json_object_get_string(name),
					   (size_t)json_object_get_string_len(name));
	}
	return r != 0 ? FT_NO_MEMORY : 0;
}

const char *const ft_reason_names[FT_REASON_COUNT] = {
	"", "name", "refused", "silent", "proxy", "ca_file", "expired", "not_yet_valid",
	"other_name", "authority", "tls", "not_http", "our_certificate",
	"our_key", "network",
};

static enum ft_reason read_reason(struct json_object *answer)
{
	const char *name = ft_json_string(answer, "reason");

	for (int i = 1; name != NULL && i < FT_REASON_COUNT; i++)
		if (strcmp(ft_reason_names[i], name) == 0)
			return (enum ft_reason)i;
	return FT_REASON_NONE;
}

static bool is_bool(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(object, key, &value) &&
	       json_object_is_type(value, json_type_boolean);
}

/* The ID token decides who a person is, so members that contradict each other are refused. */
static int parse_id_token(struct json_object *answer, struct ft_facts *facts)
{
	struct json_object *object = object_member(answer, "id_token");
	const char *error = ft_json_string(object, "error");

	const bool brought = ft_json_string(object, "token") != NULL;

	if (!json_object_object_get_ex(answer, "id_token", NULL))
		return 0;
	facts->id_token.exp = seconds(object, "exp");
	facts->id_token.present = true;
	facts->id_token.verified = ft_json_bool(object, "verified", false);
	facts->id_token.unknown_key = ft_json_bool(object, "unknown_key", false);
	if (object == NULL || !is_bool(object, "verified") ||
	    facts->id_token.verified != (error == NULL) ||
	    (facts->id_token.verified && facts->id_token.unknown_key) ||
	    (facts->id_token.unknown_key && !brought) ||
	    (!facts->id_token.unknown_key && brought != (facts->id_token.exp >= 0)) ||
	    (facts->id_token.exp >= 0 && !facts->id_token.verified))
		return FT_UNTRUSTED;
	(void)snprintf(facts->id_token.error, sizeof facts->id_token.error, "%s",
		       error != NULL ? error : "");
	return ft_json_secret(object, "token", &facts->id_token.token);
}

static int parse_keys(struct json_object *answer, struct ft_facts *facts)
{
	struct json_object *set = object_member(answer, "keys"), *list = NULL;

	if (!json_object_object_get_ex(answer, "keys", NULL))
		return 0;
	if (set == NULL || !json_object_object_get_ex(set, "keys", &list) ||
	    !json_object_is_type(list, json_type_array))
		return FT_UNTRUSTED;
	const char *text = ft_json_text(set, NULL);

	facts->keys = text != NULL ? strdup(text) : NULL;
	return facts->keys != NULL ? 0 : FT_NO_MEMORY;
}

static int parse_raw(struct json_object *answer, struct ft_secret *ret)
{
	const char *text = ft_json_string(answer, "raw");
	struct ft_buf bytes = FT_BUF_INIT(FT_MESSAGE_MAX);
	int r = 0;

	if (text == NULL)
		return 0;
	(void)ft_base64_read(text, strlen(text), FT_BASE64, &bytes);
	if (bytes.failed || (bytes.len > 0 && ft_secret_set(ret, bytes.data, bytes.len) != 0))
		r = FT_NO_MEMORY;
	ft_buf_release(&bytes);
	return r;
}

static void parse_sandbox(struct json_object *object, struct ft_facts *facts)
{
	int64_t abi = ft_json_int(object, "landlock", 0);

	facts->sandbox.present = object != NULL;
	facts->sandbox.no_new_privs = ft_json_bool(object, "no_new_privs", false);
	facts->sandbox.dumpable = ft_json_bool(object, "dumpable", true);
	facts->sandbox.seccomp = ft_json_bool(object, "seccomp", false);
	facts->sandbox.landlock = abi > 0 && abi < INT32_MAX ? (int)abi : 0;
	facts->sandbox.landlock_net = ft_json_bool(object, "landlock_net", false);
}

void ft_metadata_release(struct ft_metadata *metadata)
{
	if (metadata == NULL)
		return;
	for (size_t i = 0; i < metadata->n; i++) {
		free(metadata->list[i].name);
		free(metadata->list[i].value);
	}
	free(metadata->list);
	*metadata = (struct ft_metadata){ NULL, 0 };
}

void ft_facts_release(struct ft_facts *facts)
{
	if (facts == NULL)
		return;
	for (int i = 0; i < FT_FIELD_COUNT; i++)
		ft_secret_release(&facts->fields[i]);
	ft_metadata_release(&facts->metadata);
	ft_strings_release(&facts->headers_seen);
	ft_secret_release(&facts->id_token.token);
	ft_secret_release(&facts->raw);
	ft_secret_release(&facts->signed_jwt);
	free(facts->keys);
	*facts = (struct ft_facts)FT_FACTS_INIT;
}

int ft_facts_parse(const char *text, size_t len, struct ft_facts *ret, struct ft_error *err)
{
	struct ft_facts facts = FT_FACTS_INIT;
	struct json_object *object = NULL;
	int r;

	/* The unused rest of a preallocated file. */
	while (len > 0 && text[len - 1] == '\0')
		len--;
	/* 5 levels, for {"keys": {"keys": [{"key_ops": []}]}}. */
	r = ft_json_parse(text, len, 5, "the transport's answer", &object, err);
	if (r != 0)
		return r;
	int sent = index_of(sent_names, ft_json_string(object, "sent"));
	int media = index_of(media_names, ft_json_string(object, "media"));
	int64_t status = ft_json_int(object, "status", 0);

	if (ft_json_int(object, "version", 0) != 1 || sent < 0 || status < 0 || status > 999 ||
	    (sent == FT_SENT_YES) != (status != 0)) {
		r = FT_UNTRUSTED;
		goto out;
	}
	facts.sent = (enum ft_sent)sent;
	facts.status = (int)status;
	facts.media = media < 0 ? FT_MEDIA_NONE : (enum ft_media)media;
	facts.parsed = ft_json_bool(object, "parsed", false);
	facts.date = seconds(object, "date");
	facts.retry_after = seconds(object, "retry_after");
	facts.quota_used_up = ft_json_bool(object, "quota_used_up", false);
	const char *error = ft_json_string(object, "error");

	(void)snprintf(facts.error, sizeof facts.error, "%s", error != NULL ? error : "");
	facts.reason = read_reason(object);
	const char *id = ft_json_string(object, "id");

	(void)snprintf(facts.id, sizeof facts.id, "%s", id != NULL ? id : "");
	const char *nonce = ft_json_string(object, "dpop_nonce");

	if (nonce != NULL && strlen(nonce) < sizeof facts.dpop_nonce)
		(void)snprintf(facts.dpop_nonce, sizeof facts.dpop_nonce, "%s", nonce);
	facts.local = ft_json_bool(object, "local", false);
	struct json_object *fields = object_member(object, "fields");

	for (int i = 0; fields != NULL && i < FT_FIELD_COUNT && r == 0; i++)
		r = ft_json_secret(fields, ft_field_names[i], &facts.fields[i]);
	struct json_object *jwt = object_member(object, "jwt");

	facts.jwt_exp = seconds(jwt, "exp");
	facts.jwt_iat = seconds(jwt, "iat");
	facts.jwt_exp_unreadable = jwt != NULL && ft_json_bool(jwt, "exp_unreadable", false);
	facts.entries = ft_json_int(object, "entries", -1);
	facts.refresh_unusable = ft_json_bool(object, "refresh_unusable", false);
	facts.salvaged = !facts.parsed && ft_json_bool(object, "salvaged", false);
	if (r == 0)
		r = ft_json_secret(object, "signed", &facts.signed_jwt);
	if (r == 0)
		r = parse_raw(object, &facts.raw);
	parse_sandbox(object_member(object, "sandbox"), &facts);
	if (r == 0)
		r = parse_metadata(object_member(object, "metadata"), &facts.metadata);
	if (r == 0)
		r = parse_headers_seen(object, &facts.headers_seen);
	if (r == 0)
		r = parse_id_token(object, &facts);
	if (r == 0)
		r = parse_keys(object, &facts);
out:
	if (r == FT_UNTRUSTED)
		(void)ft_error_set(err, r, "the transport's answer is not understood" FT_REMEDY
				   "check that all parts of freshtoken have one version");
	else if (r != 0)
		r = ft_error_memory(err);
	json_object_put(object);
	if (r != 0)
		ft_facts_release(&facts);
	else
		*ret = facts;
	return r;
}

bool ft_facts_out_of_order(const struct ft_facts *facts)
{
	return facts->status == 0 || facts->status == 429 || facts->status >= 500;
}
