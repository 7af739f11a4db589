/* SPDX-License-Identifier: MIT */
/* ft_json_loose, ft_xml_loose and transport/unzip.h; each also with failing allocations. */
#include "config.h"

#include <check.h>
#include <string.h>

#include "lib/transport/unzip.h"
#include "lib/transport/xml.h"
#include "tests/unit/alloc.h"
#include "tests/unit/unit.h"

#define MARK "\xef\xbf\xbd"

struct row {
	const char *text, *tree;	/* NULL: neither object nor array */
	bool whole;
};

static const struct row json[] = {
	{ "{\"a\":\"b\",\"n\":[1,2.50,true,null,{}],\"o\":{\"p\":[]}}",
	  "{\"a\":\"b\",\"n\":[1,2.50,true,null,{}],\"o\":{\"p\":[]}}", true },
	{ " \t\r\n{ \"a\" : \"b\" , \"c\" : 1 } ", "{\"a\":\"b\",\"c\":1}", true },
	{ "[]", "[]", true },
	{ "{}", "{}", true },
	/* Behind the end */
	{ "{\"a\":1}{\"a\":2}", "{\"a\":1}", true },
	{ "{\"a\":1}<br />", "{\"a\":1}", true },
	{ "[{\"a\":1}]]", "[{\"a\":1}]", true },
	/* Bytes that are no text */
	{ "{\"a\":\"M\xfcller\",\"b\":1}", "{\"a\":\"M" MARK "ller\",\"b\":1}", true },
	{ "{\"a\":\"\xe2\x82\",\"b\":1}", "{\"a\":\"" MARK MARK "\",\"b\":1}", true },
	{ "{\"a\":\"\xc0\x80\"}", "{\"a\":\"" MARK MARK "\"}", true },
	{ "{\"a\":\"x\ny\"}", "{\"a\":\"x" MARK "y\"}", true },
	{ "{\"a\":\"\\u0000\\ud800\\udc00\\x\\u12g4\"}", NULL, true },
	{ "{\"a\":\"\\u0041\\u00e9\\ud83d\\ude00\\n\\/\\\"\"}",
	  "{\"a\":\"A\xc3\xa9\xf0\x9f\x98\x80\\n/\\\"\"}", true },
	/* There twice */
	{ "{\"a\":\"1\",\"a\":\"1\"}", "{\"a\":\"1\"}", true },
	{ "{\"a\":\"1\",\"a\":\"2\"}", "{\"a\":\"" MARK "\"}", true },
	{ "{\"a\":\"1\",\"\\u0061\":\"2\"}", "{\"a\":\"" MARK "\"}", true },
	{ "{\"a\":\"1\",\"a\":\"2\",\"a\":\"1\"}", "{\"a\":\"" MARK "\"}", true },
	{ "{\"a\":{\"b\":1},\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}", true },
	{ "{\"a\":null,\"a\":1}", "{\"a\":\"" MARK "\"}", true },
	/* Deep */
	{ "[[[[[[[[1]]]]]]]]", "[[[[[[[[1]]]]]]]]", true },
	{ "{\"d\":[[[[[[[[\"]}\\\"\"]]]]]]]],\"a\":1}", "{\"d\":[[[[[[[{}]]]]]]],\"a\":1}", true },
	/* Cut short, or something else from there on: what was complete counts */
	{ "{\"a\":\"b\",\"c\":\"d", "{\"a\":\"b\"}", false },
	{ "{\"a\":\"b\",\"c\":\"d\\", "{\"a\":\"b\"}", false },
	{ "{\"a\":\"b\",\"c\":\"d\"", "{\"a\":\"b\",\"c\":\"d\"}", false },
	{ "{\"a\":\"b\",\"c\":36", "{\"a\":\"b\"}", false },
	{ "{\"a\":\"b\",\"c\":", "{\"a\":\"b\"}", false },
	{ "{\"a\":\"b\",\"c", "{\"a\":\"b\"}", false },
	{ "{\"a\":\"b\",", "{\"a\":\"b\"}", false },
	{ "{\"o\":{\"a\":\"b\",\"c\":tr", "{\"o\":{\"a\":\"b\"}}", false },
	{ "{\"a\":\"b\", }", "{\"a\":\"b\"}", false },
	{ "{\"a\":'b'}", "{}", false },
	{ "{\"a\":01,\"b\":2}", "{}", false },
	{ "{\"a\":1 \"b\":2}", "{\"a\":1}", false },
	{ "{\"a\":1]", "{\"a\":1}", false },
	{ "{\"d\":[[[[[[[[[", "{\"d\":[[[[[[[]]]]]]]}", false },
	/* Neither */
	{ "", NULL, false },
	{ " ", NULL, false },
	{ "1", NULL, false },
	{ "\"{}\"", NULL, false },
	{ "Notice {}", NULL, false },
};

static const struct row xml[] = {
	{ "<r><a>1</a></r>", "{\"a\":\"1\"}", true },
	{ "<r><a>1</a></r><b>2</b>", "{\"a\":\"1\"}", true },
	{ "<r><a>1</a></r>\nWarning", "{\"a\":\"1\"}", true },
	{ "<r><b>M\xfcller</b><a>1</a></r>", "{\"b\":\"M" MARK "ller\",\"a\":\"1\"}", true },
	{ "<?xml version=\"1.0\" encoding=\"utf-16\"?><r><a>\xc3\xa9</a></r>",
	  "{\"a\":\"\xc3\xa9\"}", true },
	{ "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><r><a>\xe9</a></r> &",
	  "{\"a\":\"\xc3\xa9\"}", true },
	{ "<r><d><d><d><d><d><d><d><d><d><e>x</e></d></d></d></d></d></d></d></d></d><a>1</a></r>",
	  "{\"d\":{\"d\":{\"d\":{\"d\":{\"d\":{\"d\":{\"d\":{\"d\":\"\"}}}}}}},\"a\":\"1\"}",
	  true },
	{ "<r><a>1</a><b>2", "{\"a\":\"1\"}", false },
	{ "<r><o><a>1</a><b>2</b><c>", "{\"o\":{\"a\":\"1\",\"b\":\"2\"}}", false },
	{ "<r><a>1</a><b>&unknown;</b></r>", "{\"a\":\"1\"}", false },
	{ "<r/>", NULL, true },
	{ "<r>text</r>", NULL, true },
	{ "<r>", NULL, false },
	{ "text", NULL, false },
	{ "<!DOCTYPE r><r><a>1</a></r>", NULL, false },
};

static void check(const struct row *row, struct json_object *tree, bool whole, int r)
{
	ck_assert_msg(r == (row->tree != NULL ? 0 : FT_UNTRUSTED), "%s: %d", row->text, r);
	if (r != 0)
		return;
	const char *text = ft_json_text(tree, NULL);

	ck_assert_msg(strcmp(text, row->tree) == 0, "%s: %s", row->text, text);
	ck_assert_msg(whole == row->whole, "%s: whole %d", row->text, whole);
}

START_TEST(reads_as_far_as_it_goes)
{
	for (size_t i = 0; i < sizeof json / sizeof *json; i++) {
		struct json_object *tree = NULL;
		bool whole = false;
		int r = ft_json_loose(json[i].text, strlen(json[i].text), 8, &tree, &whole);

		/* What json-c writes of these is its own affair. */
		if (strstr(json[i].text, "u0000") != NULL) {
			ck_assert_int_eq(r, 0);
			ck_assert_str_eq(ft_json_string(tree, "a"),
					 MARK "\xf0\x90\x80\x80" MARK MARK "12g4");
		} else {
			check(&json[i], tree, whole, r);
		}
		json_object_put(tree);
	}
	for (size_t i = 0; i < sizeof xml / sizeof *xml; i++) {
		struct json_object *tree = NULL;
		bool whole = false;

		int r = ft_xml_loose(xml[i].text, strlen(xml[i].text), 8, &tree, &whole);

		check(&xml[i], tree, whole, r);
		json_object_put(tree);
	}
}
END_TEST

/* However many levels there are, they are not ours. */
START_TEST(takes_no_stack_for_levels)
{
	struct ft_buf text = FT_BUF_INIT(2 << 20);
	struct json_object *tree = NULL;
	bool whole = false;

	ft_buf_adds(&text, "{\"d\":");
	for (int i = 0; i < 500000; i++)
		ft_buf_adds(&text, "[");
	for (int i = 0; i < 500000; i++)
		ft_buf_adds(&text, "]");
	ft_buf_adds(&text, ",\"a\":1}");
	ck_assert_int_eq(ft_json_loose(text.data, text.len, 8, &tree, &whole), 0);
	ck_assert(whole && ft_json_int(tree, "a", 0) == 1);
	json_object_put(tree);
	ft_buf_release(&text);
}
END_TEST

START_TEST(knows_its_mark)
{
	struct json_object *value = json_object_new_string("a" MARK);

	ck_assert(ft_json_marked(value));
	json_object_put(value);
	value = json_object_new_string("a");
	ck_assert(!ft_json_marked(value) && !ft_json_marked(NULL));
	json_object_put(value);
}
END_TEST

/* {"access_token":"x"}, packed by gzip(1) and by zlib */
static const unsigned char gzip[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0x4a, 0x4c,
	0x4e, 0x4e, 0x2d, 0x2e, 0x8e, 0x2f, 0xc9, 0xcf, 0x4e, 0xcd, 0x53, 0xb2, 0x52, 0xaa,
	0x50, 0xaa, 0x05, 0x00, 0xd3, 0x31, 0xd5, 0xbd, 0x14, 0x00, 0x00, 0x00,
};

static struct ft_buf bytes(const void *data, size_t len)
{
	struct ft_buf buf = FT_BUF_INIT(4096);

	ft_buf_add(&buf, data, len);
	return buf;
}

START_TEST(unpacks)
{
	struct ft_buf packed = bytes(gzip, sizeof gzip), out = FT_BUF_INIT(4096);
	bool whole = false;

	ck_assert(ft_unzip_wanted(&packed, NULL));
	ck_assert_int_eq(ft_unzip(&packed, &out, &whole), 0);
	ck_assert(whole);
	ck_assert_str_eq(out.data, "{\"access_token\":\"x\"}");
	/* Cut short: what there is */
	ft_buf_clear(&out);
	packed.len = 24;
	ck_assert_int_eq(ft_unzip(&packed, &out, &whole), 0);
	ck_assert(!whole && out.len > 0 && out.len < 20);
	/* Up to the limit */
	struct ft_buf small = FT_BUF_INIT(5);

	packed.len = sizeof gzip;
	ck_assert_int_eq(ft_unzip(&packed, &small, &whole), 0);
	ck_assert(small.len == 5 && !small.failed && memcmp(small.data, "{\"acc", 5) == 0);
	ft_buf_release(&small);
	ft_buf_release(&packed);
	/* What only looks like it */
	ft_buf_clear(&out);
	packed = bytes("\x1f\x8b" "no", 4);
	ck_assert_int_eq(ft_unzip(&packed, &out, &whole), 0);
	ck_assert(!whole && out.len == 0);
	ft_buf_release(&packed);
	packed = bytes("{}", 2);
	ck_assert(!ft_unzip_wanted(&packed, "gzip") && !ft_unzip_wanted(&packed, "deflate"));
	ft_buf_release(&packed);
	packed = bytes("x\x9c", 2);
	ck_assert(ft_unzip_wanted(&packed, "deflate") && !ft_unzip_wanted(&packed, NULL));
	ft_buf_release(&packed);
	ft_buf_release(&out);
}
END_TEST

START_TEST(survives_without_memory)
{
	static const char text[] =
		"{\"a\":[\"M\xfcller\",{\"b\":1}],\"a\":2,\"d\":[[[[[[[[[]]]]]]]]],\"c\":\"d";
	static const char document[] = "<r><b>M\xfcller</b><a>1</a><o><p>1</p></o></r>x";
	struct ft_buf packed = bytes(gzip, sizeof gzip);
	struct json_object *tree;
	unsigned n = 1;
	bool whole;
	int r;

	do {
		tree = NULL;
		alloc_fail(n++);
		r = ft_json_loose(text, sizeof text - 1, 8, &tree, &whole);
		json_object_put(tree);
	} while (alloc_failed(r));
	n = 1;
	do {
		tree = NULL;
		alloc_fail(n++);
		r = ft_xml_loose(document, sizeof document - 1, 8, &tree, &whole);
		json_object_put(tree);
	} while (alloc_failed(r));
	n = 1;
	do {
		struct ft_buf out = FT_BUF_INIT(4096);

		alloc_fail(n++);
		r = ft_unzip(&packed, &out, &whole);
		ft_buf_release(&out);
	} while (alloc_failed(r));
	ft_buf_release(&packed);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		reads_as_far_as_it_goes, takes_no_stack_for_levels, knows_its_mark, unpacks,
		survives_without_memory, NULL
	};

	return unit_run("loose", tests);
}
