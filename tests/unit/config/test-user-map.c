/* SPDX-License-Identifier: MIT */
/* lib/config/user-map.c: the users' subjects, and lines that could be mistakes. */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/user-map.h"
#include "tests/unit/alloc.h"
#include "tests/unit/unit.h"

#define ONE "alice a-1\n"

START_TEST(lines)
{
	static const struct { const char *text, *user, *subject; } cases[] = {
		{ ONE, "alice", "a-1" },
		{ "alice a-1", "alice", "a-1" },
		{ "# alice x\n\n \t\n  alice\t  a-1 \t\n", "alice", "a-1" },
		{ ONE "bob b\n", "bob", "b" },
		{ "bob b\n" ONE "carol c\n", "alice", "a-1" },
		{ "alicea a\n", "alice", NULL },
		{ "alic a\n", "alice", NULL },
		{ "Alice a\n", "alice", NULL },
		{ "alice a#1\n", "alice", "a#1" },
		{ "bob \xc3\xa9\n", "bob", "\xc3\xa9" },
	};
	struct ft_user_map map;
	struct ft_error err;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct ft_user_map_entry *entry;

		ck_assert_int_eq(
			ft_user_map_parse("map", cases[i].text, strlen(cases[i].text), &map, &err),
			0);
		entry = ft_user_map_find(&map, cases[i].user);
		if (cases[i].subject == NULL)
			ck_assert_ptr_null(entry);
		else
			ck_assert_str_eq(entry->subject, cases[i].subject);
		ft_user_map_release(&map);
	}
}
END_TEST

START_TEST(wrong)
{
	static const struct { const char *text, *error;
	} cases[] = {
		{ "", "map:1: it has no line with a user" },
		{ "# nobody\n\n# any more\n", "map:3: it has no line with a user" },
		{ "alice\n",
		  "map:1: expected a local user and, after it, the subject at the service" },
		{ "bob b\nalice \n",
		  "map:2: expected a local user and, after it, the subject at the service" },
		{ "alice # a\n",
		  "map:1: expected a local user and, after it, the subject at the service" },
		{ "alice alice # boss\n", "map:1: a comment has a line of its own" },
		{ "alice alice #boss\n", "map:1: a comment has a line of its own" },
		{ "alice a b\n", "map:1: expected two words" },
		{ ONE "bob who works in sales\n", "map:2: expected two words" },
		{ ONE "bob b\n" ONE, "map:3: the user alice is given twice" },
		{ "bob b\nbob b\n" ONE, "map:2: the user bob is given twice" },
		{ "bob b\n" ONE "bob b\n" ONE, "map:3: the user bob is given twice" },
		{ "\xef\xbb\xbf" ONE, "map:1: a byte order mark" },
		{ ONE "bob b\r\n", "map:2: a carriage return" },
		{ "alice a\rbob b\r", "map:1: a carriage return" },
		{ "alice a\x1b\n", "map:1: a control character" },
		{ "# \x7f\n" ONE, "map:1: a control character" },
		{ "alice a\xc2\xa0\n", "map:1: a character that cannot be seen" },
		{ "alice\xc2\xa0x a\n", "map:1: a character that cannot be seen" },
		{ ONE "\xef\xbb\xbf"
		      "bob b\n",
		  "map:2: a character that cannot be seen" },
		{ "alice a\xe2\x80\x8b\n", "map:1: a character that cannot be seen" },
		{ "alice a\xe2\x80\xae\n", "map:1: a character that cannot be seen" },
		{ "alice a\xe2\x81\xa0\n", "map:1: a character that cannot be seen" },
	};
	struct ft_user_map map = FT_USER_MAP_INIT;
	struct ft_error err;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ck_assert_int_eq(
			ft_user_map_parse("map", cases[i].text, strlen(cases[i].text), &map, &err),
			FT_CONFIG);
		ck_assert_msg(strstr(err.text, cases[i].error) == err.text, "%s: %s", cases[i].text,
			      line_of(&err));
		ck_assert_uint_eq(map.n, 0);
	}
	ck_assert_int_eq(ft_user_map_parse("map", ONE "bob b\0x\n", 18, &map, &err), FT_CONFIG);
	ck_assert_str_eq(line_of(&err), "map:2: a control character");
}
END_TEST

START_TEST(many_lines)
{
	struct ft_user_map map = FT_USER_MAP_INIT;
	char *text = NULL, name[32];
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct ft_error err;

	for (int i = 0; i < 3000; i++)
		fprintf(out, "user%d subject%d\n", i * 7919 % 3000, i);
	fclose(out);
	ck_assert_int_eq(ft_user_map_parse("map", text, len, &map, &err), 0);
	ck_assert_uint_eq(map.n, 3000);
	for (int i = 0; i < 3000; i++) {
		char subject[32];

		snprintf(name, sizeof name, "user%d", i * 7919 % 3000);
		snprintf(subject, sizeof subject, "subject%d", i);
		ck_assert_str_eq(ft_user_map_find(&map, name)->subject, subject);
	}
	ft_user_map_release(&map);
	free(text);
}
END_TEST

START_TEST(no_memory)
{
	struct ft_user_map map = FT_USER_MAP_INIT;
	struct ft_error err;
	unsigned n = 1;
	int r;

	do {
		alloc_fail(n++);
		r = ft_user_map_parse("map", ONE, strlen(ONE), &map, &err);
		ft_user_map_release(&map);
	} while (alloc_failed(r));
	ck_assert_int_eq(r, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { lines, wrong, many_lines, no_memory, NULL };

	return unit_run("user-map", tests);
}
