/* SPDX-License-Identifier: MIT */
/* credentials.h */
#include "config.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/store/credentials.h"
#include "tests/unit/alloc.h"
#include "tests/unit/unit.h"

#define KEY "https://git.example.com"
#define FILE_NAME "https%3A%2F%2Fgit.example.com"
#define NOW 1700000000

static struct ft_error err;
static char state[64];
static const struct ft_credentials_place place = { state, NULL };

static void clean_up(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf '%s'", state);
	if (system(command) != 0)
		fprintf(stderr, "cannot remove %s\n", state);
}

/* A state folder for each test, which is a process of its own unless CK_FORK is no. */
static void start(void)
{
	if (state[0] != '\0')
		clean_up();
	strcpy(state, "/tmp/ft-credentials.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(state));
	ck_assert_int_eq(atexit(clean_up), 0);
	(void)umask(022);
}

static const char *file_of(const char *kind, const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/credentials/%s/%s", state, kind, name);
	return path;
}

static void set(struct ft_secret *secret, const char *value)
{
	if (value != NULL)
		ck_assert_int_eq(ft_secret_set(secret, value, strlen(value)), 0);
}

static struct ft_credential make(const char *path, const char *username, const char *password)
{
	struct ft_credential credential = FT_CREDENTIAL_INIT;

	set(&credential.path, path);
	set(&credential.username, username);
	set(&credential.password, password);
	return credential;
}

static void store(const char *path, const char *username, const char *password, int64_t expires_at,
		  const char *refresh_token)
{
	struct ft_credential credential = make(path, username, password);

	credential.expires_at = expires_at;
	set(&credential.oauth_refresh_token, refresh_token);
	ck_assert_int_eq(ft_credentials_store(&place, FT_CREDENTIALS_GIT, KEY, &credential, &err),
			 0);
	ft_credential_release(&credential);
}

/* "username:password" of what get finds, "" for nothing. */
static const char *get(const char *path, const char *username)
{
	static char text[128];
	struct ft_credential want = make(path, username, NULL), found = FT_CREDENTIAL_INIT;
	int r = ft_credentials_get(&place, FT_CREDENTIALS_GIT, KEY, &want, true, NOW, &found, &err);

	ck_assert(r == 0 || r == FT_NOT_FOUND);
	snprintf(text, sizeof text, "%s%s%s",
		 found.username.data != NULL ? found.username.data : "", r == 0 ? ":" : "",
		 found.password.data != NULL ? found.password.data : "");
	ft_credential_release(&want);
	ft_credential_release(&found);
	return text;
}

static void erase(const char *path, const char *username, const char *password)
{
	struct ft_credential want = make(path, username, password);

	ck_assert_int_eq(ft_credentials_erase(&place, FT_CREDENTIALS_GIT, KEY, &want, &err), 0);
	ft_credential_release(&want);
}

START_TEST(text_keeps_any_byte)
{
	struct ft_credential one = FT_CREDENTIAL_INIT, two = make("p", "", NULL);
	struct ft_credential_list list = { (struct ft_credential[2]){ one, two }, 2 }, back;
	struct ft_buf text = FT_BUF_INIT(FT_CREDENTIALS_MAX);
	char bytes[256];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(255 - i);
	ck_assert_int_eq(ft_secret_set(&list.list[0].password, bytes, sizeof bytes), 0);
	list.list[0].expires_at = 0;
	set(&list.list[1].credential, "Zm9v==");
	ck_assert_int_eq(ft_credentials_format(&list, &text, &err), 0);
	ck_assert_int_eq(ft_credentials_parse(text.data, text.len, &back, &err), 0);
	ck_assert_uint_eq(back.n, 2);
	ck_assert(ft_secret_equal(&back.list[0].password, bytes, sizeof bytes));
	ck_assert_ptr_null(back.list[0].username.data);
	ck_assert_int_eq(back.list[0].expires_at, 0);
	ck_assert_str_eq(back.list[1].username.data, "");
	ck_assert_str_eq(back.list[1].path.data, "p");
	ck_assert_str_eq(back.list[1].credential.data, "Zm9v==");
	ck_assert_int_eq(back.list[1].expires_at, -1);
	ft_credential_list_release(&back);
	ft_credential_list_release(NULL);
	ft_credential_release(&list.list[0]);
	ft_credential_release(&list.list[1]);
	ft_credential_release(NULL);
	ft_buf_release(&text);
}
END_TEST

START_TEST(text_that_is_damaged)
{
	static const char *const texts[] = {
		"",
		"version=1",
		"version=2\n",
		"version=1\r\n\nusername=u\n",
		"username=u\n",
		"version=1\n\nusername=u",
		"version=1\n\nusername=u\nuser",
		"version=1\n\nusername\n",
		"version=1\n\nusername=a\nusername=b\n",
		"version=1\n\nwhat=a\n",
		"version=1\n\nusername=%\n",
		"version=1\n\nusername=%4\n",
		"version=1\n\nusername=%4g\n",
		"version=1\n\nusername=%4\n%41\n",
		"version=1\n\npassword_expiry_utc=\n",
		"version=1\n\npassword_expiry_utc=-1\n",
		"version=1\n\npassword_expiry_utc=99999999999999999999\n",
		"version=1\n\npassword_expiry_utc=1\npassword_expiry_utc=2\n",
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct ft_credential_list list = { NULL, 7 };

		ck_assert_msg(ft_credentials_parse(texts[i], strlen(texts[i]), &list, &err) ==
				      FT_UNTRUSTED,
			      "%s", texts[i]);
		ck_assert_uint_eq(list.n, 7);
	}
}
END_TEST

START_TEST(gets_back_what_was_stored)
{
	start();
	ck_assert_str_eq(get(NULL, NULL), "");
	store(NULL, "alice", "a1", -1, NULL);
	ck_assert_str_eq(get(NULL, NULL), "alice:a1");
	ck_assert_str_eq(get(NULL, "alice"), "alice:a1");
	ck_assert_str_eq(get(NULL, "bob"), "");
	ck_assert_str_eq(get("team/x", NULL), "");
	store(NULL, "alice", "a2", -1, NULL);
	ck_assert_str_eq(get(NULL, "alice"), "alice:a2");
	/* The newest first, the others stay. */
	store(NULL, "bob", "b1", -1, NULL);
	ck_assert_str_eq(get(NULL, NULL), "bob:b1");
	store("team/x", "alice", "ax", -1, NULL);
	ck_assert_str_eq(get("team/x", NULL), "alice:ax");
	ck_assert_str_eq(get("team/y", NULL), "");
	ck_assert_str_eq(get(NULL, "bob"), "bob:b1");
	/* Nobody's but this host's. */
	struct ft_credential any = FT_CREDENTIAL_INIT, found = FT_CREDENTIAL_INIT;

	ck_assert_int_eq(ft_credentials_get(&place, FT_CREDENTIALS_GIT, KEY ".evil.example", &any,
					    true, NOW, &found, &err),
			 FT_NOT_FOUND);
	ck_assert_int_eq(ft_credentials_get(&place, FT_CREDENTIALS_DOCKER, KEY, &any, true,
					    NOW, &found, &err), FT_NOT_FOUND);
}
END_TEST

START_TEST(erases_what_matches)
{
	start();
	store(NULL, "alice", "a1", -1, NULL);
	store(NULL, "bob", "b1", -1, NULL);
	store("team/x", "alice", "ax", -1, NULL);
	erase(NULL, "alice", "other");
	ck_assert_str_eq(get(NULL, "alice"), "alice:ax");
	erase(NULL, "alice", "ax");
	ck_assert_str_eq(get(NULL, "alice"), "alice:a1");
	ck_assert_str_eq(get("team/x", NULL), "");
	erase(NULL, "alice", NULL);
	ck_assert_str_eq(get(NULL, NULL), "bob:b1");
	erase(NULL, NULL, NULL);
	ck_assert_str_eq(get(NULL, NULL), "");
	ck_assert_int_ne(access(file_of("git", FILE_NAME), F_OK), 0);
	erase(NULL, NULL, NULL);
}
END_TEST

START_TEST(nothing_is_written_for_nothing)
{
	char path[128];

	start();
	ck_assert_str_eq(get(NULL, NULL), "");
	erase(NULL, NULL, NULL);
	snprintf(path, sizeof path, "%s/credentials", state);
	ck_assert_int_ne(access(path, F_OK), 0);
	store(NULL, "alice", "a1", -1, NULL);

	struct stat before, after;

	ck_assert_int_eq(stat(file_of("git", FILE_NAME), &before), 0);
	store(NULL, "alice", "a1", -1, NULL);
	ck_assert_int_eq(stat(file_of("git", FILE_NAME), &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}
END_TEST

START_TEST(files_are_private)
{
	struct stat st;

	start();
	(void)umask(0);
	store(NULL, "alice", "a1", -1, NULL);
	ck_assert_int_eq(stat(file_of("git", FILE_NAME), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(stat(file_of("git", ""), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(stat(file_of("git", "~lock"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(expired_ones_are_not_handed_out)
{
	start();
	store(NULL, "alice", "old", NOW - 1, NULL);
	ck_assert_str_eq(get(NULL, NULL), "");
	store(NULL, "alice", "now", NOW, NULL);
	ck_assert_str_eq(get(NULL, NULL), "");
	store(NULL, "alice", "good", NOW + 1, NULL);
	ck_assert_str_eq(get(NULL, NULL), "alice:good");
	/* A good one after an expired one. */
	store(NULL, "bob", "old", 1, "rt");
	ck_assert_str_eq(get(NULL, NULL), "alice:good");
}
END_TEST

START_TEST(an_expired_one_is_good_for_its_refresh_token)
{
	struct ft_credential any = FT_CREDENTIAL_INIT, found = FT_CREDENTIAL_INIT;

	start();
	store(NULL, "alice", "old", NOW - 1, "rt");
	ck_assert_int_eq(
		ft_credentials_get(&place, FT_CREDENTIALS_GIT, KEY, &any, true, NOW, &found, &err),
		0);
	ck_assert_str_eq(found.username.data, "alice");
	ck_assert_str_eq(found.oauth_refresh_token.data, "rt");
	ck_assert_ptr_null(found.password.data);
	ck_assert_int_eq(found.expires_at, -1);
	ft_credential_release(&found);
}
END_TEST

START_TEST(encoded_ones_only_for_who_understands_them)
{
	struct ft_credential encoded = FT_CREDENTIAL_INIT, found = FT_CREDENTIAL_INIT;
	struct ft_credential want = FT_CREDENTIAL_INIT;

	start();
	set(&encoded.authtype, "Bearer");
	set(&encoded.credential, "abc");
	ck_assert_int_eq(ft_credentials_store(&place, FT_CREDENTIALS_GIT, KEY, &encoded, &err), 0);
	ck_assert_int_eq(
		ft_credentials_get(&place, FT_CREDENTIALS_GIT, KEY, &want, true, NOW, &found, &err),
		FT_NOT_FOUND);
	ck_assert_int_eq(
		ft_credentials_get(&place, FT_CREDENTIALS_GIT, KEY, &want, false, NOW, &found, &err),
		0);
	ck_assert_str_eq(found.authtype.data, "Bearer");
	ck_assert_str_eq(found.credential.data, "abc");
	ft_credential_release(&found);
	set(&want.credential, "other");
	ck_assert_int_eq(ft_credentials_erase(&place, FT_CREDENTIALS_GIT, KEY, &want, &err), 0);
	ck_assert_int_eq(access(file_of("git", FILE_NAME), F_OK), 0);
	ft_credential_release(&want);
	ck_assert_int_eq(ft_credentials_erase(&place, FT_CREDENTIALS_GIT, KEY, &encoded, &err), 0);
	ck_assert_int_ne(access(file_of("git", FILE_NAME), F_OK), 0);
	ft_credential_release(&encoded);
}
END_TEST

START_TEST(docker_has_one_a_registry)
{
	struct ft_credential_list list = { NULL, 0 };
	struct ft_credential one = make(NULL, "alice", "s1"), two = make(NULL, "bob", "s2");

	start();
	set(&one.server, "registry.example.com");
	set(&two.server, "https://registry.example.com");
	ck_assert_int_eq(ft_credentials_list(&place, FT_CREDENTIALS_DOCKER, &list, &err), 0);
	ck_assert_uint_eq(list.n, 0);
	ck_assert_int_eq(ft_credentials_store(&place, FT_CREDENTIALS_DOCKER, "registry.example.com",
					      &one, &err), 0);
	ck_assert_int_eq(ft_credentials_store(&place, FT_CREDENTIALS_DOCKER, "registry.example.com",
					      &two, &err), 0);
	ck_assert_int_eq(
		ft_credentials_store(&place, FT_CREDENTIALS_DOCKER, ".hidden/../x", &one, &err), 0);
	ck_assert_int_eq(access(file_of("docker", "%2Ehidden%2F..%2Fx"), F_OK), 0);

	/* What is in the way is passed over, what is left of a crash too. */
	int fd = open(file_of("docker", "damaged"), O_WRONLY | O_CREAT, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)write(fd, "x", 1), 1);
	close(fd);
	ck_assert_int_eq(mkfifo(file_of("docker", "fifo"), 0600), 0);
	ck_assert_int_eq(symlink("damaged", file_of("docker", "link")), 0);
	fd = open(file_of("docker", "registry.example.com~next"), O_WRONLY | O_CREAT, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(ft_credentials_list(&place, FT_CREDENTIALS_DOCKER, &list, &err), 0);
	ck_assert_uint_eq(list.n, 2);
	size_t first = strcmp(list.list[0].username.data, "bob") == 0 ? 0 : 1;

	ck_assert_str_eq(list.list[first].username.data, "bob");
	ck_assert_str_eq(list.list[first].server.data, "https://registry.example.com");
	ck_assert_str_eq(list.list[1 - first].username.data, "alice");
	ft_credential_list_release(&list);
	ft_credential_release(&one);
	ft_credential_release(&two);
}
END_TEST

static void write_file(const char *text)
{
	int fd = open(file_of("git", FILE_NAME), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
}

/* get, store and erase all refuse, and nothing is overwritten. */
static void all_refuse(const char *words)
{
	struct ft_credential one = make(NULL, "eve", "e"), found = FT_CREDENTIAL_INIT;
	struct stat before, after;

	ck_assert_int_eq(lstat(file_of("git", FILE_NAME), &before), 0);
	ck_assert_int_eq(
		ft_credentials_get(&place, FT_CREDENTIALS_GIT, KEY, &one, true, NOW, &found, &err),
		FT_UNTRUSTED);
	ck_assert_ptr_nonnull(strstr(line_of(&err), words));
	ck_assert_ptr_nonnull(strstr(line_of(&err), FILE_NAME));
	ck_assert_int_eq(ft_credentials_store(&place, FT_CREDENTIALS_GIT, KEY, &one, &err),
			 FT_UNTRUSTED);
	ck_assert_int_eq(ft_credentials_erase(&place, FT_CREDENTIALS_GIT, KEY, &one, &err),
			 FT_UNTRUSTED);
	ck_assert_int_eq(lstat(file_of("git", FILE_NAME), &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_int_eq(before.st_size, after.st_size);
	ft_credential_release(&one);
}

START_TEST(what_cannot_be_trusted_stays_as_it_is)
{
	start();
	store(NULL, "alice", "a1", -1, NULL);
	write_file("version=1\n\nusername=al");
	all_refuse("remove it");
	ck_assert_int_eq(chmod(file_of("git", FILE_NAME), 0644), 0);
	all_refuse("chmod 600");
	ck_assert_int_eq(unlink(file_of("git", FILE_NAME)), 0);
	ck_assert_int_eq(symlink("/dev/null", file_of("git", FILE_NAME)), 0);
	all_refuse("symbolic link");
	ck_assert_int_eq(unlink(file_of("git", FILE_NAME)), 0);
	ck_assert_int_eq(mkfifo(file_of("git", FILE_NAME), 0600), 0);
	all_refuse("not a regular file");
}
END_TEST

START_TEST(keys_that_name_no_file)
{
	struct ft_credential one = make(NULL, "u", "p"), found = FT_CREDENTIAL_INIT;
	char key[400];

	start();
	memset(key, 'a', sizeof key);
	key[sizeof key - 1] = '\0';
	ck_assert_int_eq(ft_credentials_store(&place, FT_CREDENTIALS_GIT, key, &one, &err),
			 FT_UNTRUSTED);
	ck_assert_int_eq(
		ft_credentials_get(&place, FT_CREDENTIALS_GIT, key, &one, true, NOW, &found, &err),
		FT_NOT_FOUND);
	ck_assert_int_eq(ft_credentials_erase(&place, FT_CREDENTIALS_GIT, key, &one, &err), 0);
	ck_assert_int_eq(ft_credentials_store(&place, FT_CREDENTIALS_GIT, "", &one, &err),
			 FT_UNTRUSTED);
	/* As long as can be: a host of 200 bytes. */
	key[200] = '\0';
	ck_assert_int_eq(ft_credentials_store(&place, FT_CREDENTIALS_GIT, key, &one, &err), 0);
	/* Bytes that are none of a host. */
	ck_assert_int_eq(
		ft_credentials_store(&place, FT_CREDENTIALS_GIT, "../\xff/~lock", &one, &err), 0);
	ck_assert_int_eq(access(file_of("git", "%2E.%2F%FF%2F%7Elock"), F_OK), 0);
	ft_credential_release(&one);
}
END_TEST

START_TEST(a_value_that_is_too_large)
{
	struct ft_credential one = make(NULL, "u", "p");
	char *large = malloc(FT_CREDENTIALS_MAX);

	start();
	ck_assert_ptr_nonnull(large);
	memset(large, 'x', FT_CREDENTIALS_MAX);
	store(NULL, "alice", "a1", -1, NULL);
	ck_assert_int_eq(ft_secret_set(&one.password, large, FT_CREDENTIALS_MAX), 0);
	ck_assert_int_ne(ft_credentials_store(&place, FT_CREDENTIALS_GIT, KEY, &one, &err), 0);
	ck_assert_str_eq(get(NULL, NULL), "alice:a1");
	ft_credential_release(&one);
	free(large);
}
END_TEST

START_TEST(writers_do_not_lose_each_others_work)
{
	enum { WRITERS = 4, TURNS = 5 };	/* each turn synchronises the disk twice */
	pid_t pids[WRITERS];

	start();
	for (int w = 0; w < WRITERS; w++) {
		pids[w] = fork();
		if (pids[w] == 0) {
			for (int t = 0; t < TURNS; t++) {
				char username[32];
				struct ft_credential one;

				snprintf(username, sizeof username, "u%d.%d", w, t);
				one = make(NULL, username, "p");
				if (ft_credentials_store(&place, FT_CREDENTIALS_GIT, KEY, &one,
							 &err) != 0)
					_exit(1);
				ft_credential_release(&one);
			}
			_exit(0);
		}
	}
	for (int w = 0; w < WRITERS; w++) {
		int status;

		ck_assert_int_eq(waitpid(pids[w], &status, 0), pids[w]);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	for (int w = 0; w < WRITERS; w++) {
		for (int t = 0; t < TURNS; t++) {
			char username[32], both[40];

			snprintf(username, sizeof username, "u%d.%d", w, t);
			snprintf(both, sizeof both, "%s:p", username);
			ck_assert_str_eq(get(NULL, username), both);
		}
	}
}
END_TEST

START_TEST(without_memory_nothing_is_lost)
{
	struct ft_credential one = make("p", "u", "a\n"), found = FT_CREDENTIAL_INIT;
	struct ft_credential_list list = { NULL, 0 };
	bool complete = true;
	unsigned n;
	int r;

	start();
	set(&one.server, "h");
	store(NULL, "alice", "a1", -1, NULL);
	n = 1;
	do {
		alloc_fail(n++);
		r = ft_credentials_store(&place, FT_CREDENTIALS_GIT, KEY, &one, &err);
		bool again = alloc_failed(r);

		ck_assert_str_eq(get(NULL, "alice"), "alice:a1");
		if (!again)
			break;
	} while (true);
	ck_assert_int_eq(r, 0);
	n = 1;
	do {
		alloc_fail(n++);
		r = ft_credentials_get(&place, FT_CREDENTIALS_GIT, KEY, &one, true, NOW, &found,
				       &err);
		ft_credential_release(&found);
	} while (alloc_failed(r));
	ck_assert_int_eq(r, 0);
	n = 1;
	do {
		alloc_fail(n++);
		r = ft_credentials_list(&place, FT_CREDENTIALS_GIT, &list, &err);
		complete = r != 0 || list.n == 2;
		ft_credential_list_release(&list);
	} while (alloc_failed(r) && complete);
	ck_assert_int_eq(r, 0);
	ck_assert(complete);
	n = 1;
	do {
		alloc_fail(n++);
		r = ft_credentials_erase(&place, FT_CREDENTIALS_GIT, KEY, &one, &err);
		bool again = alloc_failed(r);

		ck_assert_str_eq(get(NULL, "alice"), "alice:a1");
		if (!again)
			break;
	} while (true);
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(get("p", NULL), "");
	ft_credential_release(&one);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { text_keeps_any_byte,
				       text_that_is_damaged,
				       gets_back_what_was_stored,
				       erases_what_matches,
				       nothing_is_written_for_nothing,
				       files_are_private,
				       expired_ones_are_not_handed_out,
				       an_expired_one_is_good_for_its_refresh_token,
				       encoded_ones_only_for_who_understands_them,
				       docker_has_one_a_registry,
				       what_cannot_be_trusted_stays_as_it_is,
				       keys_that_name_no_file,
				       a_value_that_is_too_large,
				       writers_do_not_lose_each_others_work,
				       without_memory_nothing_is_lost,
				       NULL };

	return unit_run("credentials", tests);
}
