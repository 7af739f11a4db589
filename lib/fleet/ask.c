/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/fleet/ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/data/json.h"
#include "lib/fleet/files.h"
#include "lib/service/transport-run.h"

static int add_headers(const struct ft_fleet *fleet, struct json_object *message)
{
	static const char *const always[] = {
		"Accept: application/json", "Content-Type: application/json",
		"User-Agent: " PACKAGE_NAME "/" PACKAGE_VERSION,
	};
	struct json_object *list = json_object_new_array();
	char *authorization = NULL;
	int r = list != NULL ? 0 : FT_NO_MEMORY;

	for (size_t i = 0; r == 0 && i < sizeof always / sizeof *always; i++)
		r = json_object_array_add(list, json_object_new_string(always[i])) == 0 ?
			    0 : FT_NO_MEMORY;
	if (r == 0 && fleet->token.data != NULL) {
		if (asprintf(&authorization, "Authorization: %s", fleet->token.data) < 0)
			authorization = NULL;
		r = authorization != NULL &&
				    json_object_array_add(
					    list, json_object_new_string(authorization)) == 0 ?
			    0 : FT_NO_MEMORY;
	}
	if (authorization != NULL)
		ft_wipe(authorization, strlen(authorization));
	free(authorization);
	if (r == 0)
		return ft_json_add(message, "headers", list);
	json_object_put(list);
	return r;
}

static int add_fields(const struct ft_ask *ask, struct json_object *message)
{
	struct json_object *object = json_object_new_object();
	int r = 0;

	for (size_t i = 0; r == 0 && ask->fields[i].paths[0] != NULL; i++) {
		const char *const *from = ask->fields[i].paths;
		struct json_object *paths = json_object_new_array();

		for (size_t j = 0; paths != NULL && j < 2 && from[j] != NULL; j++)
			(void)json_object_array_add(paths, json_object_new_string(from[j]));
		r = ft_json_add(object, ft_field_names[ask->fields[i].field], paths);
	}
	return r | ft_json_add(message, "fields", object);
}

/* The client certificate of [fleet], which this host shows to the store. */
static int add_certificate(const struct ft_fleet *fleet, struct json_object *message,
			   struct ft_error *err)
{
	const struct ft_fleet_section *section = fleet->section;
	struct ft_secret certificate = { NULL, 0 }, key = { NULL, 0 };
	int r;

	if (section->client_certificate == NULL)
		return 0;
	r = ft_fleet_read_text("client_certificate", section->client_certificate, false,
			       &certificate, err);
	if (r == 0)
		r = ft_fleet_read_text("client_key", section->client_key, true, &key, err);
	if (r == 0) {
		struct json_object *object = json_object_new_object();

		r = ft_json_add_string(object, "certificate", certificate.data);
		r |= ft_json_add_string(object, "key", key.data);
		if ((r | ft_json_add(message, "client_tls", object)) != 0)
			r = ft_error_memory(err);
	}
	ft_secret_release(&certificate);
	ft_secret_release(&key);
	return r;
}

static int make_message(const struct ft_fleet *fleet, const struct ft_ask *ask, const char *body,
			struct ft_buf *ret, struct ft_error *err)
{
	const struct ft_fleet_section *section = fleet->section;
	struct json_object *message = json_object_new_object();
	char *url = NULL;
	size_t len = 0;
	int r = ft_json_add_int(message, "version", 1);

	if (asprintf(&url, "%s%s", section->servers.list[fleet->server], ask->path) < 0)
		url = NULL, r = FT_NO_MEMORY;
	r |= ft_json_add_string(message, "method", "POST");
	if (url != NULL)
		r |= ft_json_add_string(message, "url", url);
	r |= ft_json_add_string(message, "body", body);
	r |= ft_json_add_string(message, "untyped", "json");
	r |= ft_json_add_int(message, "timeout", section->timeout);
	if (section->ca_file != NULL)
		r |= ft_json_add_string(message, "ca_file", section->ca_file);
	r |= add_fields(ask, message);
	r |= add_headers(fleet, message);
	r = r != 0 ? ft_error_memory(err) : add_certificate(fleet, message, err);
	const char *text = r == 0 ? ft_json_text(message, &len) : NULL;

	if (r == 0 && text == NULL)
		r = ft_error_memory(err);
	if (r == 0) {
		ft_buf_add(ret, text, len);
		r = ft_buf_check(ret, "the request", err);
	}
	json_object_put(message);
	free(url);
	return r;
}

static int run(const struct ft_fleet *fleet, const struct ft_buf *message, struct ft_facts *ret,
	       struct ft_error *err)
{
	struct ft_transport transport = FT_TRANSPORT_INIT;
	int answer = memfd_create("freshtoken-answer", MFD_CLOEXEC), r;

	if (answer < 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "cannot make room for an answer");
	r = ft_transport_start(fleet->ft->places.libexec, NULL, answer, -1, &transport, err);
	if (r == 0)
		r = ft_transport_send(&transport, message, err);
	ft_transport_finish(&transport, fleet->section->timeout);
	/* If the transport was killed, that counts as a member that did not answer. */
	if (r == 0 && ft_transport_answer(answer, ret, err) != 0)
		(void)snprintf(ret->error, sizeof ret->error, "no answer in time");
	(void)close(answer);
	return r;
}

/* The store's Date has whole seconds, and was taken at some point between request and answer. */
static void set_clock(struct ft_fleet *fleet, const struct ft_facts *facts, int64_t began)
{
	struct ft_fleet_clock *clock = &fleet->clock;

	ft_moment_now(&clock->here);
	clock->least = clock->most = clock->here.real;
	if (facts->date >= 0) {
		clock->least = facts->date * 1000;
		clock->most = facts->date * 1000 + 999 + (clock->here.boot - began);
	}
}

int ft_fleet_ask(struct ft_fleet *fleet, const struct ft_ask *ask, const char *body,
		 struct ft_facts *ret, struct ft_error *err)
{
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	struct ft_moment before;
	int r = make_message(fleet, ask, body, &message, err);

	ft_moment_now(&before);
	if (r == 0)
		r = run(fleet, &message, ret, err);
	if (r == 0 && ret->status != 0)
		set_clock(fleet, ret, before.boot);
	ft_buf_release(&message);
	return r;
}
