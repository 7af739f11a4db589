/* SPDX-License-Identifier: MIT */
/* helper/wiring/json-edit.h, helper/wiring/registries-conf.h, helper/wiring/pam-stack.h: read and
 * edit files of other programs; lib/file/replace.h, helper/account/config-file.h: replace a file;
 * helper/cli/run.h: the programs that are started for that */
#include "config.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "helper/account/config-file.h"
#include "helper/cli/run.h"
#include "helper/wiring/json-edit.h"
#include "helper/wiring/pam-stack.h"
#include "helper/wiring/registries-conf.h"
#include "lib/base/moment.h"
#include "lib/file/lock.h"
#include "lib/file/replace.h"
#include "tests/unit/alloc.h"
#include "tests/unit/files.h"
#include "tests/unit/unit.h"

#define HELPERS "credHelpers"

static void becomes(const char *before, bool set, const char *name, const char *after)
{
	struct ft_buf text = FT_BUF_INIT(4096);

	ft_buf_adds(&text, before);
	ck_assert_int_eq(set ? ft_json_edit_set(&text, HELPERS, name, "new", NULL) :
			 ft_json_edit_remove(&text, HELPERS, name, NULL), 0);
	ck_assert_str_eq(text.data, after);
	ck_assert_uint_eq(text.len, strlen(after));
	ft_buf_release(&text);
}

START_TEST(json_set)
{
	/* Made where it is missing, in the manner of what is there. */
	becomes("{}", true, "a", "{\n\t\"credHelpers\": {\n\t\t\"a\": \"new\"\n\t}\n}");
	becomes(" { } \n", true, "a", " {\n\t\"credHelpers\": {\n\t\t\"a\": \"new\"\n\t}\n} \n");
	becomes("{\"x\":1}", true, "a", "{\"x\":1, \"credHelpers\": {\n\t\t\"a\": \"new\"\n\t}}");
	becomes("{\n  \"x\": 1\n}\n", true, "a",
		"{\n  \"x\": 1,\n  \"credHelpers\": {\n\t\t\"a\": \"new\"\n\t}\n}\n");
	becomes("{\"credHelpers\": null}", true, "a",
		"{\"credHelpers\": {\n\t\t\"a\": \"new\"\n\t}}");
	becomes("{\"credHelpers\": {}}", true, "a",
		"{\"credHelpers\": {\n\t\t\"a\": \"new\"\n\t}}");
	becomes("{\"credHelpers\": {\n    \"b\": \"c\"\n  }}", true, "a",
		"{\"credHelpers\": {\n    \"b\": \"c\",\n    \"a\": \"new\"\n  }}");
	becomes("{\"credHelpers\":{\"b\":\"c\"}}", true, "a",
		"{\"credHelpers\":{\"b\":\"c\", \"a\": \"new\"}}");
	/* Changed where it is, however it is written. */
	becomes("{\"credHelpers\":{\"a\" : null,\"b\":1}}", true, "a",
		"{\"credHelpers\":{\"a\" : \"new\",\"b\":1}}");
	becomes("{\"cred\\u0048elpers\":{\"\\u0061\":[1,{\"a\":2}]}}", true, "a",
		"{\"cred\\u0048elpers\":{\"\\u0061\":\"new\"}}");
	/* A name of the same spelling elsewhere is another's. */
	becomes("{\"a\":\"}\\\"{\",\"x\":{\"credHelpers\":{\"a\":1}},\"credHelpers\":{\"aa\":1}}",
		true, "a",
		"{\"a\":\"}\\\"{\",\"x\":{\"credHelpers\":{\"a\":1}},\"credHelpers\":{\"aa\":1, "
		"\"a\": \"new\"}}");
	becomes("{\"credHelpers\":{}}", true, "q\"\\\n",
		"{\"credHelpers\":{\n\t\t\"q\\\"\\\\\\n\": \"new\"\n\t}}");
	/* Numbers and escapes of others as they are. */
	becomes("{\"n\":18446744073709551616,\"f\":1.500e0,\"e\":\"\\/"
		"\\u00e9\",\"credHelpers\":{\"a\":\"\"}}",
		true, "a",
		"{\"n\":18446744073709551616,\"f\":1.500e0,\"e\":\"\\/"
		"\\u00e9\",\"credHelpers\":{\"a\":\"new\"}}");
}
END_TEST

START_TEST(json_remove)
{
	static const char *const untouched[] = { "{}",
						 "{\"credHelpers\":null}",
						 "{\"credHelpers\":[\"a\"]}",
						 "{\"credHelpers\":{}}",
						 "{\"credHelpers\":{\"b\":\"a\"}}",
						 "{\"a\":1}",
						 "{\"x\":{\"credHelpers\":{\"a\":1}}}" };

	for (size_t i = 0; i < sizeof untouched / sizeof *untouched; i++)
		becomes(untouched[i], false, "a", untouched[i]);
	becomes("{\"credHelpers\":{\"a\":\"x\"}}", false, "a", "{\"credHelpers\":{}}");
	becomes("{\"credHelpers\":{ \"a\" : \"x\" }}", false, "a", "{\"credHelpers\":{}}");
	becomes("{\"credHelpers\":{\"a\":\"x\" , \"b\":1}}", false, "a",
		"{\"credHelpers\":{\"b\":1}}");
	becomes("{\"credHelpers\":{\n\t\"b\":1,\n\t\"a\":\"x\"\n}}", false, "a",
		"{\"credHelpers\":{\n\t\"b\":1\n}}");
	becomes("{\"credHelpers\":{\"b\":1,\"a\":{\"c\":[\"}\"]},\"d\":2}}", false, "a",
		"{\"credHelpers\":{\"b\":1,\"d\":2}}");
}
END_TEST

START_TEST(json_memory)
{
	unsigned n = 1;
	int r;

	do {
		struct ft_buf text = FT_BUF_INIT(4096);

		ft_buf_adds(&text, "{\"credHelpers\":{\"b\":1}}");
		const size_t len = text.len;

		alloc_fail(n++);
		r = ft_json_edit_set(&text, HELPERS, "a", "new", NULL);
		if (r == 0)
			r = ft_json_edit_remove(&text, HELPERS, "a", NULL);
		/* Whatever failed, the text is whole. */
		ck_assert(text.len >= len && text.data[text.len - 1] == '}');
		alloc_countdown = 0;
		ft_buf_release(&text);
	} while (alloc_hit && r == FT_NO_MEMORY && n < 200);
	ck_assert_uint_lt(n, 200);
}
END_TEST

/* What is after the end of a text is no part of it. */
static int parse(const char *text, struct ft_strings *names, bool *found, struct ft_error *err)
{
	struct ft_buf more = FT_BUF_INIT(65536);

	ft_buf_addf(&more, "%s%s", text, "=[\"x\"]\n'}\"");
	int r = ft_registries_parse(more.data, strlen(text), names, found, err);

	ft_buf_release(&more);
	return r;
}

/* The names with a blank after each; NULL: there is no such line. */
static void reads(const char *text, const char *expected)
{
	struct ft_strings names = { NULL, 0 };
	struct ft_buf all = FT_BUF_INIT(4096);
	bool found = false;

	ck_assert_msg(parse(text, &names, &found, NULL) == 0, "refused: %s", text);
	ck_assert_msg(found == (expected != NULL), "found %d: %s", found, text);
	ft_buf_add(&all, "", 0);
	for (size_t i = 0; i < names.n; i++)
		ft_buf_addf(&all, "%s ", names.list[i]);
	ck_assert_str_eq(all.data, expected != NULL ? expected : "");
	ft_buf_release(&all);
	ft_strings_release(&names);
}

static void refuses(const char *text, unsigned line)
{
	struct ft_strings names = { NULL, 0 };
	struct ft_error err = FT_ERROR_INIT;
	bool found = false;

	ck_assert_msg(parse(text, &names, &found, &err) == FT_UNTRUSTED, "taken: %s", text);
	ck_assert_msg(strtoul(line_of(&err), NULL, 10) == line, "%s: %s", text, line_of(&err));
	ck_assert(!found && names.n == 0 && !ft_registries_alone(text, strlen(text)));
}

START_TEST(registries)
{
	reads("", NULL);
	reads("# credential-helpers = [\"a\"]", NULL);
	reads("[x]\ncredential-helpers = [\"a\"]", NULL);
	reads("a.credential-helpers = [\"a\"]", NULL);
	reads("credential-helpers.a = [\"a\"]", NULL);
	reads("credential-helpers = []", "");
	reads("credential-helpers = [\"a\"]", "a ");
	reads(" \"credential-helpers\"\t=['a','b c' , ]\r\n", "a b c ");
	reads("'Credential-Helpers' = [ # x\n\n  \"a\", # y\n \"\"\"b\"\"\"\n]# z\n[[t]]\n]",
	      "a b ");
	reads("x = \"credential-helpers = [1]\"\ny = '''\ncredential-helpers = [1]\n'''\nz = {a = "
	      "[1, \"}\"], b = 2}\n"
	      "t = 1979-05-27 07:32:00Z # x\ncredential-helpers = [\"a\"]",
	      "a ");
	reads("a = ''", NULL);
	reads("a = 1 # x", NULL);
	reads("a\t. b\t.\"c d\" = 1\n'' = 2\ncredential-helpers=['a']", "a ");
	reads("x = \"\\\"\"\ncredential-helpers = [\"a\"]", "a ");
	reads("x = \"\"\"a\\\"\"\"\"\ncredential-helpers = [\"a\"]", "a ");
	refuses("a = 1\n\ncredential-helpers = [\"a\"\n\n", 3);
	refuses("credential-helpers = \"a\"", 1);
	refuses("credential-helpers = [a]", 1);
	refuses("credential-helpers = [\"a\" \"b\"]", 1);
	refuses("credential-helpers = [\"\\u0061\"]", 1);
	refuses("credential-helpers = [\"a\n\"]", 1);
	refuses("credential-helpers = [\"\"]", 1);
	refuses("credential-helpers = [\"a\"] [\"b\"]", 1);
	refuses("credential-helpers = [\"a\"]\ncredential-helpers = []", 2);
	refuses("credential-helpers [\"a\"]", 1);
	refuses("\na", 2);
	refuses("a =", 1);
	refuses("a = [1\n", 1);
	refuses("a = ]", 1);
	refuses("a = \"x", 1);
	refuses("= 1", 1);
	refuses("a. = 1", 1);
	refuses("\"a = 1", 1);
	refuses("credential-helpers", 1);
	refuses("a = \"x\nb = 1\"", 1);
	refuses("a = [\"x", 1);
	refuses("a = # x", 1);
	refuses("a =\nb = 1", 1);
	refuses("a = \"x\\", 1);
	refuses("x = \"\"\"\n\n\"\"\"\ny", 4);
	refuses("a = [\n# x\n\n]\nb", 5);
}
END_TEST

START_TEST(registries_alone)
{
	static const char ours[] = "# x\n\ncredential-helpers = [\"a\"]\n";
	static const char *const others[] = { "credential-helpers = [\"a\"]\nx = 1\n", "x = 1\n",
					      "credential-helpers = []\n[x]\n" };

	ck_assert(ft_registries_alone(ours, strlen(ours)));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		ck_assert_msg(!ft_registries_alone(others[i], strlen(others[i])), "%s", others[i]);
}
END_TEST

START_TEST(registries_memory)
{
	static const char text[] = "credential-helpers = [\"a\", \"b\", \"c\"]\n";
	unsigned n = 1;
	bool found;
	int r;

	do {
		struct ft_strings names = { NULL, 0 };

		alloc_fail(n++);
		r = ft_registries_parse(text, strlen(text), &names, &found, NULL);
		ft_strings_release(&names);
	} while (alloc_failed(r));
}
END_TEST

/* All lines as "BEGIN-END/NUMBER word|word|;". */
static void has_lines(const char *text, const char *expected)
{
	struct ft_buf file = FT_BUF_INIT(FT_PAM_FILE_MAX), all = FT_BUF_INIT(65536);
	struct ft_pam_line line;
	unsigned number = 0;
	size_t at = 0;

	ft_buf_adds(&file, text);
	ft_buf_add(&all, "", 0);
	while (ft_pam_line_next(&file, &at, &number, &line)) {
		ft_buf_addf(&all, "%zu-%zu/%u ", line.begin, line.end, line.number);
		for (size_t i = 0; i < line.n; i++)
			ft_buf_addf(&all, "%s|", line.words[i]);
		ck_assert_ptr_null(line.words[line.n]);
		ft_buf_adds(&all, ";");
	}
	ck_assert_str_eq(all.data, expected);
	ft_buf_release(&file);
	ft_buf_release(&all);
}

START_TEST(pam_lines)
{
	has_lines("", "");
	has_lines("\n # x\n\t\n", "");
	has_lines("auth required a.so", "0-18/1 auth|required|a.so|;");
	has_lines("#%PAM\n\nauth\trequired  a.so x # y\n-auth a b\n",
		  "7-33/3 auth|required|a.so|x|;33-43/4 auth|a|b|;");
	has_lines("auth [a=b c=d] a.so [x y] [z\\]]\n", "0-32/1 auth|a=b c=d|a.so|x y|z]|;");
	/* Pieces, with a comment between them; and what ends with "#" does not go on. */
	has_lines("auth \\\n# x\n required \\\na.so\nb c d\n",
		  "0-28/1 auth|required|a.so|;28-34/5 b|c|d|;");
	has_lines("auth a b # \\\nc d e\n", "0-13/1 auth|a|b|;13-19/2 c|d|e|;");
	/* A backslash alone has no words. */
	has_lines("\\\n\nauth a b\n\\\n", "0-12/1 auth|a|b|;");
	has_lines("\\\n\\\n", "");
	has_lines("\\", "");
	has_lines("-\n", "0-2/1 |;");
}
END_TEST

START_TEST(pam_line_too_long)
{
	char *text = malloc(FT_PAM_LINE_MAX + 64);
	struct ft_buf file = FT_BUF_INIT(FT_PAM_FILE_MAX);
	struct ft_pam_line line;
	unsigned number = 0;
	size_t at = 0;

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', FT_PAM_LINE_MAX + 63);
	text[FT_PAM_LINE_MAX + 63] = '\0';
	/* As many bytes as there is room for, with a blank and the end. */
	text[FT_PAM_LINE_MAX - 2] = '\n';
	ft_buf_adds(&file, text);
	ck_assert(ft_pam_line_next(&file, &at, &number, &line));
	ck_assert_uint_eq(strlen(line.words[0]), FT_PAM_LINE_MAX - 2);
	ft_buf_release(&file);
	text[FT_PAM_LINE_MAX - 2] = 'x';
	at = number = 0;
	file = (struct ft_buf)FT_BUF_INIT(FT_PAM_FILE_MAX);
	ft_buf_adds(&file, text);
	ft_buf_adds(&file, "\nauth a b\n");
	ck_assert(!ft_pam_line_next(&file, &at, &number, &line));
	ft_buf_release(&file);
	free(text);
}
END_TEST

/* "ours", the file that it includes with the type that counts, or "". */
static void is(const char *text, const char *expected)
{
	struct ft_buf file = FT_BUF_INIT(FT_PAM_FILE_MAX), said = FT_BUF_INIT(4096);
	struct ft_pam_line line;
	unsigned number = 0;
	const char *type;
	size_t at = 0;

	ft_buf_adds(&file, text);
	ck_assert(ft_pam_line_next(&file, &at, &number, &line));
	const char *includes = ft_pam_line_includes(&line, &type);

	ft_buf_adds(&said, ft_pam_line_is_ours(&line) ? "ours" : "");
	if (includes != NULL)
		ft_buf_addf(&said, "%s:%s", type != NULL ? type : "", includes);
	ck_assert_str_eq(said.data, expected);
	ft_buf_release(&file);
	ft_buf_release(&said);
}

START_TEST(pam_kinds)
{
	is("auth required pam_freshtoken.so", "ours");
	is("-account [a=b] /lib/security/pam_freshtoken.so account=work", "ours");
	is("auth required pam_unix.so pam_freshtoken.so", "");
	is("auth required xpam_freshtoken.so", "");
	is("auth required pam_freshtoken.so.old", "");
	is("auth pam_freshtoken.so", "");
	is("@include common-auth", ":common-auth");
	is("@Include common-auth pam_freshtoken.so", ":common-auth");
	is("auth include common-auth", "auth:common-auth");
	is("account SUBSTACK pam_freshtoken.so", "account:pam_freshtoken.so");
	is("@include", "");
	is("auth include", "");
}
END_TEST

/* --- the folder of PAM's files ------------------------------------------------------------ */

static void holds(const char *name, const char *expected, mode_t mode)
{
	struct ft_buf text = FT_BUF_INIT(FT_PAM_FILE_MAX);
	char path[256];
	struct stat st;

	ck_assert_int_eq(ft_pam_file_read(files_user, name, &text, NULL), 0);
	ck_assert_str_eq(text.data, expected);
	ft_buf_release(&text);
	snprintf(path, sizeof path, "%s/%s", files_user, name);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, mode);
}

static int replace(const char *name, const char *with)
{
	struct ft_buf old = FT_BUF_INIT(FT_PAM_FILE_MAX), new = FT_BUF_INIT(FT_PAM_FILE_MAX);

	ft_buf_adds(&old, "old");
	ft_buf_adds(&new, with);
	int r = ft_pam_file_replace(files_user, name, &old, &new, NULL);

	ft_buf_release(&old);
	ft_buf_release(&new);
	return r;
}

START_TEST(pam_file)
{
	struct ft_buf text = FT_BUF_INIT(8);
	char path[256], target[256];

	files_write(files_user, "sshd", "old");
	snprintf(path, sizeof path, "%s/sshd", files_user);
	ck_assert_int_eq(chmod(path, 0640), 0);
	holds("sshd", "old", 0640);
	/* A name with a path of its own is not below the folder. */
	ck_assert_int_eq(ft_pam_file_read("/nonexistent", path, &text, NULL), 0);
	ck_assert_str_eq(text.data, "old");
	ft_buf_release(&text);
	ck_assert_int_eq(ft_pam_file_read(files_user, "nothing", &text, NULL), FT_SYSTEM);
	ck_assert_int_eq(ft_pam_file_read(files_user, "providers", &text, NULL), FT_UNTRUSTED);
	ft_buf_release(&text);
	files_write(files_user, "long", "123456789");
	text = (struct ft_buf)FT_BUF_INIT(8);
	ck_assert_int_eq(ft_pam_file_read(files_user, "long", &text, NULL), FT_UNTRUSTED);
	ft_buf_release(&text);

	ck_assert_int_eq(replace("sshd", "new"), 0);
	holds("sshd", "new", 0640);
	holds("sshd" FT_PAM_BACKUP, "old", 0640);
	ck_assert_int_eq(replace("nothing", "new"), FT_SYSTEM);
	snprintf(target, sizeof target, "%s/link", files_user);
	ck_assert_int_eq(symlink("sshd", target), 0);
	ck_assert_int_eq(replace("link", "other"), FT_UNTRUSTED);
	holds("sshd", "new", 0640);
}
END_TEST

/* In the place of libc's: "file", "folder" for what is synchronised, "name" for one that is given. */
static struct ft_buf order = FT_BUF_INIT(256);

int fsync(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	ft_buf_adds(&order, S_ISDIR(st.st_mode) ? "folder " : "file ");
	return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
	ft_buf_adds(&order, "name ");
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

START_TEST(a_replaced_file_outlives_a_crash)
{
	const struct stat rights = { .st_uid = geteuid(), .st_gid = getegid(), .st_mode = 0600 };
	char path[256];

	snprintf(path, sizeof path, "%s/config", files_user);
	ft_buf_clear(&order);
	ck_assert_int_eq(ft_replace_path(path, &rights, "new", 3, NULL), 0);
	ck_assert_str_eq(order.data, "file name folder ");
	holds("config", "new", 0600);
	/* A path without a folder is in the one that we work in. */
	ck_assert_int_eq(chdir(files_user), 0);
	ft_buf_clear(&order);
	ck_assert_int_eq(ft_replace_path("config", &rights, "newer", 5, NULL), 0);
	ck_assert_str_eq(order.data, "file name folder ");
	ck_assert_int_eq(chdir("/"), 0);
	holds("config", "newer", 0600);
	ft_buf_release(&order);
}
END_TEST

START_TEST(a_configuration_is_not_waited_for_for_ever)
{
	struct ft_config_file first = FT_CONFIG_FILE_INIT, second = FT_CONFIG_FILE_INIT;
	struct ft_error err;

	if (unit_in_valgrind())
		return;
	ck_assert_int_eq(ft_config_file_open(files_user_conf, false, ft_monotonic_ms(), &first, &err), 0);
	ck_assert_int_eq(ft_config_file_open(files_user_conf, false, ft_monotonic_ms(), &second, &err),
			 FT_BUSY);
	ck_assert_msg(strstr(err.text, "freshtoken.conf~new") != NULL, "%s", err.text);
	ft_config_file_release(&first);
	ck_assert_int_eq(ft_config_file_open(files_user_conf, false, ft_monotonic_ms(), &second,
					     &err), 0);
	ft_config_file_release(&second);
}
END_TEST

START_TEST(a_program_is_ended_when_its_time_is_over)
{
	const char *const waits[] = { "sleep", "1000", NULL }, *const says[] = { "echo", "x", NULL };
	struct ft_buf said = FT_BUF_INIT(64);
	struct ft_error err;

	ck_assert_int_eq(ft_run_until(waits, true, ft_monotonic_ms(), NULL, &err), FT_SYSTEM);
	ck_assert_msg(strstr(err.text, "ended by a signal") != NULL, "%s", err.text);
	ck_assert_int_eq(ft_run_until(waits, true, ft_monotonic_ms(), &said, &err), FT_SYSTEM);
	ck_assert_msg(strstr(err.text, "cannot read from sleep") != NULL, "%s", err.text);
	ck_assert_int_eq(ft_run(says, true, &said, &err), 0);
	ck_assert_str_eq(said.data, "x\n");
	ft_buf_release(&said);
}
END_TEST

static void add_name(void *context, const char *name)
{
	ft_buf_addf(context, "%s ", name);
}

START_TEST(pam_names)
{
	static const char *const copies[] = {
		"sshd~",	 "sshd.bak",	       "sshd.orig",	"sshd.dpkg-old",
		"sshd.dpkg-new", "sshd.dpkg-dist",     "sshd.dpkg-tmp", "sshd.rpmsave",
		"sshd.rpmnew",	 ("sshd" FT_PAM_BACKUP), ".sshd",		"sshd.ucf-old",
		"sshd.ucf-dist"
	};
	struct ft_buf names = FT_BUF_INIT(4096);

	for (size_t i = 0; i < sizeof copies / sizeof *copies; i++)
		files_write(files_user, copies[i], "");
	ft_buf_add(&names, "", 0);
	ft_pam_files(files_user, add_name, &names);
	/* A name that is nothing but such an end is a name. */
	ck_assert_str_eq(names.data, "providers ");
	ft_buf_clear(&names);
	files_write(files_system, "~", "");
	ft_buf_add(&names, "", 0);
	ft_pam_files("/nonexistent", add_name, &names);
	ck_assert_str_eq(names.data, "");
	ft_pam_files(files_system, add_name, &names);
	ck_assert_ptr_nonnull(strstr(names.data, "~ "));
	ft_buf_release(&names);
}
END_TEST

static int add_line(void *context, const char *file, const struct ft_pam_line *line)
{
	ft_buf_addf(context, "%s:%s:%s ", file, line->words[0], line->n > 2 ? line->words[2] : "");
	return line->n > 2 && strcmp(line->words[2], "stop") == 0 ? 7 : 0;
}

static void walks(const char *name, int result, const char *expected)
{
	struct ft_buf seen = FT_BUF_INIT(65536);

	ft_buf_add(&seen, "", 0);
	ck_assert_int_eq(ft_pam_stack_walk(files_user, name, add_line, &seen), result);
	ck_assert_str_eq(seen.data, expected);
	ft_buf_release(&seen);
}

START_TEST(pam_walk)
{
	files_write(files_user, "all",
		    "auth required a\naccount required b\n\\\n\nAuth required c\n");
	files_write(files_user, "part", "auth required x\n@include all\nsession required y\n");
	files_write(files_user, "typed",
		    "auth include all\naccount substack part\nsession required z\n");
	files_write(files_user, "nested", "auth include typed\n");
	files_write(files_user, "mixed", "auth include other\n");
	files_write(files_user, "other", "auth required d\naccount include all\n@include all\n");
	files_write(files_user, "missing", "auth required a\n@include nothing\nauth required b\n");
	files_write(files_user, "stops", "@include stopped\nauth required never\n");
	files_write(files_user, "stopped",
		    "auth required first\nauth required stop\nauth required never\n");
	files_write(files_user, "itself", "auth required a\n@include itself\n");
	walks("all", 0, "all:auth:a all:account:b all:Auth:c ");
	walks("part", 0, "part:auth:x all:auth:a all:account:b all:Auth:c part:session:y ");
	walks("typed", 0, "all:auth:a all:Auth:c all:account:b typed:session:z ");
	walks("nested", 0, "all:auth:a all:Auth:c ");
	walks("mixed", 0, "other:auth:d all:auth:a all:Auth:c ");
	walks("missing", 0, "missing:auth:a missing:auth:b ");
	walks("nothing", 0, "");
	walks("stops", 7, "stopped:auth:first stopped:auth:stop ");

	/* As deep as libpam goes, and not for ever. */
	struct ft_buf seen = FT_BUF_INIT(65536);
	size_t n = 0;

	ft_buf_add(&seen, "", 0);
	ck_assert_int_eq(ft_pam_stack_walk(files_user, "itself", add_line, &seen), 0);
	for (const char *at = seen.data; (at = strstr(at, "itself:auth:a ")) != NULL; at++)
		n++;
	ck_assert_uint_eq(n, 17);
	ft_buf_release(&seen);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { json_set,   json_remove,	      json_memory,
				       registries, registries_alone,  registries_memory,
				       pam_lines,  pam_line_too_long, pam_kinds,
				       pam_file,   pam_names,	      pam_walk,
				       a_replaced_file_outlives_a_crash,
				       a_configuration_is_not_waited_for_for_ever,
				       a_program_is_ended_when_its_time_is_over, NULL };

	return unit_run_with("setup-files", tests, files_setup, files_teardown);
}
