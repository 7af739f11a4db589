/* SPDX-License-Identifier: MIT */
/* lib/service/cache.c: the cached data of a service, in a file that another program may have
 * written */
#include "config.h"

#include <string.h>
#include <time.h>

#include "lib/core/context.h"
#include "fuzz.h"
#include "lib/data/json.h"
#include "lib/service/service.h"

static struct ft_buf cached = FT_BUF_INIT(1 << 20);

static void end(struct ft_service *service)
{
	ft_metadata_release(&service->metadata);
	free(service->keys);
}

/* Where the bytes say 1700000000 they mean now, or all would be too old. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ft_account account = { .name = (char *)"work" };
	static char *discover[] = { (char *)"openid" };
	struct ft_service service = {
		.account = &account, .server = (char *)"https://sso.example.com",
		.profile.discover = { discover, 1 },
	}, again = service;
	char now[32], *place;

	ft_buf_clear(&cached);
	ft_buf_add(&cached, (const char *)data, size);
	(void)snprintf(now, sizeof now, "%010lld", (long long)time(NULL) - 5);
	while ((place = memmem(cached.data, cached.len, "1700000000", 10)) != NULL)
		memcpy(place, now, 10);
	ft_service_cache_parse(&service, cached.data, cached.len);
	for (size_t i = 0; i < service.metadata.n; i++)
		MUST(service.metadata.list[i].name != NULL &&
		     service.metadata.list[i].value != NULL);
	if (service.keys != NULL) {
		struct json_object *keys = NULL;

		MUST(ft_json_parse(service.keys, strlen(service.keys), 6, "keys", &keys, NULL) ==
		     0);
		json_object_put(keys);
	}
	if (service.metadata_at != 0) {
		ft_buf_clear(&cached);
		MUST(ft_service_cache_format(&service, &cached) == 0);
		ft_service_cache_parse(&again, cached.data, cached.len);
		MUST(again.metadata_at == service.metadata_at &&
		     again.metadata.n == service.metadata.n);
		for (size_t i = 0; i < again.metadata.n; i++)
			MUST(strcmp(again.metadata.list[i].value, service.metadata.list[i].value) ==
			     0);
	}
	end(&service);
	end(&again);
	return 0;
}
