/* SPDX-License-Identifier: MIT */
/*
 * abitmedia.c - POST /v1/refreshToken (JSON or form), GET /v1/auth (Basic)
 *
 * The answer repeats the HTTP status in its body.
 */
#include "config.h"
#include "service.h"

#include <inttypes.h>
#include <stdlib.h>

static void refuse(struct answer *answer, unsigned status, const char *message)
{
	answer_set(answer, status, "application/json",
		   "{\n\"success\": false,\n\"status\": %u,\n\"message\": \"%s\"\n}",
		   status, message);
}

static void put_expiry(FILE *file, const struct grant *grant)
{
	switch (grant->expiry) {
	case EXPIRY_PLAIN:
		fprintf(file, ",\n\"expiresIn\": %" PRId64, grant_seconds(grant));
		break;
	case EXPIRY_ABSENT:
		break;
	case EXPIRY_RAW:
	case EXPIRY_NULL:
		fputs(",\n\"expiresIn\": null", file);
		break;
	case EXPIRY_NEGATIVE:
	case EXPIRY_PAST:
		fputs(",\n\"expiresIn\": -60", file);
		break;
	case EXPIRY_HUGE:
		fputs(",\n\"expiresIn\": 9223372036854775807", file);
		break;
	case EXPIRY_STRING:
		fprintf(file, ",\n\"expiresIn\": \"%" PRId64 "\"", grant_seconds(grant));
		break;
	}
}

static void grant_answer(const struct grant *grant, const char *message, struct answer *answer)
{
	struct text text;

	text_open(&text);
	fprintf(text.file, "{\n\"success\": true,\n\"status\": 200,\n\"message\": \"%s\"", message);
	if (!grant->drop_access) {
		fputs(",\n\"accessToken\": ", text.file);
		put_json(text.file, &grant->access);
	}
	if (grant->refresh.data != NULL) {
		fputs(",\n\"refreshToken\": ", text.file);
		put_json(text.file, &grant->refresh);
	}
	put_expiry(text.file, grant);
	if (grant->duplicate)
		fputs(",\n\"accessToken\": \"the-other-one\"", text.file);
	fputs("\n}", text.file);
	text_answer(&text, answer, 200, "application/json");
}

static void refresh(struct request *request, const struct fault *fault, struct answer *answer)
{
	const char *token = body_get(&request->body, "refreshToken");
	struct grant grant = { .type = NULL };
	enum outcome outcome = UNKNOWN_TOKEN;

	if (token != NULL)
		outcome = tenant_redeem(request->tenant, token, NULL, fault, &grant);
	if (outcome == GRANTED)
		grant_answer(&grant, "Token de refresco exitoso", answer);
	else if (outcome == USER_DISABLED)
		refuse(answer, 403, "Usuario deshabilitado");
	else
		refuse(answer, 400, "Token de refresco inválido o expirado");
	grant_release(&grant);
}

static void login(struct request *request, const struct fault *fault, struct answer *answer)
{
	char *user = NULL, *password = NULL;
	struct grant grant;

	if (request_basic(request, &user, &password) &&
	    tenant_password_ok(request->tenant, user, password)) {
		tenant_login(request->tenant, NULL, fault, &grant);
		grant_answer(&grant, "Autenticación exitosa", answer);
		grant_release(&grant);
	} else {
		refuse(answer, 401, "Credenciales inválidas");
		answer_header(answer, "WWW-Authenticate", "Basic realm=\"abitmedia\"");
	}
	free(user);
	free(password);
}

const struct vendor vendor_abitmedia = {
	.name = "abitmedia",
	.refresh_path = "/v1/refreshToken", .refresh = refresh,
	.login_path = "/v1/auth", .login_method = "GET", .login = login,
};
