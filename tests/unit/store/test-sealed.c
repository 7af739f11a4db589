/* SPDX-License-Identifier: MIT */
/* sealed.h does what store.h promises: the tests of test-store.c, with a key in the real keyring,
 * and the additional properties of sealing. */
#include "config.h"

#ifdef HAVE_SODIUM
#define SEALED
#include "tests/unit/store/test-store.c"

#include "lib/store/keyring.h"
#include "lib/store/login-key.h"

/* raw - what is in the file */
static void raw(const char *name, struct ft_buf *ret)
{
	int fd = open(path_of(name), O_RDONLY);

	*ret = (struct ft_buf)FT_BUF_INIT(4096);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ft_buf_read(ret, fd), 0);
	(void)close(fd);
}

START_TEST(what_is_written_is_sealed)
{
	struct ft_buf text;

	set_up();
	put("work", "refresh-token-7");
	raw("work.json", &text);
	ck_assert(ft_box_is(&text));
	ck_assert_ptr_null(memmem(text.data, text.len, "refresh", 7));
	ft_buf_release(&text);
	/* In the place of another one it does not open. */
	char work[128];

	(void)snprintf(work, sizeof work, "%s", path_of("work.json"));
	ck_assert_int_eq(rename(work, path_of("home.json")), 0);
	ck_assert_int_eq(get("home", &text), FT_UNTRUSTED);
	ck_assert_int_eq(text.failed, FT_UNTRUSTED);
	ck_assert_uint_eq(text.len, 0);
	tear_down();
}
END_TEST

START_TEST(clear_is_read_and_sealed_when_written)
{
	struct ft_buf text;

	set_up();
	put("work", "old");
	FILE *file = fopen(path_of("work.json"), "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs("in clear", file), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(get("work", &text), 0);
	ck_assert_str_eq(text.data, "in clear");
	ck_assert_uint_eq(ft_seals_opened(seals), 0);
	ft_buf_release(&text);
	put("work", "new");
	raw("work.json", &text);
	ck_assert(ft_box_is(&text));
	ft_buf_release(&text);
	tear_down();
}
END_TEST

START_TEST(another_key_loses_it_and_none_is_made_for_one_that_waits)
{
	unsigned char key[FT_BOX_KEY];
	struct ft_prepared *prepared = NULL;
	struct ft_buf text;

	set_up();
	put("work", "secret");
	memset(key, 7, sizeof key);
	ck_assert_int_eq(ft_keyring_put(state, key, 60, &err), FT_SEAL_FOUND);
	ops->close(store);
	ck_assert_int_eq(open_store(), 0);
	ck_assert_int_eq(get("work", &text), FT_LOGIN_NEEDED);
	ck_assert_int_eq(text.failed, FT_UNTRUSTED);
	/* Its time is over; and a file says that a login brings it back, or none does. */
	ck_assert_int_eq(ft_keyring_put(state, key, 1, &err), FT_SEAL_FOUND);
	while (ft_keyring_get(state, key, &err) == FT_SEAL_FOUND)
		(void)usleep(50000);
	FILE *file = fopen(path_of(FT_LOGIN_KEY), "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fclose(file), 0);
	ops->close(store);
	ck_assert_int_eq(open_store(), 0);
	ck_assert_int_eq(get("work", &text), FT_TEMPORARY);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "log in with your password"));
	ck_assert_int_eq(ops->prepare(store, "work", "next", &prepared, &err), FT_TEMPORARY);
	ck_assert_int_eq(ft_keyring_get(state, key, &err), FT_SEAL_NOT_FOUND);
	ck_assert_int_eq(unlink(path_of(FT_LOGIN_KEY)), 0);
	ops->close(store);
	ck_assert_int_eq(open_store(), 0);
	ck_assert_int_eq(get("work", &text), FT_LOGIN_NEEDED);
	ck_assert_int_eq(ops->prepare(store, "work", "next", &prepared, &err), 0);
	ops->discard(prepared);
	ck_assert_int_eq(ft_keyring_get(state, key, &err), FT_SEAL_FOUND);
	tear_down();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { reading_creates_nothing,
				       replaces_privately_and_leaves_nothing_else,
				       refuses_what_others_may_have_touched,
				       refuses_an_open_folder,
				       a_long_file_is_refused,
				       sets_aside_without_overwriting,
				       only_the_version_that_was_read_is_replaced,
				       what_is_written_is_sealed,
				       clear_is_read_and_sealed_when_written,
				       another_key_loses_it_and_none_is_made_for_one_that_waits,
				       NULL };
	unsigned char key[FT_BOX_KEY];

	if (ft_keyring_get("/nonexistent", key, &err) != FT_SEAL_NOT_FOUND) {
		(void)printf("1..0 # SKIP %s\n", err.text);
		return 0;
	}
	return unit_run("sealed", tests);
}
#else
#include <stdio.h>

int main(void)
{
	return puts("1..0 # SKIP this build is without libsodium") < 0;
}
#endif
