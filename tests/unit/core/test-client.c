/* SPDX-License-Identifier: MIT */
/* client.h: a registered client is stored, and used only for its account and server */
#include "config.h"

#include <check.h>

#include "lib/core/client.h"
#include "tests/unit/alloc.h"
#include "tests/unit/files.h"
#include "tests/unit/unit.h"

static struct freshtoken ft;
static char state[96];

static void setup(void)
{
	struct ft_account account = { .name = strdup("work"), .provider = strdup("oauth2"),
				      .server = strdup("https://sso.example.com"),
				      .register_client = true };

	files_setup();
	snprintf(state, sizeof state, "%s/state", files_root);
	ck_assert_int_eq(mkdir(state, 0700), 0);
	ft = (struct freshtoken){ .places = files_places };
	ft.places.state = state;
	ft.accounts.list = malloc(sizeof account);
	ck_assert_ptr_nonnull(ft.accounts.list);
	ft.accounts.list[0] = account;
	ft.accounts.n = 1;
	ck_assert_int_eq(ft_context_open_state(&ft, NULL), 0);
}

static void teardown(void)
{
	ft_context_close_state(&ft);
	ft_accounts_release(&ft.accounts);
	files_teardown();
}

static struct ft_client sample(void)
{
	struct ft_client client = { .server = strdup("https://sso.example.com"),
				    .id = strdup("id \"1\""), .auth = FT_CLIENT_AUTH_POST,
				    .expires_at = 4000000000 };

	ck_assert_int_eq(ft_secret_set(&client.secret, "s3", 2), 0);
	ck_assert_int_eq(ft_secret_set(&client.uri, "https://sso.example.com/r/1", 27), 0);
	ck_assert_int_eq(ft_secret_set(&client.token, "t", 1), 0);
	return client;
}

static void keep(struct ft_client client)
{
	ck_assert_int_eq(ft_client_write(&ft, &ft.accounts.list[0], &client, NULL), 0);
	ft_client_release(&client);
}

START_TEST(comes_back_as_it_was)
{
	struct ft_account *account = &ft.accounts.list[0];
	struct ft_client client = FT_CLIENT_INIT;
	char path[128];
	struct stat st;

	ck_assert_int_eq(ft_client_read(&ft, account, &client, NULL), FT_NOT_FOUND);
	keep(sample());
	snprintf(path, sizeof path, "%s/work.client", state);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(ft_client_read(&ft, account, &client, NULL), 0);
	ck_assert_str_eq(client.id, "id \"1\"");
	ck_assert_str_eq(client.secret.data, "s3");
	ck_assert_str_eq(client.uri.data, "https://sso.example.com/r/1");
	ck_assert_str_eq(client.token.data, "t");
	ck_assert_int_eq(client.auth, FT_CLIENT_AUTH_POST);
	ck_assert_int_eq(client.expires_at, 4000000000);
	ft_client_release(&client);
}
END_TEST

START_TEST(account_has_it)
{
	struct ft_account *account = &ft.accounts.list[0];
	struct ft_client client = sample();

	keep(sample());
	ck_assert_int_eq(ft_client_give_all(&ft, NULL), 0);
	ck_assert(account->registered && !account->client_expired);
	ck_assert_str_eq(account->client_id, "id \"1\"");
	ck_assert_str_eq(account->registered_secret.data, "s3");
	ck_assert_int_eq(account->client_auth, FT_CLIENT_AUTH_POST);
	/* Another one takes its place, ended or not. */
	client.expires_at = 1;
	ck_assert_int_eq(ft_client_give(&ft, "work", &client, NULL), 0);
	ck_assert(account->client_expired);
	ft_client_release(&client);
	ck_assert_int_eq(ft_client_forget(&ft, "work", NULL), 0);
	ck_assert_ptr_null(account->client_id);
	ck_assert_ptr_null(account->registered_secret.data);
	ck_assert_int_eq(ft_client_read(&ft, account, &client, NULL), FT_NOT_FOUND);
	ck_assert_int_eq(ft_client_forget(&ft, "work", NULL), 0);
}
END_TEST

/* The way in which a client authenticates is that client's, not that of the next one. */
START_TEST(what_was_configured_comes_back)
{
	static const enum ft_client_auth ways[] = {
		FT_CLIENT_AUTH_UNSET, FT_CLIENT_AUTH_NONE, FT_CLIENT_AUTH_BASIC,
	};
	struct ft_account *account = &ft.accounts.list[0];
	struct ft_client post = sample(), other = sample();

	other.auth = FT_CLIENT_AUTH_UNSET;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		account->client_auth = ways[i];
		ck_assert_int_eq(ft_client_give(&ft, "work", &post, NULL), 0);
		ck_assert_int_eq(account->client_auth, FT_CLIENT_AUTH_POST);
		ck_assert_int_eq(ft_client_give(&ft, "work", &other, NULL), 0);
		ck_assert_int_eq(account->client_auth, ways[i]);
		ck_assert_int_eq(ft_client_give(&ft, "work", &post, NULL), 0);
		ck_assert_int_eq(ft_client_forget(&ft, "work", NULL), 0);
		ck_assert_int_eq(account->client_auth, ways[i]);
	}
	ft_client_release(&post);
	ft_client_release(&other);
}
END_TEST

/* … and it is given whole, or not at all. */
START_TEST(half_a_client)
{
	struct ft_account *account = &ft.accounts.list[0];
	struct ft_client client = sample();
	bool half = false;
	unsigned n = 1;
	int r;

	do {
		alloc_fail(n++);
		r = ft_client_give(&ft, "work", &client, NULL);
		half = half || (r != 0 && (account->client_id != NULL || account->registered ||
					   account->client_auth != FT_CLIENT_AUTH_UNSET));
	} while (r != 0 && alloc_failed(r));
	(void)alloc_failed(FT_NO_MEMORY);
	ck_assert(!half);
	ck_assert_int_eq(r, 0);
	ft_client_release(&client);
}
END_TEST

START_TEST(nobody_else_has_it)
{
	struct ft_account *account = &ft.accounts.list[0];
	struct ft_client client = FT_CLIENT_INIT;

	keep(sample());
	/* Who has a client_id in the configuration has that one. */
	account->client_id = strdup("own");
	ck_assert_int_eq(ft_client_give_all(&ft, NULL), 0);
	ck_assert_str_eq(account->client_id, "own");
	free(account->client_id);
	account->client_id = NULL;
	account->register_client = false;
	ck_assert_int_eq(ft_client_give_all(&ft, NULL), 0);
	ck_assert_ptr_null(account->client_id);
	account->register_client = true;
	free(account->server);
	account->server = strdup("https://other.example.com");
	ck_assert_int_eq(ft_client_give_all(&ft, NULL), 0);
	ck_assert_ptr_null(account->client_id);
	ck_assert_int_eq(ft_client_read(&ft, account, &client, NULL), FT_CONFIG);
}
END_TEST

START_TEST(what_is_no_client)
{
	static const char *const texts[] = {
		" ", "{", "[]", "{}", "{\"version\":1,\"client_id\":\"a\"}",
		"{\"version\":1,\"server\":\"https://sso.example.com\"}",
		"{\"version\":2,\"server\":\"https://sso.example.com\",\"client_id\":\"a\"}",
		"{\"version\":1,\"server\":\"https://sso.example.com\",\"client_id\":7}",
	};
	struct ft_client client = FT_CLIENT_INIT;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct ft_buf text = FT_BUF_INIT(1024);

		ft_buf_adds(&text, texts[i]);
		ck_assert_int_eq(ft_host_client_write(ft.host, "work", &text, NULL), 0);
		ck_assert_msg(ft_client_read(&ft, &ft.accounts.list[0], &client, NULL) ==
				      FT_UNTRUSTED,
			      "%s", texts[i]);
		ck_assert_int_eq(ft_client_give_all(&ft, NULL), 0);
		ck_assert_ptr_null(ft.accounts.list[0].client_id);
		ft_buf_release(&text);
	}
}
END_TEST

START_TEST(without_memory)
{
	struct ft_client client = FT_CLIENT_INIT;
	unsigned n = 1;
	int r;

	keep(sample());
	do {
		alloc_fail(n++);
		r = ft_client_read(&ft, &ft.accounts.list[0], &client, NULL);
		if (r == 0)
			ft_client_release(&client);
	} while (alloc_failed(r));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { comes_back_as_it_was, account_has_it,
				       what_was_configured_comes_back, half_a_client,
				       nobody_else_has_it, what_is_no_client, without_memory, NULL };

	return unit_run_with("client", tests, setup, teardown);
}
