/* SPDX-License-Identifier: MIT */
/* lib/core/client.c: a registered client in a file that another program may have written */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "lib/core/client.h"

static struct ft_buf text = FT_BUF_INIT(1 << 20);

static bool same(const struct ft_secret *a, const struct ft_secret *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ft_client client = FT_CLIENT_INIT, again = FT_CLIENT_INIT;
	struct ft_error err;

	if (ft_client_parse((const char *)data, size, &client, &err) != 0)
		return 0;
	MUST(client.server != NULL && client.id != NULL && client.auth <= FT_CLIENT_AUTH_TLS);
	ft_buf_clear(&text);
	MUST(ft_client_format(&client, &text, &err) == 0);
	MUST(ft_client_parse(text.data, text.len, &again, &err) == 0);
	MUST(strcmp(client.server, again.server) == 0 && strcmp(client.id, again.id) == 0);
	MUST(client.auth == again.auth && client.expires_at == again.expires_at);
	MUST(same(&client.secret, &again.secret) && same(&client.uri, &again.uri) &&
	     same(&client.token, &again.token));
	ft_client_release(&client);
	ft_client_release(&again);
	return 0;
}
