/* SPDX-License-Identifier: MIT */
/*
 * oauth.c - OAuth 2.0: RFC 6749, 7009 (revocation), 7662 (introspection), 8414 (metadata),
 * 8693 (token exchange)
 */
#include "config.h"
#include "service.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_TYPE "urn:ietf:params:oauth:token-type:access_token"

static void refuse(struct answer *answer, unsigned status, const char *code, const char *why)
{
	answer_set(answer, status, "application/json",
		   "{\"error\":\"%s\",\"error_description\":\"%s\"}", code, why);
	answer_header(answer, "Cache-Control", "no-store");
}

/* Half of a client's Basic pair: form-encoded, for what the pair's own syntax cannot
 * carry (RFC 6749 section 2.3.1). */
static bool half_is(const char *sent, const char *expected)
{
	char *plain = form_decode(sent, strlen(sent));
	bool same = plain != NULL && strcmp(plain, expected) == 0;

	free(plain);
	return same;
}

/*
 * RFC 7523: whether the client's assertion is still good. Of a client whose key nobody here knows
 * only that is looked at; the OpenID provider verifies all of it.
 */
static bool assertion_lives(const struct tenant *tenant, const char *jwt)
{
	const char *body = jwt == NULL ? NULL : strchr(jwt, '.');
	size_t len = body == NULL ? 0 : strcspn(++body, "."), decoded;
	char *text = must(calloc(1, len + 4));
	bool good = false;

	for (size_t i = 0; i < len; i++)
		text[i] = body[i] == '-' ? '+' : body[i] == '_' ? '/' : body[i];
	while (len % 4 != 0)
		text[len++] = '=';
	char *json = base64_decode(text, &decoded);

	const char *exp = json == NULL ? NULL : strstr(json, "\"exp\":");

	if (exp != NULL)
		good = strtoll(exp + strlen("\"exp\":"), NULL, 10) >
		       tenant_clock(tenant) / 10000000;
	free(json);
	free(text);
	return good;
}

/* RFC 6749 section 2.3; the answer is set where the client is refused. */
static bool client_ok(struct request *request, struct answer *answer)
{
	const struct tenant *tenant = request->tenant;
	const char *id = tenant->options[OPT_CLIENT_ID];
	const char *secret = tenant->options[OPT_CLIENT_SECRET];
	const char *sent_id = body_get(&request->body, "client_id");
	const char *sent_secret = body_get(&request->body, "client_secret");
	char *basic_id = NULL, *basic_secret = NULL;
	bool basic = request_basic(request, &basic_id, &basic_secret), good;

	if (option_is(tenant, OPT_CLIENT_AUTH, "basic"))
		good = basic && sent_secret == NULL && half_is(basic_id, id) &&
		       half_is(basic_secret, secret);
	else if (option_is(tenant, OPT_CLIENT_AUTH, "post"))
		good = !basic && sent_id != NULL && strcmp(sent_id, id) == 0 &&
		       sent_secret != NULL && strcmp(sent_secret, secret) == 0;
	else if (option_is(tenant, OPT_CLIENT_AUTH, "assertion"))
		good = assertion_lives(tenant, body_get(&request->body, "client_assertion"));
	else
		good = !basic && sent_secret == NULL &&
		       (*id == '\0' || (sent_id != NULL && strcmp(sent_id, id) == 0));
	free(basic_id);
	free(basic_secret);
	if (good)
		return true;
	refuse(answer, 401, "invalid_client", "unknown client or wrong client authentication");
	if (option_is(tenant, OPT_CLIENT_AUTH, "basic"))
		answer_header(answer, "WWW-Authenticate", "Basic realm=\"token service\"");
	return false;
}

static void put_expiry(FILE *file, const struct grant *grant)
{
	switch (grant->expiry) {
	case EXPIRY_PLAIN:
		fprintf(file, ",\"expires_in\":%" PRId64, grant_seconds(grant));
		break;
	case EXPIRY_ABSENT:
		break;
	case EXPIRY_RAW:
		fprintf(file, ",\"expires_in\":%s", grant->raw_expiry);
		break;
	case EXPIRY_NULL:
		fputs(",\"expires_in\":null", file);
		break;
	case EXPIRY_NEGATIVE:
	case EXPIRY_PAST:
		fputs(",\"expires_in\":-60", file);
		break;
	case EXPIRY_HUGE:
		fputs(",\"expires_in\":9223372036854775807", file);
		break;
	case EXPIRY_STRING:
		fprintf(file, ",\"expires_in\":\"%" PRId64 "\"", grant_seconds(grant));
		break;
	}
}

static void grant_answer(const struct grant *grant, bool exchanged, struct answer *answer)
{
	struct text text;

	text_open(&text);
	putc('{', text.file);
	if (!grant->drop_access) {
		fputs("\"access_token\":", text.file);
		put_json(text.file, &grant->access);
		putc(',', text.file);
	}
	if (grant->type != NULL)
		fprintf(text.file, "\"token_type\":\"%s\",", grant->type);
	if (exchanged)
		fputs("\"issued_token_type\":\"" TOKEN_TYPE "\",", text.file);
	fputs("\"scope\":", text.file);
	put_json_string(text.file, grant->scope);
	put_expiry(text.file, grant);
	if (grant->raw_refresh != NULL) {
		fprintf(text.file, ",\"refresh_token\":%s", grant->raw_refresh);
	} else if (grant->refresh.data != NULL) {
		fputs(",\"refresh_token\":", text.file);
		put_json(text.file, &grant->refresh);
	}
	if (grant->refresh_expires_in[0] != '\0')
		fprintf(text.file, ",\"refresh_expires_in\":%s", grant->refresh_expires_in);
	if (grant->duplicate)
		fputs(",\"access_token\":\"the-other-one\"", text.file);
	putc('}', text.file);
	text_answer(&text, answer, 200, "application/json");
	answer_header(answer, "Cache-Control", "no-store");
}

/* Whether all of the wanted words are in the list (of scopes, RFC 6749 section 6). */
static bool words_within(const char *wanted, const char *granted)
{
	while (*wanted != '\0') {
		size_t len = strcspn(wanted, " ");
		const char *p = granted;
		bool found = false;

		while (!found && *p != '\0') {
			size_t n = strcspn(p, " ");

			found = n == len && strncmp(p, wanted, n) == 0;
			p += n + (p[n] == ' ');
		}
		if (!found)
			return false;
		wanted += len + (wanted[len] == ' ');
	}
	return true;
}

/* What some services say of a refresh token that is good no more, or never was (known: false). */
static void refuse_token(const struct tenant *tenant, bool known, struct answer *answer)
{
	if (option_is(tenant, OPT_REFUSAL, "empty"))			/* Glewlwyd */
		answer_set(answer, 400, NULL, "%s", "");
	else if (option_is(tenant, OPT_REFUSAL, "invalid_request"))	/* LemonLDAP::NG */
		refuse(answer, 400, "invalid_request", "Invalid or expired refresh token");
	else if (option_is(tenant, OPT_REFUSAL, "unauthorized_client"))	/* Gitea, Forgejo */
		refuse(answer, 400, "unauthorized_client", known ? "token was already used" :
		       "unable to parse refresh token");
	else if (known && option_is(tenant, OPT_REFUSAL, "token_inactive"))	/* Hydra */
		refuse(answer, 401, "token_inactive",
		       "Token is inactive because it is malformed, expired or otherwise invalid.");
	else
		refuse(answer, 400, "invalid_grant", "Token is not active");
}

static void refresh_grant(struct request *request, const struct fault *fault, struct answer *answer)
{
	const char *token = body_get(&request->body, "refresh_token");
	const char *scope = body_get(&request->body, "scope");
	struct grant grant = { .type = NULL };
	struct token *known;
	bool is_refresh;

	if (token == NULL || *token == '\0') {
		refuse(answer, 400, "invalid_request", "refresh_token is missing");
		return;
	}
	known = tenant_find_token(request->tenant, token, &is_refresh);
	if (scope != NULL && known != NULL && is_refresh &&
	    !words_within(scope, known->family->scope)) {
		refuse(answer, 400, "invalid_scope", "more than was granted");
		return;
	}
	enum outcome outcome = tenant_redeem(request->tenant, token, NULL, fault, &grant);

	if (outcome == GRANTED)
		grant_answer(&grant, false, answer);
	else if (outcome == USER_DISABLED)
		refuse(answer, 400, "invalid_grant", "User account is disabled");
	else
		refuse_token(request->tenant, tenant_has_issued(request->tenant, token), answer);
	grant_release(&grant);
}

static void exchange_grant(struct request *request, const struct fault *fault,
			   struct answer *answer)
{
	const struct body *body = &request->body;
	const char *token = body_get(body, "subject_token");
	const char *type = body_get(body, "subject_token_type");
	const char *targets = request->tenant->options[OPT_TARGETS];
	const char *wanted[] = { body_get(body, "audience"), body_get(body, "resource") };
	struct grant grant = { .type = NULL };

	if (token == NULL || type == NULL || strcmp(type, TOKEN_TYPE) != 0) {
		refuse(answer, 400, "invalid_request",
		       "subject_token is missing or of another type");
		return;
	}
	for (size_t i = 0; i < 2; i++)
		if (wanted[i] != NULL && *targets != '\0' && !words_within(wanted[i], targets)) {
			refuse(answer, 400, "invalid_target", "no such target");
			return;
		}
	if (tenant_exchange(request->tenant, token, fault, &grant) == GRANTED)
		grant_answer(&grant, true, answer);
	else
		refuse(answer, 400, "invalid_request", "subject_token is not good");
	grant_release(&grant);
}

void oauth_token_endpoint(struct request *request, const struct fault *fault,
			  struct answer *answer)
{
	const char *type;

	if (request->body.kind != BODY_FORM) {
		refuse(answer, 400, "invalid_request", "a form is expected");
		return;
	}
	if (!client_ok(request, answer))
		return;
	type = body_get(&request->body, "grant_type");
	if (type == NULL)
		refuse(answer, 400, "invalid_request", "grant_type is missing");
	else if (strcmp(type, "refresh_token") == 0)
		refresh_grant(request, fault, answer);
	else if (strcmp(type, GRANT_TOKEN_EXCHANGE) == 0)
		exchange_grant(request, fault, answer);
	else
		refuse(answer, 400, "unsupported_grant_type",
		       "only refresh_token and token exchange");
}

void oauth_metadata(struct request *request, const char *which, struct answer *answer)
{
	struct tenant *tenant = request->tenant;
	const bool assertion = option_is(tenant, OPT_CLIENT_AUTH, "assertion");
	const char *prefix = assertion || option_is(tenant, OPT_CLIENT_AUTH, "none") ? "" :
			     "client_secret_";
	struct text text;
	char *issuer;

	tenant->counters[COUNT_DISCOVERIES]++;
	if (!option_is(tenant, OPT_VENDOR, "oauth2") ||
	    (!option_is(tenant, OPT_DISCOVERY, "both") &&
	     !option_is(tenant, OPT_DISCOVERY, which))) {
		answer_set(answer, 404, "text/plain", "not found\n");
		return;
	}
	if (asprintf(&issuer, "%s/%s", service_base, tenant->name) < 0)
		must(NULL);
	text_open(&text);
	fputs("{\"issuer\":", text.file);
	put_json_string(text.file, option_is(tenant, OPT_ISSUER, "") ? issuer :
			tenant->options[OPT_ISSUER]);
	static const char *const endpoints[][2] = {
		{ "authorization_endpoint", "authorize" }, { "token_endpoint", "token" },
		{ "revocation_endpoint", "revoke" }, { "introspection_endpoint", "introspect" },
		{ "userinfo_endpoint", "userinfo" }, { "jwks_uri", "jwks" },
	};
	for (size_t i = 0; i < sizeof(endpoints) / sizeof(*endpoints); i++)
		if (!words_within(endpoints[i][1], tenant->options[OPT_WITHOUT]))
			fprintf(text.file, ",\"%s\":\"%s/oauth/%s\"", endpoints[i][0], issuer,
				endpoints[i][1]);
	fprintf(text.file, ",\"grant_types_supported\":[\"refresh_token\"]"
		",\"token_endpoint_auth_methods_supported\":[\"%s%s\"]"
		",\"scopes_supported\":[\"openid\",\"profile\",\"offline_access\"]"
		",\"response_types_supported\":[\"code\"]"
		",\"code_challenge_methods_supported\":[\"S256\"]}",
		prefix, assertion ? "private_key_jwt" : tenant->options[OPT_CLIENT_AUTH]);
	text_answer(&text, answer, 200, "application/json");
	free(issuer);
}

/* Whether Doorkeeper takes it for gone: its access and refresh token are one. */
static bool is_expired_pair(const struct tenant *tenant, const struct token *token, bool is_refresh)
{
	const struct token *access = is_refresh ? token->access : token;

	return option_is(tenant, OPT_REVOCATION, "doorkeeper") && access != NULL &&
	       access->dies_ms <= now_ms();
}

static void revoke(struct request *request, struct answer *answer)
{
	const char *text = body_get(&request->body, "token");
	struct token *token;
	bool is_refresh;

	if (!client_ok(request, answer))
		return;
	if (text == NULL) {
		refuse(answer, 400, "invalid_request", "token is missing");
		return;
	}
	request->tenant->counters[COUNT_REVOCATIONS]++;
	token = tenant_find_token(request->tenant, text, &is_refresh);
	if (token != NULL && !option_is(request->tenant, OPT_REVOCATION, "never") &&
	    !is_expired_pair(request->tenant, token, is_refresh)) {
		token->revoked = true;
		if (is_refresh) {
			token->family->revoked = true;
			tenant_revoke_access(request->tenant, token->family);
		}
	}
	answer_set(answer, 200, NULL, "%s", "");	/* also for an unknown one */
}

static void introspect(struct request *request, struct answer *answer)
{
	const char *text = body_get(&request->body, "token");
	struct tenant *tenant = request->tenant;
	struct token *token;
	bool is_refresh;
	struct text out;

	if (!client_ok(request, answer))
		return;
	tenant->counters[COUNT_INTROSPECTIONS]++;
	token = text != NULL ? tenant_find_token(tenant, text, &is_refresh) : NULL;
	if (token == NULL || is_expired_pair(tenant, token, is_refresh)) {
		answer_set(answer, 200, "application/json", "{\"active\":false}");
		return;
	}
	text_open(&out);
	fputs("{\"active\":true,\"sub\":", out.file);
	put_json_string(out.file, tenant->options[option_is(tenant, OPT_SUBJECT, "") ? OPT_USER :
						  OPT_SUBJECT]);
	fputs(",\"scope\":", out.file);
	put_json_string(out.file, token->family->scope);
	if (!option_is(tenant, OPT_CLIENT_ID, "")) {
		fputs(",\"client_id\":", out.file);
		put_json_string(out.file, tenant->options[OPT_CLIENT_ID]);
	}
	/* Also of a refresh token: that it is none it says only by its type. */
	if (!option_is(tenant, OPT_AUDIENCE, "")) {
		fputs(",\"aud\":", out.file);
		if (tenant->options[OPT_AUDIENCE][0] == '[')
			fputs(tenant->options[OPT_AUDIENCE], out.file);
		else
			put_json_string(out.file, tenant->options[OPT_AUDIENCE]);
	}
	if (!is_refresh && !words_within("token_type", tenant->options[OPT_WITHOUT]))
		fputs(",\"token_type\":\"Bearer\"", out.file);
	if (token->dies_ms != INT64_MAX)
		fprintf(out.file, ",\"exp\":%" PRId64, tenant_clock(tenant) / 10000000 +
			(token->dies_ms - now_ms()) / 1000);
	putc('}', out.file);
	text_answer(&out, answer, 200, "application/json");
}

static void userinfo(struct request *request, struct answer *answer)
{
	struct tenant *tenant = request->tenant;
	char *token = NULL;
	struct text text;

	if (!request_bearer(request, &token) || !tenant_valid(tenant, token)) {
		free(token);
		answer_set(answer, 401, NULL, "%s", "");
		answer_header(answer, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
		return;
	}
	free(token);
	text_open(&text);
	fputs("{\"sub\":", text.file);
	put_json_string(text.file, tenant->options[option_is(tenant, OPT_SUBJECT, "") ? OPT_USER :
						   OPT_SUBJECT]);
	fputs(",\"preferred_username\":", text.file);
	put_json_string(text.file, tenant->options[OPT_USER]);
	putc('}', text.file);
	text_answer(&text, answer, 200, "application/json");
}

static bool other(struct request *request, struct answer *answer)
{
	if (strcmp(request->path, "/.well-known/openid-configuration") == 0)
		oauth_metadata(request, "openid", answer);
	else if (strcmp(request->path, "/oauth/revoke") == 0)
		revoke(request, answer);
	else if (strcmp(request->path, "/oauth/introspect") == 0)
		introspect(request, answer);
	else if (strcmp(request->path, "/oauth/userinfo") == 0)
		userinfo(request, answer);
	else
		return false;
	return true;
}

const struct vendor vendor_oauth2 = {
	.name = "oauth2",
	.refresh_path = "/oauth/token",
	.refresh = oauth_token_endpoint,
	.other = other,
};

void auth_check(struct request *request, struct answer *answer)
{
	struct tenant *tenant = request->tenant;
	char *user = NULL, *token = NULL;

	if ((request_bearer(request, &token) || request_basic(request, &user, &token)) &&
	    tenant_valid(tenant, token)) {
		tenant->counters[COUNT_CHECKS]++;
		answer_set(answer, 204, NULL, "%s", "");
	} else {
		tenant->counters[COUNT_CHECKS_REFUSED]++;
		answer_set(answer, 401, NULL, "%s", "");
		if (!option_is(tenant, OPT_CHALLENGE, "bearer"))
			answer_header(answer, "WWW-Authenticate", "Basic realm=\"example\"");
		if (!option_is(tenant, OPT_CHALLENGE, "basic"))
			answer_header(answer, "WWW-Authenticate", "Bearer%s",
				      token != NULL ? " error=\"invalid_token\"" : "");
	}
	free(user);
	free(token);
}
