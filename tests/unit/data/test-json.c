/* SPDX-License-Identifier: MIT */
/* json.h */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/date.h"
#include "lib/base/utf8.h"
#include "lib/data/json.h"
#include "tests/unit/unit.h"

static int parse(const char *text, size_t len, int depth, struct json_object **ret)
{
	struct ft_error err = FT_ERROR_INIT;
	/* On the heap and without a NUL, so that a sanitizer sees a read beyond it. */
	char *copy = malloc(len > 0 ? len : 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, len);
	int r = ft_json_parse(copy, len, depth, "it", ret, &err);

	free(copy);
	ck_assert_int_eq(r, err.code);
	ck_assert_msg(r == 0 || strncmp(line_of(&err), "it ", 3) == 0, "%s", line_of(&err));
	return r;
}

START_TEST(takes_what_is_json)
{
	static const char *const good[][2] = {
		{ "{}", "{}" },
		{ " {} \r\n\t", "{}" },
		{ "[]", "[]" },
		{ "\"a\"", "\"a\"" },
		{ "null", "null" },
		{ "true", "true" },
		{ "0", "0" },
		{ " 7 ", "7" },
		{ "-1", "-1" },
		{ "[0,-0.5,10.0,1e5,1E+5,1e-5]", "[0,-0.5,10.0,1e5,1E+5,1e-5]" },
		{ "1e400", "1e400" },
		{ "1.50000000000000000000000001", "1.50000000000000000000000001" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "-9223372036854775808", "-9223372036854775808" },
		{ "9223372036854775808", "\"9223372036854775808\"" },
		{ "-9223372036854775809", "\"-9223372036854775809\"" },
		{ "[18446744073709551615,18446744073709551616]",
		  "[\"18446744073709551615\",\"18446744073709551616\"]" },
		{ "{\"a\":99999999999999999999 ,\"b\":88888888888888888888}",
		  "{\"a\":\"99999999999999999999\",\"b\":\"88888888888888888888\"}" },
		{ "\"99999999999999999999\"", "\"99999999999999999999\"" },
		{ "\"\\\\u0000\"", "\"\\\\u0000\"" },
		{ "\"\\u0001\\/\\\"\"", "\"\\u0001/\\\"\"" },
		{ "\"a:b\"", "\"a:b\"" },
		{ "{\"a:\\\"\":{\"b\":[{\"c\":1}]}}", "{\"a:\\\"\":{\"b\":[{\"c\":1}]}}" },
		{ "\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"" },
		{ "\"Token de refresco inv\xc3\xa1lido\"",
		  "\"Token de refresco inv\xc3\xa1lido\"" },
		{ "{\"\xc3\xa9\":[\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\","
		  "99999999999999999999]}",
		  "{\"\xc3\xa9\":[\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\","
		  "\"99999999999999999999\"]}" },
		{ "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xf0\x9f\x98\x80\\\\\xc3\xa9\"",
		  "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xf0\x9f\x98\x80\\\\\xc3\xa9\"" },
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct json_object *object = NULL;

		ck_assert_msg(parse(good[i][0], strlen(good[i][0]), 8, &object) == 0,
			      "%s is refused", good[i][0]);
		ck_assert_str_eq(ft_json_text(object, NULL), good[i][1]);
		json_object_put(object);
	}
}
END_TEST

/* A text that is shorter than it has to be is none; so every kind of value has to be counted right.
 */
START_TEST(writes_all_of_it)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"[null]",
		"[true,false]",
		"[[],{},[[]]]",
		"{\"a\":{\"b\":[1,-1,0]},\"c\":null}",
		("[9223372036854775807,-9223372036854775808,18446744073709551615,"
		 "9223372036854775808]"),
		"[\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9\"]",
		"{\"\\n\\u0002\":\"\"}",
		"[1.5,3600.0,1e3]",
	};
	struct json_object *all = json_object_new_string_len("\0a\0", 3);

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct json_object *object = json_tokener_parse(texts[i]);
		size_t len = 0;
		const char *text = ft_json_text(object, &len);

		ck_assert_msg(text != NULL, "%s", texts[i]);
		ck_assert_str_eq(text, texts[i]);
		ck_assert_uint_eq(len, strlen(texts[i]));
		json_object_put(object);
	}
	ck_assert_str_eq(ft_json_text(all, NULL), "\"\\u0000a\\u0000\"");
	json_object_put(all);
	ck_assert_str_eq(ft_json_text(NULL, NULL), "null");
}
END_TEST

START_TEST(refuses_what_is_not)
{
	static const char *const bad[] = {
		"", " ", "{", "}", "[", "]", "{}{}", "{} x", "[1,]", "[,]", "{\"a\":1,}", "{,}",
		"{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{a:1}", "{1:2}", "{'a':1}", "'a'", "[1 2]",
		"{\"a\":1 \"b\":2}", "{\"a\"::1}", "NaN", "[NaN]", "Infinity", "-Infinity", "nan",
		"nul", "nulll", "truE", "TRUE", "[tru]", "True", "/**/1", "//x\n1", "1//",
		"01", "[00]", "-01", "[-]", "+1", "1.", "[1.]", ".5", "[1.e1]", "1e", "1e+", "0x1",
		"1-2", "1.2.3", "1e5e5", "--1", "1_000",
		"\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u\"", "\"\\", "\"\\u0000\"",
		"\"a\nb\"", "\"a\tb\"", "\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"",
		"\"\xf5\x80\x80\x80\"",
		"\"\xe2\x82\"", "\xef\xbb\xbf{}", "\v1", "\f1",
		"{\"a\":1,\"a\":2}", "{\"a\":{\"b\":1,\"b\":1}}", "{\"a\":1,\"\\u0061\":1}",
		"[{\"a\":null,\"a\":null}]",
		"{99999999999999999999:1}", "{99999999999999999999 :1}", "{99999999999999999999}",
		"\"a\"99999999999999999999", "[1 99999999999999999999]", "-99999999999999999999-",
		"099999999999999999999", "tru99999999999999999999e",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct json_object *object = (void *)&object, *before = object;

		ck_assert_msg(parse(bad[i], strlen(bad[i]), 8, &object) == FT_UNTRUSTED,
			      "\"%s\" is taken", bad[i]);
		ck_assert_ptr_eq(object, before);
	}
	struct json_object *object = NULL;

	ck_assert_int_eq(parse("1\0", 2, 8, &object), FT_UNTRUSTED);
	ck_assert_int_eq(parse("\0001", 2, 8, &object), FT_UNTRUSTED);
	ck_assert_int_eq(parse("\"a\0\"", 4, 8, &object), FT_UNTRUSTED);
	ck_assert_int_eq(parse("99999999999999999999\0", 21, 8, &object), FT_UNTRUSTED);
}
END_TEST

START_TEST(counts_levels)
{
	static const struct {
		const char *text;
		int depth;
	} table[] = {
		{ "1", 0 }, { "[]", 1 }, { "[1]", 1 }, { "{\"a\":1}", 1 }, { "{\"a\":[1]}", 2 },
		{ "[[[[[[[[1]]]]]]]]", 8 }, { "{\"a\":{\"b\":{\"c\":{}}}}", 4 },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		size_t len = strlen(table[i].text);
		struct json_object *object = NULL;

		ck_assert_int_eq(parse(table[i].text, len, table[i].depth, &object), 0);
		json_object_put(object);
		if (table[i].depth > 0)
			ck_assert_int_eq(parse(table[i].text, len, table[i].depth - 1, &object),
					 FT_UNTRUSTED);
	}
	char deep[200001];
	struct json_object *object = NULL;

	memset(deep, '[', sizeof deep);
	ck_assert_int_eq(parse(deep, sizeof deep, 8, &object), FT_UNTRUSTED);
}
END_TEST

/* Whatever is cut off, the rest is no JSON, unless only blanks were cut off. */
START_TEST(refuses_what_was_cut)
{
	static const char text[] = "{\"a\":[1,-2.5e+3,true,null,99999999999999999999,"
		"\"\\u00e9\xc3\xa9\\\\\"],\"b\":{\"c\":\"\"}}";

	for (size_t len = 0; len < sizeof text - 1; len++) {
		struct json_object *object = NULL;

		ck_assert_msg(parse(text, len, 8, &object) == FT_UNTRUSTED, "%zu bytes", len);
	}
	struct json_object *object = NULL;

	ck_assert_int_eq(parse(text, sizeof text - 1, 8, &object), 0);
	json_object_put(object);
}
END_TEST

/* Whoever has to mend the text is told where. */
START_TEST(names_the_line)
{
	static const char *const table[][2] = {
		{ "{\"a\":1,\n\"b\":2,\n\"a\":3}\n", "it has a duplicate key (line 3)" },
		{ "{\n\"a\": 'x'\n}", "it is not JSON (line 2)" },
		{ "{\"a\": 'x'\n}", "it is not JSON" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_error err = FT_ERROR_INIT;
		struct json_object *object = NULL;

		(void)ft_json_parse(table[i][0], strlen(table[i][0]), 8, "it", &object, &err);
		ck_assert_str_eq(line_of(&err), table[i][1]);
	}
}
END_TEST

START_TEST(getters_check_types)
{
	static const char text[] = "{\"s\":\"x\",\"i\":7,\"b\":true,\"n\":null,\"f\":7.0,"
		"\"big\":9223372036854775808,\"o\":{},\"max\":9223372036854775807,"
		"\"min\":-9223372036854775808,\"most\":9223372036854775}";
	struct ft_secret secret = { NULL, 0 };
	struct json_object *object = NULL;

	ck_assert_int_eq(parse(text, sizeof text - 1, 8, &object), 0);
	ck_assert_str_eq(ft_json_string(object, "s"), "x");
	ck_assert_ptr_null(ft_json_string(object, "i"));
	ck_assert_ptr_null(ft_json_string(object, "absent"));
	ck_assert_ptr_null(ft_json_string(NULL, "s"));
	ck_assert_int_eq(ft_json_int(object, "i", -1), 7);
	ck_assert_int_eq(ft_json_int(object, "s", -1), -1);
	ck_assert_int_eq(ft_json_int(object, "f", -1), -1);
	ck_assert_int_eq(ft_json_int(object, "big", -1), -1);
	ck_assert_int_eq(ft_json_int(object, "n", -1), -1);
	/* Of two that are added, the sum fits. */
	ck_assert_int_eq(ft_json_int(object, "max", -1), FT_NUMBER_MAX);
	ck_assert_int_eq(ft_json_int(object, "min", -1), -FT_NUMBER_MAX);
	ck_assert_int_eq(ft_json_int(object, "most", -1), FT_NUMBER_MAX);
	ck_assert(ft_json_bool(object, "b", false));
	ck_assert(!ft_json_bool(object, "i", false));
	ck_assert_int_eq(ft_json_secret(object, "s", &secret), 0);
	ck_assert_str_eq(secret.data, "x");
	ck_assert_int_eq(ft_json_secret(object, "absent", &secret), 0);
	ck_assert_str_eq(secret.data, "x");
	ft_secret_release(&secret);
	json_object_put(object);
}
END_TEST

START_TEST(knows_utf8)
{
	static const char *const good[] = {
		"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf",
		"\xee\x80\x80", "\xed\x9f\xbf",
	};
	static const char *const bad[] = {
		"\x80", "\xc3", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe2\x82", "\xe2\x28\xa1", "\xff",
		"\xf0\x9f\x98",
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ck_assert(ft_utf8_valid(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(!ft_utf8_valid(bad[i], strlen(bad[i])), "row %zu", i);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { takes_what_is_json,   writes_all_of_it,
				       refuses_what_is_not,  counts_levels,
				       refuses_what_was_cut, getters_check_types,
				       names_the_line,
				       knows_utf8,	     NULL };

	return unit_run("json", tests);
}
