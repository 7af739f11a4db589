/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/encode.h"
#include "lib/base/moment.h"
#include "lib/provider/check.h"
#include "lib/transport/jose/evp.h"
#include "lib/transport/jose/jwk.h"
#include "lib/transport/jose/jwt.h"

/* Depth of {"id_token": {"keys": {"keys": [{"key_ops": []}]}}}. */
#define DEPTH 6

static int wrong(struct ft_error *err, const char *member, const char *expected)
{
	return ft_error_set(err, FT_CONFIG, "request: %s: %s", member, expected);
}

/* Names of headers that the transport sets, or that would change where the request ends. */
static bool is_reserved(const char *name, size_t len)
{
	static const char *const reserved[] = {
		"Host", "Connection", "Content-Length", "Transfer-Encoding", "TE", "Trailer",
		"Upgrade", "Expect", "Accept-Encoding", "Keep-Alive",
	};

	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (strlen(reserved[i]) == len && strncasecmp(name, reserved[i], len) == 0)
			return true;
	return len >= 6 && strncasecmp(name, "Proxy-", 6) == 0;
}

/* "Name: value" in a single line (RFC 9110 section 5.5). */
static bool header_is_good(const char *header)
{
	size_t name = strspn(header, "!#$%&'*+-.^_`|~0123456789"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	if (name == 0 || header[name] != ':' || is_reserved(header, name))
		return false;
	for (const char *c = header + name; *c != '\0'; c++)
		if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
			return false;
	return true;
}

static int read_string(struct json_object *value, const char *member, const char **ret,
		       struct ft_error *err)
{
	if (!json_object_is_type(value, json_type_string))
		return wrong(err, member, "is not a string");
	*ret = json_object_get_string(value);
	return 0;
}

static int read_bool(struct json_object *value, const char *member, bool *ret,
		     struct ft_error *err)
{
	if (!json_object_is_type(value, json_type_boolean))
		return wrong(err, member, "is neither true nor false");
	*ret = json_object_get_boolean(value);
	return 0;
}

static int read_method(struct json_object *value, struct ft_exchange *exchange,
		       struct ft_error *err)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
	int r = read_string(value, "method", &exchange->method, err);

	for (size_t i = 0; r == 0 && i < sizeof methods / sizeof *methods; i++)
		if (strcmp(exchange->method, methods[i]) == 0)
			return 0;
	return r != 0 ? r : wrong(err, "method", "is not one of GET, POST, PUT, PATCH, DELETE");
}

/* Letters and digits alone: the id goes into prepared messages without escaping. */
static int read_id(struct json_object *value, struct ft_exchange *exchange, struct ft_error *err)
{
	int r = read_string(value, "id", &exchange->id, err);

	if (r != 0)
		return r;
	size_t len = strspn(exchange->id,
			    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return len > 0 && len <= FT_EXCHANGE_ID && exchange->id[len] == '\0' ? 0 :
	       wrong(err, "id", "is not 1 to 16 letters and digits");
}

static int read_headers(struct json_object *value, struct ft_exchange *exchange,
			struct ft_error *err)
{
	if (!json_object_is_type(value, json_type_array))
		return wrong(err, "headers", "is not an array");
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		struct json_object *header = json_object_array_get_idx(value, i);

		if (!json_object_is_type(header, json_type_string) ||
		    !header_is_good(json_object_get_string(header)))
			return ft_error_set(err, FT_CONFIG, "request: headers: item %zu is not a"
					    " \"Name: value\" that a request may give", i);
	}
	exchange->headers = value;
	return 0;
}

static int read_headers_seen(struct json_object *value, struct ft_exchange *exchange,
			     struct ft_error *err)
{
	size_t n = json_object_is_type(value, json_type_array) ?
		json_object_array_length(value) : FT_EXCHANGE_FIELDS + 1;

	for (size_t i = 0; i < n && n <= FT_EXCHANGE_FIELDS; i++) {
		struct json_object *name = json_object_array_get_idx(value, i);

		if (!json_object_is_type(name, json_type_string) ||
		    ft_check_header_name(json_object_get_string(name), NULL) != 0)
			return wrong(err, "headers_seen", "has an item that is no header name");
	}
	if (n > FT_EXCHANGE_FIELDS)
		return wrong(err, "headers_seen", "has to be an array of up to 32 names");
	exchange->headers_seen = value;
	return 0;
}

static int read_paths(struct json_object *value, struct ft_exchange_field *field,
		      struct ft_error *err)
{
	size_t n = json_object_is_type(value, json_type_array) ?
		json_object_array_length(value) : FT_EXCHANGE_PATHS + 1;

	if (n > FT_EXCHANGE_PATHS)
		return wrong(err, field->name != NULL ? field->name : "fields",
			     "has to be, or have, arrays of up to 32 paths");
	field->paths = calloc(n > 0 ? n : 1, sizeof *field->paths);
	if (field->paths == NULL)
		return ft_error_memory(err);
	for (; field->n < n; field->n++) {
		const char *text = NULL;
		int r = read_string(json_object_array_get_idx(value, field->n), "fields: a path",
				    &text, err);

		if (r == 0) {
			r = ft_path_parse(text, &field->paths[field->n], err);
			if (r != 0)
				ft_error_prefix(err, "request: fields");
		}
		if (r != 0)
			return r;
	}
	return 0;
}

static int read_fields(struct json_object *value, struct ft_exchange *exchange,
		       struct ft_error *err)
{
	if (!json_object_is_type(value, json_type_object) ||
	    json_object_object_length(value) > FT_EXCHANGE_FIELDS)
		return wrong(err, "fields", "is not an object of up to 32 members");
	exchange->fields = calloc(FT_EXCHANGE_FIELDS, sizeof *exchange->fields);
	if (exchange->fields == NULL)
		return ft_error_memory(err);
	json_object_object_foreach(value, name, paths) {
		struct ft_exchange_field *field = &exchange->fields[exchange->n_fields++];
		int r = read_paths(paths, field, err);

		if (r != 0)
			return r;
		field->name = name;
	}
	return 0;
}

static int read_untyped(struct json_object *value, struct ft_exchange *exchange,
			struct ft_error *err)
{
	static const struct {
		const char *name;
		enum ft_untyped untyped;
	} table[] = {
		{ "json", FT_UNTYPED_JSON }, { "xml", FT_UNTYPED_XML },
		{ "ignore", FT_UNTYPED_IGNORE }, { "refuse", FT_UNTYPED_REFUSE },
	};
	const char *name = NULL;
	int r = read_string(value, "untyped", &name, err);

	for (size_t i = 0; r == 0 && i < sizeof table / sizeof *table; i++)
		if (strcmp(name, table[i].name) == 0) {
			exchange->untyped = table[i].untyped;
			return 0;
		}
	return r != 0 ? r : wrong(err, "untyped", "is not one of json, xml, ignore, refuse");
}

/* Parses a member of an object that is a non-empty string. */
static int read_name(struct json_object *value, const char *member, const char **ret,
		     struct ft_error *err)
{
	int r = read_string(value, member, ret, err);

	return r == 0 && (*ret)[0] == '\0' ? wrong(err, member, "is empty") : r;
}

static int read_algorithms(struct json_object *value, struct ft_idtoken_rules *rules,
			   struct ft_error *err)
{
	static const char member[] = "id_token: algorithms";

	if (!json_object_is_type(value, json_type_array))
		return wrong(err, member, "is not an array of strings");
	rules->algorithms = 0;
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		const char *name = NULL;

		if (read_string(json_object_array_get_idx(value, i), member, &name, err) != 0)
			return wrong(err, member, "is not an array of strings");
		enum ft_alg alg = ft_alg_find(name);
		enum ft_hmac hmac = ft_hmac_find(name);

		if (alg != FT_ALG_COUNT)
			rules->algorithms |= 1U << alg;
		if (hmac != FT_HMAC_COUNT)
			rules->hmacs |= 1U << hmac;
	}
	return 0;
}

static int read_id_token(struct json_object *object, struct ft_exchange *exchange,
			 struct ft_error *err)
{
	struct ft_idtoken_rules *rules = &exchange->id_token;
	int r = 0;

	if (!json_object_is_type(object, json_type_object))
		return wrong(err, "id_token", "is not an object");
	rules->algorithms = (1U << FT_ALG_COUNT) - 1;
	exchange->id_token_now = -1;
	json_object_object_foreach(object, name, value) {
		if (strcmp(name, "issuer") == 0)
			r = read_name(value, "id_token: issuer", &rules->issuer, err);
		else if (strcmp(name, "client_id") == 0)
			r = read_name(value, "id_token: client_id", &rules->client_id, err);
		else if (strcmp(name, "nonce") == 0)
			r = read_string(value, "id_token: nonce", &rules->nonce, err);
		else if (strcmp(name, "secret") == 0)
			r = read_name(value, "id_token: secret", &rules->secret, err);
		else if (strcmp(name, "access_token") == 0)
			r = read_bool(value, "id_token: access_token", &rules->access_token, err);
		else if (strcmp(name, "keep") == 0)
			r = read_bool(value, "id_token: keep", &exchange->keep_id_token, err);
		else if (strcmp(name, "by_date") == 0)
			r = read_bool(value, "id_token: by_date", &exchange->by_date, err);
		else if (strcmp(name, "now") == 0 && json_object_is_type(value, json_type_int) &&
			 json_object_get_int64(value) >= 0 &&
			 json_object_get_int64(value) <= FT_JWT_TIME_MAX)
			exchange->id_token_now = json_object_get_int64(value);
		else if (strcmp(name, "now") == 0)
			r = wrong(err, "id_token: now", "is no time");
		else if (strcmp(name, "token") == 0)
			r = read_string(value, "id_token: token", &exchange->id_token_text, err);
		else if (strcmp(name, "algorithms") == 0)
			r = read_algorithms(value, rules, err);
		else if (strcmp(name, "keys") == 0 && ft_jwks_list(value) != NULL)
			rules->keys = value;
		else if (strcmp(name, "keys") == 0)
			r = wrong(err, "id_token: keys", "is not a JWK set");
		else
			r = ft_error_set(err, FT_CONFIG, "request: id_token: unknown member"
					 " \"%.40s\"", name);
		if (r != 0)
			return r;
	}
	if (rules->issuer == NULL)
		return wrong(err, "id_token: issuer", "is missing");
	return rules->client_id == NULL ? wrong(err, "id_token: client_id", "is missing") : 0;
}

/* Parses a member that is an object of strings. */
struct part {
	const char *name, *where;
	const char **ret;
	bool optional;
};

static int read_parts(struct json_object *object, const char *member, const struct part *parts,
		      size_t n, struct ft_error *err)
{
	if (!json_object_is_type(object, json_type_object))
		return wrong(err, member, "is not an object");
	json_object_object_foreach(object, name, value) {
		size_t i = 0;

		while (i < n && strcmp(name, parts[i].name) != 0)
			i++;
		int r = i < n ? read_name(value, parts[i].where, parts[i].ret, err) :
			ft_error_set(err, FT_CONFIG, "request: %s: unknown member \"%.40s\"",
				     member, name);

		if (r != 0)
			return r;
	}
	for (size_t i = 0; i < n; i++)
		if (*parts[i].ret == NULL && !parts[i].optional)
			return wrong(err, parts[i].where, "is missing");
	return 0;
}

static int read_assertion(struct json_object *object, struct ft_exchange *exchange,
			  struct ft_error *err)
{
	struct ft_assertion *assertion = &exchange->assertion;
	const struct part parts[] = {
		{ "key", "client_assertion: key", &assertion->key, false },
		{ "client_id", "client_assertion: client_id", &assertion->client_id, false },
		{ "audience", "client_assertion: audience", &assertion->audience, false },
	};

	return read_parts(object, "client_assertion", parts, 3, err);
}

/* Parses a key and the claims that it is to sign. */
static int read_signing(struct json_object *object, struct ft_exchange *exchange,
			struct ft_error *err)
{
	struct json_object *claims = NULL;
	const char *key = json_object_is_type(object, json_type_object) ?
				  ft_json_string(object, "key") : NULL;

	if (key == NULL || *key == '\0' || json_object_object_length(object) != 2 ||
	    !json_object_object_get_ex(object, "claims", &claims) ||
	    !json_object_is_type(claims, json_type_object))
		return wrong(err, "sign", "is not an object with key and claims alone");
	exchange->signing = (struct ft_signing){ key, claims };
	return 0;
}

static int read_dpop(struct json_object *object, struct ft_exchange *exchange,
		     struct ft_error *err)
{
	const struct part parts[] = {
		{ "key", "dpop: key", &exchange->dpop.key, false },
		{ "nonce", "dpop: nonce", &exchange->dpop.nonce, .optional = true },
	};
	int r = read_parts(object, "dpop", parts, 2, err);

	return r == 0 && exchange->dpop.nonce != NULL && !ft_dpop_is_nonce(exchange->dpop.nonce) ?
		       wrong(err, "dpop: nonce", "is no nonce") : r;
}

static int read_client_tls(struct json_object *object, struct ft_exchange *exchange,
			   struct ft_error *err)
{
	const struct part parts[] = {
		{ "certificate", "client_tls: certificate", &exchange->certificate, false },
		{ "key", "client_tls: key", &exchange->key, false },
	};

	return read_parts(object, "client_tls", parts, 2, err);
}

/* An invalid key is an error: otherwise the answer would be written in clear. */
static int read_seal(struct json_object *value, struct ft_exchange *exchange, struct ft_error *err)
{
	struct ft_buf bytes = FT_BUF_INIT(FT_BOX_ADDRESS);
	const char *text = NULL;
	int r = read_string(value, "seal", &text, err);

	if (r == 0 && (!ft_base64_read(text, strlen(text), FT_BASE64, &bytes) ||
		       bytes.len != FT_BOX_ADDRESS))
		r = wrong(err, "seal", "is not 40 bytes in base64");
	if (r == 0)
		r = ft_box_ready(err);
	if (r == 0) {
		memcpy(exchange->seal, bytes.data, sizeof exchange->seal);
		exchange->seals = true;
	}
	ft_buf_release(&bytes);
	return r;
}

static int read_point(struct json_object *value, const char *member, int64_t *ret,
		      struct ft_error *err)
{
	if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 1 ||
	    json_object_get_int64(value) > 1000 * FT_JWT_TIME_MAX)
		return wrong(err, member, "is no point in time in milliseconds");
	*ret = json_object_get_int64(value);
	return 0;
}

static int read_member(const char *name, struct json_object *value,
		       struct ft_exchange *exchange, struct ft_error *err)
{
	if (strcmp(name, "method") == 0)
		return read_method(value, exchange, err);
	if (strcmp(name, "url") == 0)
		return read_string(value, name, &exchange->url, err);
	if (strcmp(name, "id") == 0)
		return read_id(value, exchange, err);
	if (strcmp(name, "headers") == 0)
		return read_headers(value, exchange, err);
	if (strcmp(name, "body") == 0) {
		int r = read_string(value, name, &exchange->body, err);

		exchange->body_len = r == 0 ? (size_t)json_object_get_string_len(value) : 0;
		exchange->given = exchange->body;
		exchange->given_len = exchange->body_len;
		return r;
	}
	if (strcmp(name, "fields") == 0)
		return read_fields(value, exchange, err);
	if (strcmp(name, "entries") == 0) {
		exchange->entries.name = name;
		return read_paths(value, &exchange->entries, err);
	}
	if (strcmp(name, "headers_seen") == 0)
		return read_headers_seen(value, exchange, err);
	if (strcmp(name, "metadata") == 0)
		return read_bool(value, name, &exchange->metadata, err);
	if (strcmp(name, "id_token") == 0)
		return read_id_token(value, exchange, err);
	if (strcmp(name, "client_assertion") == 0)
		return read_assertion(value, exchange, err);
	if (strcmp(name, "sign") == 0)
		return read_signing(value, exchange, err);
	if (strcmp(name, "dpop") == 0)
		return read_dpop(value, exchange, err);
	if (strcmp(name, "client_tls") == 0)
		return read_client_tls(value, exchange, err);
	if (strcmp(name, "jwks") == 0)
		return read_bool(value, name, &exchange->jwks, err);
	if (strcmp(name, "jwt") == 0)
		return read_bool(value, name, &exchange->jwt, err);
	if (strcmp(name, "sandbox") == 0)
		return read_bool(value, name, &exchange->sandbox, err);
	if (strcmp(name, "untyped") == 0)
		return read_untyped(value, exchange, err);
	if (strcmp(name, "ca_file") == 0)
		return read_string(value, name, &exchange->ca_file, err);
	if (strcmp(name, "proxy") == 0)
		return read_string(value, name, &exchange->proxy, err);
	if (strcmp(name, "no_proxy") == 0)
		return read_string(value, name, &exchange->no_proxy, err);
	if (strcmp(name, "seal") == 0)
		return read_seal(value, exchange, err);
	if (strcmp(name, "deadline") == 0)
		return read_point(value, name, &exchange->deadline, err);
	if (strcmp(name, "deadline_real") == 0)
		return read_point(value, name, &exchange->deadline_real, err);
	if (strcmp(name, "version") == 0 || strcmp(name, "timeout") == 0)
		return 0;
	return ft_error_set(err, FT_CONFIG, "request: unknown member \"%.40s\"", name);
}

int ft_exchange_parse(const char *text, size_t len, struct ft_exchange *ret,
		      struct ft_error *err)
{
	struct ft_exchange exchange = { .form = FT_BUF_INIT(2 * FT_MESSAGE_MAX) };
	int64_t timeout;
	int r = ft_json_parse(text, len, DEPTH, "request", &exchange.tree, err);

	if (r == FT_UNTRUSTED)
		r = err != NULL ? (err->code = FT_CONFIG) : FT_CONFIG;
	if (r != 0)
		goto out;
	if (!json_object_is_type(exchange.tree, json_type_object)) {
		r = ft_error_set(err, FT_CONFIG, "request: is not an object");
		goto out;
	}
	json_object_object_foreach(exchange.tree, name, value) {
		r = read_member(name, value, &exchange, err);
		if (r != 0)
			goto out;
	}
	timeout = json_object_object_get_ex(exchange.tree, "timeout", NULL) ?
		ft_json_int(exchange.tree, "timeout", 0) : 60;
	if (ft_json_int(exchange.tree, "version", 0) != 1)
		r = wrong(err, "version", "is not 1");
	else if (exchange.signing.key != NULL)
		r = json_object_object_length(exchange.tree) == 2 ? 0 :
		    wrong(err, "sign", "is not alone, with version");
	else if (exchange.method == NULL)
		r = wrong(err, "method", "is missing");
	else if (exchange.url == NULL)
		r = wrong(err, "url", "is missing");
	else if (exchange.body != NULL && strcmp(exchange.method, "GET") == 0)
		r = wrong(err, "body", "a GET has none");
	else if (exchange.metadata && (exchange.jwks || exchange.id_token.issuer != NULL))
		r = wrong(err, "metadata", "cannot be asked for together with jwks or id_token");
	else if (exchange.id_token_text != NULL && !exchange.jwks)
		r = wrong(err, "id_token: token", "is only for a request with jwks");
	else if (exchange.assertion.key != NULL && exchange.body == NULL)
		r = wrong(err, "client_assertion", "the request has no body");
	else if (exchange.deadline_real > 0 && exchange.deadline == 0)
		r = wrong(err, "deadline_real", "is only for a request with deadline");
	else if (timeout < 1 || timeout > 600)
		r = wrong(err, "timeout", "is not a number from 1 to 600");
	else
		exchange.timeout = (unsigned)timeout;
out:
	if (r != 0)
		ft_exchange_release(&exchange);
	else
		*ret = exchange;
	return r;
}

static void release_paths(struct ft_exchange_field *field)
{
	for (size_t i = 0; i < field->n; i++)
		ft_path_release(&field->paths[i]);
	free(field->paths);
}

void ft_exchange_release(struct ft_exchange *exchange)
{
	if (exchange == NULL)
		return;
	for (size_t i = 0; i < exchange->n_fields; i++)
		release_paths(&exchange->fields[i]);
	release_paths(&exchange->entries);
	free(exchange->fields);
	json_object_put(exchange->tree);
	ft_buf_release(&exchange->form);
	*exchange = (struct ft_exchange){ .tree = NULL };
}

int ft_exchange_sign(struct ft_exchange *exchange, int64_t now, struct ft_error *err)
{
	if (exchange->certificate != NULL)
		return ft_evp_check_pair(exchange->certificate, exchange->key, now, err);
	if (exchange->assertion.key == NULL)
		return 0;
	const int64_t left = exchange->deadline - ft_boottime_ms();

	/* The service checks the deadline too, by its own clock; but that may differ from this
	 * machine's. */
	if (exchange->deadline > 0 && left < 1000)
		return ft_error_set(err, FT_TEMPORARY, "it is too late to send it");
	if (exchange->deadline > 0)
		exchange->assertion.seconds = left / 1000;
	if (exchange->deadline > 0 && exchange->deadline_real > left)
		now = (exchange->deadline_real - left) / 1000;
	ft_buf_clear(&exchange->form);
	ft_buf_add(&exchange->form, exchange->given, exchange->given_len);

	int r = ft_assertion_add(&exchange->assertion, now, &exchange->form, err);

	if (r == 0) {
		exchange->body = exchange->form.data;
		exchange->body_len = exchange->form.len;
	}
	return r;
}

bool ft_exchange_is_late(const struct ft_exchange *exchange)
{
	return exchange->deadline > 0 && ft_boottime_ms() >= exchange->deadline;
}

int ft_answer_write(int fd, const char *text, size_t len, struct ft_error *err)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(fd, text + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ft_error_errno(err, FT_SYSTEM, errno, "answer: write");
		done += (size_t)n;
	}
	struct stat st;

	/* Cuts off the reserved space, which would be half a megabyte of NULs. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    ftruncate(fd, lseek(fd, 0, SEEK_CUR)) != 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "answer: truncate");
	return 0;
}

int ft_answer_keep(int fd, struct ft_error *err)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && fsync(fd) != 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "answer: fsync");
	return 0;
}
