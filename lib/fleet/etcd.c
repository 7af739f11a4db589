/* SPDX-License-Identifier: MIT */
/*
 * etcd.c - etcd through the JSON gateway of its version 3, which is at /v3 from 3.4 on
 *
 * In this JSON 64-bit integers are strings, keys and values are base64, and a member that is false,
 * 0 or empty is absent: the answer to a transaction that was not done is 200 without `succeeded`. A
 * read is linearizable unless it says otherwise, so a member without a quorum answers none.
 */
#include "config.h"
#include "lib/fleet/fleet.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/encode.h"
#include "lib/data/json.h"
#include "lib/fleet/ask.h"
#include "lib/fleet/etcd.h"
#include "lib/fleet/files.h"

/* A gRPC code, which the gateway gives in addition to an HTTP status. */
#define UNAUTHENTICATED "16"
#define BODY_MAX (256 * 1024)

#define OF_A_REFUSAL { FT_FIELD_CODE, { "code" } }, { FT_FIELD_MESSAGE, { "message", "error" } }

static const struct ft_ask range = { "/v3/kv/range", {
	{ FT_FIELD_STORE_AT, { "header.revision" } },
	{ FT_FIELD_STORE_REVISION, { "kvs.0.mod_revision" } },
	{ FT_FIELD_STORE_VALUE, { "kvs.0.value" } },
	OF_A_REFUSAL,
} };

static const struct ft_ask transaction = { "/v3/kv/txn", {
	{ FT_FIELD_STORE_AT, { "header.revision" } },
	{ FT_FIELD_STORE_DONE, { "succeeded" } },
	OF_A_REFUSAL,
} };

static const struct ft_ask session = { "/v3/auth/authenticate", {
	{ FT_FIELD_STORE_TOKEN, { "token" } },
	OF_A_REFUSAL,
} };

static const char *text(const struct ft_facts *facts, enum ft_field field)
{
	return facts->fields[field].data != NULL ? facts->fields[field].data : "";
}

static bool is_revision(const char *value)
{
	size_t len = strspn(value, "0123456789");

	return len > 0 && len < FT_FLEET_REVISION && value[len] == '\0';
}

/* Whether etcd has answered the request with success. */
static bool is_answer(const struct ft_facts *facts)
{
	return facts->status == 200 && facts->parsed && is_revision(text(facts, FT_FIELD_STORE_AT));
}

/* Whether to ask another member: this one cannot be reached, is not etcd, or has no quorum. */
static bool is_trouble_of_member(const struct ft_facts *facts)
{
	return facts->status == 0 || facts->status == 429 || facts->status >= 500 ||
	       !facts->parsed || facts->status / 100 == 3 || facts->status == 404;
}

/* The store's own words are marked as foreign, so that nobody takes them for freshtoken's. */
static int explain(const struct ft_fleet *fleet, const struct ft_facts *facts,
		   struct ft_error *err)
{
	const struct ft_fleet_section *section = fleet->section;
	const char *server = section->servers.list[fleet->server];

	if (facts->status == 0) {
		(void)ft_error_set(err, FT_TEMPORARY, "%s",
				   facts->error[0] != '\0' ? facts->error : "no answer in time");
		(void)ft_error_reason(err, FT_TEMPORARY, facts->reason);
		return FT_TEMPORARY;
	}
	if (facts->status == 401 || facts->status == 403 ||
	    (facts->status == 400 && facts->parsed)) {
		(void)ft_error_set(err, FT_CONFIG, "%s refuses access: HTTP %d" FT_REMEDY
				   "check %s of [fleet], %s:%u, and what that user may do",
				   server, facts->status,
				   section->username != NULL ? "username and password_file" :
							       "whether it wants username and "
							       "password_file",
				   section->file, section->line);
		ft_error_foreign(err, text(facts, FT_FIELD_MESSAGE));
		return FT_CONFIG;
	}
	/* The gateway answers so since CVE-2018-16886: before, it took the common name for a
	 * user's. */
	if (facts->status == 400 && section->client_certificate != NULL && !facts->parsed)
		return ft_error_set(err, FT_CONFIG, "%s refuses the certificate: HTTP 400"
				    FT_REMEDY "where etcd has users, client_certificate of "
				    "[fleet], %s:%u, must have no common name (CN)",
				    server, section->file, section->line);
	if (facts->status == 200 || !facts->parsed)
		(void)ft_error_set(err, FT_TEMPORARY, "%s: HTTP %d, and the answer is not "
				   "etcd's%s%s", server, facts->status,
				   facts->error[0] != '\0' ? ": " : "", facts->error);
	else
		(void)ft_error_set(err, FT_TEMPORARY, "%s: HTTP %d", server, facts->status);
	ft_error_foreign(err, text(facts, FT_FIELD_MESSAGE));
	return FT_TEMPORARY;
}

/* Asks the members in turn until one answers. `ret` has that answer if this returns 0. */
static int ask_members(struct ft_fleet *fleet, const struct ft_ask *what, const char *body,
		       struct ft_facts *ret, struct ft_error *err)
{
	int r = FT_TEMPORARY;

	for (size_t i = 0; i < fleet->section->servers.n; i++) {
		ft_facts_release(ret);
		r = ft_fleet_ask(fleet, what, body, ret, err);
		if (r != 0)
			return r;
		if (!is_trouble_of_member(ret))
			return 0;
		r = explain(fleet, ret, err);
		fleet->server = (fleet->server + 1) % fleet->section->servers.n;
	}
	return r;
}

static int authenticate(struct ft_fleet *fleet, struct ft_error *err)
{
	struct ft_secret password = { NULL, 0 };
	struct ft_facts facts = FT_FACTS_INIT;
	struct json_object *object = json_object_new_object();
	const char *body = NULL;
	int r = ft_fleet_read_text("password_file", fleet->section->password_file, true, &password,
				   err);

	ft_secret_release(&fleet->token);
	if (r == 0 && (ft_json_add_string(object, "name", fleet->section->username) != 0 ||
		       ft_json_add_string(object, "password", password.data) != 0 ||
		       (body = ft_json_text(object, NULL)) == NULL))
		r = ft_error_memory(err);
	if (r == 0)
		r = ask_members(fleet, &session, body, &facts, err);
	if (r == 0 && (facts.status != 200 || facts.fields[FT_FIELD_STORE_TOKEN].data == NULL))
		r = explain(fleet, &facts, err);
	/* The token goes into a header; the transport checks which bytes that may have. */
	if (r == 0)
		ft_secret_move(&fleet->token, &facts.fields[FT_FIELD_STORE_TOKEN]);
	json_object_put(object);
	ft_facts_release(&facts);
	ft_secret_release(&password);
	return r;
}

/* Authenticates once more if the store refuses the token: tokens live for some minutes, and this
 * process may have been paused for longer. */
static int ask(struct ft_fleet *fleet, const struct ft_ask *what, const char *body,
	       struct ft_facts *ret, struct ft_error *err)
{
	const bool named = fleet->section->username != NULL;
	int r = 0;

	for (int i = 0; r == 0 && i < 2; i++) {
		const bool again = i > 0;

		if (named && (again || fleet->token.data == NULL))
			r = authenticate(fleet, err);
		if (r == 0)
			r = ask_members(fleet, what, body, ret, err);
		if (r != 0 || is_answer(ret))
			return r;
		if (!named || (ret->status != 401 &&
			       strcmp(text(ret, FT_FIELD_CODE), UNAUTHENTICATED) != 0))
			break;
	}
	return r != 0 ? r : explain(fleet, ret, err);
}

int ft_etcd_take(const struct ft_facts *facts, struct ft_buf *ret,
		 char ret_revision[FT_FLEET_REVISION], struct ft_error *err)
{
	const char *revision = text(facts, FT_FIELD_STORE_REVISION);
	const struct ft_secret *value = &facts->fields[FT_FIELD_STORE_VALUE];

	(void)snprintf(ret_revision, FT_FLEET_REVISION, "0");
	if (revision[0] == '\0' && value->data == NULL)
		return FT_NOT_FOUND;
	/* The transport does not report a value that is longer than its field. */
	if (!is_revision(revision) || value->data == NULL ||
	    !ft_base64_read(value->data, value->len, FT_BASE64, ret))
		return ret->failed == FT_NO_MEMORY ? ft_error_memory(err) :
		       ft_error_set(err, FT_UNTRUSTED, "its value cannot be read: too long, or "
				    "not base64");
	(void)snprintf(ret_revision, FT_FLEET_REVISION, "%s", revision);
	return 0;
}

static int etcd_read(struct ft_fleet *fleet, const char *key, struct ft_buf *ret,
		     char ret_revision[FT_FLEET_REVISION], struct ft_error *err)
{
	struct ft_buf body = FT_BUF_INIT(BODY_MAX);
	struct ft_facts facts = FT_FACTS_INIT;

	ft_buf_adds(&body, "{\"key\":\"");
	ft_base64_add(&body, FT_BASE64, key, strlen(key));
	ft_buf_adds(&body, "\"}");
	int r = ft_buf_check(&body, "the request", err);

	if (r == 0)
		r = ask(fleet, &range, body.data, &facts, err);
	if (r == 0)
		r = ft_etcd_take(&facts, ret, ret_revision, err);
	ft_facts_release(&facts);
	ft_buf_release(&body);
	return r;
}

/* Claim and commit are the same transaction: its condition is the revision of the key's last write.
 */
static int etcd_write(struct ft_fleet *fleet, const char *key, const char *revision,
		      const struct ft_buf *value, char ret_revision[FT_FLEET_REVISION],
		      struct ft_error *err)
{
	struct ft_buf body = FT_BUF_INIT(BODY_MAX), name = FT_BUF_INIT(4096);
	struct ft_facts facts = FT_FACTS_INIT;

	ft_base64_add(&name, FT_BASE64, key, strlen(key));
	ft_buf_addf(&body, "{\"compare\":[{\"target\":\"MOD\",\"result\":\"EQUAL\",\"key\":\"%s\","
		    "\"mod_revision\":\"%s\"}],\"success\":[{\"request_put\":{\"key\":\"%s\","
		    "\"value\":\"", name.data, revision, name.data);
	ft_base64_add(&body, FT_BASE64, value->data, value->len);
	ft_buf_adds(&body, "\"}}]}");
	int r = ft_buf_check(&body, "the request", err);

	if (r == 0)
		r = ask(fleet, &transaction, body.data, &facts, err);
	if (r == 0 && strcmp(text(&facts, FT_FIELD_STORE_DONE), "true") != 0)
		r = ft_error_set(err, FT_BUSY, "another host has written to it meanwhile");
	if (r == 0)
		(void)snprintf(ret_revision, FT_FLEET_REVISION, "%s",
			       text(&facts, FT_FIELD_STORE_AT));
	ft_facts_release(&facts);
	ft_buf_release(&body);
	ft_buf_release(&name);
	return r;
}

const struct ft_fleet_ops ft_fleet_etcd = {
	.name = "etcd",
	.read = etcd_read,
	.claim = etcd_write,
	.commit = etcd_write,
};
