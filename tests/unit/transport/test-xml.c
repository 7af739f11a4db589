/* SPDX-License-Identifier: MIT */
/* xml.h */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buffer.h"
#include "lib/transport/xml.h"
#include "tests/unit/unit.h"

static int parse(const char *text, size_t len, struct json_object **ret)
{
	struct ft_error err = FT_ERROR_INIT;
	char *copy = malloc(len > 0 ? len : 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, len);
	int r = ft_xml_parse(copy, len, 8, ret, &err);

	free(copy);
	ck_assert_int_eq(r, err.code);
	return r;
}

START_TEST(becomes_a_tree)
{
	static const char *const table[][2] = {
		{ "<r><a>1</a><b>x</b></r>", "{\"a\":\"1\",\"b\":\"x\"}" },
		{ "<r/>", "\"\"" },
		{ "<r> token\n</r>", "\"token\"" },
		{ "<r><a/><b></b></r>", "{\"a\":\"\",\"b\":\"\"}" },
		{ "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- c --><r><a>1</a></r>\n",
		  "{\"a\":\"1\"}" },
		/* Siblings of one name */
		{ "<r><a>1</a><b>x</b><a>2</a><a>3</a></r>",
		  "{\"a\":[\"1\",\"2\",\"3\"],\"b\":\"x\"}" },
		{ "<r><a><b>1</b></a><a><b>2</b><b>3</b></a></r>",
		  "{\"a\":[{\"b\":\"1\"},{\"b\":[\"2\",\"3\"]}]}" },
		{ "<r xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\"><a i:nil=\"true\"/>"
		  "<a>2</a><a i:nil=\"1\"/></r>", "{\"a\":[null,\"2\",null]}" },
		/* Namespaces and attributes */
		{ "<p:r xmlns:p=\"urn:p\" xmlns=\"urn:d\"><p:a x=\"1\">1</p:a><b>2</b>"
		  "<p:b>3</p:b></p:r>",
		  "{\"a\":\"1\",\"b\":[\"2\",\"3\"]}" },
		{ "<r xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\"><a i:nil=\"false\">"
		  "1</a><b nil=\"true\">2</b></r>", "{\"a\":\"1\",\"b\":\"2\"}" },
		{ "<r xmlns:i=\"urn:other\"><a i:nil=\"true\">1</a></r>", "{\"a\":\"1\"}" },
		/* Text */
		{ "<r><a>&lt;&#65;&amp;<![CDATA[<b>]]></a></r>", "{\"a\":\"<A&<b>\"}" },
		{ "<r>\n  <a>\t 1 2 \r\n</a>\n</r>", "{\"a\":\"1 2\"}" },
		{ "<r>lost<a>1</a>lost too<b><c/>lost</b></r>",
		  "{\"a\":\"1\",\"b\":{\"c\":\"\"}}" },
		{ "<r><a>caf\xc3\xa9</a></r>", "{\"a\":\"caf\xc3\xa9\"}" },
		{ "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><r><a>caf\xe9</a></r>",
		  "{\"a\":\"caf\xc3\xa9\"}" },
		/* Names that .NET escapes */
		{ "<r><_x003C_accessToken_x003E_k__BackingField>1"
		  "</_x003C_accessToken_x003E_k__BackingField></r>",
		  "{\"<accessToken>k__BackingField\":\"1\"}" },
		{ "<r><a_x0020_b>1</a_x0020_b><_x00e9_>2</_x00e9_><_x20AC_>3</_x20AC_></r>",
		  "{\"a b\":\"1\",\"\xc3\xa9\":\"2\",\"\xe2\x82\xac\":\"3\"}" },
		{ "<r><_x0001F600_>1</_x0001F600_></r>", "{\"\xf0\x9f\x98\x80\":\"1\"}" },
		{ "<r><_x005F_x003C_>1</_x005F_x003C_></r>", "{\"_x003C_\":\"1\"}" },
		{ "<r><_x003_>1</_x003_><_xD83D_>2</_xD83D_><_x0000_>3</_x0000_>"
		  "<_x000A_>4</_x000A_><_x00110000_>5</_x00110000_><_x003C>6</_x003C></r>",
		  "{\"_x003_\":\"1\",\"_xD83D_\":\"2\",\"_x0000_\":\"3\",\"_x000A_\":\"4\","
		  "\"_x00110000_\":\"5\",\"_x003C\":\"6\"}" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct json_object *tree = NULL;

		ck_assert_msg(parse(table[i][0], strlen(table[i][0]), &tree) == 0,
			      "%s is refused", table[i][0]);
		ck_assert_str_eq(ft_json_text(tree, NULL), table[i][1]);
		json_object_put(tree);
	}
	struct json_object *tree = (void *)&tree;
	static const char nil[] =
		"<r xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" i:nil=\"true\"><a/></r>";

	ck_assert_int_eq(parse(nil, sizeof nil - 1, &tree), 0);
	ck_assert_ptr_null(tree);
}
END_TEST

START_TEST(reads_utf16)
{
	static const char text[] = "\xff\xfe<\0r\0>\0<\0a\0>\0\xe9\0<\0/\0a\0>\0<\0/\0r\0>";
	struct json_object *tree = NULL;

	/* The last NUL of the text is the literal's own. */
	ck_assert_int_eq(parse(text, sizeof text, &tree), 0);
	ck_assert_str_eq(ft_json_text(tree, NULL), "{\"a\":\"\xc3\xa9\"}");
	json_object_put(tree);
}
END_TEST

START_TEST(refuses)
{
	static const char *const bad[] = {
		"", " ", "text", "<", "<r", "<r>", "<r></q>", "<r/><r/>", "<r/>x", "<r><a></r></a>",
		"<r a=1/>", "<r a=\"1\" a=\"2\"/>", "<r>&undefined;</r>", "<r>&#0;</r>",
		"<r>&#1;</r>", "<r>\x01</r>", "<r>\xff</r>", "<p:r/>", "<r xmlns:p=\"\"/>",
		"<r>]]></r>", "<1/>",
		"<?xml version=\"1.0\" encoding=\"nonsense\"?><r/>", " <?xml version=\"1.0\"?><r/>",
		"{\"a\":1}", "<!DOCTYPE html><html/>", "<!DOCTYPE r><r/>",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct json_object *tree = (void *)&tree, *before = tree;

		ck_assert_msg(parse(bad[i], strlen(bad[i]), &tree) == FT_UNTRUSTED,
			      "\"%s\" is taken", bad[i]);
		ck_assert_ptr_eq(tree, before);
	}
	struct json_object *tree = NULL;

	ck_assert_int_eq(parse("<r>\0</r>", 8, &tree), FT_UNTRUSTED);
}
END_TEST

/* Refused where it begins: an entity is never even declared, less expanded. */
START_TEST(refuses_a_document_type)
{
	static const char bomb[] =
		"<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaaaaaaaa\">"
		"<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"
		"<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">"
		"<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">"
		"<!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\">]><r><a>&e;</a></r>";
	static const char external[] =
		"<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><r><a>&x;</a></r>";
	static const char *const texts[] = { bomb, external, "<!DOCTYPE r SYSTEM \"x\"><r/>" };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct json_object *tree = NULL;
		struct ft_error err = FT_ERROR_INIT;

		ck_assert_int_eq(ft_xml_parse(texts[i], strlen(texts[i]), 8, &tree, &err),
				 FT_UNTRUSTED);
		ck_assert_str_eq(line_of(&err), "XML has a document type");
	}
}
END_TEST

/* The same document is as deep in XML as in JSON. */
START_TEST(counts_levels_as_json_does)
{
	for (int levels = 1; levels < 12; levels++) {
		struct ft_buf xml = FT_BUF_INIT(1000), json = FT_BUF_INIT(1000);
		struct json_object *a = NULL, *b = NULL;

		for (int i = 0; i < levels; i++) {
			ft_buf_adds(&xml, "<a>");
			ft_buf_adds(&json, "{\"a\":");
		}
		ft_buf_adds(&xml, "<a>x</a>");
		ft_buf_adds(&json, "\"x\"");
		for (int i = 0; i < levels; i++) {
			ft_buf_adds(&xml, "</a>");
			ft_buf_adds(&json, "}");
		}
		int r = ft_json_parse(json.data, json.len, 8, "it", &b, NULL);

		ck_assert_int_eq(r, levels <= 8 ? 0 : FT_UNTRUSTED);
		ck_assert_int_eq(ft_xml_parse(xml.data, xml.len, 8, &a, NULL), r);
		if (r == 0)
			ck_assert_str_eq(ft_json_text(a, NULL), ft_json_text(b, NULL));
		json_object_put(a);
		json_object_put(b);
		ft_buf_release(&xml);
		ft_buf_release(&json);
	}
	struct json_object *tree = NULL;

	ck_assert_int_eq(ft_xml_parse("<r/>", 4, FT_XML_DEPTH_MAX + 1, &tree, NULL), FT_UNTRUSTED);
}
END_TEST

START_TEST(refuses_what_was_cut)
{
	static const char text[] = "<?xml version=\"1.0\"?><!-- c --><r xmlns:p=\"urn:p\">"
		"<p:a b=\"1\">&lt;\xc3\xa9<![CDATA[x]]></p:a><c/><c><d>1</d></c></r>";
	struct json_object *tree = NULL;

	for (size_t len = 0; len < sizeof text - 1; len++)
		ck_assert_msg(parse(text, len, &tree) == FT_UNTRUSTED, "%zu bytes", len);
	ck_assert_int_eq(parse(text, sizeof text - 1, &tree), 0);
	json_object_put(tree);
}
END_TEST

/* Work that grew with the square of their number would run into check's limit of 4 seconds. */
static void siblings(size_t n, const char *element)
{
	struct ft_buf xml = FT_BUF_INIT(4 * 1024 * 1024);
	struct json_object *tree = NULL, *array = NULL;

	ft_buf_adds(&xml, "<r>");
	for (size_t i = 0; i < n; i++)
		ft_buf_adds(&xml, element);
	ft_buf_adds(&xml, "</r>");
	ck_assert_int_eq(ft_xml_parse(xml.data, xml.len, 8, &tree, NULL), 0);
	ck_assert(json_object_object_get_ex(tree, "a", &array));
	ck_assert_uint_eq(json_object_array_length(array), n);
	json_object_put(tree);
	ft_buf_release(&xml);
}

START_TEST(takes_a_hundred_thousand_siblings)
{
	siblings(100000, "<a/>");
	siblings(100000, "<a>x</a>");
	siblings(20000, "<a><b>x</b></a>");
}
END_TEST

/* A long text once must not make every later element expensive: wiping its
 * room each time would be hundreds of gigabytes. */
START_TEST(takes_a_long_text_and_many_elements)
{
	struct ft_buf xml = FT_BUF_INIT(8 * 1024 * 1024);
	struct json_object *tree = NULL;

	ft_buf_adds(&xml, "<r><t>");
	for (size_t i = 0; i < 100000; i++)
		ft_buf_adds(&xml, "01234567890123456789012345678901");
	ft_buf_adds(&xml, "</t>");
	for (size_t i = 0; i < 100000; i++)
		ft_buf_adds(&xml, "<a>x</a>");
	ft_buf_adds(&xml, "</r>");
	ck_assert_int_eq(ft_xml_parse(xml.data, xml.len, 8, &tree, NULL), 0);
	ck_assert_uint_eq(strlen(ft_json_string(tree, "t")), 3200000);
	json_object_put(tree);
	ft_buf_release(&xml);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		becomes_a_tree, reads_utf16, refuses, refuses_a_document_type,
		counts_levels_as_json_does, refuses_what_was_cut,
		takes_a_hundred_thousand_siblings, takes_a_long_text_and_many_elements, NULL
	};

	return unit_run("xml", tests);
}
