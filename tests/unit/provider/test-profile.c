/* SPDX-License-Identifier: MIT */
/* profile.h */
#include "config.h"

#include <check.h>

#include "lib/provider/profile.h"
#include "tests/unit/alloc.h"
#include "tests/unit/files.h"
#include "tests/unit/unit.h"

/* The least there is. */
#define LEAST "[refresh]\npath = /r\n[response]\naccess_token = at\n"

static struct ft_profile profile;

static void parses(const char *text)
{
	struct ft_error err = FT_ERROR_INIT;
	int r = ft_profile_parse(NULL, "p", "p.conf", text, strlen(text), &profile, &err);

	ck_assert_msg(r == 0, "%s: %s", text, line_of(&err));
}

static void refuses(const char *text, const char *expected)
{
	struct ft_error err = FT_ERROR_INIT;
	struct ft_profile untouched = { .name = NULL };

	ck_assert_msg(ft_profile_parse(NULL, "p", "p.conf", text, strlen(text), &untouched, &err) ==
		      FT_CONFIG, "%s", text);
	ck_assert_msg(strncmp(line_of(&err), expected, strlen(expected)) == 0, "\"%s\" is not \"%s…\"",
		      line_of(&err), expected);
	ck_assert_ptr_null(untouched.file);
}

static void has(const struct ft_strings *strings, const char *expected)
{
	char joined[512] = "";

	for (size_t i = 0; i < strings->n; i++) {
		strcat(joined, i > 0 ? "|" : "");
		strcat(joined, strings->list[i]);
	}
	ck_assert_str_eq(joined, expected);
}

START_TEST(defaults)
{
	parses(LEAST);
	ck_assert_str_eq(profile.name, "p");
	ck_assert_str_eq(profile.file, "p.conf");
	ck_assert(profile.eager && !profile.expires_jwt);
	ck_assert_int_eq(profile.client_auth, FT_CLIENT_AUTH_NONE);
	ck_assert_int_eq(profile.untyped, FT_UNTYPED_JSON);
	has(&profile.token_types, "bearer");
	ck_assert_uint_eq(profile.discover.n, 0);
	ck_assert(profile.requests[FT_REQUEST_REFRESH].present && !profile.requests[FT_REQUEST_LOGIN].present && !profile.requests[FT_REQUEST_REVOKE].present);
	ck_assert_str_eq(profile.requests[FT_REQUEST_REFRESH].method, "POST");
	ck_assert_str_eq(profile.requests[FT_REQUEST_REFRESH].path, "/r");
	ck_assert_int_eq(profile.requests[FT_REQUEST_REFRESH].format, FT_FORMAT_NONE);
	ck_assert_int_eq(profile.requests[FT_REQUEST_REFRESH].replay, FT_REPLAY_NEVER);
	ck_assert(!profile.terminal.present && !profile.disabled.present &&
		  !profile.transient.present);
	ft_profile_release(&profile);
	ft_profile_release(NULL);
}
END_TEST

START_TEST(all_keys)
{
	parses("[provider]\ndescription = An = example\nserver = https://sso.example.com/\n"
	       "client_auth = basic\ndiscover = openid, oauth\neager = no\n"
	       "token_types = bearer, \"a, b\"\n"
	       "[metadata]\ntoken_endpoint = https://sso.example.com/t?x=1\nx-y = /u\n"
	       "[refresh]\nmethod = PUT\nendpoint = token_endpoint\nquery = a=${username}\n  b=\n"
	       "form = c==\nheader = X-A: ${client_id?}\n  X-B: b, c\n"
	       "json = {\"a\": [\"${refresh_token}\", 1, null, {\"$x\": \"$$\"}]}\n"
	       "xml = <a b='${username}'>\n  <c/>&amp;${scope?}</a>\nformat = xml\n"
	       "content_type = text/xml; charset=utf-8\naccept = text/xml\nreplay = window:30s\n"
	       "[login]\npath = https://login.example.com/a/${param.tenant}/b\nmethod = GET\n"
	       "[response]\naccess_token = a.0.b, header:X-T\nrefresh_token = cookie:r\n"
	       "token_type = t\nsubject = claim:sub, id_token:sub\nsuccess = s\nexpires_in = e\n"
	       "expires_in_ms = ms\nexpires_at = \".expires\", <x>k\nexpires_at_ms = m\n"
	       "expires_offset = o\nrefresh_expires_in = r\nexpires_jwt = yes\nuntyped = ignore\n"
	       "[error]\ncode = error.code, code\nmessage = m\n"
	       "[disabled]\ncode = user_disabled, locked*\n"
	       "[transient]\nmessage = \"try, again\"\nstatus = 503\n"
	       "[terminal]\nstatus = 400, 401\n  403\nunparsed = yes\n");
	ck_assert_str_eq(profile.description, "An = example");
	ck_assert_str_eq(profile.server, "https://sso.example.com");
	ck_assert_int_eq(profile.client_auth, FT_CLIENT_AUTH_BASIC);
	ck_assert(!profile.eager && profile.expires_jwt);
	has(&profile.discover, "openid|oauth");
	has(&profile.token_types, "bearer|a, b");
	ck_assert_uint_eq(profile.n_metadata, 2);
	ck_assert_str_eq(profile.metadata[0].name, "token_endpoint");
	ck_assert_str_eq(profile.metadata[0].value, "https://sso.example.com/t?x=1");
	const struct ft_request_template *t = &profile.requests[FT_REQUEST_REFRESH];

	ck_assert_str_eq(t->method, "PUT");
	ck_assert_str_eq(t->endpoint, "token_endpoint");
	ck_assert_ptr_null(t->path);
	has(&t->query, "a=${username}|b=");
	has(&t->form, "c==");
	has(&t->header, "X-A: ${client_id?}|X-B: b, c");
	ck_assert_str_eq(t->xml, "<a b='${username}'>\n<c/>&amp;${scope?}</a>");
	ck_assert_int_eq(t->format, FT_FORMAT_XML);
	ck_assert_str_eq(t->content_type, "text/xml; charset=utf-8");
	ck_assert_str_eq(t->accept, "text/xml");
	ck_assert_int_eq(t->replay, 30);
	ck_assert_str_eq(profile.requests[FT_REQUEST_LOGIN].method, "GET");
	ck_assert_str_eq(profile.requests[FT_REQUEST_LOGIN].path, "https://login.example.com/a/${param.tenant}/b");
	has(&profile.fields[FT_FIELD_ACCESS_TOKEN], "a.0.b|header:X-T");
	has(&profile.fields[FT_FIELD_EXPIRES_AT], "\".expires\"|<x>k");
	has(&profile.fields[FT_FIELD_CODE], "error.code|code");
	for (unsigned i = 0; i < FT_FIELD_TOKENS_COUNT; i++)
		ck_assert_uint_gt(profile.fields[i].n, 0);
	ck_assert_int_eq(profile.untyped, FT_UNTYPED_IGNORE);
	has(&profile.disabled.code, "user_disabled|locked*");
	has(&profile.transient.message, "try, again");
	has(&profile.terminal.status, "400|401|403");
	ck_assert(profile.terminal.unparsed && !profile.disabled.unparsed);
	ft_profile_release(&profile);
}
END_TEST

START_TEST(formats)
{
	static const struct {
		const char *lines;
		enum ft_format format;
	} table[] = {
		{ "form = a=b", FT_FORMAT_FORM },
		{ "json = {}", FT_FORMAT_JSON },
		{ "xml = <a/>", FT_FORMAT_XML },
		{ "json = {}\nform = a=b\nformat = form", FT_FORMAT_FORM },
		{ "json = {}\nformat = none", FT_FORMAT_NONE },
		{ "format = none", FT_FORMAT_NONE },
	};
	static const char *const replays[] = { "never", "always" };

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char text[256];

		snprintf(text, sizeof text,
			 "[response]\naccess_token = a\n[refresh]\npath = /r\n%s\n",
			 table[i].lines);
		parses(text);
		ck_assert_int_eq(profile.requests[FT_REQUEST_REFRESH].format, table[i].format);
		ft_profile_release(&profile);
	}
	for (size_t i = 0; i < 2; i++) {
		char text[256];

		snprintf(text, sizeof text, "[response]\naccess_token = a\n[refresh]\npath = /r\n"
			 "replay = %s\n", replays[i]);
		parses(text);
		ck_assert_int_eq(profile.requests[FT_REQUEST_REFRESH].replay,
				 i == 0 ? FT_REPLAY_NEVER : FT_REPLAY_ALWAYS);
		ft_profile_release(&profile);
	}
}
END_TEST

START_TEST(what_must_be_there)
{
	refuses("", "p.conf: the section [refresh] is missing");
	refuses("[refresh]\npath = /r\n", "p.conf: [response] access_token is missing");
	refuses("[response]\naccess_token = a\n", "p.conf: the section [refresh] is missing");
	refuses("[provider]\ndiscover = openid\n[response]\naccess_token = a\n",
		"p.conf: the section [refresh] is missing, or [grant NAME] or [person]");
	refuses("[response]\naccess_token = a\n[refresh]\n",
		"p.conf:3: [refresh]: exactly one of path and endpoint is needed");
	refuses(LEAST "[login]\npath = /a\nendpoint = b\n",
		"p.conf:5: [login]: exactly one of path and endpoint");
	refuses(LEAST "[terminal]\n", "p.conf:5: [terminal]: it needs status, code or message");
	refuses(LEAST "[disabled]\nunparsed = yes\n",
		"p.conf:5: [disabled]: unparsed: it needs stat");
	refuses(LEAST "[terminal]\ncode = x\nunparsed = yes\n",
		"p.conf:5: [terminal]: unparsed: it");
	refuses("[response]\naccess_token = a\n[refresh]\npath = /r\njson = {}\nform = a=b\n",
		"p.conf:3: [refresh]: format: there is more than one body");
	refuses("[response]\naccess_token = a\n[refresh]\npath = /r\njson = {}\nformat = form\n",
		"p.conf:3: [refresh]: format: there is no form body");
	refuses("[response]\naccess_token = a\n[refresh]\npath = /r\nmethod = GET\njson = {}\n",
		"p.conf:3: [refresh]: method: GET has no body");
	refuses("[provider]\nclient_auth = basic\n" LEAST
		"[login]\npath = /l\nbasic = ${username}:${password}\n",
		"p.conf:7: [login]: basic: client_auth = basic uses the same header");
	refuses("[provider]\nclient_auth = basic\n[response]\naccess_token = a\n[refresh]\n"
		"path = /r\nheader = authorization: x\n",
		"p.conf:5: [refresh]: header: Authorization is sent by client_auth = basic");
	refuses(LEAST "[login]\npath = /l\nbasic = a:b\nheader = X-A: b\n  Authorization: x\n",
		"p.conf:5: [login]: header: Authorization is sent by basic");
}
END_TEST

START_TEST(sections_and_keys)
{
	refuses("[refresh x]\n", "p.conf:1: unknown section \"refresh x\"; is \"refresh\" meant?");
	refuses("[Refresh]\n", "p.conf:1: unknown section \"Refresh\"; is \"refresh\" meant?");
	refuses("[account x]\n", "p.conf:1: unknown section \"account x\"");
	refuses("[refresh]\npaht = /r\n", "p.conf:2: unknown key \"paht\"; is \"path\" meant?");
	refuses("[login]\nreplay = never\n", "p.conf:2: unknown key \"replay\"");
	refuses("[login]\nrefresh_first = yes\n", "p.conf:2: unknown key \"refresh_first\"");
	refuses("[refresh]\nrefresh_first = yes\n", "p.conf:2: unknown key \"refresh_first\"");
	refuses("[refresh]\nexpires_in = a\n", "p.conf:2: unknown key \"expires_in\"");
	refuses("[refresh]\n[refresh]\n", "p.conf:2: there are two sections [refresh]");
	refuses("[metadata]\na = https://a.example.com\na = https://b.example.com\n",
		"p.conf:3: a: it may be given only once");
	refuses("[metadata]\na = https://a.example.com\n  b\n",
		"p.conf:3: a: its value is one line");
	refuses("[metadata]\na b = https://a.example.com\n", "p.conf:2: a b: expected the name of");
	refuses("[metadata]\na = http://a.example.com\n", "p.conf:2: a: expected https");
	refuses("[metadata]\na = https://a.example.com/#x\n", "p.conf:2: a: a fragment");
	refuses("[metadata]\na = https://a.example.com/?x y\n", "p.conf:2: a: the query holds");
	refuses("[metadata]\na = a\n", "p.conf:2: a: expected a URL that begins with https");
}
END_TEST

START_TEST(values_of_requests)
{
	static const struct {
		const char *line, *expected;
	} table[] = {
		{ "method = DELETE", "method: expected GET, POST, PUT or PATCH" },
		{ "method = post", "method: expected GET, POST, PUT or PATCH" },
		{ "path = r", "path: expected a path that begins with /, or an https:// URL" },
		{ "path = http://sso.example.com/r", "path: expected https" },
		{ "path = https://${param.host}/r", "path: variables may only be after the host" },
		{ "path = https://u@sso.example.com/r", "path: a user name or password" },
		{ "path = ${param.x}/r", "path: expected a path that begins with /" },
		{ "path = /r?x=y", "path: a query is written with the key query" },
		{ "path = /r#x", "path: a fragment" },
		{ "path = /a/../r", "path: \".\" and \"..\" cannot be segments" },
		{ "path = /a b", "path: it holds a byte that no URL has" },
		{ "path = /\xc3\xa9", "path: it holds a byte that no URL has" },
		{ "path = /${username?}", "path: a part of a path cannot be optional" },
		{ "path = /${x}", "path: unknown variable \"x\"" },
		{ "path = /$x", "path: a lone \"$\"" },
		{ "endpoint = https://x", "endpoint: expected the name of a metadata member" },
		{ "query = a", "query: expected name=value" },
		{ "form = =b", "form: expected name=value" },
		{ "form = ${username}=b", "form: a name cannot hold variables" },
		{ "form = a=$b", "form: a lone \"$\"" },
		{ "form = a=b\n  c=${nothing}", "form: unknown variable" },
		{ "header = X-A", "header: expected \"Name: value\"" },
		{ "header = X-A:", "header: expected \"Name: value\"" },
		{ "header = X A: b", "header: the name holds a byte" },
		{ "header = ${username}: b", "header: the name holds a byte" },
		{ "header = X-A: \xc3\xa9", "header: the value may contain only ASCII" },
		{ "header = X-A: ${y}", "header: unknown variable \"y\"" },
		{ "header = Host: x", "header: a profile cannot set \"Host\"" },
		{ "header = HOST: x", "header: a profile cannot set \"HOST\"" },
		{ "header = Connection: close", "header: a profile cannot set \"Connection\"" },
		{ "header = Content-Type: x/y", "header: a profile cannot set \"Content-Type\"" },
		{ "header = content-length: 1", "header: a profile cannot set \"content-length\"" },
		{ "header = Accept: x/y", "header: a profile cannot set \"Accept\"" },
		{ "header = Transfer-Encoding: x", "header: a profile cannot set \"Transfer-Encoding\"" },
		{ "header = Proxy-Authorization: x",
		  "header: a profile cannot set \"Proxy-Authorization\"" },
		{ "header = X-A: a ;b", "header: a request's value cannot hold a blank and \";\"" },
		{ "form = a=b ;c", "form: a request's value cannot hold a blank and \";\"" },
		{ "json = {} ; comment", "json: a request's value cannot hold a blank and \";\"" },
		{ "path = /r ; comment", "path: a request's value cannot hold a blank and \";\"" },
		{ "basic = ${username}", "basic: expected ${username}:${password}" },
		{ "basic = ${username}:${pw}", "basic: unknown variable \"pw\"" },
		{ "content_type = json", "content_type: expected a media type" },
		{ "accept = a/\xc3\xa9", "accept: it may contain only ASCII" },
		{ "format = text", "format: expected none, form, json or xml" },
		{ "replay = sometimes", "replay: expected never, always, or window:DURATION" },
		{ "replay = window:0s", "replay: expected never, always, or window:DURATION" },
		{ "replay = window:", "replay: expected never, always, or window:DURATION" },
		{ "replay = window:10", "replay: expected never, always, or window:DURATION" },
		{ "replay = never\nreplay = never", "replay: it may be given only once" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char text[256], expected[256];
		bool second = strchr(table[i].line, '\n') != NULL;

		snprintf(text, sizeof text, "[refresh]\n%s\n", table[i].line);
		snprintf(expected, sizeof expected, "p.conf:%d: %s", second ? 3 : 2,
			 table[i].expected);
		refuses(text, expected);
	}
}
END_TEST

START_TEST(json_templates)
{
	static const char *const table[][2] = {
		{ "{", "the template is not JSON" },
		{ "{'a': 1}", "the template is not JSON" },
		{ "{\"a\": 1, \"a\": 2}", "the template is not JSON" },
		{ "{\"a\": ${username}}", "the template is not JSON" },
		{ "{} {}", "the template is not JSON" },
		{ "\"${username}\"", "expected an object or an array" },
		{ "{\"a\": \"$\"}", "a lone \"$\"" },
		{ "{\"a\": [{\"b\": \"${c}\"}]}", "unknown variable \"c\"" },
		{ "{\"${username}\": 1}", "a member's name cannot hold variables" },
		{ "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "the template is not JSON" },
		{ "", "the value is empty" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char text[256], expected[256];

		/* The line is the one where the block begins. */
		snprintf(text, sizeof text, "[refresh]\npath = /r\njson = %s\n\n", table[i][0]);
		snprintf(expected, sizeof expected, "p.conf:3: json: %s", table[i][1]);
		refuses(text, expected);
	}
	parses("[response]\naccess_token = a\n[refresh]\npath = /r\njson = {\n"
	       "  \"a\": \"\\u003b ${username}\",\n  \"b\": 1\n  }\n");
	ck_assert_str_eq(profile.requests[FT_REQUEST_REFRESH].json,
			 "{\n\"a\": \"\\u003b ${username}\",\n\"b\": 1\n}");
	ft_profile_release(&profile);
	refuses("[refresh]\npath = /r\njson = {\n  \"a\": \"x ;y\"\n  }\n",
		"p.conf:4: a continued line cannot hold a blank and \";\"");
	refuses("[refresh]\njson = {}\njson = {}\n", "p.conf:3: json: it may be given only once");
}
END_TEST

START_TEST(xml_templates)
{
	static const char *const table[][2] = {
		{ "a", "text outside of the root element" },
		{ "<a/>x", "text outside of the root element" },
		{ "<a/><b/>", "there is more than one root element" },
		{ "<a>", "an element is not closed" },
		{ "<a></b>", "</b> closes no open element" },
		{ "</a>", "</a> closes no open element" },
		{ "<a", "a tag has no \">\"" },
		{ "<a b>", "an attribute needs name=\"value\"" },
		{ "<a b=c>", "the value of an attribute has to be in quotes" },
		{ "<a b=${username}/>", "the value of an attribute has to be in quotes" },
		{ "<a b=\"c/>", "the value of an attribute has no end" },
		{ "<a b=\"<\"/>", "\"<\" in the value of an attribute" },
		{ "<${username}/>", "\"<\" begins no tag" },
		{ "<a${username}/>", "a tag has no \">\"" },
		{ "<a ${username}/>", "variables may be in text and in quoted values" },
		{ "<a ${username}=\"x\"/>", "variables may be in text and in quoted values" },
		{ "<a></${username}>", "</> closes no open element" },
		{ "<!DOCTYPE a><a/>", "\"<!\" and \"<?\" are not accepted" },
		{ "<?xml version=\"1.0\"?><a/>", "\"<!\" and \"<?\" are not accepted" },
		{ "<a><![CDATA[x]]></a>", "\"<!\" and \"<?\" are not accepted" },
		{ "<a><!-- x --></a>", "\"<!\" and \"<?\" are not accepted" },
		{ "<a>&nbsp;</a>", "a lone \"&\"" },
		{ "<a>b & c</a>", "a lone \"&\"" },
		{ "<a>&#xg;</a>", "a lone \"&\"" },
		{ "<a>&#;</a>", "a lone \"&\"" },
		{ "<a>$</a>", "a lone \"$\"" },
		{ "<a>${b}</a>", "unknown variable \"b\"" },
		{ "<a>< b/></a>", "\"<\" begins no tag" },
		{ "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>",
		  "it is nested too deeply" },
		{ "", "the value is empty" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char text[256], expected[256];

		snprintf(text, sizeof text, "[refresh]\npath = /r\nxml = %s\n", table[i][0]);
		snprintf(expected, sizeof expected, "p.conf:3: xml: %s", table[i][1]);
		refuses(text, expected);
	}
	parses("[response]\naccess_token = a\n[refresh]\npath = /r\nxml = <a:b c = '\"${username}' "
	       ">\n"
	       "  &lt;&#59;&#x3B;${scope?}<d.e-f />\n  </a:b >\n");
	ft_profile_release(&profile);
}
END_TEST

START_TEST(values_of_answers)
{
	refuses("[response]\naccess_token = .x\n", "p.conf:2: access_token: ");
	refuses("[response]\naccess_token = a b\n", "p.conf:2: access_token: ");
	refuses("[response]\naccess_token = a,,b\n", "p.conf:2: access_token: an item is empty");
	refuses("[response]\naccess_token = \"a\n", "p.conf:2: access_token: a quoted item has no");
	refuses("[response]\nexpires_jwt = true\n", "p.conf:2: expires_jwt: expected no or yes");
	refuses("[response]\nuntyped = html\n",
		"p.conf:2: untyped: expected refuse, ignore, json or");
	refuses("[response]\ncode = x\n", "p.conf:2: unknown key \"code\"");
	refuses("[terminal]\nstatus = 40\n",
		"p.conf:2: status: expected HTTP statuses, as 400, 401");
	refuses("[terminal]\nstatus = 4xx\n", "p.conf:2: status: expected HTTP statuses");
	refuses("[terminal]\nstatus = 600\n", "p.conf:2: status: expected HTTP statuses");
	refuses("[provider]\ndiscover = oidc\n", "p.conf:2: discover: expected oauth, openid");
	refuses("[provider]\nserver = http://x.example.com\n", "p.conf:2: server: expected https");
}
END_TEST

static struct ft_account account;

/* What a profile that extends another one gives. */
static void extends(const char *base, const char *text)
{
	struct ft_error err = FT_ERROR_INIT;

	files_write(files_data, "providers/base.conf", base);
	files_write(files_data, "providers/p.conf", text);
	account = (struct ft_account){ .name = (char *)"work", .provider = (char *)"p", .line = 7,
				       .file = "freshtoken.conf" };
	int r = ft_profile_load(&files_places, &account, &profile, &err);

	ck_assert_msg(r == 0, "%s", line_of(&err));
}

START_TEST(what_differs)
{
	static const char base[] =
		"[provider]\ndescription = base\nserver = https://b.example.com\neager = no\n"
		"[metadata]\na = /a\nb = /b\n"
		"[refresh]\nendpoint = token_endpoint\nform = a=1\n  b=2\nheader = X-A: 1\n"
		"[response]\naccess_token = a\nexpires_in = e\n"
		"[terminal]\nstatus = 400\ncode = x\n";

	extends(base, "[provider]\nextends = base\n");
	ck_assert_str_eq(profile.name, "p");
	ck_assert_str_eq(profile.extends, "base");
	ck_assert_ptr_nonnull(strstr(profile.file, "/p.conf"));
	ck_assert_str_eq(profile.description, "base");
	ck_assert(!profile.eager);
	ck_assert_uint_eq(profile.n_metadata, 2);
	has(&profile.requests[FT_REQUEST_REFRESH].form, "a=1|b=2");
	ft_profile_release(&profile);
	/* A key of its own takes the place of that key, and of no other. */
	extends(base, "[provider]\nextends = base\neager = yes\n[metadata]\nb = /c\n"
		"[refresh]\nform = a=3\n[response]\nexpires_in = f, g\n[terminal]\nstatus = 401\n");
	ck_assert_str_eq(profile.server, "https://b.example.com");
	ck_assert(profile.eager);
	ck_assert_uint_eq(profile.n_metadata, 2);
	for (size_t i = 0; i < 2; i++)
		ck_assert_str_eq(profile.metadata[i].value,
				 strcmp(profile.metadata[i].name, "a") == 0 ? "/a" : "/c");
	has(&profile.requests[FT_REQUEST_REFRESH].form, "a=3");
	has(&profile.requests[FT_REQUEST_REFRESH].header, "X-A: 1");
	has(&profile.fields[FT_FIELD_EXPIRES_IN], "f|g");
	has(&profile.fields[FT_FIELD_ACCESS_TOKEN], "a");
	/* A rule is one condition. */
	has(&profile.terminal.status, "401");
	ck_assert_uint_eq(profile.terminal.code.n, 0);
	ft_profile_release(&profile);
	/* One body, and one place, in the place of the others. */
	extends(base, "[provider]\nextends = base\n[refresh]\npath = /r\njson = {\"a\": 1}\n");
	ck_assert_ptr_null(profile.requests[FT_REQUEST_REFRESH].endpoint);
	ck_assert_str_eq(profile.requests[FT_REQUEST_REFRESH].path, "/r");
	ck_assert_uint_eq(profile.requests[FT_REQUEST_REFRESH].form.n, 0);
	ck_assert_int_eq(profile.requests[FT_REQUEST_REFRESH].format, FT_FORMAT_JSON);
	ft_profile_release(&profile);
	extends(base, "[provider]\nextends = base\n[refresh]\nformat = form\njson = {}\nform = c=1\n");
	ck_assert_int_eq(profile.requests[FT_REQUEST_REFRESH].format, FT_FORMAT_FORM);
	ft_profile_release(&profile);
}
END_TEST

static void extends_not(const char *text, const char *expected)
{
	struct ft_error err = FT_ERROR_INIT;

	files_write(files_data, "providers/p.conf", text);
	ck_assert_int_eq(ft_profile_find(&files_places, "p", &profile, &err), FT_CONFIG);
	ck_assert_msg(strstr(line_of(&err), expected) != NULL, "\"%s\" lacks \"%s\"", line_of(&err), expected);
}

START_TEST(what_cannot_be_extended)
{
	struct ft_error err;

	extends_not("[provider]\nextends = none\n",
		    "/p.conf:2: extends: no provider profile none.conf in ");
	extends_not("[provider]\neager = no\nextends = base\n",
		    "/p.conf:3: extends: it has to be the first key of the profile");
	extends_not("[refresh]\n[provider]\nextends = base\n",
		    "/p.conf:3: extends: it has to be the first key of the profile");
	extends_not("[provider]\nextends = ../p\n", "extends: expected the name of a profile");
	extends_not("[provider]\nextends = p\n", "extends: no provider profile p.conf in");
	files_write(files_data, "providers/base.conf", "[provider]\nextends = p\n");
	extends_not("[provider]\nextends = base\n",
		    "extends: more than 4 profiles extend each other");
	files_write(files_data, "providers/base.conf", "[x]\n");
	extends_not("[provider]\nextends = base\n", "/base.conf:1: unknown section \"x\"");
	files_write(files_data, "providers/base.conf", LEAST);
	extends_not("[provider]\nextends = base\nextends = base\n",
		    "/p.conf:3: extends: it may be given only once");
	extends_not("[provider]\nextends = base\n base\n",
		    "/p.conf:3: extends: its value is one line");
	/* What does not fit what it began as. */
	extends_not("[provider]\nextends = base\n[refresh]\nheader = Authorization: a\n"
		    "basic = ${username}:${password}\n",
		    "/p.conf:3: [refresh]: header: Authorization is sent by basic");
	ck_assert_int_eq(ft_profile_parse(NULL, "p", "p.conf", "[provider]\nextends = base\n", 27,
					  &profile, &err), FT_CONFIG);
}
END_TEST

/* One of a home that extends the shipped one of its name, as an administrator's does. */
START_TEST(one_of_the_same_name)
{
	struct ft_error err = FT_ERROR_INIT;

	files_write(files_data, "providers/p.conf", LEAST "[provider]\ndescription = shipped\n");
	files_write(files_system, "providers/p.conf", "[provider]\nextends = p\neager = no\n");
	files_write(files_user, "providers/p.conf", "[provider]\nextends = p\nscope = user\n");
	ck_assert_msg(ft_profile_find(&files_places, "p", &profile, &err) == 0, "%s", line_of(&err));
	ck_assert_str_eq(profile.description, "shipped");
	ck_assert(!profile.eager);
	ck_assert_str_eq(profile.scope, "user");
	ft_profile_release(&profile);
}
END_TEST

START_TEST(parameters)
{
	static const char text[] =
		"[provider]\nserver = https://${param.host}/${param.tenant}/\n"
		"issuer = https://${param.host}/{tenantid}\nscope = ${param.tenant}/x\n"
		"metadata_url = https://${param.host}/m?t=${param.tenant}\n"
		"[metadata]\na = https://${param.host}/a\n" LEAST;
	struct ft_param params[] = { { (char *)"host", (char *)"sso.example.com" },
				     { (char *)"tenant", (char *)"t1" } };
	struct ft_error err = FT_ERROR_INIT;

	files_write(files_data, "providers/p.conf", text);
	account = (struct ft_account){ .name = (char *)"work", .provider = (char *)"p", .line = 7,
				       .file = "freshtoken.conf", .params = params, .n_params = 2 };
	ck_assert_msg(ft_profile_load(&files_places, &account, &profile, &err) == 0, "%s", line_of(&err));
	ck_assert_str_eq(profile.server, "https://sso.example.com/t1");
	ck_assert_str_eq(profile.issuer, "https://sso.example.com/{tenantid}");
	ck_assert_str_eq(profile.metadata_url, "https://sso.example.com/m?t=t1");
	ck_assert_str_eq(profile.scope, "t1/x");
	ck_assert_str_eq(profile.metadata[0].value, "https://sso.example.com/a");
	/* Where metadata is said to be it is asked for. */
	has(&profile.discover, "openid");
	ft_profile_release(&profile);
	account.n_params = 1;
	ck_assert_int_eq(ft_profile_load(&files_places, &account, &profile, &err), FT_CONFIG);
	ck_assert_str_eq(line_of(&err), "provider profile p: server: ${param.tenant} is not set; set "
			 "param.tenant in [account work], freshtoken.conf:7");
	/* It cannot make another kind of URL of it. */
	account.n_params = 2;
	params[0].value = (char *)"evil.example.com/#";
	ck_assert_int_eq(ft_profile_load(&files_places, &account, &profile, &err), FT_CONFIG);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "server: a fragment (#) may not be in it"));
	/* Nor is it looked at less closely for a "$" of its own. */
	static const char *const odd[] = { "sso.example.com/$/..", "u@sso.example.com/$",
					   "sso.example.com/\x01$" };

	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		account.server = (char *)"https://sso.example.com";
		params[0].value = (char *)odd[i];
		for (int part = 0; part < 3; part++) {
			static const char *const parts[] = {
				"[provider]\nissuer = https://${param.host}\n",
				"[provider]\nmetadata_url = https://${param.host}\n",
				"[metadata]\na = https://${param.host}\n",
			};
			char whole[512];

			(void)snprintf(whole, sizeof whole, "%s%s", parts[part], LEAST);
			files_write(files_data, "providers/p.conf", whole);
			ck_assert_msg(ft_profile_load(&files_places, &account, &profile, &err) ==
				      FT_CONFIG, "%s of %s", parts[part], odd[i]);
		}
		account.server = NULL;
	}
	files_write(files_data, "providers/p.conf", text);
	refuses("[provider]\nserver = https://x.example.com/${scope}\n",
		"p.conf:2: server: only an account's ${param.NAME} can be in it");
	refuses("[provider]\nscope = ${param.a?}\n",
		"p.conf:2: scope: only an account's ${param.NAME} can be in it");
	refuses("[provider]\nissuer = https://x.example.com/a{tenantid}\n",
		"p.conf:2: issuer: {tenantid} has to be a whole segment of its path");
	/* Of its path: anybody has a host. */
	refuses("[provider]\nissuer = https://{tenantid}/a\n",
		"p.conf:2: issuer: {tenantid} has to be a whole segment of its path");
	/* Whoever listens at a port here says nothing of a service at https. */
	params[0].value = (char *)"sso.example.com";
	account.metadata_url = (char *)"http://127.0.0.1:9/m?a";
	ck_assert_int_eq(ft_profile_load(&files_places, &account, &profile, &err), FT_CONFIG);
	ck_assert_str_eq(line_of(&err), "metadata_url: it has to be https, as the server is");
	account.server = (char *)"http://127.0.0.1:8";
	ck_assert_int_eq(ft_profile_load(&files_places, &account, &profile, &err), 0);
	ft_profile_release(&profile);
}
END_TEST

START_TEST(standard_requests)
{
	const struct ft_request_template *t;

	parses(LEAST);
	t = ft_profile_request(&profile, FT_REQUEST_DEVICE);
	ck_assert(t->present && !profile.requests[FT_REQUEST_DEVICE].present);
	ck_assert_str_eq(t->endpoint, "device_authorization_endpoint");
	ck_assert_str_eq(ft_profile_answer_path(&profile, FT_REQUEST_DEVICE, FT_FIELD_USER_CODE, 0),
			 "user_code");
	ck_assert_ptr_null(ft_profile_answer_path(&profile, FT_REQUEST_DEVICE, FT_FIELD_USER_CODE, 1));
	ck_assert(!ft_profile_request(&profile, FT_REQUEST_LOGIN)->present);
	ft_profile_release(&profile);
	/* A section changes what it says, and nothing else. */
	parses(LEAST "[device]\nendpoint = token_endpoint\nuser_code = userCode, code\n");
	t = ft_profile_request(&profile, FT_REQUEST_DEVICE);
	ck_assert_str_eq(t->endpoint, "token_endpoint");
	has(&t->form, "client_id=${client_id?}|client_secret=${client_secret?}|scope=${scope?}|"
	    "resource=${resource?}|audience=${audience?}");
	ck_assert_int_eq(t->format, FT_FORMAT_FORM);
	ck_assert_str_eq(ft_profile_answer_path(&profile, FT_REQUEST_DEVICE, FT_FIELD_USER_CODE, 1),
			 "code");
	ck_assert_str_eq(ft_profile_answer_path(&profile, FT_REQUEST_DEVICE, FT_FIELD_DEVICE_CODE, 0),
			 "device_code");
	ft_profile_release(&profile);
	parses(LEAST "[introspect]\npath = /i\njson = {\"t\": \"${token}\"}\nactive = ok\n");
	ck_assert_ptr_eq(ft_profile_request(&profile, FT_REQUEST_INTROSPECT),
			 ft_profile_request(&profile, FT_REQUEST_INTROSPECT_REFRESH));
	ck_assert_str_eq(ft_profile_answer_path(&profile, FT_REQUEST_INTROSPECT_REFRESH,
						FT_FIELD_ACTIVE, 0), "ok");
	ft_profile_release(&profile);
	/* With what is known in it, and nothing else. */
	parses(LEAST "[device_token]\npath = /t\njson = {\"c\": \"${device_code}\"}\n");
	ft_profile_release(&profile);
	refuses(LEAST "[code]\nform = c=${device_code}\n",
		"p.conf:5: [code]: ${device_code} is not known in this request");
	refuses("[response]\naccess_token = a\n[refresh]\npath = /r/${code}\n",
		"p.conf:3: [refresh]: ${code} is not known in this request");
	refuses(LEAST "[userinfo]\njson = {\"a\": [\"${nonce}\"]}\nmethod = POST\n",
		"p.conf:5: [userinfo]: ${nonce} is not known in this request");
	/* Where the person's token has that header there is none of the client. */
	parses("[provider]\nclient_auth = basic\n" LEAST "[userinfo]\nsubject = id\n");
	ft_profile_release(&profile);
}
END_TEST

static void has_grants(const char *expected)
{
	char names[256] = "";
	const char *name;

	for (size_t i = 0; (name = ft_profile_grant_name(&profile, i)) != NULL; i++) {
		strcat(names, i > 0 ? " " : "");
		strcat(names, name);
		ck_assert(ft_profile_grant(&profile, name)->present);
	}
	ck_assert_str_eq(names, expected);
	ft_profile_release(&profile);
}

START_TEST(jwt)
{
	const struct ft_jwt_template *t;

	parses(LEAST);
	t = ft_profile_jwt(&profile);
	ck_assert_str_eq(t->issuer, "${client_id}");
	ck_assert_str_eq(t->subject, "${client_id}");
	ck_assert(!profile.jwt.present && t->audience == NULL && t->lifetime == 0);
	ft_profile_release(&profile);
	parses(LEAST "[jwt]\nissuer = a-${param.b?}\nlifetime = 10m\nbackdate = 60s\n");
	t = ft_profile_jwt(&profile);
	ck_assert_str_eq(t->issuer, "a-${param.b?}");
	ck_assert(t->subject == NULL && t->lifetime == 600 && t->backdate == 60);
	ft_profile_release(&profile);
	/* A secret is never signed, to be read by whoever gets that. */
	static const char *const no[] = { "client_secret", "source", "jwt", "password", "token",
					  "refresh_token", "access_token" };

	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		char text[256];

		(void)snprintf(text, sizeof text, LEAST "[jwt]\nsubject = x${%s?}\n", no[i]);
		refuses(text, "p.conf:6: subject: only ${client_id}, ${scope}, ${resource}, "
			      "${audience} and ${param.NAME} can be in it");
	}
	refuses(LEAST "[jwt]\nlifetime = 11m\n", "p.conf:6: lifetime: ");
	refuses(LEAST "[jwt]\nlifetime = 0s\n", "p.conf:6: lifetime: ");
	refuses(LEAST "[jwt]\nbackdate = 11m\n", "p.conf:6: backdate: ");
	refuses(LEAST "[jwt]\nkey = x\n", "p.conf:6: unknown key");
	refuses("[response]\naccess_token = a\n[refresh]\npath = /r\nform = a=${jwt}\n",
		"p.conf:3: [refresh]: ${jwt} is not known in this request");
	parses("[response]\naccess_token = a\n[grant g]\npath = /r\nform = a=${jwt?}\n"
	       "header = X: ${source}\n");
	ck_assert(ft_profile_request_uses(&profile.grants[0].request, FT_FORMAT_FORM, FT_VARIABLE_JWT));
	ck_assert(!ft_profile_request_needs(&profile.grants[0].request, FT_FORMAT_FORM, FT_VARIABLE_JWT));
	ck_assert(ft_profile_request_needs(&profile.grants[0].request, FT_FORMAT_FORM,
					   FT_VARIABLE_SOURCE));
	ft_profile_release(&profile);
}
END_TEST

#define GRANT "[response]\naccess_token = at\n[grant app]\npath = /app\n"

START_TEST(grants)
{
	struct ft_error err = FT_ERROR_INIT;

	/* Without a place to ask at, none but its own. */
	parses(LEAST);
	has_grants("");
	parses(GRANT);
	ck_assert_ptr_null(ft_profile_grant(&profile, "client_credentials"));
	ck_assert_str_eq(ft_profile_grant(&profile, "app")->path, "/app");
	ck_assert_str_eq(ft_profile_grant(&profile, "app")->method, "POST");
	has_grants("app");
	parses("[provider]\ndiscover = openid\n" LEAST);
	has_grants("client_credentials jwt_bearer token_exchange");
	parses("[metadata]\ntoken_endpoint = /t\n" GRANT "[grant client_credentials]\nform = a=${scope}\n");
	ck_assert_str_eq(ft_profile_grant(&profile, "client_credentials")->endpoint, "token_endpoint");
	has(&ft_profile_grant(&profile, "client_credentials")->form, "a=${scope}");
	has_grants("app client_credentials jwt_bearer token_exchange");
	/* Its other name, and that of its variable. */
	parses(GRANT "[exchange]\npath = /x\nform = t=${token}\n");
	ck_assert_str_eq(ft_profile_grant(&profile, "token_exchange")->path, "/x");
	has_grants("app token_exchange");
	refuses(GRANT "[exchange]\n[grant token_exchange]\n",
		"p.conf:6: [grant token_exchange]: it is already in line 5");
	refuses(GRANT "[grant b]\n", "p.conf:5: [grant b]: exactly one of path and endpoint is needed");
	refuses(GRANT "[grant b]\npath = /b\nform = a=${code}\n",
		"p.conf:5: [grant b]: ${code} is not known in this request");
	refuses(GRANT "[grant b]\npath = /b\njson = {\n", "p.conf:7: json: the template is not JSON");
	refuses(GRANT "[grant refresh]\n", "p.conf:5: [grant NAME]: expected a name");
	refuses(GRANT "[grant ]\n", "p.conf:5: [grant NAME]: expected a name");
	refuses(GRANT "[grant a/b]\n", "p.conf:5: [grant NAME]: expected a name");
	refuses(GRANT "[grants]\n", "p.conf:5: unknown section \"grants\"; is \"grant\" meant?");
	refuses(LEAST "[login]\npath = /l\nform = a=${source}\n",
		"p.conf:5: [login]: ${source} is not known in this request");
	/* By extension, with a key of its own. */
	extends(GRANT, "[provider]\nextends = base\n[grant app]\nform = a=b\n[refresh]\npath = /r\n");
	ck_assert_str_eq(ft_profile_grant(&profile, "app")->path, "/app");
	has(&ft_profile_grant(&profile, "app")->form, "a=b");
	ck_assert_ptr_null(profile.grant);
	ft_profile_release(&profile);
	account.grant = (char *)"app";
	ck_assert_int_eq(ft_profile_load(&files_places, &account, &profile, &err), 0);
	ck_assert_ptr_eq(ft_profile_request(&profile, FT_REQUEST_GRANT), &profile.grants[0].request);
	ft_profile_release(&profile);
	account.grant = (char *)"ap";
	ck_assert_int_eq(ft_profile_load(&files_places, &account, &profile, &err), FT_CONFIG);
	ck_assert_str_eq(line_of(&err), "grant: provider profile p has no [grant ap]; it has: app");
	account.provider = (char *)"base";
	account.grant = NULL;
	ck_assert_int_eq(ft_profile_load(&files_places, &account, &profile, &err), FT_CONFIG);
	ck_assert_str_eq(line_of(&err), "provider profile base has no [refresh], so nobody can sign in; "
			 "set grant to one of: app");
	/* With a source it is an exchange, unless it is said otherwise. */
	account.from = (char *)"work";
	ck_assert_int_eq(ft_profile_load(&files_places, &account, &profile, &err), FT_CONFIG);
	ck_assert_str_eq(line_of(&err), "grant: provider profile base has no [grant token_exchange]; it "
			 "has: app");
	files_write(files_data, "providers/base.conf", LEAST);
	ck_assert_int_eq(ft_profile_load(&files_places, &account, &profile, &err), FT_CONFIG);
	ck_assert_str_eq(line_of(&err), "grant: provider profile base has no [grant token_exchange] and "
			 "no other, and no token_endpoint for the grants of OAuth 2.0");
}
END_TEST

/* For services where the client makes up the code, and a GET asks for the tokens. */
START_TEST(codes_of_ours)
{
	const struct ft_request_template *t;

	parses(LEAST "[device]\npath = /d\njson = {\"s\": \"${device_code}\"}\n"
	       "link = /ui?a=1&s=${device_code}\ncode_tail = 4\n"
	       "[device_token]\nmethod = GET\npath = /t/${device_code}\npending = 400, 404\n");
	t = ft_profile_request(&profile, FT_REQUEST_DEVICE);
	ck_assert_str_eq(t->link, "/ui?a=1&s=${device_code}");
	ck_assert_int_eq(t->code_tail, 4);
	t = ft_profile_request(&profile, FT_REQUEST_DEVICE_TOKEN);
	ck_assert_str_eq(t->method, "GET");
	ck_assert_uint_eq(t->form.n, 0);
	ck_assert_int_eq(t->format, FT_FORMAT_NONE);
	has(&t->pending, "400|404");
	ft_profile_release(&profile);
	refuses(LEAST "[device]\nlink = /ui\n",
		"p.conf:6: link: expected a URL, or a path that begins with /, and a query");
	refuses(LEAST "[device]\nlink = /ui/${device_code}?a=1\n",
		"p.conf:6: link: variables may only be in the query");
	refuses(LEAST "[device]\nlink = /ui?a=${client_id}\n",
		"p.conf:6: link: only ${device_code} can be in it");
	refuses(LEAST "[device]\nlink = /ui?a=1#x\n",
		"p.conf:6: link: the query holds a byte that no query has");
	refuses(LEAST "[device]\ncode_tail = 4\n",
		"p.conf:5: [device]: link and code_tail need ${device_code} in this request");
	refuses(LEAST "[device]\ncode_tail = 3\n", "p.conf:6: code_tail: expected 4 to 36");
	/* A body of its own is none that a GET carries. */
	refuses(LEAST "[device_token]\nform = a=b\nmethod = GET\n",
		"p.conf:5: [device_token]: method: GET has no body");
}
END_TEST

START_TEST(registration)
{
	const struct ft_request_template *t;

	parses(LEAST);
	t = ft_profile_request(&profile, FT_REQUEST_REGISTER);
	ck_assert_str_eq(t->endpoint, "registration_endpoint");
	ck_assert_int_eq(t->format, FT_FORMAT_JSON);
	ck_assert_str_eq(ft_profile_request(&profile, FT_REQUEST_UNREGISTER)->method, "DELETE");
	ft_profile_release(&profile);
	/* A body of its own takes the place of the standard's, a single key does not. */
	parses(LEAST "[register]\nclient_id = id\n");
	t = ft_profile_request(&profile, FT_REQUEST_REGISTER);
	ck_assert_ptr_nonnull(strstr(t->json, "${device_grant?}"));
	ck_assert_str_eq(ft_profile_answer_path(&profile, FT_REQUEST_REGISTER, FT_FIELD_CLIENT_ID,
						0), "id");
	ft_profile_release(&profile);
	parses(LEAST "[register]\nform = a=${redirect_uri}\n");
	t = ft_profile_request(&profile, FT_REQUEST_REGISTER);
	ck_assert_ptr_null(t->json);
	ck_assert_int_eq(t->format, FT_FORMAT_FORM);
	ft_profile_release(&profile);
	refuses(LEAST "[device]\nform = a=${device_grant}\n",
		"p.conf:5: [device]: ${device_grant} is not known in this request");
	refuses(LEAST "[register]\nmethod = DELETE\n", "p.conf:6: method: expected GET");
}
END_TEST

#define PERSON "[person]\npath = /u/${person}\nactive = active\nsubject = id\n"

START_TEST(persons)
{
	const struct ft_request_template *t;

	/* It is enough for a profile. */
	parses(PERSON "gone = 404, 410\nentry = Resources, n\nactive_values = on, \"a,b\"\n");
	t = ft_profile_request(&profile, FT_REQUEST_PERSON);
	ck_assert(t->present);
	ck_assert_str_eq(t->method, "GET");
	has(&t->header, "Authorization: Bearer ${token}");
	has(&t->gone, "404|410");
	has(&t->entry, "Resources|n");
	has(&t->active_values, "on|a,b");
	ft_profile_release(&profile);
	parses(LEAST);
	ck_assert(!ft_profile_request(&profile, FT_REQUEST_PERSON)->present);
	ft_profile_release(&profile);
	refuses("[person]\npath = /u/${person}\nactive = active\n",
		"p.conf:1: [person]: it needs active and subject");
	refuses("[person]\npath = /u/${person}\nsubject = id\n",
		"p.conf:1: [person]: it needs active and subject");
	refuses("[person]\npath = /u\nsubject = id\nactive = a\n",
		"p.conf:1: [person]: this request must contain");
	refuses("[person]\npath = https://a.example.com/${person}\nprefix = /a\nsubject = id\n"
		"active = a\n", "p.conf:1: [person]: prefix: it needs a path that begins with /");
	refuses(PERSON "prefix = a\n", "p.conf:5: prefix: expected a path that begins");
	refuses(PERSON "prefix = /a/\n", "p.conf:5: prefix: expected a path that begins");
	refuses(PERSON "gone = 4o4\n", "p.conf:5: gone: ");
	refuses(LEAST "[userinfo]\nheader = A: ${person}\n",
		"p.conf:5: [userinfo]: ${person} is not known in this request");
	refuses(LEAST "[refresh]\ngone = 404\n", "p.conf:5: ");
}
END_TEST

START_TEST(recognised_by)
{
	struct ft_error err = FT_ERROR_INIT;

	files_write(files_data, "providers/base.conf",
		    LEAST "[recognise]\nhost = *.example.com, b\nmember = issuer=*/x\n  a=b=c\n"
		    "header = X-A, x_b\n");
	files_write(files_data, "providers/p.conf", "[provider]\nextends = base\n");
	ck_assert_int_eq(ft_profile_find(&files_places, "base", &profile, &err), 0);
	has(&profile.host, "*.example.com|b");
	has(&profile.member, "issuer=*/x|a=b=c");
	has(&profile.header, "X-A|x_b");
	ft_profile_release(&profile);
	ck_assert_int_eq(ft_profile_find(&files_places, "p", &profile, &err), 0);
	ck_assert_uint_eq(profile.host.n + profile.member.n + profile.header.n, 0);
	ft_profile_release(&profile);
	refuses(LEAST "[recognise]\nmember = issuer\n", "p.conf:6: member: expected name=value");
	refuses(LEAST "[recognise]\nheader = X-A: b\n",
		"p.conf:6: header: expected the name of a header");
	refuses(LEAST "[recognise]\nheader = \"a\\\"b\"\n",
		"p.conf:6: header: expected the name of a header");

	struct ft_strings names = { NULL, 0 };

	files_write(files_user, "providers/p.conf", "");
	files_write(files_user, "providers/.conf", "");
	files_write(files_user, "providers/x.txt", "");
	ck_assert_int_eq(ft_profile_names(&files_places, &names, &err), 0);
	has(&names, "base|p");
	ft_strings_release(&names);
}
END_TEST

START_TEST(small_keys)
{
	parses(LEAST "lifetime = 15m\n[introspect]\naccess_only = yes\n");
	ck_assert_int_eq(profile.lifetime, 900);
	ck_assert(profile.requests[FT_REQUEST_INTROSPECT].access_only);
	ft_profile_release(&profile);
	parses("[provider]\ndiscover = none\n" LEAST);
	ck_assert_uint_eq(profile.discover.n, 0);
	ft_profile_release(&profile);
	refuses("[provider]\ndiscover = openid, none\n" LEAST,
		"p.conf:1: [provider]: discover: none has to be alone");
	refuses(LEAST "lifetime = 1s\n", "p.conf:5: lifetime: expected 60 to 31536000 seconds");
}
END_TEST

START_TEST(folders)
{
	struct ft_error err = FT_ERROR_INIT;

	ck_assert_int_eq(ft_profile_find(&files_places, "p", &profile, &err), FT_CONFIG);
	char expected[512];

	snprintf(expected, sizeof expected, "no provider profile p.conf in %s/providers,"
		 " %s/providers, %s/providers; to see which there are, run: freshtoken provider"
		 " list", files_user, files_system, files_data);
	ck_assert_str_eq(line_of(&err), expected);

	/* The first found wins whole. */
	files_write(files_data, "providers/p.conf", LEAST "[error]\ncode = c\n");
	ck_assert_int_eq(ft_profile_find(&files_places, "p", &profile, &err), 0);
	ck_assert_uint_eq(profile.fields[FT_FIELD_CODE].n, 1);
	ft_profile_release(&profile);
	files_write(files_system, "providers/p.conf", LEAST "[provider]\ndescription = system\n");
	ck_assert_int_eq(ft_profile_find(&files_places, "p", &profile, &err), 0);
	ck_assert_str_eq(profile.description, "system");
	ck_assert_uint_eq(profile.fields[FT_FIELD_CODE].n, 0);
	ft_profile_release(&profile);
	files_write(files_user, "providers/p.conf", LEAST "[provider]\ndescription = user\n");
	ck_assert_int_eq(ft_profile_find(&files_places, "p", &profile, &err), 0);
	ck_assert_str_eq(profile.description, "user");
	ft_profile_release(&profile);
	/* Also where it is wrong; and PAM never looks into a home. */
	files_write(files_user, "providers/p.conf", "[x]\n");
	ck_assert_int_eq(ft_profile_find(&files_places, "p", &profile, &err), FT_CONFIG);
	snprintf(expected, sizeof expected, "%s/providers/p.conf:1: unknown section \"x\"",
		 files_user);
	ck_assert_str_eq(line_of(&err), expected);
	files_places.user_config = NULL;
	ck_assert_int_eq(ft_profile_find(&files_places, "p", &profile, &err), 0);
	ck_assert_str_eq(profile.description, "system");
	ft_profile_release(&profile);
}
END_TEST

START_TEST(names_are_no_paths)
{
	static const char *const names[] = { "", "..", "../p", "a/b", "/etc/passwd", "p\n", ".p" };
	struct ft_error err = FT_ERROR_INIT;

	files_write(files_root, "p.conf", LEAST);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		ck_assert_int_eq(ft_profile_find(&files_places, names[i], &profile, &err),
				 FT_CONFIG);
		ck_assert_ptr_nonnull(strstr(line_of(&err), "is not the name of a provider profile"));
	}
}
END_TEST

START_TEST(no_memory)
{
	/* An array: json-c 0.16 itself crashes where it cannot copy a member's name. */
	static const char text[] =
		"[provider]\ndescription = d\ndiscover = oauth\n[metadata]\na = /b\n"
		"[refresh]\npath = /r\nquery = a=b\njson = [\"${username}\"]\n"
		"[response]\naccess_token = \"a\".b, c\n[terminal]\nstatus = 400\n";
	unsigned n = 1;
	int r;

	do {
		alloc_fail(n++);
		r = ft_profile_parse(NULL, "p", "p.conf", text, sizeof text - 1, &profile, NULL);
		if (r == 0)
			ft_profile_release(&profile);
	} while (alloc_failed(r));
	ck_assert_int_eq(r, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		defaults, all_keys, formats, what_must_be_there, sections_and_keys,
		values_of_requests, json_templates, xml_templates, values_of_answers, what_differs,
		what_cannot_be_extended, one_of_the_same_name, parameters, standard_requests, grants, jwt,
		codes_of_ours, registration, persons,
		recognised_by, small_keys, folders,
		names_are_no_paths, no_memory, NULL
	};

	return unit_run_with("profile", tests, files_setup, files_teardown);
}
