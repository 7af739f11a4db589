/* SPDX-License-Identifier: MIT */
/*
 * formulacerta.c - POST /api/v2/account/refreshtoken (JSON, form or XML; JSON or XML)
 *
 * ASP.NET Web API. It needs the old access token with the refresh token, and refuses with a 200.
 */
#include "config.h"
#include "service.h"

#include <string.h>

#define NAMES "http://schemas.datacontract.org/2004/07/FormulaCertaAPI.Models"
#define TICKS_YEAR_1 (-621355968000000000LL)	/* 0001-01-01, in 100 ns */
#define TICKS_YEAR_9999 2534023007999999999LL		/* 9999-12-31T23:59:59.9999999 */

static const char json_media[] = "application/json; charset=utf-8";
static const char xml_media[] = "application/xml; charset=utf-8";

struct result {
	const struct grant *grant;	/* NULL: Succeeded is false */
	const char *errors[2];
	int error_code;
	int64_t expires;		/* ticks */
	int offset;			/* minutes */
	bool utc;			/* XML: UTC with "Z", else local time without */
};

static int64_t expiry(const struct grant *grant)
{
	switch (grant->expiry) {
	case EXPIRY_HUGE:
		return TICKS_YEAR_9999;
	case EXPIRY_NEGATIVE:
	case EXPIRY_ABSENT:
		return TICKS_YEAR_1;	/* what .NET has for "none" */
	case EXPIRY_PAST:
		return grant->issued - 60LL * 10000000;
	default:
		return grant->issued + grant->lifetime_ms * 10000;
	}
}

static void put_json_result(FILE *file, const struct result *result)
{
	static const struct bytes none = { NULL, 0 };
	const struct grant *grant = result->grant;

	fputs("{ ", file);
	if (grant == NULL || !grant->drop_access) {
		fputs("\"AccessToken\": ", file);
		put_json(file, grant != NULL ? &grant->access : &none);
		fputs(", ", file);
	}
	fputs("\"RefreshAccessToken\": ", file);
	put_json(file, grant != NULL ? &grant->refresh : &none);
	fputs(", \"TokenType\": ", file);
	put_json_string(file, grant != NULL ? grant->type : NULL);
	if (grant != NULL && grant->expiry == EXPIRY_NULL) {
		fputs(", \"Expires\": null", file);
	} else if (grant != NULL && grant->expiry == EXPIRY_STRING) {
		fputs(", \"Expires\": \"soon\"", file);
	} else {
		fputs(", \"Expires\": \"", file);
		put_date(file, result->expires, result->offset, NULL);
		putc('"', file);
	}
	fprintf(file, ", \"ErrorCode\": %d, \"ClienteId\": 6, \"Succeeded\": %s, \"Errors\": [",
		result->error_code, grant != NULL ? "true" : "false");
	for (int i = 0; i < 2 && result->errors[i] != NULL; i++) {
		fputs(i > 0 ? ", " : " ", file);
		put_json_string(file, result->errors[i]);
	}
	fputs(result->errors[0] != NULL ? " ]" : "]", file);
	if (grant != NULL && grant->duplicate)
		fputs(", \"AccessToken\": \"the-other-one\"", file);
	fputs(" }", file);
}

static void put_element(FILE *file, const char *name, const struct bytes *value)
{
	if (value->data == NULL) {
		fprintf(file, " <%s i:nil=\"true\" />", name);
		return;
	}
	fprintf(file, " <%s>", name);
	put_xml(file, value);
	fprintf(file, "</%s>", name);
}

static void put_xml_expires(FILE *file, const struct result *result)
{
	const struct grant *grant = result->grant;

	if (grant != NULL && grant->expiry == EXPIRY_NULL) {
		fputs(" <Expires i:nil=\"true\" />", file);
		return;
	}
	fputs(" <Expires xmlns:d2p1=\"http://schemas.datacontract.org/2004/07/System\">"
	      " <d2p1:DateTime>", file);
	if (grant != NULL && grant->expiry == EXPIRY_STRING)
		fputs("soon", file);
	else
		put_date(file, result->expires, result->utc ? 0 : result->offset,
			 result->utc ? "Z" : "");
	fprintf(file, "</d2p1:DateTime> <d2p1:OffsetMinutes>%d</d2p1:OffsetMinutes> </Expires>",
		result->offset);
}

static void put_xml_result(FILE *file, const struct result *result)
{
	static const struct bytes none = { NULL, 0 };
	const struct grant *grant = result->grant;
	struct bytes type = { NULL, 0 };

	if (grant != NULL && grant->type != NULL)
		type = (struct bytes){ (char *)grant->type, strlen(grant->type) };
	fputs("<LoginResult xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns=\"" NAMES
	      ".v2.Result\"> <Errors xmlns:d2p1=\""
	      "http://schemas.microsoft.com/2003/10/Serialization/Arrays\" xmlns=\"" NAMES
	      "\">", file);
	for (int i = 0; i < 2 && result->errors[i] != NULL; i++) {
		fputs(" <d2p1:string>", file);
		put_xml_string(file, result->errors[i]);
		fputs("</d2p1:string>", file);
	}
	fprintf(file, " </Errors> <Succeeded xmlns=\"" NAMES "\">%s</Succeeded>",
		grant != NULL ? "true" : "false");
	if (grant == NULL || !grant->drop_access)
		put_element(file, "AccessToken", grant != NULL ? &grant->access : &none);
	if (grant != NULL && grant->duplicate)
		fputs(" <AccessToken>the-other-one</AccessToken>", file);
	fprintf(file, " <ErrorCode>%d</ErrorCode>", result->error_code);
	put_xml_expires(file, result);
	put_element(file, "RefreshAccessToken", grant != NULL ? &grant->refresh : &none);
	put_element(file, "TokenType", &type);
	fputs(" </LoginResult>", file);
}

static void send_result(const struct request *request, const struct result *result,
			struct answer *answer)
{
	bool xml = request_wants_xml(request);
	struct text text;

	text_open(&text);
	if (xml)
		put_xml_result(text.file, result);
	else
		put_json_result(text.file, result);
	text_answer(&text, answer, 200, xml ? xml_media : json_media);
}

static void bad_request(const struct request *request, unsigned status, struct answer *answer)
{
	if (request_wants_xml(request))
		answer_set(answer, status, xml_media,
			   "<Error><Message>The request is invalid.</Message></Error>");
	else
		answer_set(answer, status, json_media, "{\"Message\":\"The request is invalid.\"}");
}

static void refresh(struct request *request, const struct fault *fault, struct answer *answer)
{
	static const char root[] = "AccessTokenBindingModel", space[] = NAMES ".v2.BindingModels";
	static const char *const order[] = { "AccessTokenOld", "AccessTokenRefresh", NULL };
	const struct tenant *tenant = request->tenant;
	const struct body *body = &request->body;
	bool xml = body->kind == BODY_XML;
	const char *old, *token;
	struct grant grant = { .type = NULL };
	struct result result = { .expires = TICKS_YEAR_1, .error_code = 1, .utc = true };
	enum outcome outcome = UNKNOWN_TOKEN;

	old = xml ? body_get_contract(body, root, space, order, "AccessTokenOld") :
	      body_get(body, "AccessTokenOld");
	token = xml ? body_get_contract(body, root, space, order, "AccessTokenRefresh") :
		body_get(body, "AccessTokenRefresh");
	if (body->kind == BODY_OTHER || body->kind == BODY_BROKEN || body->kind == BODY_NONE) {
		bad_request(request, body->kind == BODY_OTHER ? 415 : 400, answer);
		return;
	}
	if (old != NULL && token != NULL)
		outcome = tenant_redeem(request->tenant, token, old, fault, &grant);
	if (outcome == GRANTED) {
		bool noisy = option_yes(tenant, OPT_NOISY);

		result = (struct result){
			.grant = &grant, .expires = expiry(&grant),
			.offset = (int)option_number(tenant, OPT_OFFSET),
			.utc = option_yes(tenant, OPT_ZONE),
			.error_code = noisy ? 5 : 0,
			.errors = { noisy ? "sample string 1" : NULL,
				    noisy ? "sample string 2" : NULL },
		};
	} else if (outcome == USER_DISABLED) {
		result.errors[0] = "Usuário desabilitado";
		result.error_code = 3;
	} else if (outcome == WRONG_ACCESS) {
		result.errors[0] = "Token de acesso não confere";
		result.error_code = 2;
	} else {
		result.errors[0] = "Token de atualização inválido ou expirado";
	}
	send_result(request, &result, answer);
	grant_release(&grant);
}

const struct vendor vendor_formulacerta = {
	.name = "formulacerta", .refresh_path = "/api/v2/account/refreshtoken", .refresh = refresh,
};
