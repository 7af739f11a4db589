/* SPDX-License-Identifier: MIT */
/*
 * cache.c - caches a service's metadata and keys, together with the server that they are of
 *
 *   {"server": …, "metadata_url": …, "fetched_at": seconds, "metadata": {…},
 *    "keys_from": URL, "keys_at": seconds, "keys": {…}, "dpop_nonce": …}
 *
 * After an edit that names another server, or another source of metadata or keys, the cache is not
 * used.
 */
#include "config.h"
#include "lib/service/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/url.h"
#include "lib/data/json.h"

#define CACHE_MAX (192 * 1024)
#define METADATA_SECONDS 86400
#define KEYS_SECONDS 3600

static int add(struct ft_metadata *metadata, const char *name, const char *value)
{
	struct ft_param *list = reallocarray(metadata->list, metadata->n + 1, sizeof *list);

	if (list == NULL)
		return FT_NO_MEMORY;
	metadata->list = list;
	list[metadata->n] = (struct ft_param){ strdup(name), strdup(value) };
	metadata->n++;
	return list[metadata->n - 1].name == NULL || list[metadata->n - 1].value == NULL ?
	       FT_NO_MEMORY : 0;
}

/* at, now and limit in seconds. A time in the future, from a clock that was set back, is old. */
static bool is_young(int64_t at, int64_t now, int64_t limit)
{
	return at > 0 && now >= at && now - at <= limit;
}

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Must come after take_metadata: the metadata has the keys' URL. */
static void take_keys(struct ft_service *service, struct json_object *object, int64_t now)
{
	struct json_object *keys = NULL;
	int64_t at = ft_json_int(object, "keys_at", 0);
	const char *from = ft_json_string(object, "keys_from");

	if (service->keys == NULL && is_young(at, now, KEYS_SECONDS) && from != NULL &&
	    same(from, ft_service_endpoint(service, "jwks_uri")) &&
	    json_object_object_get_ex(object, "keys", &keys) &&
	    json_object_is_type(keys, json_type_object)) {
		const char *text = ft_json_text(keys, NULL);

		service->keys = text != NULL ? strdup(text) : NULL;
		service->keys_at = service->keys != NULL ? at : 0;
		service->keys_spare_at = ft_json_int(object, "keys_spare_at", 0);
	}
}

static void take_metadata(struct ft_service *service, struct json_object *object, int64_t now)
{
	const struct ft_profile *profile = &service->profile;
	struct json_object *endpoints = NULL;
	struct ft_metadata metadata = { NULL, 0 };
	int64_t at = ft_json_int(object, "fetched_at", 0);
	int r = 0;

	/* A profile without discovery names all endpoints itself. */
	if (profile->discover.n == 0 || !is_young(at, now, METADATA_SECONDS) ||
	    !same(profile->metadata_url, ft_json_string(object, "metadata_url")) ||
	    !json_object_object_get_ex(object, "metadata", &endpoints) ||
	    !json_object_is_type(endpoints, json_type_object))
		return;
	const char *issuer = ft_json_string(endpoints, "issuer");

	if (issuer == NULL || ft_service_check_tenant(service, issuer, NULL) != 0 ||
	    !ft_url_is_issuer(profile->issuer != NULL ? profile->issuer : service->server, issuer))
		return;
	json_object_object_foreach(endpoints, key, value) {
		if (r == 0 && json_object_is_type(value, json_type_string))
			r = add(&metadata, key, json_object_get_string(value));
	}
	if (r == 0) {
		service->metadata = metadata;
		service->metadata_at = at;
	} else {
		ft_metadata_release(&metadata);
	}
}

void ft_service_cache_parse(struct ft_service *service, const char *text, size_t len)
{
	struct json_object *object = NULL;
	struct ft_moment moment;

	ft_moment_now(&moment);
	if (ft_json_parse(text, len, 6, "the cache", &object, NULL) != 0)
		return;
	const char *server = ft_json_string(object, "server");
	const char *nonce = ft_json_string(object, "dpop_nonce");

	if (server != NULL && strcmp(server, service->server) == 0) {
		if (nonce != NULL && strlen(nonce) < sizeof service->dpop_nonce)
			(void)snprintf(service->dpop_nonce, sizeof service->dpop_nonce, "%s",
				       nonce);
		take_metadata(service, object, moment.real / 1000);
		take_keys(service, object, moment.real / 1000);
	}
	json_object_put(object);
}

void ft_service_cache_read(struct ft_service *service)
{
	struct ft_buf text = FT_BUF_INIT(CACHE_MAX);

	if (ft_host_cache_read(service->ft->host, service->account->name, &text, NULL) == 0)
		ft_service_cache_parse(service, text.data, text.len);
	ft_buf_release(&text);
}

static int add_keys(const struct ft_service *service, struct json_object *object)
{
	const char *from = ft_service_endpoint(service, "jwks_uri");
	struct json_object *keys = NULL;
	int r = ft_json_parse(service->keys, strlen(service->keys), 4, "the keys", &keys, NULL);

	if (r == 0)
		r = ft_json_add(object, "keys", keys);
	r |= ft_json_add_int(object, "keys_at", service->keys_at);
	if (from != NULL)
		r |= ft_json_add_string(object, "keys_from", from);
	return r | ft_json_add_int(object, "keys_spare_at", service->keys_spare_at);
}

int ft_service_cache_format(const struct ft_service *service, struct ft_buf *ret)
{
	struct json_object *object = json_object_new_object(),
			   *endpoints = json_object_new_object();
	size_t len = 0;
	int r = ft_json_add_string(object, "server", service->server);

	if (service->profile.metadata_url != NULL)
		r |= ft_json_add_string(object, "metadata_url", service->profile.metadata_url);
	r |= ft_json_add_int(object, "fetched_at", service->metadata_at);
	for (size_t i = 0; i < service->metadata.n; i++)
		r |= ft_json_add_string(endpoints, service->metadata.list[i].name,
					service->metadata.list[i].value);
	r |= ft_json_add(object, "metadata", endpoints);
	if (service->keys != NULL)
		r |= add_keys(service, object);
	if (service->dpop_nonce[0] != '\0')
		r |= ft_json_add_string(object, "dpop_nonce", service->dpop_nonce);
	const char *json = r == 0 ? ft_json_text(object, &len) : NULL;

	if (json != NULL)
		ft_buf_add(ret, json, len);
	json_object_put(object);
	return json == NULL ? FT_NO_MEMORY : ft_buf_check(ret, "the cache", NULL);
}

void ft_service_cache_write(const struct ft_service *service)
{
	struct ft_buf text = FT_BUF_INIT(CACHE_MAX);

	/* An error only means that the next program asks the service again. */
	if (ft_service_cache_format(service, &text) == 0)
		(void)ft_host_cache_write(service->ft->host, service->account->name, &text, NULL);
	ft_buf_release(&text);
}
