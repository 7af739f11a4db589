/* SPDX-License-Identifier: MIT */
/*
 * admin.c - /_admin/VERB?tenant=NAME&…: the controls of a service
 *
 * Parameters are in the query or in a form; answers are lines NAME=VALUE or one bare value, for the
 * shell. Errors are 400 with a word of explanation.
 */
#include "config.h"
#include "service.h"

#include <ctype.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

static const char *param(const struct request *request, const char *name)
{
	const char *value = request_query(request, name);

	return value != NULL ? value : body_get(&request->body, name);
}

static void bad(struct answer *answer, const char *what, const char *why)
{
	answer_set(answer, 400, "text/plain", "%s: %s\n", what, why);
}

static void put_tokens(FILE *file, const char *refresh, const char *access)
{
	fprintf(file, "refresh_token=%s\naccess_token=%s\n", refresh, access);
}

/* Every parameter but `tenant` is an option. */
struct setter {
	struct tenant *tenant;
	struct answer *answer;
	bool failed, vendor_done;
};

static void set_one(struct setter *setter, const char *name, const char *value)
{
	const char *why = NULL;

	if (strcmp(name, "tenant") == 0 || setter->failed ||
	    (strcmp(name, "vendor") == 0 && setter->vendor_done))
		return;
	if (!option_set(setter->tenant, name, value, &why)) {
		setter->failed = true;
		bad(setter->answer, name, why);
	}
}

static enum MHD_Result set_argument(void *data, enum MHD_ValueKind kind, const char *name,
				    const char *value)
{
	(void)kind;
	set_one(data, name, value != NULL ? value : "");
	return MHD_YES;
}

/* vendor first: it chooses the defaults of others. */
static bool set_options(struct request *request, struct tenant *tenant, struct answer *answer)
{
	struct setter setter = { tenant, answer, false, false };
	const char *vendor = param(request, "vendor");

	if (vendor != NULL && strcmp(vendor, tenant->options[OPT_VENDOR]) != 0)
		set_one(&setter, "vendor", vendor);
	setter.vendor_done = true;
	MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, set_argument,
				  &setter);
	for (size_t i = 0; i < request->body.n; i++)
		if (request->body.list[i].value != NULL)
			set_one(&setter, request->body.list[i].name, request->body.list[i].value);
	return !setter.failed;
}

static void sign_in(struct tenant *tenant, struct answer *answer)
{
	struct grant grant;
	struct text text;

	tenant_login(tenant, NULL, NULL, &grant);
	text_open(&text);
	fprintf(text.file, "base=%s/%s\n", service_base, tenant->name);
	put_tokens(text.file, tenant->refresh->text, tenant->access->text);
	text_answer(&text, answer, 200, "text/plain");
	grant_release(&grant);
}

static bool name_ok(const char *name)
{
	if (!isalnum((unsigned char)*name))
		return false;
	while (isalnum((unsigned char)*name) || *name == '-' || *name == '.')
		name++;
	return *name == '\0';
}

static void create(struct request *request, const char *name, struct answer *answer)
{
	struct tenant *tenant;

	if (name == NULL || !name_ok(name)) {
		bad(answer, "tenant", "letters, digits, '-' and '.' are expected");
		return;
	}
	tenant = tenant_create(name);
	if (set_options(request, tenant, answer))
		sign_in(tenant, answer);
}

static void counters(struct request *request, struct answer *answer)
{
	const char *only = param(request, "name");
	struct text text;

	text_open(&text);
	for (unsigned i = 0; i < COUNT_COUNT; i++) {
		if (only == NULL)
			fprintf(text.file, "%s=%" PRId64 "\n", counter_names[i],
				request->tenant->counters[i]);
		else if (strcmp(only, counter_names[i]) == 0)
			fprintf(text.file, "%" PRId64 "\n", request->tenant->counters[i]);
	}
	text_answer(&text, answer, 200, "text/plain");
	if (answer->len == 0)
		bad(answer, "name", "no such counter");
}

static void fault(struct request *request, struct answer *answer)
{
	const char *text = param(request, "fault"), *times = param(request, "times");
	const char *spend = param(request, "spend"), *at = param(request, "at");
	const char *of = param(request, "of");
	const char *url = param(request, "url"), *delay = param(request, "delay");
	const char *why = "is missing";
	struct tenant *tenant = request->tenant;
	struct fault *new, **last = &tenant->faults;

	if (text != NULL && strcmp(text, "none") == 0) {
		while ((new = tenant->faults) != NULL) {
			tenant->faults = new->next;
			fault_free(new);
		}
		answer_set(answer, 200, "text/plain", "ok\n");
		return;
	}
	new = text != NULL ? fault_new(text, &why) : NULL;
	if (new == NULL) {
		bad(answer, "fault", why);
		return;
	}
	if (times != NULL)
		new->times = strtol(times, NULL, 10);
	if (spend != NULL)
		new->spend = strcmp(spend, "yes") == 0;
	if (delay != NULL)
		new->delay_ms = strtol(delay, NULL, 10);
	new->url = url != NULL ? must(strdup(url)) : NULL;
	new->of = of != NULL ? must(strdup(of)) : NULL;
	new->at = must(strdup(at != NULL ? at : "refresh"));
	while (*last != NULL)
		last = &(*last)->next;
	*last = new;
	answer_set(answer, 200, "text/plain", "ok\n");
}

static void tokens(struct request *request, struct answer *answer)
{
	struct tenant *tenant = request->tenant;
	struct text text;

	text_open(&text);
	put_tokens(text.file, tenant->refresh->text, tenant->access->text);
	text_answer(&text, answer, 200, "text/plain");
}

void admin_serve(struct request *request, const char *verb, struct answer *answer)
{
	const char *name = param(request, "tenant");
	struct tenant *tenant = name != NULL ? tenant_find(name, strlen(name)) : NULL;

	if (strcmp(verb, "ping") == 0) {
		answer_set(answer, 200, "text/plain", "ok\n");
		return;
	}
	if (strcmp(verb, "create") == 0) {
		create(request, name, answer);
		return;
	}
	if (tenant == NULL) {
		bad(answer, "tenant", "no such tenant");
		return;
	}
	request->tenant = tenant;
	answer_set(answer, 200, "text/plain", "ok\n");
	if (strcmp(verb, "set") == 0) {
		set_options(request, tenant, answer);
	} else if (strcmp(verb, "login") == 0) {
		sign_in(tenant, answer);
	} else if (strcmp(verb, "tokens") == 0) {
		tokens(request, answer);
	} else if (strcmp(verb, "counters") == 0) {
		counters(request, answer);
	} else if (strcmp(verb, "reset-counters") == 0) {
		for (unsigned i = 0; i < COUNT_COUNT; i++)
			if (i != COUNT_RUNNING)
				tenant->counters[i] = 0;
	} else if (strcmp(verb, "revoke-family") == 0) {
		tenant_revoke_families(tenant);
	} else if (strcmp(verb, "revoke-access") == 0) {
		tenant_revoke_access(tenant, NULL);
	} else if (strcmp(verb, "disable") == 0 || strcmp(verb, "enable") == 0) {
		tenant->disabled = *verb == 'd';
	} else if (strcmp(verb, "fault") == 0) {
		fault(request, answer);
	} else if (strcmp(verb, "release") == 0) {
		service_release(tenant);
	} else if (strcmp(verb, "last-request") == 0) {
		answer_set(answer, 200, "text/plain", "%s",
			   tenant->last_request != NULL ? tenant->last_request : "");
	} else if (strcmp(verb, "options") == 0) {
		struct text text;

		text_open(&text);
		options_print(tenant, text.file);
		text_answer(&text, answer, 200, "text/plain");
	} else {
		bad(answer, verb, "no such verb");
	}
}
