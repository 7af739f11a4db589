/* SPDX-License-Identifier: MIT */
/* url.h, escape.h */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/escape.h"
#include "lib/base/url.h"
#include "tests/unit/unit.h"

static struct ft_url parsed(const char *text)
{
	struct ft_error err = FT_ERROR_INIT;
	struct ft_url url;

	ck_assert_msg(ft_url_parse(text, false, &url, &err) == 0, "%s: %s", text, line_of(&err));
	return url;
}

START_TEST(urls_are_read)
{
	struct ft_url url = parsed("https://Git.Example.COM:8443/a/b?c");

	ck_assert_int_eq(url.scheme, FT_SCHEME_HTTPS);
	ck_assert_str_eq(url.host, "git.example.com");
	ck_assert_uint_eq(url.port, 8443);
	ck_assert_str_eq(url.path, "/a/b?c");
	ck_assert(!url.address && !url.loopback);
	ck_assert_uint_eq(ft_url_port(&url), 8443);

	url = parsed("HTTP://example.com");
	ck_assert_int_eq(url.scheme, FT_SCHEME_HTTP);
	ck_assert_uint_eq(ft_url_port(&url), 80);
	ck_assert_str_eq(url.path, "");
	url = parsed("registry.example.com:5000/x://y");
	ck_assert_int_eq(url.scheme, FT_SCHEME_NONE);
	ck_assert_str_eq(url.path, "/x://y");
	url = parsed("my_registry");
	ck_assert_uint_eq(ft_url_port(&url), 443);
}
END_TEST

START_TEST(addresses)
{
	static const struct {
		const char *text, *host;
		bool loopback;
	} table[] = {
		{ "http://127.0.0.1", "127.0.0.1", true },
		{ "http://127.255.255.254:8080", "127.255.255.254", true },
		{ "http://128.0.0.1", "128.0.0.1", false },
		{ "http://[::1]:8080/x", "::1", true },
		{ "http://[0:0:0:0:0:0:0:1]", "::1", true },
		{ "https://[2001:DB8::0:1]", "2001:db8::1", false },
		{ "https://[::ffff:127.0.0.1]", "::ffff:127.0.0.1", false },
		{ "https://[::]", "::", false },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_url url = parsed(table[i].text);

		ck_assert_str_eq(url.host, table[i].host);
		ck_assert(url.address);
		ck_assert_int_eq(url.loopback, table[i].loopback);
	}
	ck_assert(!parsed("http://localhost").loopback);
	ck_assert(!parsed("http://127.0.0.1.example.com").address);
}
END_TEST

START_TEST(urls_that_are_refused)
{
	char long_host[300];
	static const char *const table[] = {
		"",
		"https://",
		"https:///x",
		"https://:443",
		"s_h://example.com",
		"://example.com",
		"2ftp://example.com",
		"averyveryverylongscheme://example.com",
		"https://user@example.com",
		"https://u:p@example.com",
		"https://example.com@evil.example.net",
		"https://example.com#f",
		"https://example.com/#f",
		"https://example.com\\@evil",
		"https://example.com/\x01",
		"https://exa mple.com",
		"https://example.com:",
		"https://example.com:0",
		"https://example.com:65536",
		"https://example.com:123456",
		"https://example.com:8a",
		"https://example.com:-1",
		"https://example.com:+1",
		"https://example.com:1:2",
		"https://example..com",
		"https://.example.com",
		"https://example.com.",
		"https://ex%61mple.com",
		"https://ins\xc3\xa9.example.com",
		"https://*.example.com",
		"https://[::1",
		"https://[::1]x",
		"https://[::1%25lo]",
		"https://[127.0.0.1]",
		"https://[]",
		"https://::1",
		"http://127.1",
		"http://2130706433",
		"http://0x7f.1",
		"http://0x7f000001",
		"http://127.0.0.256",
		"http://0177.0.0.01",
		"http://1.2.3.4.5",
		"https://example.com?x",
		"https://a,b",
		"https://a;b",
		"https://$host",
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_error err = FT_ERROR_INIT;
		struct ft_url url = { .host = "untouched" };

		ck_assert_msg(ft_url_parse(table[i], false, &url, &err) == FT_CONFIG, "%s",
			      table[i]);
		ck_assert_str_ne(line_of(&err), "");
		ck_assert_str_eq(url.host, "untouched");
	}
	memset(long_host, 'a', sizeof long_host);
	long_host[FT_HOST_SIZE] = '\0';
	ck_assert_int_eq(ft_url_parse(long_host, false, &(struct ft_url){ .port = 0 }, NULL),
			 FT_CONFIG);
	long_host[FT_HOST_SIZE - 1] = '\0';
	(void)parsed(long_host);
}
END_TEST

START_TEST(wildcards)
{
	static const char *const refused[] = {
		"*", "*.*", "https://*", "git*.example.com", "*git.example.com", "**.example.com",
	};
	struct ft_url url;

	ck_assert_int_eq(ft_url_parse("*.example.com", true, &url, NULL), 0);
	ck_assert_int_eq(ft_url_parse("git.*.example.com", true, &url, NULL), 0);
	ck_assert_int_eq(ft_url_parse("*.*.example.com:5000/x", true, &url, NULL), 0);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		ck_assert_msg(ft_url_parse(refused[i], true, &url, NULL) == FT_CONFIG, "%s",
			      refused[i]);
}
END_TEST

START_TEST(token_services)
{
	static const char *const accepted[] = {
		"https://sso.example.com",
		"https://sso.example.com/",
		"HTTPS://sso.example.com/a%20b",
		"https://sso.example.com/realms/x:8080",
		"https://sso.example.com/!~",
		"https://localhost",
		"https://10.0.0.1",
		"http://127.0.0.1:8080",
		"http://127.0.0.2/x",
		"http://[::1]:1/x",
	};
	static const char *const refused[] = {
		"sso.example.com",
		"http://sso.example.com",
		"http://127.0.0.1.example.com",
		"http://10.0.0.1",
		"http://[::ffff:127.0.0.1]",
		"http://0.0.0.0",
		"http://[::]",
		"https://sso.example.com/?x",
		"https://sso.example.com/#x",
		"https://u@sso.example.com",
		"https://sso.example.com/a b",
		"https://sso.example.com/ins\xc3\xa9",
		"https://sso.example.com/a/../b",
		"https://sso.example.com/..",
		"https://sso.example.com/./b",
		"file:///etc/passwd",
		"127.0.0.1",
		"https://*.example.com",
		"https://sso.example.com/\x7f",
	};
	struct ft_error err = FT_ERROR_INIT;

	for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++)
		ck_assert_msg(ft_url_check_service(accepted[i], &err) == 0, "%s: %s", accepted[i],
			      line_of(&err));
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		ck_assert_msg(ft_url_check_service(refused[i], &err) == FT_CONFIG, "%s",
			      refused[i]);
	/* The message offers what is meant. */
	ck_assert_int_eq(ft_url_check_service("http://LocalHost:8080", &err), FT_CONFIG);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "127.0.0.1 or [::1] instead of localhost"));
}
END_TEST

/* Every byte of ASCII in the middle of a name. */
START_TEST(bytes_of_a_host)
{
	static const char names[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
	struct ft_url url;

	for (int c = 1; c < 128; c++) {
		char text[] = "https://aXb.example.com";

		/* Those end a label, or the host. */
		if (strchr("./:", c) != NULL)
			continue;
		text[9] = (char)c;
		int r = ft_url_parse(text, false, &url, NULL);

		ck_assert_msg(r == (strchr(names, c) != NULL ? 0 : FT_CONFIG), "%s", text);
		if (r == 0)
			ck_assert_msg(url.host[1] == (c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c),
				      "%s", url.host);
	}
}
END_TEST

START_TEST(bytes_of_a_scheme)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
			  others[] = "0123456789+-.";
	struct ft_url url;

	for (int c = 1; c < 128; c++) {
		char first[] = "Xb://h.example.com", second[] = "aXb://h.example.com";
		bool letter = strchr(letters, c) != NULL;

		/* Those end what may be a scheme. */
		if (strchr("/:", c) != NULL)
			continue;
		first[0] = second[1] = (char)c;
		ck_assert_msg((ft_url_parse(first, false, &url, NULL) == 0) == letter, "%s", first);
		ck_assert_msg((ft_url_parse(second, false, &url, NULL) == 0) ==
			      (letter || strchr(others, c) != NULL), "%s", second);
		if (letter)
			ck_assert_int_eq(url.scheme_name[1], c | 0x20);
	}
	ck_assert_int_eq(ft_url_parse("abcdefghijklmno://h", false, &url, NULL), 0);
	ck_assert_str_eq(url.scheme_name, "abcdefghijklmno");
	ck_assert_int_eq(ft_url_parse("abcdefghijklmnop://h", false, &url, NULL), FT_CONFIG);
	ck_assert_uint_eq(parsed("https://h:65535").port, 65535);
	ck_assert_uint_eq(parsed("https://h:1").port, 1);
}
END_TEST

START_TEST(schemes_in_one_form)
{
	static const char *const texts[][2] = {
		{ "htTps://Sso.Example.com/A", "https://Sso.Example.com/A" },
		{ "HTTP://127.0.0.1", "http://127.0.0.1" }, { "@AZ[az{:x", "@az[az{:x" },
		{ "/A:B", "/A:B" }, { "HOST", "HOST" }, { "", "" },
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char text[64];

		(void)snprintf(text, sizeof text, "%s", texts[i][0]);
		ft_url_lower_scheme(text);
		ck_assert_str_eq(text, texts[i][1]);
	}
}
END_TEST

START_TEST(servers_that_were_pasted)
{
	static const struct {
		const char *pasted, *server;
	} table[] = {
		{ "https://a.example.com", "https://a.example.com" },
		{ "https://a.example.com//", "https://a.example.com" },
		{ "https://a.example.com/b/", "https://a.example.com/b" },
		{ "https://a.example.com/.well-known/openid-configuration", "https://a.example.com" },
		{ "https://a.example.com/b/.well-known/openid-configuration/",
		  "https://a.example.com/b" },
		{ "https://a.example.com/.well-known/oauth-authorization-server",
		  "https://a.example.com" },
		{ "https://a.example.com:8443/.well-known/oauth-authorization-server/b/c",
		  "https://a.example.com:8443/b/c" },
		{ "https://a.example.com/.well-known/oauth-authorization-servers",
		  "https://a.example.com/.well-known/oauth-authorization-servers" },
		{ "https://a.example.com/x.well-known/openid-configuration",
		  "https://a.example.com/x.well-known/openid-configuration" },
		{ "https://a.example.com/.well-known/openid-configuration/x",
		  "https://a.example.com/.well-known/openid-configuration/x" },
		{ "", "" },
		{ "/", "" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char text[128];

		strcpy(text, table[i].pasted);
		ft_url_trim_server(text);
		ck_assert_str_eq(text, table[i].server);
		/* Whoever does it once more changes nothing. */
		strcpy(text, table[i].server);
		ft_url_trim_server(text);
		ck_assert_str_eq(text, table[i].server);
	}
}
END_TEST

START_TEST(issuers)
{
	static const char tenants[] = "https://a.example.com/{tenantid}/v2.0";

	ck_assert(ft_url_is_issuer("https://a.example.com", "https://a.example.com"));
	ck_assert(ft_url_is_issuer("https://a.example.com", "https://a.example.com/"));
	ck_assert(!ft_url_is_issuer("https://a.example.com", "https://a.example.com/b"));
	ck_assert(!ft_url_is_issuer("https://a.example.com", "https://a.example.co"));
	ck_assert(!ft_url_is_issuer("https://a.example.com", "https://a.example.com.evil.example.com"));
	ck_assert(ft_url_is_issuer(tenants, "https://a.example.com/72f9-88bf/v2.0"));
	ck_assert(ft_url_is_issuer(tenants, tenants));
	ck_assert(!ft_url_is_issuer(tenants, "https://a.example.com//v2.0"));
	ck_assert(!ft_url_is_issuer(tenants, "https://a.example.com/a/b/v2.0"));
	ck_assert(!ft_url_is_issuer(tenants, "https://a.example.com/a/v2.0/c"));
	ck_assert(!ft_url_is_issuer(tenants, "https://b.example.com/a/v2.0"));
}
END_TEST

START_TEST(dots)
{
	ck_assert(ft_url_has_dots("/.."));
	ck_assert(ft_url_has_dots("/a/./b"));
	ck_assert(ft_url_has_dots("/a/b/."));
	ck_assert(!ft_url_has_dots("/a/...") && !ft_url_has_dots("/.a/b..") &&
		  !ft_url_has_dots("") && !ft_url_has_dots("/") && !ft_url_has_dots("//"));
	ck_assert(!ft_url_has_dots("/a/..;/%2e%2e"));
	static const char *const may[] = {
		"/..", "/a/./b", "/a/..;/b", "/a/%2e.%3Bb", "/a/..%2Fb", "/a%2f..%5cb", "/a/%252e",
		"/a/%25%32%65/b", "/a/%%32e%2%65", "/a/.%25%35%63b",
		"/a/%c0%ae%C0%AE/b", "/a/..%c0%afb", "/a/..%c1%9cb", "/a/..%c1%1cb", "/a/.\xc0\xae/b",
		"/a/%e0%80%ae./b", "/a/%f0%80%80%ae./b", "/a/%f8%80%80%80%ae./b",
		"/a/%fc%80%80%80%80%ae./b", "/a/%25c0%25ae./b",
	};
	static const char *const may_not[] = {
		"", "/", "/a%2Fb;c/..%", "/..%2e/%2", "/a/...", "/.a/b..", "/a?/../b",
		"/a/%25", "/a/%25%32", "/a/%%3", "/a/%2?e",
		/* UTF-8, and another charset */
		"/%c3%a9/%e0%a4%85/%ef%bc%8e./%f0%9f%98%80", "/caf%e9/gr\xfc\xdf/%e0/%f8re",
	};

	for (size_t i = 0; i < sizeof may / sizeof *may; i++)
		ck_assert_msg(ft_url_may_have_dots(may[i]), "%s", may[i]);
	for (size_t i = 0; i < sizeof may_not / sizeof *may_not; i++)
		ck_assert_msg(!ft_url_may_have_dots(may_not[i]), "%s", may_not[i]);
}
END_TEST

static void escapes(const char *(*escape)(struct ft_buf *, const char *, size_t),
		    const char *data, size_t len, const char *expected)
{
	struct ft_buf out = FT_BUF_INIT(4096);

	ft_buf_adds(&out, "");
	const char *wrong = escape(&out, data, len);

	if (expected == NULL) {
		ck_assert_msg(wrong != NULL, "%.*s", (int)len, data);
	} else {
		ck_assert_msg(wrong == NULL, "%.*s: %s", (int)len, data, wrong);
		ck_assert_str_eq(out.data, expected);
	}
	ft_buf_release(&out);
}

#define ESCAPES(escape, data, expected) escapes(escape, data, sizeof data - 1, expected)

START_TEST(escaping_json)
{
	ESCAPES(ft_escape_json, "", "");
	ESCAPES(ft_escape_json, "a/b <c> \xc3\xa9 \xf0\x9f\x98\x80",
		"a/b <c> \xc3\xa9 \xf0\x9f\x98\x80");
	ESCAPES(ft_escape_json, "\"\\\"", "\\\"\\\\\\\"");
	ESCAPES(ft_escape_json, "\n\r\t\x01\x1f\x7f", "\\n\\u000d\\u0009\\u0001\\u001f\\u007f");
	ESCAPES(ft_escape_json, "a\0b", NULL);
	ESCAPES(ft_escape_json, "\xff", NULL);
	ESCAPES(ft_escape_json, "\xed\xa0\x80", NULL);
}
END_TEST

START_TEST(escaping_xml)
{
	ESCAPES(ft_escape_xml, "a<b>&'\"", "a&lt;b&gt;&amp;&apos;&quot;");
	ESCAPES(ft_escape_xml, "]]>", "]]&gt;");
	ESCAPES(ft_escape_xml, "\t\n\r", "&#9;&#10;&#13;");
	ESCAPES(ft_escape_xml, "\xc3\xa9\xef\xbf\xbd", "\xc3\xa9\xef\xbf\xbd");
	ESCAPES(ft_escape_xml, "\xef\xbf\xbe", NULL);
	ESCAPES(ft_escape_xml, "\xef\xbf\xbf", NULL);
	ESCAPES(ft_escape_xml, "a\x01", NULL);
	ESCAPES(ft_escape_xml, "a\0b", NULL);
	ESCAPES(ft_escape_xml, "\xc3", NULL);
}
END_TEST

START_TEST(escaping_percent)
{
	ESCAPES(ft_escape_percent, "AZaz09-._~", "AZaz09-._~");
	ESCAPES(ft_escape_percent, "a b+c&d=e/f?g#h%i", "a%20b%2Bc%26d%3De%2Ff%3Fg%23h%25i");
	ESCAPES(ft_escape_percent, "\xc3\xa9\xff\n", "%C3%A9%FF%0A");
	ESCAPES(ft_escape_percent, "a\0b", NULL);
}
END_TEST

START_TEST(escaping_headers)
{
	ESCAPES(ft_escape_header, "!abc~:,;\"", "!abc~:,;\"");
	ESCAPES(ft_escape_header, "a b", NULL);
	ESCAPES(ft_escape_header, "a\r\nX: y", NULL);
	ESCAPES(ft_escape_header, "\xc3\xa9", NULL);
	ESCAPES(ft_escape_header, "a\x7f", NULL);
	ESCAPES(ft_escape_header, "a\0b", NULL);
	ESCAPES(ft_escape_basic_password, "p:w \xc3\xa9", "p:w \xc3\xa9");
	ESCAPES(ft_escape_basic_password, "p\nw", NULL);
	ESCAPES(ft_escape_basic_username, "al ice", "al ice");
	ESCAPES(ft_escape_basic_username, "al:ice", NULL);
	ESCAPES(ft_escape_basic_username, "al\x7fice", NULL);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { urls_are_read,
				       addresses,
				       urls_that_are_refused,
				       wildcards,
				       token_services,
				       bytes_of_a_host,
				       bytes_of_a_scheme,
				       schemes_in_one_form,
				       servers_that_were_pasted, issuers, dots,
				       escaping_json,
				       escaping_xml,
				       escaping_percent,
				       escaping_headers,
				       NULL };

	return unit_run("url", tests);
}
