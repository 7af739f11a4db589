/* SPDX-License-Identifier: MIT */
/* ready.h: a way of signing in whose request cannot be made, as distinct from a lack of memory */
#include "config.h"

#include <check.h>

#include "lib/service/service.h"
#include "lib/signin/ready.h"
#include "tests/unit/alloc.h"
#include "tests/unit/files.h"
#include "tests/unit/unit.h"

static struct freshtoken ft;
static struct ft_account account;
static struct ft_service service;

static void set_up(void)
{
	struct ft_error err;

	files_setup();
	files_write(files_data, "providers/house.conf",
		    "[refresh]\npath = /token\nform = t=${refresh_token}\n"
		    "[login]\npath = /login\nform = user=${username}\n  pass=${password}\n"
		    "  company=${param.company}\n[response]\naccess_token = t\n");
	ft = (struct freshtoken){ .places = files_places };
	account = (struct ft_account){ .name = strdup("work"), .provider = strdup("house"),
				       .server = strdup("https://sso.example.com"),
				       .file = "freshtoken.conf", .line = 3 };
	int r = ft_service_init(&ft, &account, &service, &err);

	ck_assert_msg(r == 0, "%s", err.text);
}

static void tear_down(void)
{
	ft_service_release(&service);
	free(account.name);
	free(account.provider);
	free(account.server);
	files_teardown();
}

START_TEST(says_what_is_missing)
{
	struct ft_error err;

	ck_assert_int_eq(ft_ready_check(&service, FT_WAY_PASSWORD, &err), FT_CONFIG);
	ck_assert_int_eq(err.code, FT_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.text, "${param.company} is not set"));
}
END_TEST

START_TEST(no_memory)
{
	struct ft_param company = { .name = (char *)"company", .value = (char *)"x" };
	unsigned n = 1;
	int r;

	account.params = &company;
	account.n_params = 1;
	do {
		alloc_fail(n++);
		r = ft_ready_check(&service, FT_WAY_PASSWORD, NULL);
	} while (alloc_failed(r));
	ck_assert_int_eq(r, 0);
	account.n_params = 0;
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { says_what_is_missing, no_memory, NULL };

	return unit_run_with("ready", tests, set_up, tear_down);
}
