/* SPDX-License-Identifier: MIT */
/* helper/account/section.h, and the parts of account.h and inifile.h that it uses */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "helper/account/section.h"
#include "lib/config/inifile.h"
#include "tests/unit/alloc.h"
#include "tests/unit/files.h"
#include "tests/unit/unit.h"

static const char *const patterns[] = { "https://git.example.com", "a.example.com/b,c", "\"" };
static const struct ft_section full = {
	.account = "work", .provider = "own", .server = "https://sso.example.com",
	.client_id = "a b", .match = patterns, .n_match = 2,
};

static void appends(const struct ft_section *section, const char *before, const char *expected)
{
	struct ft_buf text = FT_BUF_INIT(4096);

	ft_section_append(section, before, strlen(before), &text);
	ck_assert_str_eq(text.data, expected);
	ft_buf_release(&text);
}

START_TEST(text)
{
	static const struct ft_section least = { .account = "a" };

	appends(&full, "",
		"[account work]\nprovider = own\nserver = https://sso.example.com\nclient_id = a "
		"b\n"
		"match = https://git.example.com\nmatch = \"a.example.com/b,c\"\n");
	appends(&least, "", "[account a]\n");
	appends(&least, "#", "#\n\n[account a]\n");
	appends(&least, "#\n", "#\n\n[account a]\n");
	appends(&least, "#\n\n", "#\n\n[account a]\n");
	appends(&least, "\n", "\n[account a]\n");
	appends(&least, "#\r\n", "#\r\n\r\n[account a]\r\n");
	appends(&least, "#\r\n\r\n", "#\r\n\r\n[account a]\r\n");
	appends(&least, "#\r\n#", "#\r\n#\r\n\r\n[account a]\r\n");
	appends(&least, "#\n#\r\n", "#\n#\r\n\n[account a]\n");
	appends(&least, "#\r", "#\r\n\n[account a]\n");
}
END_TEST

static void refuses(const struct ft_section *section, const char *expected)
{
	struct ft_error err = FT_ERROR_INIT;

	ck_assert_int_eq(ft_section_check(section, &err), FT_CONFIG);
	ck_assert_msg(strstr(line_of(&err), expected) != NULL, "\"%s\" lacks \"%s\"", line_of(&err),
		      expected);
}

START_TEST(checks)
{
	struct ft_section section = full;
	char value[5000];

	ck_assert_int_eq(ft_section_check(&section, NULL), 0);
	section.account = "";
	refuses(&section, "\"\" cannot be an account's name");
	section = full;
	section.n_match = 3;
	refuses(&section, "match: \": ");
	section = full;
	section.provider = "..";
	refuses(&section, "provider: expected a name");
	section = full;
	section.server = "https://sso.example.com ; x";
	refuses(&section, "server: \";\" may not be");
	section.server = "";
	refuses(&section, "server: it cannot begin or end with a blank");
	section = full;
	section.client_id = "a\tb";
	refuses(&section, "client_id: a control byte");
	section.client_id = "a;b";
	ck_assert_int_eq(ft_section_check(&section, NULL), 0);
	/* "client_id = " are 12 bytes of 4096. */
	memset(value, 'x', sizeof value);
	value[4084] = '\0';
	section.client_id = value;
	ck_assert_int_eq(ft_section_check(&section, NULL), 0);
	value[4084] = 'x';
	value[4085] = '\0';
	refuses(&section, "client_id: its line would be 4097 bytes long, 4096 is the limit");
}
END_TEST

static void try(const char *before, const struct ft_section *section, bool same)
{
	struct ft_buf new = FT_BUF_INIT(4096);
	struct ft_accounts accounts = { .n = 0 };
	struct ft_error err = FT_ERROR_INIT;

	ft_section_append(section, before, strlen(before), &new);
	int r = ft_accounts_try(&files_places, files_user_conf, new.data, new.len, &accounts, &err);

	ck_assert_msg(r == 0, "%s", line_of(&err));
	ck_assert_int_eq(ft_section_is(section, ft_accounts_find(&accounts, section->account)),
			 same);
	ft_accounts_release(&accounts);
	ft_buf_release(&new);
}

START_TEST(read_back)
{
	struct ft_section section = full;

	try("# x\n[account old]\n", &full, true);
	/* What check refuses is noticed too where it is read. */
	section.client_id = "a ; b";
	try("", &section, false);
	section = full;
	section.client_id = "a\nservice_user = b";
	try("", &section, false);
	section = full;
	section.server = "https://sso.example.com/";
	try("", &section, false);
}
END_TEST

START_TEST(instead_of_a_file)
{
	static const char user[] = "[account work]\nusername = instead\n";
	struct ft_accounts accounts = { .n = 0 };
	struct ft_error err = FT_ERROR_INIT;

	files_write(files_system, "freshtoken.conf",
		    "[account work]\nusername = system\n[account other]\n");
	files_write(files_user, "freshtoken.conf", "[account work]\nusername = user\n");
	ck_assert_int_eq(ft_accounts_try(&files_places, files_user_conf, user, strlen(user), &accounts, &err),
			 0);
	ck_assert_uint_eq(accounts.n, 2);
	ck_assert_str_eq(ft_accounts_find(&accounts, "work")->username, "instead");
	ck_assert(!ft_accounts_find(&accounts, "work")->system);
	ft_accounts_release(&accounts);
	/* The user's still replaces the system's. */
	ck_assert_int_eq(ft_accounts_try(&files_places, files_system_conf, user, strlen(user), &accounts, &err),
			 0);
	ck_assert_uint_eq(accounts.n, 1);
	ck_assert_str_eq(ft_accounts_find(&accounts, "work")->username, "user");
	ft_accounts_release(&accounts);
	ck_assert_int_eq(ft_accounts_try(&files_places, files_system_conf, "", 0, &accounts, &err), 0);
	ck_assert_uint_eq(accounts.n, 1);
	ft_accounts_release(&accounts);
	ck_assert_int_eq(ft_accounts_try(&files_places, files_system_conf, "[x]\n", 4, &accounts, &err),
			 FT_CONFIG);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "/system/freshtoken.conf:1: unknown section"));
}
END_TEST

START_TEST(text_of_a_file)
{
	char path[256], *read = NULL;
	struct ft_error err = FT_ERROR_INIT;
	size_t len = 0;

	snprintf(path, sizeof path, "%s/freshtoken.conf", files_user);
	ck_assert_int_eq(ft_ini_text(path, &read, &len, &err), FT_NOT_FOUND);
	ck_assert_ptr_null(read);
	files_write(files_user, "freshtoken.conf", "not parsed");
	ck_assert_int_eq(ft_ini_text(path, &read, &len, &err), 0);
	ck_assert_uint_eq(len, 10);
	ck_assert_int_eq(memcmp(read, "not parsed", 10), 0);
	free(read);
	ck_assert_int_eq(chmod(path, 0622), 0);
	ck_assert_int_eq(ft_ini_text(path, &read, &len, &err), FT_UNTRUSTED);
}
END_TEST

START_TEST(values)
{
	struct ft_error err = FT_ERROR_INIT;

	ck_assert_int_eq(ft_account_check_value("match", "a.example.com, b", NULL), 0);
	ck_assert_int_eq(ft_account_check_value("client_id", "x", NULL), 0);
	ck_assert_int_eq(ft_account_check_value("match", "a.example.com, *", &err), FT_CONFIG);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "match: *: "));
	ck_assert_int_eq(ft_account_check_value("mtach", "a", &err), FT_CONFIG);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "is \"match\" meant?"));
}
END_TEST

START_TEST(no_memory)
{
	struct ft_accounts accounts = { .n = 0 };
	unsigned n = 1;
	int r;

	do {
		struct ft_buf new = FT_BUF_INIT(4096);

		alloc_fail(n++);
		r = ft_section_check(&full, NULL);
		if (r == 0)
			ft_section_append(&full, "#", 1, &new);
		r = r != 0 ? r : ft_buf_check(&new, "", NULL);
		if (r == 0)
			r = ft_accounts_try(&files_places, files_user_conf, new.data, new.len, &accounts,
					    NULL);
		ft_buf_release(&new);
		ft_accounts_release(&accounts);
	} while (alloc_failed(r));
	ck_assert_int_eq(r, 0);
}
END_TEST

static void removes(const char *from, const char *rest)
{
	struct ft_buf kept = FT_BUF_INIT(4096);

	ck_assert(ft_section_remove("work", from, strlen(from), &kept) == (rest != NULL));
	ck_assert_str_eq(kept.data, rest != NULL ? rest : from);
	ft_buf_release(&kept);
}

START_TEST(a_section_is_taken_out_and_nothing_else)
{
	removes("[account work]", "");
	removes("# one\n[account work]\nserver = x\n", "# one\n");
	removes("[account a]\nx = 1\n\n[account work]\nx = 2\n  more\n\n[account b]\n",
		"[account a]\nx = 1\n\n[account b]\n");
	/* Comments belong to what follows them. */
	removes("[account work]\n# mine\nx = 2\n\n# b's\n; too\n[account b]\nx = 3",
		"# b's\n; too\n[account b]\nx = 3");
	removes("\xef\xbb\xbf[account work] \t\r\nx = 1\r\n[pam]\r\n", "\xef\xbb\xbf[pam]\r\n");
	removes("[account worker]\n[account wor]\n[accounts work]\n [account work]\n", NULL);
	removes("# [account work]\n", NULL);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		text, a_section_is_taken_out_and_nothing_else, checks, read_back,
		instead_of_a_file, text_of_a_file, values, no_memory, NULL
	};

	return unit_run_with("section", tests, files_setup, files_teardown);
}
