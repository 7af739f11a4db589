/* SPDX-License-Identifier: MIT */
/* store.h with its source `file`, host.h, and the private files and locks that they use;
 * test-sealed.c runs these tests with sealing. */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "lib/file/lock.h"
#include "lib/file/privatefile.h"
#include "lib/store/host.h"
#include "lib/store/sealed.h"
#include "lib/store/store.h"
#include "tests/unit/unit.h"

static char dir[32], state[64];
static struct ft_store *store;
static struct ft_host *host;
static const struct ft_store_ops *ops = &ft_store_file;
static struct ft_error err;

#ifndef SEALED
#define MORE 0	/* bytes that a text is longer in its file */
static int open_store(void)
{
	return ops->open(state, &store, &err);
}
#else
/* With a key in the kernel's keyring, which is gone after a minute. */
#define MORE FT_BOX_TEXT_MORE
static struct ft_seal_line line = { .n = 1, .list = { { .name = "keyring" } }, .keep = 60,
				    .file = "freshtoken.conf" };
static struct ft_accounts accounts;
static struct ft_seals *seals;

static int open_store(void)
{
	int r = ft_store_file.open(state, &store, &err);

	accounts.seals[1] = &line;
	ops = &ft_store_sealed;
	ft_seals_free(seals);
	if (r == 0)
		r = ft_seals_new(&accounts, state, "/nonexistent", &seals, &err);
	return r != 0 ? r : ft_sealed_open(&ft_store_file, store, seals, &store, &err);
}
#endif

static void set_up(void)
{
	strcpy(dir, "/tmp/freshtoken-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(state, sizeof state, "%s/a/freshtoken", dir);
	ck_assert_int_eq(open_store(), 0);
	ck_assert_int_eq(ft_host_open(state, &host, &err), 0);
}

static void tear_down(void)
{
	char command[128];

	ops->close(store);
	ft_host_close(host);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

static void put(const char *slot, const char *text)
{
	struct ft_buf buf = FT_BUF_INIT(1000);
	struct ft_buf old = FT_BUF_INIT(1000);
	struct ft_prepared *prepared = NULL;
	char version[FT_STORE_VERSION_SIZE] = "";

	(void)ops->read(store, slot, &old, version, NULL);
	ft_buf_adds(&buf, text);
	ck_assert_int_eq(ops->prepare(store, slot, "next", &prepared, &err), 0);
	ck_assert_int_eq(ops->commit(prepared, version, &buf, version, &err), 0);
	ft_buf_release(&buf);
	ft_buf_release(&old);
}

static const char *path_of(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof path, "%s/%s", state, name);
	return path;
}

static int get(const char *slot, struct ft_buf *ret)
{
	*ret = (struct ft_buf)FT_BUF_INIT(1000);
	return ops->read(store, slot, ret, NULL, &err);
}

START_TEST(reading_creates_nothing)
{
	struct ft_buf text;
	struct stat st;

	set_up();
	ck_assert_int_eq(get("work", &text), FT_NOT_FOUND);
	ck_assert_int_eq(stat(state, &st), -1);
	ck_assert_int_eq(ops->remove(store, "work", &err), 0);
	ck_assert_int_eq(stat(state, &st), -1);
	tear_down();
}
END_TEST

START_TEST(replaces_privately_and_leaves_nothing_else)
{
	struct ft_buf text;
	struct stat st;

	set_up();
	put("work", "one");
	put("work", "twenty-two");
	ck_assert_int_eq(get("work", &text), 0);
	ck_assert_str_eq(text.data, "twenty-two");
	ft_buf_release(&text);
	ck_assert_int_eq(stat(path_of("work.json"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(st.st_size, 10 + MORE);
	ck_assert_int_eq(stat(state, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	ck_assert_int_eq(access(path_of("work.json~next"), F_OK), -1);

	/* Discarded, and prepared over what a crash left. */
	struct ft_prepared *prepared = NULL;

	ck_assert_int_eq(symlink("/etc/passwd", path_of("work.json~next")), 0);
	ck_assert_int_eq(ops->prepare(store, "work", "next", &prepared, &err), 0);
	ops->discard(prepared);
	ck_assert_int_eq(access(path_of("work.json~next"), F_OK), -1);
	ck_assert_int_eq(get("work", &text), 0);
	ck_assert_str_eq(text.data, "twenty-two");
	ft_buf_release(&text);
	tear_down();
}
END_TEST

START_TEST(refuses_what_others_may_have_touched)
{
	struct ft_buf text;

	set_up();
	put("work", "secret");
	ck_assert_int_eq(chmod(path_of("work.json"), 0644), 0);
	ck_assert_int_eq(get("work", &text), FT_UNTRUSTED);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "chmod 600"));
	ck_assert_int_eq(unlink(path_of("work.json")), 0);
	ck_assert_int_eq(symlink("other.json", path_of("work.json")), 0);
	ck_assert_int_eq(get("work", &text), FT_UNTRUSTED);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "symbolic link"));
	ck_assert_int_eq(unlink(path_of("work.json")), 0);
	/* A FIFO must not block. */
	ck_assert_int_eq(mkfifo(path_of("work.json"), 0600), 0);
	ck_assert_int_eq(get("work", &text), FT_UNTRUSTED);
	ck_assert_int_eq(unlink(path_of("work.json")), 0);
	ck_assert_int_eq(mkdir(path_of("work.json"), 0700), 0);
	ck_assert_int_eq(get("work", &text), FT_UNTRUSTED);
	ck_assert_int_eq(rmdir(path_of("work.json")), 0);
	put("work", "secret");
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(path_of("work.json"), 12345, 12345), 0);
		ck_assert_int_eq(get("work", &text), FT_UNTRUSTED);
		ck_assert_ptr_nonnull(strstr(line_of(&err), "12345"));
	}
	tear_down();
}
END_TEST

START_TEST(refuses_an_open_folder)
{
	struct ft_buf text;

	set_up();
	put("work", "secret");
	ck_assert_int_eq(chmod(state, 0755), 0);
	ops->close(store);
	ck_assert_int_eq(open_store(), 0);
	ck_assert_int_eq(get("work", &text), FT_UNTRUSTED);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "chmod 700"));
	tear_down();
}
END_TEST

START_TEST(a_long_file_is_refused)
{
	struct ft_buf text = FT_BUF_INIT(10);

	set_up();
	put("work", "0123456789a");
	ck_assert_int_eq(ops->read(store, "work", &text, NULL, &err), FT_UNTRUSTED);
	if (MORE == 0)
		ck_assert_ptr_nonnull(strstr(line_of(&err), "10 bytes"));
	ft_buf_release(&text);
	tear_down();
}
END_TEST

START_TEST(sets_aside_without_overwriting)
{
	struct ft_buf text;
	char *first = NULL, *second = NULL;

	set_up();
	put("work", "bad one");
	ck_assert_int_eq(ops->set_aside(store, "work", &first, &err), 0);
	put("work", "bad two");
	ck_assert_int_eq(ops->set_aside(store, "work", &second, &err), 0);
	ck_assert_str_ne(first, second);
	ck_assert_int_eq(get("work", &text), FT_NOT_FOUND);
	ck_assert_int_eq(access(path_of(first), F_OK), 0);
	ck_assert_int_eq(access(path_of(second), F_OK), 0);
	free(first);
	free(second);
	tear_down();
}
END_TEST

#ifndef SEALED
START_TEST(the_lock_lives_as_long_as_its_last_copy)
{
	int lock = -1, other = -1, pipe_fds[2];
	char byte;

	set_up();
	ck_assert_int_eq(ft_host_lock(host, "work", &lock, &err), 0);
	ck_assert_int_eq(ft_host_lock(host, "work", &other, &err), FT_BUSY);
	ck_assert_int_eq(ft_host_lock_adopt(host, "work", lock, &err), 0);
	/* Another account's lock is another lock. */
	ck_assert_int_eq(ft_host_lock(host, "home", &other, &err), 0);
	ck_assert_int_eq(ft_host_lock_adopt(host, "work", other, &err), FT_UNTRUSTED);
	(void)close(other);

	ck_assert_int_eq(pipe(pipe_fds), 0);
	pid_t child = fork();

	if (child == 0) {
		(void)close(pipe_fds[1]);
		_exit(read(pipe_fds[0], &byte, 1) == 0 ? 0 : 1);
	}
	(void)close(pipe_fds[0]);
	(void)close(lock);
	ck_assert_int_eq(ft_host_lock(host, "work", &lock, &err), FT_BUSY);
	ck_assert_int_eq(ft_host_lock_wait(host, "work", ft_monotonic_ms() + 20, &err), FT_BUSY);
	(void)close(pipe_fds[1]);
	ck_assert_int_eq(ft_host_lock_wait(host, "work", ft_monotonic_ms() + 30000, &err), 0);
	ck_assert_int_eq(ft_host_lock(host, "work", &lock, &err), 0);
	(void)close(lock);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	ck_assert_int_eq(access(path_of("work.lock"), F_OK), 0);
	tear_down();
}
END_TEST

static void *wait_in_thread(void *argument)
{
	struct ft_host *own = NULL;
	intptr_t r = ft_host_open(state, &own, NULL);

	(void)argument;
	if (r == 0)
		r = ft_host_lock_wait(own, "work", ft_monotonic_ms() + 30000, NULL);
	ft_host_close(own);
	return (void *)r;
}

START_TEST(all_waiters_wake)
{
	pthread_t threads[40];
	int lock = -1;

	set_up();
	ck_assert_int_eq(ft_host_lock(host, "work", &lock, &err), 0);
	for (size_t i = 0; i < 40; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, wait_in_thread, NULL), 0);
	(void)close(lock);
	for (size_t i = 0; i < 40; i++) {
		void *result = NULL;

		ck_assert_int_eq(pthread_join(threads[i], &result), 0);
		ck_assert_ptr_null(result);
	}
	tear_down();
}
END_TEST

static int counted;

static void *count_under_the_lock(void *unused)
{
	struct ft_error error;
	int lock = -1, seen;

	(void)unused;
	if (ft_host_lock_await(host, "work", ft_monotonic_ms() + 60000, &lock, &error) != 0)
		return store;
	/* Somebody else between these two would be lost. */
	seen = counted;
	sched_yield();
	counted = seen + 1;
	(void)close(lock);
	return NULL;
}

START_TEST(whoever_waits_for_the_lock_gets_it)
{
	pthread_t threads[60];
	int lock = -1;

	set_up();
	counted = 0;
	ck_assert_int_eq(ft_host_lock(host, "work", &lock, &err), 0);
	for (size_t i = 0; i < 60; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, count_under_the_lock, NULL), 0);
	(void)close(lock);
	for (size_t i = 0; i < 60; i++) {
		void *result = NULL;

		ck_assert_int_eq(pthread_join(threads[i], &result), 0);
		ck_assert_ptr_null(result);
	}
	ck_assert_int_eq(counted, 60);
	tear_down();
}
END_TEST

START_TEST(a_deadline_ends_the_wait)
{
	int lock = -1, late = -1;

	set_up();
	ck_assert_int_eq(ft_host_lock(host, "work", &lock, &err), 0);
	ck_assert_int_eq(ft_host_lock_await(host, "work", ft_monotonic_ms() + 50, &late, &err),
			 FT_BUSY);
	ck_assert_int_eq(ft_host_lock_await(host, "work", 0, &late, &err), FT_BUSY);
	ck_assert_int_eq(late, -1);
	/* What was waited for in vain is not taken later by a thread that nobody waits for. */
	(void)close(lock);
	ck_assert_int_eq(ft_host_lock(host, "work", &lock, &err), 0);
	(void)close(lock);
	ck_assert_int_eq(ft_host_lock_await(host, "work", 0, &lock, &err), 0);
	(void)close(lock);
	/* So does one for a file that is open already, by the name that it is told. */
	lock = open(path_of("work.lock"), O_RDWR | O_CLOEXEC);
	late = open(path_of("work.lock"), O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(ft_lock_open(lock, state, "work.lock", 0, &err), 0);
	ck_assert_int_eq(ft_lock_open(late, state, "work.lock", ft_monotonic_ms() + 20, &err),
			 FT_BUSY);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "still holds"));
	ck_assert_ptr_nonnull(strstr(line_of(&err), path_of("work.lock")));
	(void)close(lock);
	ck_assert_int_eq(ft_lock_open(late, state, "work.lock", ft_monotonic_ms() + 60000, &err),
			 0);
	(void)close(late);
	tear_down();
}
END_TEST

START_TEST(answers_outlive_their_maker)
{
	struct ft_buf text = FT_BUF_INIT(FT_ERROR_TEXT * 1024);
	struct stat st;
	int fd = -1;

	set_up();
	ck_assert_int_eq(ft_host_answer_read(host, "work", &text, &err), FT_NOT_FOUND);
	ck_assert_int_eq(ft_host_answer_create(host, "work", &fd, &err), 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_ge(st.st_blocks * 512, 512 * 1024);
	ck_assert_int_eq(pwrite(fd, "{}\n", 3, 0), 3);
	(void)close(fd);
	ck_assert_int_eq(ft_host_answer_read(host, "work", &text, &err), 0);
	ck_assert_int_eq(memcmp(text.data, "{}\n\0", 4), 0);
	/* The next one starts empty. */
	ck_assert_int_eq(ft_host_answer_create(host, "work", &fd, &err), 0);
	(void)close(fd);
	ft_buf_clear(&text);
	ck_assert_int_eq(ft_host_answer_read(host, "work", &text, &err), 0);
	ck_assert_int_eq(text.data[0], 0);
	ck_assert_int_eq(ft_host_answer_remove(host, "work", &err), 0);
	ck_assert_int_eq(ft_host_answer_remove(host, "work", &err), 0);
	ft_buf_release(&text);
	tear_down();
}
END_TEST

#endif

/* Compares and writes, with the version that it was read with. */
static int replace(const char *purpose, const char *text, char *version)
{
	struct ft_buf buf = FT_BUF_INIT(1000);
	struct ft_prepared *prepared = NULL;

	ft_buf_adds(&buf, text);
	ck_assert_int_eq(ops->prepare(store, "work", purpose, &prepared, &err), 0);
	int r = ops->commit(prepared, version, &buf, version, &err);

	ft_buf_release(&buf);
	return r;
}

START_TEST(only_the_version_that_was_read_is_replaced)
{
	char first[FT_STORE_VERSION_SIZE] = "", mine[FT_STORE_VERSION_SIZE] = "",
	     theirs[FT_STORE_VERSION_SIZE], before[FT_STORE_VERSION_SIZE];
	struct ft_buf text = FT_BUF_INIT(1000);

	set_up();
	ck_assert_int_eq(replace("next", "one", mine), 0);
	ck_assert_str_ne(mine, "");
	/* Nothing was there any more. */
	ck_assert_int_eq(replace("next", "two", first), FT_BUSY);
	ck_assert_int_eq(err.code, FT_BUSY);
	ck_assert_str_eq(first, "");
	ck_assert_int_eq(access(path_of("work.json~next"), F_OK), -1);
	ck_assert_int_eq(ops->read(store, "work", &text, theirs, &err), 0);
	ck_assert_str_eq(text.data, "one");
	ck_assert_str_eq(theirs, mine);
	ck_assert_int_eq(replace("journal", "two", mine), 0);
	ck_assert_str_ne(mine, theirs);
	ck_assert_int_eq(replace("result", "three", theirs), FT_BUSY);
	/* By hand, in its place, and of the same length. */
	FILE *file = fopen(path_of("work.json"), "r+");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fseek(file, MORE, SEEK_SET), 0);
	ck_assert_int_ge(fputs("ONE", file), 0);
	ck_assert_int_eq(fclose(file), 0);
	strcpy(before, mine);
	ck_assert_int_eq(replace("next", "four", mine), FT_BUSY);
	ck_assert_str_eq(mine, before);
	ft_buf_clear(&text);
	/* What is sealed does not open any more. */
	ck_assert_int_eq(ops->read(store, "work", &text, mine, &err), MORE > 0 ? FT_UNTRUSTED : 0);
	ck_assert_str_eq(text.data, MORE > 0 ? "" : "ONE");
	text.failed = 0;
	ck_assert_int_eq(replace("next", "five", mine), 0);
	/* Gone is another one, too. */
	ck_assert_int_eq(ops->remove(store, "work", &err), 0);
	ck_assert_int_eq(replace("next", "six", mine), FT_BUSY);
	mine[0] = '\0';
	ck_assert_int_eq(replace("next", "six", mine), 0);
	ft_buf_release(&text);
	tear_down();
}
END_TEST

#ifndef SEALED
/* The key that tokens are bound to: made once, of 256 bits, for nobody else to read. */
START_TEST(keys_for_proofs)
{
	struct ft_secret first = { NULL, 0 }, second = { NULL, 0 };
	char path[128];
	struct stat st;

	set_up();
	ck_assert_int_eq(ft_host_key_remove(host, "work", &err), 0);
	ck_assert_int_eq(ft_host_key(host, "work", &first, &err), 0);
	ck_assert_uint_eq(first.len, 43);
	ck_assert_int_eq(ft_host_key(host, "work", &second, &err), 0);
	ck_assert_str_eq(first.data, second.data);
	(void)snprintf(path, sizeof path, "%s/work.dpop", state);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_uint_eq(st.st_nlink, 1);
	ck_assert_int_eq(ft_host_key(host, "other", &second, &err), 0);
	ck_assert_str_ne(first.data, second.data);
	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert_int_eq(ft_host_key(host, "work", &second, &err), FT_UNTRUSTED);
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(truncate(path, 0), 0);
	ck_assert_int_eq(ft_host_key(host, "work", &second, &err), FT_UNTRUSTED);
	ck_assert_ptr_nonnull(strstr(err.text, "work.dpop is empty"));
	ck_assert_int_eq(ft_host_key_remove(host, "work", &err), 0);
	ck_assert_int_eq(ft_host_key(host, "work", &second, &err), 0);
	ck_assert_str_ne(first.data, second.data);
	ft_secret_release(&first);
	ft_secret_release(&second);
	tear_down();
}
END_TEST

#endif

#ifndef SEALED
int main(void)
{
	const TTest *const tests[] = { reading_creates_nothing,
				       replaces_privately_and_leaves_nothing_else,
				       refuses_what_others_may_have_touched,
				       refuses_an_open_folder,
				       a_long_file_is_refused,
				       sets_aside_without_overwriting,
				       the_lock_lives_as_long_as_its_last_copy,
				       all_waiters_wake,
				       whoever_waits_for_the_lock_gets_it,
				       a_deadline_ends_the_wait,
				       answers_outlive_their_maker,
				       only_the_version_that_was_read_is_replaced,
				       keys_for_proofs,
				       NULL };

	return unit_run("store", tests);
}
#endif
