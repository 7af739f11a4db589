/* SPDX-License-Identifier: MIT */
/* stored.h: whether this account has a sign-in, and whether it is due. */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/core/stored.h"
#include "tests/unit/alloc.h"
#include "tests/unit/unit.h"

#define SERVER "https://sso.example.com"

static char dir[32], state[64];
static struct freshtoken ft;
static struct ft_error err;
static const struct ft_account account = { .name = (char *)"work", .provider = (char *)"nowhere",
					   .file = (char *)"freshtoken.conf", .line = 3 };
static struct ft_stored stored;

static void set_up(void)
{
	strcpy(dir, "/tmp/freshtoken-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(state, sizeof state, "%s/freshtoken", dir);
	ft = (struct freshtoken){ .places.state = state };
	ft.places.user_config = ft.places.system_config = ft.places.data = dir;
	ck_assert_int_eq(ft_context_open_state(&ft, &err), 0);
	stored = (struct ft_stored)FT_STORED_INIT;
}

static void tear_down(void)
{
	char command[128];

	ft_stored_release(&stored);
	ft_context_close_state(&ft);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

/* One of an hour that was issued so many seconds ago. */
static void put(const char *server, int64_t seconds)
{
	struct ft_record record = { .lifetime = 3600000, .verdict = FT_FRESH };

	ck_assert_int_eq(ft_context_succeed(&ft, "work", &record, &err), 0);
	ft_moment_now(&record.issued);
	record.issued.real -= seconds * 1000;
	record.issued.boot -= seconds * 1000;
	ck_assert_int_eq(ft_record_set(&record.account, "work"), 0);
	ck_assert_int_eq(ft_record_set(&record.provider, "nowhere"), 0);
	ck_assert_int_eq(ft_record_set(&record.server, server), 0);
	ck_assert_int_eq(ft_secret_set(&record.access_token, "at", 2), 0);
	ck_assert_int_eq(ft_secret_set(&record.refresh_token, "rt", 2), 0);
	ck_assert_int_eq(ft_context_write(&ft, "work", &record, &err), 0);
	ft_record_release(&record);
}

static int look(const struct ft_want *want)
{
	return ft_stored_read(&ft, &account, SERVER, want, &stored, &err);
}

START_TEST(nobody_has_signed_in)
{
	set_up();
	ck_assert_int_eq(look(NULL), FT_NOT_FOUND);
	ck_assert_int_eq(err.code, FT_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "freshtoken login work"));
	/* Signing in would not help where the profile is missing. */
	ck_assert_int_eq(ft_stored_need(&ft, &account, SERVER, NULL, &stored, &err), FT_CONFIG);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "nowhere"));
	ck_assert_ptr_null(stored.record.account);
	tear_down();
}
END_TEST

/* Without memory, nothing is known to be wrong with the profile. */
START_TEST(no_memory_for_the_profile)
{
	char path[64];
	unsigned n = 1;
	int r;

	set_up();
	(void)snprintf(path, sizeof path, "%s/providers", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof path, "%s/providers/nowhere.conf", dir);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs("[refresh]\npath = /t\nform = t=${refresh_token}\n"
			       "[response]\naccess_token = t\n", f), 0);
	ck_assert_int_eq(fclose(f), 0);
	do {
		alloc_fail(n++);
		r = ft_stored_need(&ft, &account, SERVER, NULL, &stored, &err);
	} while (alloc_failed(r == FT_LOGIN_NEEDED ? 0 : r));
	ck_assert_int_eq(r, FT_LOGIN_NEEDED);
	tear_down();
}
END_TEST

START_TEST(it_is_of_another_server)
{
	set_up();
	put("https://sso.example.org", 0);
	ck_assert_int_eq(look(NULL), FT_LOGIN_NEEDED);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "https://sso.example.org"));
	/* Nothing of it gets out. */
	ck_assert_ptr_null(stored.record.refresh_token.data);
	tear_down();
}
END_TEST

START_TEST(what_is_no_record_needs_a_sign_in)
{
	char path[128];

	set_up();
	put(SERVER, 0);
	(void)snprintf(path, sizeof path, "%s/work.json", state);
	ck_assert_int_eq(truncate(path, 20), 0);
	ck_assert_int_eq(look(NULL), FT_LOGIN_NEEDED);
	ck_assert_int_eq(err.code, FT_LOGIN_NEEDED);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "is no record"));
	ck_assert_int_eq(access(path, F_OK), 0);
	tear_down();
}
END_TEST

START_TEST(it_is_due_when_it_is_wanted_for_longer)
{
	const struct ft_want long_enough = { .min_lifetime = 1200000 }, force = { .force = true };

	set_up();
	put(SERVER, 0);
	ck_assert_int_eq(look(NULL), 0);
	ck_assert_int_eq(stored.action, FT_USE);
	ck_assert(!stored.due);
	ck_assert_int_eq(look(&force), 0);
	ck_assert(stored.due);
	put(SERVER, 3000);
	ck_assert_int_eq(look(NULL), 0);
	ck_assert(!stored.due);
	ck_assert_int_eq(look(&long_enough), 0);
	ck_assert_int_eq(stored.action, FT_REFRESH_OR_USE);
	ck_assert(stored.due);
	put(SERVER, 3600);
	ck_assert_uint_eq(stored.record.generation, 2);
	ck_assert_int_eq(look(NULL), 0);
	ck_assert_int_eq(stored.action, FT_REFRESH);
	ck_assert_str_eq(stored.record.refresh_token.data, "rt");
	/* What cannot be read leaves what was read before. */
	ck_assert_int_eq(ft.ops->remove(ft.store, "work", &err), 0);
	ck_assert_int_eq(look(NULL), FT_NOT_FOUND);
	ck_assert_str_eq(stored.record.refresh_token.data, "rt");
	tear_down();
}
END_TEST

START_TEST(a_record_that_was_changed_without_the_lock_is_not_overwritten)
{
	struct ft_stored first = FT_STORED_INIT;

	set_up();
	put(SERVER, 0);
	ck_assert_int_eq(ft_stored_read(&ft, &account, SERVER, NULL, &first, &err), 0);
	put(SERVER, 3600);
	ck_assert_int_eq(ft_context_write(&ft, "work", &first.record, &err), FT_TEMPORARY);
	ck_assert_int_eq(err.code, FT_TEMPORARY);
	ck_assert_int_eq(look(NULL), 0);
	ck_assert_uint_eq(stored.record.generation, 2);
	/* What was just written may be written again. */
	ck_assert_int_eq(ft_context_write(&ft, "work", &stored.record, &err), 0);
	ck_assert_int_eq(ft_context_write(&ft, "work", &stored.record, &err), 0);
	ft_stored_release(&first);
	tear_down();
}
END_TEST

START_TEST(a_new_sign_in_takes_the_place_of_what_is_no_record)
{
	char path[128];

	set_up();
	put(SERVER, 0);
	(void)snprintf(path, sizeof path, "%s/work.json", state);
	ck_assert_int_eq(truncate(path, 20), 0);
	put(SERVER, 0);
	ck_assert_int_eq(look(NULL), 0);
	ck_assert_uint_eq(stored.record.generation, 1);
	tear_down();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		nobody_has_signed_in, no_memory_for_the_profile, it_is_of_another_server,
		what_is_no_record_needs_a_sign_in,
		it_is_due_when_it_is_wanted_for_longer,
		a_record_that_was_changed_without_the_lock_is_not_overwritten,
		a_new_sign_in_takes_the_place_of_what_is_no_record, NULL
	};

	return unit_run("stored", tests);
}
