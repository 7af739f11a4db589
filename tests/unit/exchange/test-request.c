/* SPDX-License-Identifier: MIT */
/* request.h, and the shipped profiles against their vendors' documents */
#include "config.h"

#include <check.h>

#include "lib/data/json.h"
#include "lib/exchange/facts.h"
#include "lib/exchange/request.h"
#include "lib/provider/profile.h"
#include "tests/unit/alloc.h"
#include "tests/unit/files.h"
#include "tests/unit/unit.h"

static struct ft_account account;
static struct ft_profile profile;
static struct ft_variables variables;
static struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
static struct json_object *tree;

/* What the service's metadata says; for a test to change. */
static struct ft_param endpoints[3];
static struct ft_metadata metadata = { endpoints, 3 };

static void setup(void)
{
	static const struct ft_param usual[] = {
		{ (char *)"token_endpoint", (char *)"https://sso.example.com/oauth/token" },
		{ (char *)"revocation_endpoint", (char *)"https://sso.example.com/oauth/revoke" },
		{ (char *)"other", (char *)"https://sso.example.com" },
	};

	files_setup();
	memcpy(endpoints, usual, sizeof endpoints);
	account = (struct ft_account){
		.name = (char *)"work", .server = (char *)"https://sso.example.com", .timeout = 60
	};
	memset(&profile, 0, sizeof profile);
	memset(&variables, 0, sizeof variables);
	ck_assert_int_eq(ft_secret_set(&variables.refresh_token, "RT", 2), 0);
}

static void teardown(void)
{
	ft_profile_release(&profile);
	ft_variables_release(&variables);
	ft_buf_release(&message);
	json_object_put(tree);
	tree = NULL;
	files_teardown();
}

static void use_profile(const char *text)
{
	struct ft_error err = FT_ERROR_INIT;

	ft_profile_release(&profile);
	int r = ft_profile_parse(NULL, "p", "p.conf", text, strlen(text), &profile, &err);

	ck_assert_msg(r == 0, "%s", line_of(&err));
}

/* A request's section, with the rest around it. */
static void use_refresh(const char *lines)
{
	char text[4096];

	snprintf(text, sizeof text, "[response]\naccess_token = at\n[refresh]\n%s\n", lines);
	use_profile(text);
}

/* One of the profiles that are installed, from the source tree. */
static void use_shipped(const char *name)
{
	struct ft_error err = FT_ERROR_INIT;
	char path[512], text[8192];

	snprintf(path, sizeof path, SHIPPED "/%s.conf", name);
	FILE *f = fopen(path, "r");

	ck_assert_msg(f != NULL, "%s", path);
	size_t len = fread(text, 1, sizeof text, f);

	fclose(f);
	ft_profile_release(&profile);
	int r = ft_profile_parse(NULL, name, path, text, len, &profile, &err);

	ck_assert_msg(r == 0, "%s", line_of(&err));
}

static const struct ft_route *route;

static int render(enum ft_request_kind kind, struct ft_error *err)
{
	const struct ft_recipient to = { &account, &profile, &metadata, route };

	return ft_request_render(&to, kind, &variables, NULL, &message, err);
}

/* Renders, and reads the message back. */
static void renders_kind(enum ft_request_kind kind)
{
	struct ft_error err = FT_ERROR_INIT;
	int r = render(kind, &err);

	ck_assert_msg(r == 0, "%s", line_of(&err));
	json_object_put(tree);
	tree = NULL;
	r = ft_json_parse(message.data, message.len, 8, "the message", &tree, &err);
	ck_assert_msg(r == 0, "%s: %s", line_of(&err), message.data);
	ck_assert_int_eq(ft_json_int(tree, "version", 0), 1);
}

static void renders(void)
{
	renders_kind(FT_REQUEST_REFRESH);
}

static void fails_kind(enum ft_request_kind kind, int code, const char *expected)
{
	const char *before = message.data;
	struct ft_error err = FT_ERROR_INIT;

	ck_assert_int_eq(render(kind, &err), code);
	ck_assert_str_eq(line_of(&err), expected);
	ck_assert_ptr_eq(message.data, before);
}

static void fails(const char *expected)
{
	fails_kind(FT_REQUEST_REFRESH, FT_CONFIG, expected);
}

static void body_is(const char *expected)
{
	const char *body = ft_json_string(tree, "body");

	if (expected == NULL)
		ck_assert_ptr_null(body);
	else
		ck_assert_str_eq(body, expected);
}

static void url_is(const char *expected)
{
	ck_assert_str_eq(ft_json_string(tree, "url"), expected);
}

/* All headers but User-Agent, with "|" between them. */
static void headers_are(const char *expected)
{
	struct json_object *headers = NULL;
	char joined[1024] = "";

	ck_assert(json_object_object_get_ex(tree, "headers", &headers));
	for (size_t i = 0; i < json_object_array_length(headers); i++) {
		const char *line = json_object_get_string(json_object_array_get_idx(headers, i));

		if (strcmp(line, "User-Agent: freshtoken/" PACKAGE_VERSION) == 0)
			continue;
		strcat(joined, joined[0] != '\0' ? "|" : "");
		strcat(joined, line);
	}
	ck_assert_str_eq(joined, expected);
}

static void set_secret(struct ft_secret *secret, const char *text)
{
	ck_assert_int_eq(ft_secret_set(secret, text, strlen(text)), 0);
}

/* Values that would change the shape of a request, were they not escaped. */
static const char *const hostile[] = {
	"\"", "\",\"x\":\"y", "\\", "\\\"", "${access_token}", "$$", "&x=y", "a=b", "</a><b>",
	"<!DOCTYPE x>", "]]>", "&lt;", "a\nb", "a\r\nX: y", "\t", "ins\xc3\xa9", "\xf0\x9f\x98\x80",
	"%41", "+", " ", "#", "?", "/../x", "'", ";", "\x7f",
};

static char *url_decode(const char *text)
{
	char *out = calloc(1, strlen(text) + 1);
	size_t n = 0;

	for (; *text != '\0'; text++) {
		unsigned byte;

		if (*text == '%' && sscanf(text + 1, "%2x", &byte) == 1)
			out[n++] = (char)byte, text += 2;
		else
			out[n++] = *text;
	}
	return out;
}

START_TEST(json_keeps_its_shape)
{
	use_refresh("path = /r\njson = {\"a\": [\"x ${refresh_token} y\"], \"b\": 1}");
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		struct json_object *body = NULL, *a = NULL;
		char expected[64];

		set_secret(&variables.refresh_token, hostile[i]);
		renders();
		const char *text = ft_json_string(tree, "body");

		ck_assert_int_eq(ft_json_parse(text, strlen(text), 8, "body", &body, NULL), 0);
		ck_assert_int_eq(json_object_object_length(body), 2);
		ck_assert_int_eq(ft_json_int(body, "b", 0), 1);
		ck_assert(json_object_object_get_ex(body, "a", &a));
		ck_assert_uint_eq(json_object_array_length(a), 1);
		snprintf(expected, sizeof expected, "x %s y", hostile[i]);
		ck_assert_str_eq(json_object_get_string(json_object_array_get_idx(a, 0)), expected);
		json_object_put(body);
	}
}
END_TEST

START_TEST(forms_keep_their_shape)
{
	use_refresh("path = /r\nform = a=x ${refresh_token}\n  b c=&");
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		char expected[64];

		set_secret(&variables.refresh_token, hostile[i]);
		renders();
		char *body = strdup(ft_json_string(tree, "body")), *amp = strchr(body, '&');

		ck_assert_ptr_nonnull(amp);
		*amp = '\0';
		ck_assert_str_eq(amp + 1, "b%20c=%26");
		ck_assert(strpbrk(body + 2, "=&+;\n\r \"<") == NULL);
		snprintf(expected, sizeof expected, "a=x %s", hostile[i]);
		char *decoded = url_decode(body);

		ck_assert_str_eq(decoded, expected);
		free(decoded);
		free(body);
	}
}
END_TEST

START_TEST(xml_keeps_its_shape)
{
	use_refresh("path = /r\nxml = <a b=\"${username}\">${refresh_token}</a>");
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		set_secret(&variables.refresh_token, hostile[i]);
		set_secret(&variables.username, hostile[i]);
		renders();
		const char *body = ft_json_string(tree, "body");
		size_t lt = 0, quotes = 0;

		/* Not one byte of markup more than the template's own. */
		for (const char *p = body; *p != '\0'; p++) {
			lt += *p == '<' || *p == '>';
			quotes += *p == '"';
			ck_assert(*p != '\n' && *p != '\r' && *p != '\t' && *p != '\'');
		}
		ck_assert_uint_eq(lt, 4);
		ck_assert_uint_eq(quotes, 2);
	}
	set_secret(&variables.username, "a\"b<c>&'\n");
	set_secret(&variables.refresh_token, "]]>${username}$$");
	renders();
	body_is("<a b=\"a&quot;b&lt;c&gt;&amp;&apos;&#10;\">]]&gt;${username}$$</a>");
}
END_TEST

START_TEST(urls_keep_their_shape)
{
	use_refresh("path = /a/${refresh_token}/b\nquery = x=${refresh_token}");
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		set_secret(&variables.refresh_token, hostile[i]);
		renders();
		const char *url = ft_json_string(tree, "url");
		size_t slashes = 0;

		for (const char *p = url; *p != '\0'; p++) {
			slashes += *p == '/';
			ck_assert(*p > 0x20 && *p < 0x7f && strchr("\"<>\\^`{|}#&+'", *p) == NULL);
		}
		ck_assert_uint_eq(slashes, 5);
		ck_assert(strchr(url, '?') == strrchr(url, '?'));
	}
	set_secret(&variables.refresh_token, "a b");
	renders();
	url_is("https://sso.example.com/a/a%20b/b?x=a%20b");
	/* Nothing can be encoded here, and somebody would resolve it. */
	set_secret(&variables.refresh_token, "..");
	fails("provider profile p: path: a variable makes a segment \".\" or \"..\"");
	set_secret(&variables.refresh_token, ".");
	fails("provider profile p: path: a variable makes a segment \".\" or \"..\"");
}
END_TEST

START_TEST(headers_keep_their_shape)
{
	use_refresh("path = /r\nheader = X-Token: a ${refresh_token};q=\"1\"\n  X-B: ${username?}");
	renders();
	headers_are("Accept: application/json|X-Token: a RT;q=\"1\"");
	set_secret(&variables.username, "u");
	renders();
	headers_are("Accept: application/json|X-Token: a RT;q=\"1\"|X-B: u");
	static const char *const wrong[] = { "a b", "a\nX: y", "a\r", "\x7f", "\xc3\xa9", "\x01" };

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		set_secret(&variables.refresh_token, wrong[i]);
		fails("provider profile p: header X-Token: ${refresh_token}:"
		      " it holds a byte that a header must not");
	}
	ck_assert_int_eq(ft_secret_set(&variables.refresh_token, "a\0b", 3), 0);
	fails("provider profile p: header X-Token: ${refresh_token}:"
	      " it holds a byte that a header must not");
}
END_TEST

START_TEST(values_that_no_body_can_hold)
{
	static const char *const bodies[] = {
		"json = {\"a\": \"${refresh_token}\"}", "form = a=${refresh_token}",
		"xml = <a>${refresh_token}</a>",
	};
	static const char *const keys[] = { "json", "form", "xml" };

	for (size_t i = 0; i < 3; i++) {
		char lines[128], expected[256];

		snprintf(lines, sizeof lines, "path = /r\n%s", bodies[i]);
		use_refresh(lines);
		ck_assert_int_eq(ft_secret_set(&variables.refresh_token, "a\0b", 3), 0);
		snprintf(expected, sizeof expected, "provider profile p: %s:"
			 " ${refresh_token}: it holds a NUL byte", keys[i]);
		fails(expected);
		if (i == 1)
			continue;
		set_secret(&variables.refresh_token, "\xff");
		snprintf(expected, sizeof expected, "provider profile p: %s:"
			 " ${refresh_token}: it is not UTF-8", keys[i]);
		fails(expected);
	}
	ft_secret_release(&variables.refresh_token);
	fails("provider profile p: xml: ${refresh_token} is not known;"
	      " run: freshtoken login work");
}
END_TEST

START_TEST(what_is_unset_is_dropped)
{
	use_refresh("path = /r\njson = {\"a\": \"${username?}\", \"b\": [\"${username?}\", \"c\","
		    " \"x${scope?}\"],\n  \"d\": {\"e\": \"${scope?}\"}, \"f\": null, \"g\": true,"
		    " \"h\": -1.50, \"$i\": \"\"}");
	renders();
	body_is("{\"b\":[\"c\"],\"d\":{},\"f\":null,\"g\":true,\"h\":-1.50,\"$i\":\"\"}");
	set_secret(&variables.username, "u");
	account.scope = (char *)"s";
	renders();
	body_is("{\"a\":\"u\",\"b\":[\"u\",\"c\",\"xs\"],\"d\":{\"e\":\"s\"},\"f\":null,"
		"\"g\":true,\"h\":-1.50,\"$i\":\"\"}");
	use_refresh("path = /r\nform = a=${username?}\n  b=1\n  c=${scope?}\n"
		    "query = d=${audience?}\n  e=${username?}");
	renders();
	body_is("a=u&b=1&c=s");
	url_is("https://sso.example.com/r?e=u");
	ft_secret_release(&variables.username);
	account.scope = NULL;
	renders();
	body_is("b=1");
	url_is("https://sso.example.com/r");
	/* An element stays, for some read them by their place. */
	use_refresh("path = /r\nxml = <a><b>${username?}</b></a>");
	renders();
	body_is("<a><b></b></a>");
}
END_TEST

START_TEST(servers_and_paths)
{
	struct ft_error err = FT_ERROR_INIT;
	const char *server = NULL;

	account.server = (char *)"https://sso.example.com/prefix";
	use_refresh("path = /r");
	renders();
	url_is("https://sso.example.com/prefix/r");
	ck_assert_str_eq(ft_json_string(tree, "method"), "POST");
	body_is(NULL);
	headers_are("Accept: application/json");
	use_refresh("path = https://other.example.com:8443/${refresh_token}\nmethod = PATCH");
	renders();
	url_is("https://other.example.com:8443/RT");
	ck_assert_str_eq(ft_json_string(tree, "method"), "PATCH");
	use_refresh("path = https://other.example.com");
	renders();
	url_is("https://other.example.com");
	use_refresh("path = htTps://Other.example.com/X");
	renders();
	url_is("https://Other.example.com/X");
	account.server = (char *)"HTTPS://sso.example.com";
	use_refresh("path = /r");
	renders();
	url_is("https://sso.example.com/r");

	account.server = NULL;
	use_refresh("path = /r");
	fails("server: it is not set, and the provider profile has none");
	use_profile("[provider]\nserver = https://p.example.com/\n[response]\naccess_token = a\n"
		    "[refresh]\npath = /r\n");
	renders();
	url_is("https://p.example.com/r");
	ck_assert_int_eq(ft_request_server(&account, &profile, &server, &err), 0);
	ck_assert_str_eq(server, "https://p.example.com");
	fails_kind(FT_REQUEST_LOGIN, FT_CONFIG, "provider profile p has no [login]");
	fails_kind(FT_REQUEST_REVOKE, FT_CONFIG, "provider profile p has no [revoke]");
}
END_TEST

START_TEST(endpoints_from_metadata)
{
	use_refresh("endpoint = token_endpoint\nquery = a=b");
	ck_assert(ft_request_needs_discovery(&profile, FT_REQUEST_REFRESH));
	ck_assert(!ft_request_needs_discovery(&profile, FT_REQUEST_LOGIN));
	renders();
	url_is("https://sso.example.com/oauth/token?a=b");
	endpoints[0].value = (char *)"https://sso.example.com/t?policy=x";
	renders();
	url_is("https://sso.example.com/t?policy=x&a=b");

	static const struct {
		const char *url, *why;
	} wrong[] = {
		{ "http://sso.example.com/t", "is not https" }, { "http://127.0.0.1:1/t", "is not https" },
		{ "https://u@sso.example.com/t", "cannot be used: " }, { "/t", "cannot be used: it has no host" },
		{ "https://sso.example.com/t#x", "cannot be used: " }, { "ftp://sso.example.com/t", "cannot be used: " },
		{ "", "cannot be used: " }, { "https://sso.example.com/ t", "cannot be used: " },
		/* "$" begins a variable in profiles alone. */
		{ "--gpu-launcher=x$$", "cannot be used: " }, { "file:///x?$$", "cannot be used: " },
		{ "https://u@sso.example.com/$$", "cannot be used: " },
		{ "http://127.1:1/$$", "cannot be used: " },
		{ "https://sso.example.com/${param.company}\x1b", "cannot be used: " },
		{ "https://sso.example.com./t", "cannot be used: the host ends with a dot; write it without" },
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		static const char start[] = "provider profile p: https://sso.example.com names an endpoint"
					    " token_endpoint that ";
		struct ft_error err = FT_ERROR_INIT;

		endpoints[0].value = (char *)wrong[i].url;
		ck_assert_int_eq(render(FT_REQUEST_REFRESH, &err), FT_UNTRUSTED);
		ck_assert_msg(strncmp(line_of(&err), start, strlen(start)) == 0 &&
			      strncmp(line_of(&err) + strlen(start), wrong[i].why, strlen(wrong[i].why)) == 0,
			      "%s: %s", wrong[i].url, line_of(&err));
	}
	/* A service on loopback may name itself. */
	account.server = (char *)"http://127.0.0.1:8080";
	endpoints[0].value = (char *)"http://127.0.0.1:8080/t";
	renders();
	url_is("http://127.0.0.1:8080/t?a=b");

	use_refresh("endpoint = other_endpoint");
	fails("provider profile p: http://127.0.0.1:8080 names no other_endpoint;"
	      " write it into [metadata] of a provider profile");
	/* The profile's own metadata goes first. */
	use_profile("[metadata]\ntoken_endpoint = /own\n[response]\naccess_token = a\n"
		    "[refresh]\nendpoint = token_endpoint\n");
	ck_assert(!ft_request_needs_discovery(&profile, FT_REQUEST_REFRESH));
	renders();
	url_is("http://127.0.0.1:8080/own");
	use_profile("[metadata]\ntoken_endpoint = https://own.example.com/t?x\n[response]\n"
		    "access_token = a\n[refresh]\nendpoint = token_endpoint\n");
	renders();
	url_is("https://own.example.com/t?x");
}
END_TEST

static struct ft_discovery at;

static int discovers(bool begin)
{
	const struct ft_recipient to = { &account, &profile, NULL, NULL };
	struct ft_error err;

	if (begin)
		at = (struct ft_discovery){ .next = 0 };
	return ft_request_discovery(&to, &at, &message, &err);
}

START_TEST(discovery)
{

	use_profile("[provider]\ndiscover = oauth, openid\n[response]\naccess_token = a\n"
		    "[refresh]\nendpoint = token_endpoint\n");
	account.server = (char *)"https://sso.example.com:8443/realms/x";
	ck_assert_int_eq(discovers(true), 0);
	ck_assert_str_eq(message.data, "{\"version\":1,\"method\":\"GET\",\"url\":"
			 "\"https://sso.example.com:8443/.well-known/oauth-authorization-server/realms/x\","
			 "\"headers\":[\"Accept: application/json\",\"User-Agent: freshtoken/"
			 PACKAGE_VERSION "\"],\"metadata\":true,\"timeout\":60}");
	ck_assert_int_eq(discovers(false), 0);
	ck_assert_ptr_nonnull(strstr(message.data, "\"https://sso.example.com:8443/realms/x/"
				     ".well-known/openid-configuration\""));
	ck_assert_int_eq(discovers(false),
			 FT_NOT_FOUND);
	/* Once more where an answer was a redirect, and no third time. */
	at.redirected = true;
	ck_assert_int_eq(discovers(false), 0);
	ck_assert_ptr_nonnull(strstr(message.data, "/oauth-authorization-server/realms/x/\""));
	ck_assert_int_eq(discovers(false), 0);
	ck_assert_ptr_nonnull(strstr(message.data, "/x/.well-known/openid-configuration/\""));
	at.redirected = true;
	ck_assert_int_eq(discovers(false), FT_NOT_FOUND);
	account.server = (char *)"https://sso.example.com";
	ck_assert_int_eq(discovers(true), 0);
	ck_assert_ptr_nonnull(strstr(message.data, "\"https://sso.example.com/.well-known/"
				     "oauth-authorization-server\""));
	account.server = (char *)"HTTPS://sso.example.com";
	ck_assert_int_eq(discovers(true), 0);
	ck_assert_ptr_nonnull(strstr(message.data, "\"https://sso.example.com/.well-known/"));
	account.server = NULL;
	ck_assert_int_eq(discovers(true), FT_CONFIG);
	use_profile("[provider]\ndiscover = oauth, openid\nmetadata_url = https://x.example.com/m?a=1\n"
		    "[response]\naccess_token = a\n[refresh]\nendpoint = token_endpoint\n");
	account.server = (char *)"https://sso.example.com";
	ck_assert_int_eq(discovers(true), 0);
	ck_assert_ptr_nonnull(strstr(message.data, "\"https://x.example.com/m?a=1\""));
	ck_assert_int_eq(discovers(false), FT_NOT_FOUND);
	use_profile("[provider]\ndiscover = openid\n[response]\naccess_token = a\n"
		    "[refresh]\nendpoint = token_endpoint\n");
	account.server = (char *)"https://sso.example.com";
	ck_assert_int_eq(discovers(true), 0);
	ck_assert_ptr_nonnull(strstr(message.data, "openid-configuration"));
}
END_TEST

START_TEST(client_authentication)
{
	char secret_file[160];

	files_write(files_user, "secret", "s3 cr:et\r\n");
	snprintf(secret_file, sizeof secret_file, "%s/secret", files_user);
	use_refresh("path = /r\nform = a=b\n  client_id=${client_id?}\n"
		    "  client_secret=${client_secret?}");
	account.client_id = (char *)"i:d";
	renders();
	body_is("a=b&client_id=i%3Ad");
	headers_are("Accept: application/json|Content-Type: application/x-www-form-urlencoded");

	/* Where nobody says how: in the way that every service has to know, unless it says that it
	 * knows the other alone. */
	account.client_secret_file = secret_file;
	renders();
	body_is("a=b");
	headers_are("Accept: application/json|Content-Type: application/x-www-form-urlencoded|"
		    "Authorization: Basic aSUzQWQ6czMlMjBjciUzQWV0");
	const struct ft_metadata saved = metadata;
	struct ft_param methods = { (char *)"token_endpoint_auth_methods_supported",
				    (char *)"client_secret_post none" };
	metadata = (struct ft_metadata){ &methods, 1 };
	renders();
	body_is("a=b&client_id=i%3Ad&client_secret=s3%20cr%3Aet");
	methods.value = (char *)"client_secret_post client_secret_basic";
	renders();
	body_is("a=b");
	metadata = saved;

	/* A service that knows no clients gets no secret of one. */
	use_refresh("path = /r\nform = a=b");
	fails("client_secret_file: the provider profile does not use it;"
	      " set client_auth = basic or post");
	use_refresh("path = /r\nform = a=b\n  client_id=${client_id?}\n"
		    "  client_secret=${client_secret?}");

	/* A key that is taken for a secret is not sent. */
	files_write(files_user, "secret", "-----BEGIN PRIVATE KEY-----\n");
	char no_secret[400];

	snprintf(no_secret, sizeof no_secret,
		 "client_secret_file %s: it is a key, and would be sent as a secret;"
		 " set client_auth = private_key_jwt in [account work]", secret_file);
	fails(no_secret);
	files_write(files_user, "secret", "s3 cr:et\r\n");

	account.client_auth = FT_CLIENT_AUTH_POST;
	renders();
	body_is("a=b&client_id=i%3Ad&client_secret=s3%20cr%3Aet");

	/* RFC 6749 section 2.3.1: encoded first, and in one place alone. */
	account.client_auth = FT_CLIENT_AUTH_BASIC;
	renders();
	body_is("a=b");
	headers_are("Accept: application/json|Content-Type: application/x-www-form-urlencoded|"
		    "Authorization: Basic aSUzQWQ6czMlMjBjciUzQWV0");

	/* What the caller has read need not be read again. */
	account.client_secret_file = NULL;
	fails("client_secret_file is not set, and this client_auth needs it; set client_secret_file in [account work], freshtoken.conf:0");
	set_secret(&variables.client_secret, "other");
	renders();
	headers_are("Accept: application/json|Content-Type: application/x-www-form-urlencoded|"
		    "Authorization: Basic aSUzQWQ6b3RoZXI=");
	account.client_id = NULL;
	fails("client_id is not set, and this client_auth needs it; set client_id in [account work], freshtoken.conf:0");

	account.client_id = (char *)"id";
	use_refresh("path = /r\nbasic = ${username}:${password}");
	fails("client_auth: basic cannot be used, the provider profile needs that"
	      " header for the user");
	use_refresh("path = /r\nheader = authorization: Bearer ${refresh_token}");
	fails("client_auth: basic cannot be used, the provider profile sets"
	      " Authorization itself");
	use_refresh("path = /r\nform = client_id=${client_id}");
	fails("provider profile p: form: ${client_id} is not set; set client_id in"
	      " [account work], freshtoken.conf:0");
	account.client_auth = FT_CLIENT_AUTH_NONE;
	renders();
	body_is("client_id=id");
}
END_TEST

/* The secret that an ID token may be signed with; NULL: none is told. */
static void id_token_secret_is(const char *expected)
{
	struct json_object *rules = NULL;

	renders();
	ck_assert(json_object_object_get_ex(tree, "id_token", &rules));
	const char *secret = ft_json_string(rules, "secret");

	ck_assert_msg(expected == NULL ? secret == NULL :
		      secret != NULL && strcmp(secret, expected) == 0, "%s",
		      secret != NULL ? secret : "none");
}

START_TEST(secrets_that_sign)
{
	char *algorithms[] = { (char *)"RS256 HS384", (char *)"RS256", (char *)"HS2567 XHS256" };

	use_shipped("oauth2");
	endpoints[1].name = (char *)"id_token_signing_alg_values_supported";
	endpoints[2].name = (char *)"issuer";
	account.client_id = (char *)"id";
	account.client_auth = FT_CLIENT_AUTH_POST;
	set_secret(&variables.client_secret, "s\"\\");
	variables.by_secret = true;
	for (size_t i = 0; i < 3; i++) {
		endpoints[1].value = algorithms[i];
		id_token_secret_is(i == 0 ? "s\"\\" : NULL);
	}
	endpoints[1].value = algorithms[0];
	account.client_auth = FT_CLIENT_AUTH_BASIC;
	id_token_secret_is("s\"\\");
	/* A login's request; a private key; nothing said by the service; no text. */
	variables.by_secret = false;
	id_token_secret_is(NULL);
	variables.by_secret = true;
	account.client_auth = FT_CLIENT_AUTH_PRIVATE_KEY_JWT;
	id_token_secret_is(NULL);
	account.client_auth = FT_CLIENT_AUTH_BASIC;
	endpoints[1].name = (char *)"other";
	id_token_secret_is(NULL);
	endpoints[1].name = (char *)"id_token_signing_alg_values_supported";
	set_secret(&variables.client_secret, "\xff");
	id_token_secret_is(NULL);
}
END_TEST

static void authorize_url_is(const struct ft_secret *request_uri, const char *expected)
{
	struct ft_error err = FT_ERROR_INIT;
	const struct ft_recipient to = { &account, &profile, &metadata, NULL };
	int r = ft_request_authorize_url(&to, &variables, request_uri, &message, &err);

	ck_assert_msg(r == 0, "%s", err.text);
	ck_assert_str_eq(message.data, expected);
}

/* RFC 9126: the same parameters, with whoever asks; then a reference to them. */
START_TEST(pushed_parameters)
{
	static char reference[] = "urn:x&scope=all#\"\n";
	const struct ft_secret request_uri = { reference, sizeof reference - 1 };

	use_shipped("oauth2");
	endpoints[0].name = (char *)"pushed_authorization_request_endpoint";
	endpoints[1].name = (char *)"authorization_endpoint";
	endpoints[1].value = (char *)"https://sso.example.com/auth?a=b";
	account.client_id = (char *)"i:d";
	account.scope = (char *)"openid a";
	set_secret(&variables.state, "s");
	set_secret(&variables.code_challenge, "c");
	set_secret(&variables.redirect_uri, "http://127.0.0.1:1/");
	set_secret(&variables.client_secret, "x&y");
#define PUSHED "response_type=code&client_id=i%3Ad&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2F&state=s" \
	       "&code_challenge=c&code_challenge_method=S256&scope=openid%20a"
	authorize_url_is(NULL, "https://sso.example.com/auth?a=b&" PUSHED);
	renders_kind(FT_REQUEST_PUSH);
	url_is("https://sso.example.com/oauth/token");
	body_is(PUSHED);
	account.client_auth = FT_CLIENT_AUTH_POST;
	renders_kind(FT_REQUEST_PUSH);
	body_is(PUSHED "&client_secret=x%26y");
	account.client_auth = FT_CLIENT_AUTH_BASIC;
	renders_kind(FT_REQUEST_PUSH);
	body_is(PUSHED);
	headers_are("Accept: application/json|Content-Type: application/x-www-form-urlencoded|"
		    "Authorization: Basic aSUzQWQ6eCUyNnk=");
	struct json_object *fields = NULL;

	ck_assert(json_object_object_get_ex(tree, "fields", &fields));
	ck_assert_str_eq(ft_json_text(fields, NULL),
			 "{\"code\":[\"error\"],\"message\":[\"error_description\"],"
			 "\"request_uri\":[\"request_uri\"]}");
	authorize_url_is(&request_uri, "https://sso.example.com/auth?a=b&client_id=i%3Ad&"
				       "request_uri=urn%3Ax%26scope%3Dall%23%22%0A");
}
END_TEST

START_TEST(client_certificates)
{
	char certificate[160], key[160];
	struct json_object *tls = NULL;

	files_write(files_user, "cert.pem", "CERT\n");
	files_write(files_user, "key.pem", "KEY\n");
	snprintf(certificate, sizeof certificate, "%s/cert.pem", files_user);
	snprintf(key, sizeof key, "%s/key.pem", files_user);
	use_shipped("oauth2");
	endpoints[2].name = (char *)"mtls_endpoint_aliases.token_endpoint";
	endpoints[2].value = (char *)"https://mtls.example.com/token";
	account.client_id = (char *)"id";
	renders();
	url_is("https://sso.example.com/oauth/token");
	account.client_auth = FT_CLIENT_AUTH_TLS;
	account.client_cert_file = certificate;
	account.client_key_file = key;
	renders();
	url_is("https://mtls.example.com/token");
	body_is("grant_type=refresh_token&refresh_token=RT&client_id=id");
	headers_are("Accept: application/json|Content-Type: application/x-www-form-urlencoded");
	ck_assert(json_object_object_get_ex(tree, "client_tls", &tls));
	ck_assert_str_eq(ft_json_text(tls, NULL), "{\"certificate\":\"CERT\",\"key\":\"KEY\"}");
	/* Not every endpoint has an alias. */
	renders_kind(FT_REQUEST_REVOKE);
	url_is("https://sso.example.com/oauth/revoke");
	ck_assert(json_object_object_get_ex(tree, "client_tls", &tls));
	account.client_key_file = NULL;
	fails("client_key_file is not set, and this client_auth needs it; set client_key_file in "
	      "[account work], freshtoken.conf:0");
}
END_TEST

START_TEST(proofs_of_a_key)
{
	struct json_object *dpop = NULL;

	use_shipped("oauth2");
	account.client_id = (char *)"id";
	renders();
	ck_assert(!json_object_object_get_ex(tree, "dpop", NULL));
	set_secret(&variables.dpop_key, "KEY");
	renders();
	ck_assert(json_object_object_get_ex(tree, "dpop", &dpop));
	ck_assert_str_eq(ft_json_text(dpop, NULL), "{\"key\":\"KEY\"}");
	variables.dpop_nonce = "n";
	renders_kind(FT_REQUEST_REVOKE);
	ck_assert(json_object_object_get_ex(tree, "dpop", &dpop));
	ck_assert_str_eq(ft_json_text(dpop, NULL), "{\"key\":\"KEY\",\"nonce\":\"n\"}");
	/* What brings no token and ends none wants no proof. */
	endpoints[0].name = (char *)"device_authorization_endpoint";
	renders_kind(FT_REQUEST_DEVICE);
	ck_assert(!json_object_object_get_ex(tree, "dpop", NULL));
}
END_TEST

static void assertion_is(const char *key, const char *audience)
{
	struct json_object *assertion = NULL;

	ck_assert(json_object_object_get_ex(tree, "client_assertion", &assertion));
	ck_assert_str_eq(ft_json_string(assertion, "key"), key);
	ck_assert_str_eq(ft_json_string(assertion, "client_id"), "id");
	ck_assert_str_eq(ft_json_string(assertion, "audience"), audience);
}

START_TEST(client_assertions)
{
	static const char key[] = "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----";
	static const char token[] = "https://sso.example.com/oauth/token";
	char secret_file[160];

	files_write(files_user, "key.pem", "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n");
	snprintf(secret_file, sizeof secret_file, "%s/key.pem", files_user);
	use_shipped("oauth2");
	account.client_id = (char *)"id";
	account.client_secret_file = secret_file;
	account.client_auth = FT_CLIENT_AUTH_PRIVATE_KEY_JWT;
	renders();
	assertion_is(key, token);
	body_is("grant_type=refresh_token&refresh_token=RT&client_id=id");
	headers_are("Accept: application/json|Content-Type: application/x-www-form-urlencoded");
	/* Meant for an address only where it is sent there; else for the issuer, where that is known. */
	renders_kind(FT_REQUEST_REVOKE);
	assertion_is(key, "https://sso.example.com/oauth/revoke");
	endpoints[2].name = (char *)"issuer";
	renders_kind(FT_REQUEST_REVOKE);
	assertion_is(key, "https://sso.example.com");
	url_is("https://sso.example.com/oauth/revoke");
	renders();
	assertion_is(key, token);
	set_secret(&variables.token, "AT");
	set_secret(&variables.source, "AT");
	profile.grant = ft_profile_grant(&profile, "token_exchange");
	renders_kind(FT_REQUEST_GRANT);
	assertion_is(key, token);
	body_is("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=AT&"
		"subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&client_id=id");
	/* Of an account even a JWT is an access token; from outside it is what it looks like. */
	static const struct {
		const char *from, *source, *type;
	} types[] = {
		{ "other", "eyJh.eyJz.c2ln", "access_token" },
		{ "file:/run/token", "eyJh.eyJz.c2ln", "jwt" },
		{ "env:TOKEN", "eyJh.eyJz.", "jwt" },
		{ "file:/run/token", "eyJh.eyJz", "access_token" },
		{ "file:/run/token", "eyJh.eyJz.c2ln.x", "access_token" },
		{ "file:/run/token", "a.b.c", "access_token" },
		{ "file:/run/token", "opaque", "access_token" },
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		char body[256];

		account.from = (char *)types[i].from;
		set_secret(&variables.source, types[i].source);
		renders_kind(FT_REQUEST_GRANT);
		snprintf(body, sizeof body, "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3A"
			 "token-exchange&subject_token=%s&subject_token_type=urn%%3Aietf%%3Aparams%%3A"
			 "oauth%%3Atoken-type%%3A%s&client_id=id", types[i].source, types[i].type);
		body_is(body);
	}
	account.from = NULL;
	profile.grant = ft_profile_grant(&profile, "client_credentials");
	renders_kind(FT_REQUEST_GRANT);
	assertion_is(key, token);
	body_is("grant_type=client_credentials&client_id=id");
	/* An ID token's times: by this machine's clock, unless a refresh says otherwise. */
	struct json_object *rules = NULL;

	renders();
	ck_assert(json_object_object_get_ex(tree, "id_token", &rules));
	ck_assert(!json_object_object_get_ex(rules, "by_date", NULL));
	variables.by_date = true;
	renders();
	ck_assert(json_object_object_get_ex(tree, "id_token", &rules));
	ck_assert(ft_json_bool(rules, "by_date", false));
	variables.by_date = false;
	ck_assert(!json_object_object_get_ex(rules, "keep", NULL));
	account.id_token = true;
	renders();
	ck_assert(json_object_object_get_ex(tree, "id_token", &rules));
	ck_assert(ft_json_bool(rules, "keep", false));
	account.id_token = false;
	/* Whom a person's token proves needs no other proof. */
	endpoints[0].name = (char *)"userinfo_endpoint";
	renders_kind(FT_REQUEST_USERINFO);
	ck_assert(!json_object_object_get_ex(tree, "client_assertion", NULL));
	endpoints[0].name = (char *)"token_endpoint";

	use_refresh("path = /r\njson = {\"a\": 1}");
	fails("client_auth: private_key_jwt needs a form, but provider profile p does not send one; set another"
	      " client_auth");
	use_refresh("path = /r\njson = {\"a\": 1}\nform = a=b\nformat = json");
	fails("client_auth: private_key_jwt needs a form, but provider profile p does not send one; set format ="
	      " form");
	account.format = (char *)"form";
	renders();
	body_is("a=b");
	assertion_is(key, "https://sso.example.com/r");
	/* Where there is no metadata it is for where it is sent. */
	endpoints[0].name = (char *)"other_endpoint";
	renders();
	assertion_is(key, "https://sso.example.com/r");
	account.client_id = NULL;
	fails("client_id is not set, and this client_auth needs it; set client_id in [account work], freshtoken.conf:0");
}
END_TEST

START_TEST(secrets_that_cannot_be_read)
{
	struct ft_error err;
	char file[160], link_name[160], expected[512];

	use_refresh("path = /r");
	snprintf(file, sizeof file, "%s/secret", files_user);
	account.client_id = (char *)"id";
	account.client_secret_file = file;
	account.client_auth = FT_CLIENT_AUTH_POST;
	static const char remedy[] =
		"put it there, readable for nobody else, or correct client_secret_file";

	snprintf(expected, sizeof expected, "client_secret_file %s: cannot be read:"
		 " No such file or directory; %s", file, remedy);
	fails(expected);
	files_write(files_user, "secret", "\n");
	snprintf(expected, sizeof expected, "client_secret_file %s: it is empty; %s", file, remedy);
	fails(expected);
	char *long_secret = calloc(1, 16386);

	memset(long_secret, 'a', 16385);
	files_write(files_user, "secret", long_secret);
	free(long_secret);
	ck_assert_int_eq(render(FT_REQUEST_REFRESH, &err), FT_UNTRUSTED);
	files_write(files_user, "secret", "s3cret");
	ck_assert_int_eq(chmod(file, 0620), 0);
	ck_assert_int_eq(render(FT_REQUEST_REFRESH, &err), FT_UNTRUSTED);
	ck_assert_int_eq(chmod(file, 0600), 0);
	renders();
	snprintf(link_name, sizeof link_name, "%s/link", files_user);
	ck_assert_int_eq(symlink(file, link_name), 0);
	account.client_secret_file = link_name;
	renders();
	ck_assert_int_eq(chmod(file, 0602), 0);
	ck_assert_int_eq(render(FT_REQUEST_REFRESH, &err), FT_UNTRUSTED);
	ck_assert_int_eq(chmod(file, 0600), 0);
	account.client_secret_file = files_user;
	ck_assert_int_eq(render(FT_REQUEST_REFRESH, &err), FT_UNTRUSTED);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "not a regular file"));
	if (geteuid() != 0)
		return;
	account.client_secret_file = file;
	ck_assert_int_eq(chmod(files_root, 0755), 0);
	ck_assert_int_eq(chmod(files_user, 0755), 0);
	ck_assert_int_eq(seteuid(65534), 0);
	int r = render(FT_REQUEST_REFRESH, &err);

	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(r, FT_CONFIG);
	snprintf(expected, sizeof expected, "client_secret_file %s: permission denied;"
		 " this account is only for PAM; git and docker need a public client", file);
	ck_assert_str_eq(line_of(&err), expected);
}
END_TEST

START_TEST(basic_for_the_user)
{
	use_profile("[response]\naccess_token = a\n[refresh]\npath = /r\n"
		    "[login]\nmethod = GET\npath = /l\nbasic = ${username}:${password}\n");
	fails_kind(FT_REQUEST_LOGIN, FT_CONFIG, "provider profile p: basic:"
		   " ${username} is not known in this request");
	set_secret(&variables.username, "al ice");
	set_secret(&variables.password, "p:w\xc3\xa9");
	renders_kind(FT_REQUEST_LOGIN);
	headers_are("Accept: application/json|Authorization: Basic YWwgaWNlOnA6d8Op");
	ck_assert_str_eq(ft_json_string(tree, "method"), "GET");
	body_is(NULL);
	set_secret(&variables.username, "al:ice");
	fails_kind(FT_REQUEST_LOGIN, FT_CONFIG, "provider profile p: basic:"
		   " ${username}: a user name with \":\" cannot be sent");
	set_secret(&variables.username, "alice");
	set_secret(&variables.password, "p\nw");
	fails_kind(FT_REQUEST_LOGIN, FT_CONFIG, "provider profile p: basic:"
		   " ${password}: it holds a control byte");
	use_refresh("path = /r\nbasic = ${username?}:x");
	ft_secret_release(&variables.username);
	renders();
	headers_are("Accept: application/json");
}
END_TEST

START_TEST(formats)
{
	use_refresh("path = /r\njson = {}\nform = a=b\nxml = <a/>\nformat = json");
	renders();
	body_is("{}");
	headers_are("Accept: application/json|Content-Type: application/json");
	account.format = (char *)"form";
	renders();
	body_is("a=b");
	headers_are("Accept: application/json|Content-Type: application/x-www-form-urlencoded");
	account.format = (char *)"xml";
	renders();
	body_is("<a/>");
	headers_are("Accept: application/xml|Content-Type: application/xml");
	use_refresh("path = /r\njson = {}\ncontent_type = text/json\naccept = text/x, */*\n"
		    "header = User-Agent: x");
	fails("format: provider profile p has no xml body");
	account.format = NULL;
	renders();
	headers_are("Accept: text/x, */*|Content-Type: text/json|User-Agent: x");
}
END_TEST

START_TEST(the_rest_of_the_message)
{
	use_profile("[refresh]\npath = /r\n[response]\naccess_token = a, \"b c\".d\n"
		    "expires_at = \".e\"\nexpires_jwt = yes\nuntyped = json\n[error]\nmessage = m\n"
		    "[revoke]\npath = /v\n");
	account.ca_file = (char *)"/etc/c\xc3\xa0.pem";
	account.timeout = 7;
	renders();
	ck_assert_str_eq(message.data, "{\"version\":1,\"method\":\"POST\",\"url\":"
			 "\"https://sso.example.com/r\",\"headers\":[\"Accept: application/json\","
			 "\"User-Agent: freshtoken/" PACKAGE_VERSION "\"],\"fields\":{\"access_token\":"
			 "[\"a\",\"\\\"b c\\\".d\"],\"expires_at\":[\"\\\".e\\\"\"],\"message\":[\"m\"]},"
			 "\"jwt\":true,\"untyped\":\"json\",\"ca_file\":\"/etc/c\xc3\xa0.pem\","
			 "\"timeout\":7}");
	renders_kind(FT_REQUEST_REVOKE);
	ck_assert(!ft_json_bool(tree, "jwt", false));
}
END_TEST

START_TEST(routes)
{
	const struct ft_route env = {
		"http://plain.example.com", "http://secure.example.com:3128", ".example.net", 7
	};

	use_refresh("path = /r");
	renders();
	ck_assert_ptr_null(ft_json_string(tree, "proxy"));
	ck_assert_int_eq(ft_json_int(tree, "timeout", 0), account.timeout);
	route = &env;
	renders();
	ck_assert_int_eq(ft_json_int(tree, "timeout", 0), 7);
	ck_assert_str_eq(ft_json_string(tree, "proxy"), "http://secure.example.com:3128");
	ck_assert_str_eq(ft_json_string(tree, "no_proxy"), ".example.net");
	/* The account's goes first, and means what it says. */
	account.proxy = (char *)"http://own.example.com";
	renders();
	ck_assert_str_eq(ft_json_string(tree, "proxy"), "http://own.example.com");
	ck_assert_ptr_null(ft_json_string(tree, "no_proxy"));
	account.proxy = (char *)"none";
	renders();
	ck_assert_ptr_null(ft_json_string(tree, "proxy"));
	/* A loopback address has none at all. */
	static const char *const local[] = { "http://127.0.0.1:8080", "https://127.9.9.9", "http://[::1]" };
	static char *const own[] = { NULL, (char *)"http://own.example.com" };

	for (size_t i = 0; i < 6; i++) {
		account.server = (char *)local[i % 3];
		account.proxy = own[i / 3];
		renders();
		ck_assert_ptr_null(ft_json_string(tree, "proxy"));
	}
	const struct ft_route empty = { "", "", "", 0 };

	route = &empty;
	account.server = (char *)"https://sso.example.com";
	account.proxy = NULL;
	renders();
	ck_assert_int_eq(ft_json_int(tree, "timeout", 0), account.timeout);
	ck_assert_ptr_null(ft_json_string(tree, "proxy"));
	route = NULL;
}
END_TEST

START_TEST(too_long)
{
	struct ft_error err;
	char *token = calloc(1, FT_MESSAGE_MAX + 1);

	memset(token, 'a', FT_MESSAGE_MAX);
	use_refresh("path = /r\njson = [\"${refresh_token}\"]");
	set_secret(&variables.refresh_token, token);
	free(token);
	ck_assert_int_eq(render(FT_REQUEST_REFRESH, &err), FT_UNTRUSTED);
	ck_assert_uint_eq(message.len, 0);
}
END_TEST

/* The samples of the vendors' documents, with our values for "sample string". */

START_TEST(abitmedia)
{
	use_shipped("abitmedia");
	account.server = NULL;
	renders();
	ck_assert_str_eq(ft_json_string(tree, "method"), "POST");
	url_is("https://id.abitmedia.app/v1/refreshToken");
	headers_are("Accept: application/json|Content-Type: application/json");
	body_is("{\"refreshToken\":\"RT\"}");
	account.format = (char *)"form";
	renders();
	headers_are("Accept: application/json|Content-Type: application/x-www-form-urlencoded");
	body_is("refreshToken=RT");
	set_secret(&variables.username, "alice");
	set_secret(&variables.password, "pw");
	renders_kind(FT_REQUEST_LOGIN);
	ck_assert_str_eq(ft_json_string(tree, "method"), "GET");
	url_is("https://id.abitmedia.app/v1/auth");
	headers_are("Accept: application/json|Authorization: Basic YWxpY2U6cHc=");
	body_is(NULL);
}
END_TEST

/* The documents show XML on one line; a line feed of ours stands for each blank there. */
static void xml_is(const char *expected)
{
	char body[1024];

	snprintf(body, sizeof body, "%s", ft_json_string(tree, "body"));
	for (char *p = body; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	ck_assert_str_eq(body, expected);
}

START_TEST(consinco)
{
	struct ft_param company = { (char *)"company", (char *)"1" };

	use_shipped("consinco");
	ck_assert(!ft_request_needs_access_token(&account, &profile, FT_REQUEST_REFRESH));
	set_secret(&variables.refresh_token, "sample string 1");
	renders();
	ck_assert_str_eq(ft_json_string(tree, "method"), "POST");
	url_is("https://sso.example.com/api/v1/auth/refresh-token");
	headers_are("Accept: application/json|Content-Type: application/json");
	body_is("{\"refresh_token\":\"sample string 1\",\"grant_type\":\"refresh_token\"}");
	account.format = (char *)"xml";
	renders();
	headers_are("Accept: application/xml|Content-Type: application/xml");
	xml_is("<ConsincoRefreshTokenBindingModel"
	       " xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\""
	       " xmlns=\"http://schemas.datacontract.org/2004/07/AuthenticationServer.Models\">"
	       " <ControllerVersion>3</ControllerVersion>"
	       " <GrantType>refresh_token</GrantType>"
	       " <Refreshtoken>sample string 1</Refreshtoken>"
	       " </ConsincoRefreshTokenBindingModel>");
	set_secret(&variables.username, "alice");
	set_secret(&variables.password, "pw");
	fails_kind(FT_REQUEST_LOGIN, FT_CONFIG, "provider profile consinco: json:"
		   " ${param.company} is not set; give --param company=VALUE");
	account.params = &company;
	account.n_params = 1;
	renders_kind(FT_REQUEST_LOGIN);
	url_is("https://sso.example.com/api/v1/auth/login");
	body_is("{\"company\":\"1\",\"username\":\"alice\",\"password\":\"pw\"}");
	ck_assert(profile.terminal.unparsed);
}
END_TEST

START_TEST(formulacerta)
{
	use_shipped("formulacerta");
	ck_assert(ft_request_needs_access_token(&account, &profile, FT_REQUEST_REFRESH));
	fails("provider profile formulacerta: json: ${access_token} is not known;"
	      " sign in with both tokens: freshtoken login work --token");
	set_secret(&variables.access_token, "sample string 1");
	set_secret(&variables.refresh_token, "sample string 2");
	renders();
	url_is("https://sso.example.com/api/v2/account/refreshtoken");
	headers_are("Accept: application/json|Content-Type: application/json");
	body_is("{\"AccessTokenOld\":\"sample string 1\",\"AccessTokenRefresh\":\"sample string 2\"}");
	account.format = (char *)"form";
	renders();
	body_is("AccessTokenOld=sample%20string%201&AccessTokenRefresh=sample%20string%202");
	account.format = (char *)"xml";
	renders();
	headers_are("Accept: application/xml|Content-Type: application/xml");
	xml_is("<AccessTokenBindingModel xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\""
	       " xmlns=\"http://schemas.datacontract.org/2004/07/FormulaCertaAPI.Models.v2.BindingModels\">"
	       " <AccessTokenOld>sample string 1</AccessTokenOld>"
	       " <AccessTokenRefresh>sample string 2</AccessTokenRefresh>"
	       " </AccessTokenBindingModel>");
}
END_TEST

START_TEST(kirjaswappi)
{
	use_shipped("kirjaswappi");
	account.server = (char *)"http://127.0.0.1:8080";
	set_secret(&variables.refresh_token, "string");
	renders();
	ck_assert_str_eq(ft_json_string(tree, "method"), "POST");
	url_is("http://127.0.0.1:8080/api/v1/authenticate/refresh");
	headers_are("Accept: application/json|Content-Type: application/json");
	body_is("{\"refreshToken\":\"string\"}");
	ck_assert(ft_json_bool(tree, "jwt", false));
	ck_assert_str_eq(ft_json_string(tree, "untyped"), "json");
	set_secret(&variables.username, "alice");
	set_secret(&variables.password, "pw");
	renders_kind(FT_REQUEST_LOGIN);
	url_is("http://127.0.0.1:8080/api/v1/authenticate");
	body_is("{\"username\":\"alice\",\"password\":\"pw\"}");
}
END_TEST

START_TEST(oauth2)
{
	use_shipped("oauth2");
	ck_assert(ft_request_needs_discovery(&profile, FT_REQUEST_REFRESH));
	renders();
	url_is("https://sso.example.com/oauth/token");
	headers_are("Accept: application/json|Content-Type: application/x-www-form-urlencoded");
	body_is("grant_type=refresh_token&refresh_token=RT");
	account.client_id = (char *)"cli";
	account.scope = (char *)"openid offline_access";
	account.resource = (char *)"https://api.example.com/";
	account.audience = (char *)"aud";
	renders();
	body_is("grant_type=refresh_token&refresh_token=RT&client_id=cli&scope=openid%20offline_access"
		"&resource=https%3A%2F%2Fapi.example.com%2F&audience=aud");
	renders_kind(FT_REQUEST_REVOKE);
	url_is("https://sso.example.com/oauth/revoke");
	body_is("token=RT&token_type_hint=refresh_token&client_id=cli");
	set_secret(&variables.client_secret, "s");
	account.client_auth = FT_CLIENT_AUTH_POST;
	renders_kind(FT_REQUEST_REVOKE);
	body_is("token=RT&token_type_hint=refresh_token&client_id=cli&client_secret=s");
	account.client_auth = FT_CLIENT_AUTH_BASIC;
	renders_kind(FT_REQUEST_REVOKE);
	body_is("token=RT&token_type_hint=refresh_token");
	headers_are("Accept: application/json|Content-Type: application/x-www-form-urlencoded|"
		    "Authorization: Basic Y2xpOnM=");
}
END_TEST

START_TEST(no_memory)
{
	static const char *const lines[] = {
		"path = /${refresh_token}\nform = a=${refresh_token}\nbasic = a:b\nquery = a=b",
		"path = /r\njson = [\"${refresh_token}\"]\nheader = X-A: ${refresh_token}",
		"path = /r\nxml = <a>${refresh_token}</a>",
	};

	set_secret(&variables.client_secret, "s");
	account.client_auth = FT_CLIENT_AUTH_POST;
	account.client_id = (char *)"id";
	for (size_t i = 0; i < 3; i++) {
		unsigned n = 1;
		int r;

		use_refresh(lines[i]);
		ft_buf_release(&message);
		do {
			alloc_fail(n++);
			r = render(FT_REQUEST_REFRESH, NULL);
			ft_buf_release(&message);
		} while (alloc_failed(r));
		ck_assert_int_eq(r, 0);
	}
}
END_TEST

/* A subject is one segment of a path, and one value of a query. */
START_TEST(questions_about_persons)
{
	static const struct {
		const char *section, *server, *person, *url;
	} table[] = {
		{ "path = /users/${person}", "https://sso.example.com/x", "alice",
		  "https://sso.example.com/x/users/alice" },
		{ "prefix = /admin\npath = /users/${person}", "https://sso.example.com/realms/staff",
		  "a/../b?c#d e", "https://sso.example.com/admin/realms/staff/users/a%2F..%2Fb%3Fc%23d%20e" },
		{ "prefix = /api\npath = /users/${person}", "https://sso.example.com", "alice",
		  "https://sso.example.com/api/users/alice" },
		{ "path = https://graph.example.com/v1/users/${person}\nquery = $$select=id,on",
		  "https://sso.example.com", "alice",
		  "https://graph.example.com/v1/users/alice?%24select=id%2Con" },
		{ "path = /Users\nquery = filter=id eq \"${person}\"", "https://sso.example.com",
		  "a\"&b=c", "https://sso.example.com/Users?filter=id%20eq%20%22a%22%26b%3Dc%22" },
	};
	struct ft_error err = FT_ERROR_INIT;
	char text[512];

	ck_assert_int_eq(ft_secret_set(&variables.token, "TOKEN", 5), 0);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		snprintf(text, sizeof text, "[person]\n%s\nactive = on\nsubject = id\n",
			 table[i].section);
		use_profile(text);
		account.server = (char *)table[i].server;
		ck_assert_int_eq(ft_secret_set(&variables.person, table[i].person,
					       strlen(table[i].person)), 0);
		renders_kind(FT_REQUEST_PERSON);
		ck_assert_str_eq(ft_json_string(tree, "url"), table[i].url);
		ck_assert_ptr_nonnull(strstr(message.data, "Authorization: Bearer TOKEN"));
		ck_assert_ptr_nonnull(strstr(message.data, "\"entries\":[]"));
		ck_assert_ptr_nonnull(strstr(message.data, "\"subject\":[\"id\"]"));
	}
	/* Who would be asked about then? */
	use_profile("[person]\npath = /users/${person}\nactive = on\nsubject = id\nentry = a.b, c\n");
	ck_assert_int_eq(ft_secret_set(&variables.person, "..", 2), 0);
	ck_assert_int_eq(render(FT_REQUEST_PERSON, &err), FT_CONFIG);
	ck_assert_int_eq(ft_secret_set(&variables.person, "bob", 3), 0);
	renders_kind(FT_REQUEST_PERSON);
	ck_assert_ptr_nonnull(strstr(message.data, "\"entries\":[\"a.b\",\"c\"]"));
	/* A client's own proof has no place in it. */
	account.client_auth = FT_CLIENT_AUTH_BASIC;
	account.client_id = (char *)"id";
	account.client_secret_file = (char *)"/nonexistent";
	renders_kind(FT_REQUEST_PERSON);
	account.client_auth = FT_CLIENT_AUTH_UNSET;
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		json_keeps_its_shape, forms_keep_their_shape, xml_keeps_its_shape,
		urls_keep_their_shape, headers_keep_their_shape, values_that_no_body_can_hold,
		what_is_unset_is_dropped, servers_and_paths, questions_about_persons, endpoints_from_metadata, discovery,
		client_authentication, secrets_that_sign, proofs_of_a_key, client_certificates, pushed_parameters,
		client_assertions, secrets_that_cannot_be_read, basic_for_the_user, formats,
		the_rest_of_the_message, routes, too_long, abitmedia, consinco, formulacerta,
		kirjaswappi, oauth2, no_memory, NULL
	};

	return unit_run_with("request", tests, setup, teardown);
}
