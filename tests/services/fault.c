/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "service.h"

#include <stdlib.h>
#include <string.h>

/* spend: whether the exchange takes place first, unless the caller says otherwise. */
struct fault_name {
	const char *name;
	enum fault_kind kind;
	bool spend;
};

static const struct fault_name names[] = {
	{ "delay", FAULT_DELAY, false },	/* :MILLISECONDS */
	{ "hold", FAULT_HOLD, false },		/* until the verb release */
	{ "hang", FAULT_HANG, false },
	{ "reset-before", FAULT_RESET, false },
	{ "reset-after", FAULT_RESET, true },
	{ "truncate", FAULT_TRUNCATE, true },
	{ "oversize", FAULT_OVERSIZE, true },
	{ "wrong-type", FAULT_MEDIA, true },	/* :MEDIA; none without one */
	{ "html", FAULT_CANNED, false },	/* :STATUS */
	{ "html200", FAULT_CANNED, false },
	{ "html400", FAULT_CANNED, false },
	{ "html401", FAULT_CANNED, false },
	{ "html403", FAULT_CANNED, false },
	{ "json", FAULT_CANNED, false },	/* :STATUS, as a gateway answers */
	{ "status", FAULT_CANNED, false },	/* :STATUS, no body */
	{ "error", FAULT_CANNED, false },	/* :CODE[:STATUS], as RFC 6749 has it */
	{ "words", FAULT_CANNED, false },	/* :TEXT, the inside of a JSON string */
	{ "inactive", FAULT_CANNED, false },	/* as RFC 7662 has it */
	{ "429", FAULT_CANNED, false },		/* :SECONDS or :date:SECONDS for Retry-After */
	{ "503", FAULT_CANNED, false },
	{ "header", FAULT_CANNED, false },	/* :STATUS:NAME: VALUE[|NAME: VALUE]… */
	{ "redirect", FAULT_CANNED, false },	/* :STATUS, with url= */
	{ "garbage", FAULT_CANNED, true },
	{ "garbage-xml", FAULT_CANNED, true },
	{ "bomb", FAULT_CANNED, false },
	{ "deep", FAULT_CANNED, false },
	{ "empty", FAULT_CANNED, true },
	{ "refuse", FAULT_MANGLE, true },
	{ "expires-absent", FAULT_MANGLE, true },
	{ "expires-null", FAULT_MANGLE, true },
	{ "expires-negative", FAULT_MANGLE, true },
	{ "expires-huge", FAULT_MANGLE, true },
	{ "expires-string", FAULT_MANGLE, true },
	{ "expires-past", FAULT_MANGLE, true },
	{ "expires", FAULT_MANGLE, true },	/* :JSON, oauth2 alone */
	{ "refresh", FAULT_MANGLE, true },	/* :JSON, likewise */
	{ "flaw", FAULT_FLAW, true },		/* :NAME, see flaw.c */
	{ "duplicate", FAULT_MANGLE, true },
	{ "nul", FAULT_MANGLE, true },
	{ "cr", FAULT_MANGLE, true },
	{ "lf", FAULT_MANGLE, true },
	{ "empty-token", FAULT_MANGLE, true },
	{ "null-token", FAULT_MANGLE, true },
	{ "no-token", FAULT_MANGLE, true },
	{ "other-type", FAULT_MANGLE, true },
	{ "no-type", FAULT_MANGLE, true },
	{ "other-subject", FAULT_MANGLE, true },
	{ "no-refresh", FAULT_MANGLE, true },
	{ "empty-refresh", FAULT_MANGLE, true },
};

struct fault *fault_new(const char *text, const char **why)
{
	size_t len = strcspn(text, ":");

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strlen(names[i].name) != len || strncmp(names[i].name, text, len) != 0)
			continue;
		if (names[i].kind == FAULT_FLAW && (text[len] != ':' || !flaw_known(text + len + 1)))
			break;
		struct fault *fault = must(calloc(1, sizeof(*fault)));

		fault->name = &names[i];
		fault->value = must(strdup(text[len] == ':' ? text + len + 1 : ""));
		fault->spend = names[i].spend;
		fault->times = 1;
		if (names[i].kind == FAULT_DELAY)
			fault->delay_ms = strtol(fault->value, NULL, 10);
		return fault;
	}
	*why = "no such fault";
	return NULL;
}

void fault_free(struct fault *fault)
{
	if (fault == NULL)
		return;
	free(fault->value);
	free(fault->url);
	free(fault->at);
	free(fault->of);
	free(fault);
}

static bool applies(const struct fault *fault, const char *at, const struct request *request)
{
	return (strcmp(fault->at, "any") == 0 || strcmp(fault->at, at) == 0) &&
	       (fault->of == NULL || (request->raw != NULL &&
				      memmem(request->raw, request->len, fault->of,
					     strlen(fault->of)) != NULL));
}

static char *maybe_copy(const char *text)
{
	return text != NULL ? must(strdup(text)) : NULL;
}

struct fault *fault_take(struct tenant *tenant, const char *at, const struct request *request)
{
	struct fault **p = &tenant->faults, *fault;

	while (*p != NULL && !applies(*p, at, request))
		p = &(*p)->next;
	fault = *p;
	if (fault == NULL)
		return NULL;
	tenant->counters[COUNT_FAULTS]++;
	if (fault->times > 0 && --fault->times == 0) {
		*p = fault->next;
		return fault;
	}
	struct fault *same = must(malloc(sizeof(*same)));

	*same = *fault;
	same->value = maybe_copy(fault->value);
	same->url = maybe_copy(fault->url);
	same->at = maybe_copy(fault->at);
	same->of = maybe_copy(fault->of);
	return same;
}

enum fault_kind fault_kind(const struct fault *fault)
{
	return fault->name->kind;
}

bool fault_is(const struct fault *fault, const char *name)
{
	return fault != NULL && strcmp(fault->name->name, name) == 0;
}

static void set(struct bytes *bytes, const char *value)
{
	free(bytes->data);
	bytes->data = value != NULL ? must(strdup(value)) : NULL;
	bytes->len = value != NULL ? strlen(value) : 0;
}

/* A byte that must never get through, and after it what it would smuggle in. */
static void inject(struct bytes *bytes, char byte)
{
	static const char after[] = "password=smuggled";
	size_t len = bytes->len + 1 + strlen(after);

	if (bytes->data == NULL)
		return;
	bytes->data = must(realloc(bytes->data, len + 1));
	bytes->data[bytes->len] = byte;
	strcpy(bytes->data + bytes->len + 1, after);
	bytes->len = len;
}

void fault_mangle(const struct fault *fault, struct grant *grant)
{
	if (fault == NULL || fault->name->kind != FAULT_MANGLE)
		return;
	if (fault_is(fault, "expires-absent"))
		grant->expiry = EXPIRY_ABSENT;
	else if (fault_is(fault, "expires-null"))
		grant->expiry = EXPIRY_NULL;
	else if (fault_is(fault, "expires-negative"))
		grant->expiry = EXPIRY_NEGATIVE;
	else if (fault_is(fault, "expires-huge"))
		grant->expiry = EXPIRY_HUGE;
	else if (fault_is(fault, "expires-string"))
		grant->expiry = EXPIRY_STRING;
	else if (fault_is(fault, "expires-past"))
		grant->expiry = EXPIRY_PAST;
	else if (fault_is(fault, "expires"))
		grant->expiry = EXPIRY_RAW, grant->raw_expiry = fault->value;
	else if (fault_is(fault, "refresh"))
		grant->raw_refresh = fault->value;
	else if (fault_is(fault, "duplicate"))
		grant->duplicate = true;
	else if (fault_is(fault, "nul"))
		inject(&grant->access, '\0');
	else if (fault_is(fault, "cr"))
		inject(&grant->access, '\r');
	else if (fault_is(fault, "lf"))
		inject(&grant->access, '\n');
	else if (fault_is(fault, "empty-token"))
		set(&grant->access, "");
	else if (fault_is(fault, "null-token"))
		set(&grant->access, NULL);
	else if (fault_is(fault, "no-token"))
		grant->drop_access = true;
	else if (fault_is(fault, "other-type"))
		grant->type = "mac";
	else if (fault_is(fault, "no-type"))
		grant->type = NULL;
	else if (fault_is(fault, "no-refresh"))
		set(&grant->refresh, NULL);
	else if (fault_is(fault, "empty-refresh"))
		set(&grant->refresh, "");
}

static const char html[] =
	"<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head>\n"
	"<body><form action=\"/portal\"><input name=\"access_token\" value=\"portal\"></form>"
	"</body></html>\n";
static const char bomb[] =
	"<?xml version=\"1.0\"?>\n<!DOCTYPE r [\n"
	" <!ENTITY a \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\">\n"
	" <!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">\n"
	" <!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">\n"
	" <!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">\n"
	" <!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\">\n"
	" <!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\">\n"
	" <!ENTITY g \"&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;\">\n]>\n"
	"<r><access_token>&g;</access_token></r>\n";

static void deep(struct answer *answer)
{
	struct text text;

	text_open(&text);
	for (int i = 0; i < 2000; i++)
		fputs("{\"access_token\":", text.file);
	fputs("\"deep\"", text.file);
	for (int i = 0; i < 2000; i++)
		putc('}', text.file);
	text_answer(&text, answer, 200, "application/json");
}

static void retry_after(const struct fault *fault, const struct tenant *tenant,
			struct answer *answer)
{
	struct text text;

	if (strncmp(fault->value, "date:", 5) != 0) {
		if (*fault->value != '\0')
			answer_header(answer, "Retry-After", "%s", fault->value);
		return;
	}
	text_open(&text);
	put_http_date(text.file, tenant_clock(tenant) / 10000000 +
		      strtoll(fault->value + 5, NULL, 10));
	text_close(&text);
	answer_header(answer, "Retry-After", "%s", text.data);
	free(text.data);
}

static void header_lines(const char *lines, struct answer *answer)
{
	while (*lines != '\0') {
		size_t len = strcspn(lines, "|"), colon = strcspn(lines, ":|");
		char *name = must(strndup(lines, colon));

		if (lines[colon] == ':')
			answer_header(answer, name, "%.*s", (int)(len - colon - 1),
				      lines + colon + 1);
		free(name);
		lines += len + (lines[len] == '|');
	}
}

void fault_canned(const struct fault *fault, const struct tenant *tenant, struct answer *answer)
{
	const char *name = fault->name->name;
	unsigned status = (unsigned)strtoul(fault->value, NULL, 10);

	if (strncmp(name, "html", 4) == 0) {
		if (name[4] != '\0')
			status = (unsigned)strtoul(name + 4, NULL, 10);
		answer_set(answer, status, "text/html; charset=utf-8", "%s", html);
	} else if (strcmp(name, "json") == 0) {
		answer_set(answer, status, "application/json",
			   "{\"timestamp\":\"2025-01-10T05:13:39.755+00:00\",\"status\":%u,"
			   "\"error\":\"Not Found\",\"path\":\"/\"}", status);
	} else if (strcmp(name, "status") == 0) {
		answer_set(answer, status, NULL, "%s", "");
	} else if (strcmp(name, "error") == 0) {
		int len = (int)strcspn(fault->value, ":");

		status = (unsigned)strtoul(fault->value + len + (fault->value[len] == ':'), NULL, 10);
		answer_set(answer, status != 0 ? status : 400, "application/json",
			   "{\"error\":\"%.*s\"}", len, fault->value);
	} else if (strcmp(name, "words") == 0) {
		answer_set(answer, 400, "application/json",
			   "{\"error\":\"invalid_request\",\"error_description\":\"%s\"}", fault->value);
	} else if (strcmp(name, "inactive") == 0) {
		answer_set(answer, 200, "application/json", "{\"active\":false}");
	} else if (strcmp(name, "429") == 0 || strcmp(name, "503") == 0) {
		answer_set(answer, (unsigned)strtoul(name, NULL, 10), "text/plain",
			   "Try again later.\n");
		retry_after(fault, tenant, answer);
	} else if (strcmp(name, "header") == 0) {
		answer_set(answer, status, NULL, "%s", "");
		header_lines(fault->value + strspn(fault->value, "0123456789:"), answer);
	} else if (strcmp(name, "redirect") == 0) {
		answer_set(answer, status != 0 ? status : 307, NULL, "%s", "");
		answer_header(answer, "Location", "%s", fault->url != NULL ? fault->url : "/");
	} else if (strcmp(name, "garbage") == 0) {
		answer_set(answer, 200, "application/json", "{\"access_token\": \"x\", }}\xff{");
	} else if (strcmp(name, "garbage-xml") == 0) {
		answer_set(answer, 200, "application/xml", "<r><access_token>x</r>&\xff");
	} else if (strcmp(name, "bomb") == 0) {
		answer_set(answer, 200, "application/xml", "%s", bomb);
	} else if (strcmp(name, "deep") == 0) {
		deep(answer);
	} else {
		answer_set(answer, 200, "application/json", "%s", "");
	}
}
