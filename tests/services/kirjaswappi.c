/* SPDX-License-Identifier: MIT */
/*
 * kirjaswappi.c - POST /api/v1/authenticate/refresh and /api/v1/authenticate, only JSON
 *
 * A refresh answers with one member, an HMAC-signed JWT; the refresh token stays. The message of a
 * refusal repeats the refresh token, as the real one does.
 */
#include "config.h"
#include "service.h"

#include <stdlib.h>
#include <string.h>

static const char *media(const struct tenant *tenant)
{
	if (option_is(tenant, OPT_MEDIA, "none"))
		return NULL;
	return option_is(tenant, OPT_MEDIA, "any") ? "*/*" : "application/json";
}

static void refuse(struct request *request, unsigned status, const char *code,
		   const char *message, const char *about, struct answer *answer)
{
	const struct tenant *tenant = request->tenant;
	struct text text;

	text_open(&text);
	if (option_is(tenant, OPT_ERROR_SHAPE, "text")) {
		fputs("{\"error\":", text.file);
		put_json_string(text.file, message);
		putc('}', text.file);
	} else {
		bool nested = option_is(tenant, OPT_ERROR_SHAPE, "nested");
		char *whole;

		if (asprintf(&whole, "%s: %s", message, about) < 0)
			must(NULL);
		fputs(nested ? "{\"error\":{\"code\":" : "{\"code\":", text.file);
		put_json_string(text.file, code);
		fputs(",\"message\":", text.file);
		put_json_string(text.file, whole);
		fprintf(text.file, ",\"target\":\"%s\"", request->path);
		if (nested)
			fputs(",\"details\":[]}", text.file);
		putc('}', text.file);
		free(whole);
	}
	text_answer(&text, answer, status, media(tenant));
}

/* What the framework says before the application sees a request. */
static bool readable(struct request *request, struct answer *answer)
{
	char *bearer = NULL;
	bool known;

	/* Its filter rejects a JWT that has expired, also where none is needed. */
	if (request_bearer(request, &bearer)) {
		known = tenant_valid(request->tenant, bearer);
		free(bearer);
		if (!known) {
			refuse(request, 401, "invalidJwtToken", "Invalid JWT token", "", answer);
			return false;
		}
	}
	if (!request_accepts(request, "application/json")) {
		answer_set(answer, 406, NULL, "%s", "");
		return false;
	}
	if (request->body.kind == BODY_JSON)
		return true;
	answer_set(answer, request->body.kind == BODY_BROKEN ? 400 : 415, "application/json",
		   "{\"timestamp\":\"2025-01-10T05:13:39.755+00:00\",\"status\":%d,"
		   "\"error\":\"%s\",\"path\":\"%s\"}",
		   request->body.kind == BODY_BROKEN ? 400 : 415,
		   request->body.kind == BODY_BROKEN ? "Bad Request" : "Unsupported Media Type",
		   request->path);
	return false;
}

static void grant_answer(const struct tenant *tenant, const struct grant *grant, bool with_refresh,
			 struct answer *answer)
{
	struct text text;

	text_open(&text);
	putc('{', text.file);
	if (!grant->drop_access) {
		fputs("\"jwtToken\":", text.file);
		put_json(text.file, &grant->access);
	}
	if (with_refresh) {
		fputs(",\"refreshToken\":", text.file);
		put_json(text.file, &grant->refresh);
	}
	if (grant->duplicate)
		fputs(",\"jwtToken\":\"the-other-one\"", text.file);
	putc('}', text.file);
	text_answer(&text, answer, 200, media(tenant));
}

static void refresh(struct request *request, const struct fault *fault, struct answer *answer)
{
	const char *token = body_get(&request->body, "refreshToken");
	struct grant grant = { .type = NULL };

	if (!readable(request, answer))
		return;
	if (token == NULL) {
		refuse(request, 400, "refreshTokenCannotBeBlank", "refreshToken is blank", "",
		       answer);
		return;
	}
	switch (tenant_redeem(request->tenant, token, NULL, fault, &grant)) {
	case GRANTED:
		grant_answer(request->tenant, &grant, option_yes(request->tenant, OPT_ROTATE) &&
			     grant.refresh.data != NULL, answer);
		break;
	case USER_DISABLED:
		refuse(request, 404, "userNotFound", "User not found",
		       request->tenant->options[OPT_USER], answer);
		break;
	case UNKNOWN_TOKEN:
		refuse(request, 401, "invalidJwtToken", "Invalid JWT token", token, answer);
		break;
	default:
		refuse(request, 400, "invalidRefreshToken", "Invalid refresh token", token, answer);
		break;
	}
	grant_release(&grant);
}

static void login(struct request *request, const struct fault *fault, struct answer *answer)
{
	const char *user = body_get(&request->body, "username");
	const char *password = body_get(&request->body, "password");
	struct grant grant;

	if (!readable(request, answer))
		return;
	if (!tenant_password_ok(request->tenant, user, password)) {
		refuse(request, 401, "invalidCredentials", "Invalid credentials",
		       user != NULL ? user : "", answer);
		return;
	}
	tenant_login(request->tenant, NULL, fault, &grant);
	grant_answer(request->tenant, &grant, true, answer);
	grant_release(&grant);
}

const struct vendor vendor_kirjaswappi = {
	.name = "kirjaswappi",
	.refresh_path = "/api/v1/authenticate/refresh", .refresh = refresh,
	.login_path = "/api/v1/authenticate", .login_method = "POST", .login = login,
};
