/* SPDX-License-Identifier: MIT */
/*
 * consinco.c - POST /api/v1/auth/refresh-token and /login (JSON or XML)
 *
 * ASP.NET Web API. Its documentation has two names for the members: in a table (access_token) and
 * in samples (<accessToken>k__BackingField). XML has them in the order of their encoded names, like
 * DataContractSerializer. Errors have no body, unless error_body says otherwise.
 */
#include "config.h"
#include "service.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_SPACE "http://schemas.datacontract.org/2004/07/AuthenticationServer.Models"

static const char json_media[] = "application/json; charset=utf-8";
static const char xml_media[] = "application/xml; charset=utf-8";

enum member { ACCESS, TYPE, LIFETIME, REFRESH, USERNAME, ID, NAME, SEQUENCE, CODE, AD_USER, ROLE,
	      COMPANY, COMPANY_TYPE, EXTERNAL, LOGIN_ID, ISSUED, EXPIRES, MEMBERS };

static const char *const names[2][MEMBERS] = {
	{ "<accessToken>k__BackingField", "<tokenType>k__BackingField",
	  "<expiresIn>k__BackingField", "<refreshToken>k__BackingField",
	  "<userName>k__BackingField", "<id>k__BackingField", "<name>k__BackingField",
	  "<seqUser>k__BackingField", "<userCode>k__BackingField", "<ADUser>k__BackingField",
	  "<permissionRole>k__BackingField", "<company>k__BackingField",
	  "<companyType>k__BackingField", "<isExt>k__BackingField", "<loginId>k__BackingField",
	  "<issued>k__BackingField", "<expires>k__BackingField" },
	{ "access_token", "token_type", "expires_in", "refresh_token", "username", "id", "name",
	  "userSequence", "userCode", "ADUser", "permissionRole", "company", "companyType",
	  "isExt", "loginId", ".issued", ".expires" },
};
static const unsigned char xml_order[2][MEMBERS] = {
	{ AD_USER, ACCESS, COMPANY_TYPE, COMPANY, LIFETIME, EXPIRES, ID, EXTERNAL, ISSUED, LOGIN_ID,
	  NAME, ROLE, REFRESH, SEQUENCE, TYPE, CODE, USERNAME },
	{ AD_USER, EXPIRES, ISSUED, ACCESS, COMPANY, COMPANY_TYPE, LIFETIME, ID, EXTERNAL, LOGIN_ID,
	  NAME, ROLE, REFRESH, TYPE, CODE, SEQUENCE, USERNAME },
};

/* A name's XML element: what may not be in one is _xHHHH_. */
static void put_name(FILE *file, const char *name)
{
	for (const char *p = name; *p != '\0'; p++)
		if (*p == '<' || *p == '>' || (*p == '.' && p == name))
			fprintf(file, "_x%04X_", (unsigned)*p);
		else
			putc(*p, file);
}

static struct bytes own(const char *text)
{
	return (struct bytes){ text != NULL ? must(strdup(text)) : NULL,
			       text != NULL ? strlen(text) : 0 };
}

static struct bytes date(int64_t ticks, int offset)
{
	struct text text;

	text_open(&text);
	put_date(text.file, ticks, offset, NULL);
	text_close(&text);
	return (struct bytes){ text.data, text.len };
}

static struct bytes copy(const struct bytes *bytes)
{
	struct bytes out = { NULL, bytes->len };

	if (bytes->data != NULL) {
		out.data = must(malloc(bytes->len + 1));
		memcpy(out.data, bytes->data, bytes->len + 1);
	}
	return out;
}

static struct bytes seconds(const struct grant *grant)
{
	char number[32];

	switch (grant->expiry) {
	case EXPIRY_ABSENT:
	case EXPIRY_RAW:
	case EXPIRY_NULL:
		return own(NULL);
	case EXPIRY_NEGATIVE:
	case EXPIRY_PAST:
		return own("-60");
	case EXPIRY_HUGE:
		return own("9223372036854775807");
	case EXPIRY_STRING:
		return own("soon");
	case EXPIRY_PLAIN:
		break;
	}
	snprintf(number, sizeof(number), "%" PRId64, grant_seconds(grant));
	return own(number);
}

static struct bytes expiry(const struct grant *grant, int offset)
{
	switch (grant->expiry) {
	case EXPIRY_ABSENT:
	case EXPIRY_RAW:
	case EXPIRY_NULL:
		return own(NULL);
	case EXPIRY_NEGATIVE:
	case EXPIRY_PAST:
		return date(grant->issued - 60LL * 10000000, offset);
	case EXPIRY_HUGE:
		return own("9999-12-31T23:59:59.9999999-03:00");
	case EXPIRY_STRING:
		return own("soon");
	case EXPIRY_PLAIN:
		break;
	}
	return date(grant->issued + grant->lifetime_ms * 10000, offset);
}

static struct bytes value(const struct tenant *tenant, const struct grant *grant,
			  enum member member)
{
	int offset = (int)option_number(tenant, OPT_OFFSET);

	switch (member) {
	case ACCESS: return copy(&grant->access);
	case TYPE: return own(grant->type);
	case LIFETIME: return seconds(grant);
	case REFRESH: return copy(&grant->refresh);
	case USERNAME: return own(grant->subject);
	case ID: return own("6");
	case NAME: return own("Alice Example");
	case SEQUENCE: return own("8");
	case CODE: return own(grant->subject);
	case AD_USER: return own("EXAMPLE\\alice");
	case ROLE: return own("user");
	case COMPANY: return own(tenant->options[OPT_COMPANY]);
	case COMPANY_TYPE: return own("1");
	case EXTERNAL: return own("true");
	case LOGIN_ID: return own("15");
	case ISSUED: return date(grant->issued, offset);
	case EXPIRES: return expiry(grant, offset);
	case MEMBERS: break;
	}
	abort();
}

static bool is_present(const struct grant *grant, enum member member)
{
	if (member == ACCESS)
		return !grant->drop_access;
	return (member != LIFETIME && member != EXPIRES) || grant->expiry != EXPIRY_ABSENT;
}

static void put_json_members(FILE *file, const struct tenant *tenant, const struct grant *grant)
{
	int spelling = option_is(tenant, OPT_SPELLING, "table");
	const char *before = "{ ";

	for (enum member i = 0; i < MEMBERS; i++) {
		struct bytes bytes = value(tenant, grant, i);

		if (is_present(grant, i)) {
			fprintf(file, "%s\"%s\": ", before, names[spelling][i]);
			before = ", ";
			if (i == ID || i == SEQUENCE || i == EXTERNAL)
				fputs(bytes.data, file);
			else
				put_json(file, &bytes);
		}
		free(bytes.data);
	}
	if (grant->duplicate)
		fprintf(file, ", \"%s\": \"the-other-one\"", names[spelling][ACCESS]);
	fputs(" }", file);
}

static void put_element(FILE *file, const char *name, const struct bytes *bytes)
{
	fputs(" <", file);
	put_name(file, name);
	if (bytes->data == NULL) {
		fputs(" i:nil=\"true\" />", file);
		return;
	}
	putc('>', file);
	put_xml(file, bytes);
	fputs("</", file);
	put_name(file, name);
	putc('>', file);
}

static void put_xml_members(FILE *file, const struct tenant *tenant, const struct grant *grant)
{
	static const struct bytes other = { (char *)"the-other-one", 13 };
	int spelling = option_is(tenant, OPT_SPELLING, "table");

	fputs("<TokenResponse xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\""
	      " xmlns=\"http://schemas.datacontract.org/2004/07/Kike.Security.Data.Dto\">", file);
	for (int i = 0; i < MEMBERS; i++) {
		enum member member = xml_order[spelling][i];
		struct bytes bytes = value(tenant, grant, member);

		if (is_present(grant, member))
			put_element(file, names[spelling][member], &bytes);
		if (member == ACCESS && grant->duplicate)
			put_element(file, names[spelling][member], &other);
		free(bytes.data);
	}
	fputs(" </TokenResponse>", file);
}

static void grant_answer(const struct request *request, const struct grant *grant,
			 struct answer *answer)
{
	bool xml = request_wants_xml(request);
	struct text text;

	text_open(&text);
	if (xml)
		put_xml_members(text.file, request->tenant, grant);
	else
		put_json_members(text.file, request->tenant, grant);
	text_answer(&text, answer, 200, xml ? xml_media : json_media);
}

static void refuse(const struct request *request, unsigned status, struct answer *answer)
{
	const struct tenant *tenant = request->tenant;
	static const char message[] = "Authorization has been denied for this request.";

	if (option_is(tenant, OPT_ERROR_BODY, "json"))
		answer_set(answer, status, json_media, "{\"Message\":\"%s\"}", message);
	else if (option_is(tenant, OPT_ERROR_BODY, "xml"))
		answer_set(answer, status, xml_media,
			   "<Error><Message>%s</Message></Error>", message);
	else if (option_is(tenant, OPT_ERROR_BODY, "html"))
		answer_set(answer, status, "text/html",
			   "<html><head><title>%u</title></head><body>%s</body></html>", status,
			   message);
	else
		answer_set(answer, status, NULL, "%s", "");
}

static void refresh(struct request *request, const struct fault *fault, struct answer *answer)
{
	static const char root[] = "ConsincoRefreshTokenBindingModel";
	static const char *const order[] = {
		"ControllerVersion", "GrantType", "Refreshtoken", NULL
	};
	const struct body *body = &request->body;
	bool xml = body->kind == BODY_XML;
	const char *token, *type;
	struct grant grant = { .type = NULL };

	token = xml ? body_get_contract(body, root, REQUEST_SPACE, order, "Refreshtoken") :
		body_get(body, "refresh_token");
	type = xml ? body_get_contract(body, root, REQUEST_SPACE, order, "GrantType") :
	       body_get(body, "grant_type");
	if (body->kind == BODY_OTHER || body->kind == BODY_FORM)
		refuse(request, 415, answer);
	else if (token == NULL || (type != NULL && strcmp(type, "refresh_token") != 0))
		refuse(request, 400, answer);
	else if (tenant_redeem(request->tenant, token, NULL, fault, &grant) == GRANTED)
		grant_answer(request, &grant, answer);
	else
		refuse(request, 401, answer);
	grant_release(&grant);
}

static void login(struct request *request, const struct fault *fault, struct answer *answer)
{
	const char *company = body_get(&request->body, "company");
	struct grant grant;

	if (request->body.kind != BODY_JSON) {
		refuse(request, 400, answer);
		return;
	}
	if (company == NULL || !option_is(request->tenant, OPT_COMPANY, company) ||
	    !tenant_password_ok(request->tenant, body_get(&request->body, "username"),
				body_get(&request->body, "password"))) {
		refuse(request, 401, answer);
		return;
	}
	tenant_login(request->tenant, NULL, fault, &grant);
	grant_answer(request, &grant, answer);
	grant_release(&grant);
}

const struct vendor vendor_consinco = {
	.name = "consinco",
	.refresh_path = "/api/v1/auth/refresh-token", .refresh = refresh,
	.login_path = "/api/v1/auth/login", .login_method = "POST", .login = login,
};
