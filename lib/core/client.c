/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/core/client.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/moment.h"
#include "lib/data/json.h"

#define CLIENT_MAX (64 * 1024)
#define DEPTH 4

static const char *const auths[] = {
	[FT_CLIENT_AUTH_UNSET] = "", [FT_CLIENT_AUTH_NONE] = "none",
	[FT_CLIENT_AUTH_BASIC] = "basic", [FT_CLIENT_AUTH_POST] = "post",
};
#define AUTHS (sizeof auths / sizeof *auths)

void ft_client_release(struct ft_client *client)
{
	free(client->server);
	free(client->id);
	ft_secret_release(&client->secret);
	ft_secret_release(&client->uri);
	ft_secret_release(&client->token);
	*client = (struct ft_client)FT_CLIENT_INIT;
}

int ft_client_parse(const char *text, size_t len, struct ft_client *ret, struct ft_error *err)
{
	struct ft_client client = FT_CLIENT_INIT;
	struct json_object *tree = NULL;
	int r = ft_json_parse(text, len, DEPTH, "the registered client", &tree, err);

	if (r != 0)
		return r;
	const char *server = ft_json_string(tree, "server"), *auth = ft_json_string(tree, "auth"),
		   *id = ft_json_string(tree, "client_id");

	if (server == NULL || id == NULL || ft_json_int(tree, "version", 0) != 1)
		r = ft_error_set(err, FT_UNTRUSTED, "the registered client has no client_id");
	for (size_t i = 0; auth != NULL && i < AUTHS; i++)
		if (strcmp(auths[i], auth) == 0)
			client.auth = (enum ft_client_auth)i;
	client.expires_at = ft_json_int(tree, "expires_at", 0);
	if (r == 0 && ((client.server = strdup(server)) == NULL ||
		       (client.id = strdup(id)) == NULL ||
		       ft_json_secret(tree, "client_secret", &client.secret) != 0 ||
		       ft_json_secret(tree, "registration_client_uri", &client.uri) != 0 ||
		       ft_json_secret(tree, "registration_access_token", &client.token) != 0))
		r = ft_error_memory(err);
	json_object_put(tree);
	if (r == 0)
		*ret = client;
	else
		ft_client_release(&client);
	return r;
}

int ft_client_read(const struct freshtoken *ft, const struct ft_account *account,
		   struct ft_client *ret, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(CLIENT_MAX);
	struct ft_client client = FT_CLIENT_INIT;
	char *server = NULL;
	int r = ft_host_client_read(ft->host, account->name, &text, err);

	if (r == 0)
		r = ft_client_parse(text.data, text.len, &client, err);
	if (r == 0)
		r = ft_context_server(ft, account, &server, err);
	if (r == 0 && strcmp(server, client.server) != 0)
		r = ft_error_set(err, FT_CONFIG, "it was registered at %s, but server is %s now",
				 client.server, server);
	free(server);
	ft_buf_release(&text);
	if (r == 0)
		*ret = client;
	else
		ft_client_release(&client);
	return r;
}

static int add_secret(struct json_object *tree, const char *name, const struct ft_secret *secret)
{
	return secret->data == NULL ? 0 : ft_json_add_string(tree, name, secret->data);
}

int ft_client_format(const struct ft_client *client, struct ft_buf *ret, struct ft_error *err)
{
	struct json_object *tree = json_object_new_object();
	size_t len = 0;
	int r = ft_json_add_int(tree, "version", 1);

	if (r == 0)
		r = ft_json_add_string(tree, "server", client->server);
	if (r == 0)
		r = ft_json_add_string(tree, "client_id", client->id);
	if (r == 0 && client->auth != FT_CLIENT_AUTH_UNSET)
		r = ft_json_add_string(tree, "auth", auths[client->auth]);
	if (r == 0)
		r = ft_json_add_int(tree, "expires_at", client->expires_at);
	if (r == 0)
		r = add_secret(tree, "client_secret", &client->secret);
	if (r == 0)
		r = add_secret(tree, "registration_client_uri", &client->uri);
	if (r == 0)
		r = add_secret(tree, "registration_access_token", &client->token);
	const char *data = r == 0 ? ft_json_text(tree, &len) : NULL;

	if (data == NULL) {
		r = ft_error_memory(err);
	} else {
		ft_buf_add(ret, data, len);
		r = ft_buf_check(ret, "the registered client", err);
	}
	json_object_put(tree);
	return r;
}

int ft_client_write(const struct freshtoken *ft, const struct ft_account *account,
		    const struct ft_client *client, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(CLIENT_MAX);
	int r = ft_client_format(client, &text, err);

	if (r == 0)
		r = ft_host_client_write(ft->host, account->name, &text, err);
	ft_buf_release(&text);
	return r;
}

static struct ft_account *find(struct freshtoken *ft, const char *name)
{
	for (size_t i = 0; i < ft->accounts.n; i++)
		if (strcmp(ft->accounts.list[i].name, name) == 0)
			return &ft->accounts.list[i];
	return NULL;
}

static void take_back(struct ft_account *account)
{
	if (!account->registered)
		return;
	free(account->client_id);
	account->client_id = NULL;
	ft_secret_release(&account->registered_secret);
	account->client_auth = account->configured_auth;
	account->registered = account->client_expired = false;
}

int ft_client_give(struct freshtoken *ft, const char *name, const struct ft_client *client,
		   struct ft_error *err)
{
	struct ft_account *account = find(ft, name);
	struct ft_moment now;

	take_back(account);
	account->client_id = strdup(client->id);
	account->configured_auth = account->client_auth;
	account->registered = true;
	if (account->client_id == NULL ||
	    ft_secret_copy(&account->registered_secret, &client->secret) != 0) {
		take_back(account);
		return ft_error_memory(err);
	}
	ft_moment_now(&now);
	account->client_expired =
		client->expires_at > 0 && now.real / 1000 >= client->expires_at;
	if (client->auth != FT_CLIENT_AUTH_UNSET)
		account->client_auth = client->auth;
	return 0;
}

int ft_client_give_all(struct freshtoken *ft, struct ft_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ft->accounts.n; i++) {
		const struct ft_account *account = &ft->accounts.list[i];
		struct ft_client client = FT_CLIENT_INIT;

		if (!account->register_client || account->broken || account->client_id != NULL ||
		    ft_client_read(ft, account, &client, NULL) != 0)
			continue;
		r = ft_client_give(ft, account->name, &client, err);
		ft_client_release(&client);
	}
	return r;
}

int ft_client_forget(struct freshtoken *ft, const char *name, struct ft_error *err)
{
	struct ft_account *account = find(ft, name);
	int r = ft_host_client_remove(ft->host, name, err);

	if (r == 0 && account != NULL)
		take_back(account);
	return r;
}
