/* SPDX-License-Identifier: MIT */
/* path.h */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "lib/data/path.h"
#include "tests/unit/unit.h"

static const char answer[] =
	"{\"access_token\": \"a1\", \".expires\": \"e\", \"<x>k__BackingField\": \"k\","
	" \"a b\": \"blank\", \"say \\\"hi\\\"\": \"quote\", \"d\\u00e9j\\u00e0\": \"vu\","
	" \"n\": 9223372036854775, \"big\": 123456789012345678901234567890, \"f\": 1.50,"
	" \"huge\": 1e400, \"yes\": true, \"no\": false, \"nothing\": null, \"empty\": \"\","
	" \"list\": [\"one\", \"two\", {\"code\": 7}], \"nested\": [[[\"deep\"]]],"
	" \"none\": [], \"objects\": [{\"code\": 1}], \"nulls\": [null],"
	" \"error\": {\"code\": \"gone\", \"0\": \"zero\", \"7\": \"seven\"}}";

static const char *find(const char *text, struct json_object *tree)
{
	static char found[256];
	struct ft_error err = FT_ERROR_INIT;
	struct ft_path path;

	ck_assert_msg(ft_path_parse(text, &path, &err) == 0, "%s: %s", text, line_of(&err));
	const char *value = ft_path_find(&path, tree);

	if (value != NULL)
		snprintf(found, sizeof found, "%s", value);
	ft_path_release(&path);
	return value != NULL ? found : NULL;
}

static struct json_object *parse(const char *text)
{
	struct json_object *tree = NULL;
	struct ft_error err = FT_ERROR_INIT;

	ck_assert_msg(ft_json_parse(text, strlen(text), 8, "it", &tree, &err) == 0, "%s", line_of(&err));
	return tree;
}

START_TEST(finds_values)
{
	static const char *const want[][2] = {
		{ "access_token", "a1" },
		{ "\"access_token\"", "a1" },
		{ "\".expires\"", "e" },
		{ "<x>k__BackingField", "k" },
		{ "\"a b\"", "blank" },
		{ "\"say \\\"hi\\\"\"", "quote" },
		{ "d\xc3\xa9j\xc3\xa0", "vu" },
		{ "\"d\\u00e9j\\u00e0\"", "vu" },
		{ "n", "9223372036854775" },
		{ "big", "123456789012345678901234567890" },
		{ "f", "1.50" },
		{ "huge", "1e400" },
		{ "yes", "true" },
		{ "no", "false" },
		{ "list", "one" },
		{ "list.1", "two" },
		{ "list.2.code", "7" },
		{ "nested", "deep" },
		{ "objects.0.code", "1" },
		{ "error.code", "gone" },
		{ "error.code.0", "gone" },
		{ "error.code.0.0", "gone" },
		{ "error.0", "zero" },
		{ "error.\"0\"", "zero" },
		{ "error.7", "seven" },
		{ "0.access_token", "a1" },
		{ "access_token.0", "a1" },
	};
	struct json_object *tree = parse(answer);

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		const char *value = find(want[i][0], tree);

		ck_assert_msg(value != NULL, "%s finds nothing", want[i][0]);
		ck_assert_str_eq(value, want[i][1]);
	}
	json_object_put(tree);
}
END_TEST

START_TEST(finds_nothing)
{
	static const char *const none[] = {
		"absent", "Access_Token", "access_token.1", "access_token.x", "access_token.\"0\"",
		"nothing", "nothing.0", "empty", "error", "none", "none.0", "objects",
		"objects.code", "nulls", "list.3", "list.999999", "list.01", "list.\"0\"",
		"error.1", "0", "1",
	};
	struct json_object *tree = parse(answer);

	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		ck_assert_msg(find(none[i], tree) == NULL, "%s finds %s", none[i],
			      find(none[i], tree));
	ck_assert_ptr_null(find("a.0", NULL));
	json_object_put(tree);

	tree = parse("\"token\"");
	ck_assert_str_eq(find("0", tree), "token");
	ck_assert_ptr_null(find("token", tree));
	json_object_put(tree);
}
END_TEST

START_TEST(knows_sources)
{
	static const struct {
		const char *text;
		enum ft_path_source source;
		const char *name;
	} want[] = {
		{ "x", FT_PATH_BODY, "x" },
		{ "header", FT_PATH_BODY, "header" },
		{ "header:X-Token", FT_PATH_HEADER, "X-Token" },
		{ "header:\"X.Token\"", FT_PATH_HEADER, "X.Token" },
		{ "cookie:refresh", FT_PATH_COOKIE, "refresh" },
		{ "claim:sub", FT_PATH_CLAIM, "sub" },
		{ "claim:\"https://example.com/id\"", FT_PATH_CLAIM, "https://example.com/id" },
		{ "id_token:sub", FT_PATH_ID_TOKEN, "sub" },
	};
	struct ft_error err = FT_ERROR_INIT;
	struct ft_path path;

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		ck_assert_msg(ft_path_parse(want[i].text, &path, &err) == 0, "%s", line_of(&err));
		ck_assert_int_eq(path.source, want[i].source);
		ck_assert_uint_eq(path.n, 1);
		ck_assert_str_eq(path.segment[0].name, want[i].name);
		ft_path_release(&path);
	}
}
END_TEST

START_TEST(refuses)
{
	static const char *const bad[][2] = {
		{ "", "path \"\": a segment is empty; a name with a dot in it is written \"…\"" },
		{ ".expires", "path \".expires\": a segment is empty; a name with a dot in it is"
			      " written \"…\"" },
		{ "a..b",
		  "path \"a..b\": a segment is empty; a name with a dot in it is written \"…\"" },
		{ "a.", NULL },
		{ "a b", "path \"a b\": \" \" has to be in a quoted segment" },
		{ " a", NULL },
		{ "a ", NULL },
		{ "a\tb", NULL },
		{ "a\x7f", NULL },
		{ "a,b", "path \"a,b\": \",\" has to be in a quoted segment" },
		{ "a=b", NULL },
		{ "a[0]", NULL },
		{ "a]", NULL },
		{ "a\"b\"", NULL },
		{ "\"a\"b", NULL },
		{ "\"a", "path \"\"a\": a quoted segment has no closing quote" },
		{ "\"a\\\"", NULL },
		{ "\"a\\", NULL },
		{ "\"\"", NULL },
		{ "\"\\u0000\"", "path \"\"\\u0000\"\": the string has a NUL in a string" },
		{ "\"\\x\"", NULL },
		{ "\"a\xff\"", NULL },
		{ "a\xff", "path \"a?\": it is not UTF-8" },
		{ "body:x", "path \"body:x\": the prefix before \":\" is not one of header, cookie,"
			    " claim, id_token" },
		{ "Header:x", NULL },
		{ ":x", NULL },
		{ "header:", NULL },
		{ "claim:", NULL },
		{ "header:a:b", NULL },
		{ "header:a.b", "path \"header:a.b\": expected one name of a header or cookie" },
		{ "header:\"a b\"", NULL },
		{ "header:\xc3\xa9", NULL },
		{ "cookie:a.0", NULL },
		{ "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17", NULL },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct ft_error err = FT_ERROR_INIT;
		struct ft_path path, before;

		memset(&path, 0x55, sizeof path);
		before = path;
		ck_assert_msg(ft_path_parse(bad[i][0], &path, &err) == FT_CONFIG,
			      "\"%s\" is taken", bad[i][0]);
		ck_assert_int_eq(err.code, FT_CONFIG);
		ck_assert_mem_eq(&path, &before, sizeof path);
		if (bad[i][1] != NULL)
			ck_assert_str_eq(line_of(&err), bad[i][1]);
	}
	ck_assert_int_eq(ft_path_parse("a b", &(struct ft_path){ .n = 0 }, NULL), FT_CONFIG);
	ft_path_release(NULL);
	ft_path_release(&(struct ft_path){ .n = 0 });
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		finds_values, finds_nothing, knows_sources, refuses, NULL
	};

	return unit_run("path", tests);
}
