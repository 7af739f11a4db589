/* SPDX-License-Identifier: MIT */
/* transport/answer.h, and through it body.h, response.h and jwt.h */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/encode.h"
#include "lib/exchange/facts.h"
#include "lib/transport/answer.h"
#include "lib/transport/jose/jwt.h"
#include "tests/unit/unit.h"

#define NOW INT64_C(1700000000)

/* What came back, as text: headers separated by LF, and the body. */
struct reply {
	const char *header, *body;
	size_t body_len;	/* 0: strlen */
	bool cut;
	int status;		/* 0: 200 */
};

static struct json_object *answer_to(const char *asked, const struct reply *reply)
{
	struct ft_buf text = FT_BUF_INIT(FT_MESSAGE_MAX);
	struct ft_error err = FT_ERROR_INIT;
	struct ft_exchange exchange;
	struct ft_response response;
	struct json_object *answer = NULL;

	ft_buf_addf(&text, "{\"version\":1,\"method\":\"POST\"%s%s%s}",
		    strncmp(asked, "\"url\"", 5) != 0 ? ",\"url\":\"x\"" : "",
		    asked[0] != '\0' ? "," : "", asked);
	ck_assert_msg(ft_exchange_parse(text.data, text.len, &exchange, &err) == 0, "%s", line_of(&err));
	ft_response_init(&response);
	response.sent = FT_SENT_YES;
	response.status = reply->status > 0 ? reply->status : 200;
	response.whole = !reply->cut;
	for (const char *line = reply->header; *line != '\0';) {
		size_t len = strcspn(line, "\n");

		ft_response_add_line(&response, line, len);
		line += len + (line[len] != '\0');
	}
	ft_buf_add(&response.body, reply->body,
		   reply->body_len > 0 ? reply->body_len : strlen(reply->body));
	ck_assert_int_eq(ft_answer_make(&exchange, &response, NOW, &answer, &err), 0);
	ft_response_release(&response);
	ft_exchange_release(&exchange);
	ft_buf_release(&text);
	return answer;
}

static const char *member(struct json_object *object, const char *outer, const char *inner)
{
	struct json_object *found = NULL;

	ck_assert_msg(json_object_object_get_ex(object, outer, &found), "no %s", outer);
	return ft_json_string(found, inner);
}

START_TEST(knows_what_a_body_is)
{
	static const struct {
		const char *type, *untyped, *body, *media;
		bool parsed;
	} table[] = {
		{ "application/json", "refuse", "{}", "json", true },
		{ "Application/JSON; charset=utf-8", "refuse", "{}", "json", true },
		{ "text/json;x=y", "refuse", "{}", "json", true },
		{ "application/problem+json", "refuse", "{}", "json", true },
		{ "application/vnd.x+JSON", "refuse", "{}", "json", true },
		{ "application/json", "refuse", "\xef\xbb\xbf{}", "json", true },
		{ "application/json", "refuse", "null", "json", true },
		{ "application/json", "refuse", "{", "json", false },
		{ "application/json", "refuse", "{} {}", "json", false },
		{ "application/json", "refuse", "[[[[[[[[1]]]]]]]]", "json", true },
		{ "application/json", "refuse", "[[[[[[[[[1]]]]]]]]]", "json", false },
		{ "application/json", "refuse", "\xef\xbb\xbf\xef\xbb\xbf{}", "json", false },
		{ "application/json", "refuse", "<r/>", "json", false },
		{ "application/jsonx", "refuse", "{}", "other", false },
		{ "+json", "refuse", "{}", "other", false },
		{ "application/xml", "refuse", "<r/>", "xml", true },
		{ "text/xml; charset=utf-8", "refuse", "\xef\xbb\xbf<r/>", "xml", true },
		{ "application/soap+xml", "refuse", "<r/>", "xml", true },
		{ "application/xml", "refuse", "{}", "xml", false },
		{ "text/xml", "refuse", "<!DOCTYPE r><r/>", "xml", false },
		/* No type, or one that says nothing */
		{ NULL, "refuse", "{}", "other", false },
		{ "text/plain", "refuse", "{}", "other", false },
		{ "application/octet-stream", "json", "{}", "json", true },
		{ "*/*", "json", "{}", "json", true },
		{ NULL, "json", "{}", "json", true },
		{ NULL, "json", "<r/>", "none", false },
		{ NULL, "xml", "<r/>", "xml", true },
		{ NULL, "ignore", "{}", "none", false },
		{ "text/plain", "ignore", "OK", "none", false },
		{ "application/json", "ignore", "{}", "json", true },
		{ "application/json", "xml", "{}", "json", true },
		/* HTML, whatever it says it is */
		{ "text/html", "json", "{}", "html", false },
		{ "application/xhtml+xml", "xml", "<r/>", "html", false },
		{ "application/json", "json", "<!DOCTYPE html>", "html", false },
		{ "application/json", "json", " \r\n\t<!doctype HTML PUBLIC", "html", false },
		{ "text/xml", "xml", "<html/>", "html", false },
		{ NULL, "json", "<HTML><p>", "html", false },
		{ NULL, "ignore", "<html lang=en>", "html", false },
		{ NULL, "refuse", "\xef\xbb\xbf<!-- a --> <!-- b --><html>", "html", false },
		{ "text/xml", "xml", "<?xml version='1.0'?>\n<html xmlns='x'/>", "html", false },
		{ NULL, "xml", "<htmlx/>", "xml", true },
		{ NULL, "xml", "<!-- open", "none", false },
		{ NULL, "json", "\"<html>\"", "json", true },
		/* Nothing */
		{ "application/json", "json", "", "none", false },
		{ NULL, "refuse", "", "none", false },
		{ "text/html", "refuse", "", "none", false },
		{ "application/json", "json", "\xef\xbb\xbf", "none", false },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_buf header = FT_BUF_INIT(256), asked = FT_BUF_INIT(256);

		ft_buf_adds(&header, "");
		if (table[i].type != NULL)
			ft_buf_addf(&header, "Content-Type: %s", table[i].type);
		ft_buf_addf(&asked, "\"untyped\":\"%s\"", table[i].untyped);
		struct json_object *answer = answer_to(asked.data,
			&(struct reply){ .header = header.data, .body = table[i].body });

		ck_assert_msg(strcmp(ft_json_string(answer, "media"), table[i].media) == 0,
			      "row %zu: %s is %s", i, table[i].body,
			      ft_json_string(answer, "media"));
		ck_assert_msg(ft_json_bool(answer, "parsed", !table[i].parsed) == table[i].parsed,
			      "row %zu: %s", i, table[i].body);
		json_object_put(answer);
		ft_buf_release(&header);
		ft_buf_release(&asked);
	}
}
END_TEST

START_TEST(takes_nothing_from_half_a_body)
{
	struct json_object *answer = answer_to("\"fields\":{\"access_token\":[\"a\"],"
		"\"subject\":[\"header:x-user\"]}",
		&(struct reply){ .header = "Content-Type: application/json\nX-User: alice",
				 .body = "{\"a\":\"1\"", .cut = true });

	ck_assert(!ft_json_bool(answer, "parsed", true));
	ck_assert_ptr_null(member(answer, "fields", "access_token"));
	ck_assert_str_eq(member(answer, "fields", "subject"), "alice");
	json_object_put(answer);
}
END_TEST

/* Of what brings tokens: what is used, what is salvaged, and what is kept as it came. */
START_TEST(looks_at_what_brings_tokens)
{
	static const char asked[] = "\"body\":\"refresh_token=long-secret\",\"untyped\":\"json\",\"fields\":{"
		"\"access_token\":[\"a\",\"deep.a\"],\"refresh_token\":[\"r\"],\"success\":[\"ok\"],"
		"\"expires_in\":[\"e\"],\"code\":[\"error\"],\"message\":[\"m\"]}";
	enum { USED, SALVAGED, KEPT, NOTHING };
	static const struct {
		const char *type, *body;
		int what;
		bool cut;
		int status;
	} table[] = {
		{ NULL, "{\"a\":\"A\",\"r\":\"R\"}", USED, false, 200 },
		{ "text/html", "{\"a\":\"A\",\"r\":\"R\"}", USED, false, 201 },
		{ "text/html; charset=iso-8859-1", "<r><a>A</a><r>R</r></r>", USED, false, 200 },
		{ "application/xml", "{\"a\":\"A\",\"r\":\"R\"}", USED, false, 200 },
		{ "application/json", "<r><a>A</a><r>R</r></r>", USED, false, 200 },
		{ "application/json", "{\"a\":\"A\",\"r\":\"R\"}", USED, true, 200 },
		{ "application/json", "{\"a\":\"A\",\"r\":\"R\",\"x\":1,\"x\":2}", USED, false, 200 },
		/* Only for people */
		{ "application/json", "{\"a\":\"A\",\"r\":\"R\",\"m\":\"\xe4\"}", USED, false, 200 },
		/* What decides is in doubt: none of it does, and the refresh token is good */
		{ "application/json", "{\"a\":\"A\",\"r\":\"R\",\"ok\":true,\"ok\":false}", SALVAGED, false, 200 },
		{ "application/json", "{\"a\":\"A\",\"r\":\"R\",\"e\":1,\"e\":2}", SALVAGED, false, 200 },
		{ "application/json", "{\"a\":\"A\",\"r\":\"R\",\"error\":\"\xe4\"}", SALVAGED, false, 200 },
		{ "application/json", "{\"a\":\"A\",\"a\":\"B\",\"r\":\"R\"}", SALVAGED, false, 200 },
		{ "application/json", "{\"deep\":{\"a\":1},\"deep\":{\"a\":2},\"r\":\"R\",\"a\":\"A\"}", SALVAGED, false,
		  200 },
		{ "application/json", "{\"a\":\"A\",\"r\":\"R\",\"e\":36", SALVAGED, true, 200 },
		{ "application/json", "{\"r\":\"R\"}x", SALVAGED, false, 200 },
		/* So is the refresh token */
		{ "application/json", "{\"a\":\"A\",\"r\":\"R\",\"r\":\"S\"}", KEPT, false, 200 },
		{ "application/json", "{\"a\":\"A\",\"r\":\"\xe4\"}", KEPT, false, 200 },
		{ "application/json", "{\"a\":\"A\",\"r\":\"R", KEPT, true, 200 },
		{ "application/json", "x{\"a\":\"A\",\"r\":\"R\"}", KEPT, false, 200 },
		{ "text/html", "Notice: {\"a\":\"A\",\"r\":\"R\"}", KEPT, false, 200 },
		{ "application/long-secret", "x", KEPT, false, 200 },
		/* Nobody's token is in it */
		{ "text/html", "<!DOCTYPE html><a>A</a>", NOTHING, false, 200 },
		{ "application/json", "{\"a\":\"A\",\"r\":\"R\"}x", NOTHING, false, 400 },
		{ "application/json", "", NOTHING, false, 200 },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char header[128] = "";

		if (table[i].type != NULL)
			(void)snprintf(header, sizeof header, "Content-Type: %s", table[i].type);
		struct json_object *answer = answer_to(asked, &(struct reply){
			.header = header, .body = table[i].body, .cut = table[i].cut, .status = table[i].status });
		const char *access = member(answer, "fields", "access_token");
		const char *refresh = member(answer, "fields", "refresh_token"), *raw = ft_json_string(answer, "raw");
		const char *text = ft_json_text(answer, NULL);
		bool used = table[i].what == USED, salvaged = table[i].what == SALVAGED;

		ck_assert_msg(ft_json_bool(answer, "parsed", !used) == used, "row %zu: %s", i, text);
		ck_assert_msg(ft_json_bool(answer, "salvaged", false) == salvaged, "row %zu: %s", i, text);
		ck_assert_msg((refresh != NULL && strcmp(refresh, "R") == 0) == (used || salvaged), "row %zu: %s", i,
			      text);
		ck_assert_msg(!used || strcmp(access, "A") == 0, "row %zu: %s", i, text);
		ck_assert_msg(access == NULL || strcmp(access, "A") == 0, "row %zu: %s", i, text);
		ck_assert_msg((raw != NULL) == (salvaged || table[i].what == KEPT), "row %zu: %s", i, text);
		ck_assert_msg(strstr(text, "secret") == NULL, "row %zu: %s", i, text);

		struct ft_facts facts;

		ck_assert_int_eq(ft_facts_parse(text, strlen(text), &facts, NULL), 0);
		ck_assert_msg(raw == NULL || (facts.raw.len == strlen(table[i].body) &&
					      memcmp(facts.raw.data, table[i].body, facts.raw.len) == 0),
			      "row %zu: %s", i, text);
		ft_facts_release(&facts);
		json_object_put(answer);
	}
}
END_TEST

/* What people read, or are to type and to open, does not turn or hide on their screens. */
START_TEST(shows_what_is_there)
{
	struct json_object *answer = answer_to("\"untyped\":\"json\",\"fields\":{\"message\":[\"m\"],"
		"\"user_code\":[\"m\",\"u\"],\"verification_uri\":[\"m\",\"v\"],"
		"\"verification_uri_complete\":[\"m\"],\"subject\":[\"m\"]}",
		&(struct reply){ .header = "", .body = "{\"m\":\"a\\u202eb\\u200bc\\ufeff\\u2066d\",\"u\":\"AB-C\",\"v\":"
				 "\"https://example.com\"}" });

	ck_assert_str_eq(member(answer, "fields", "message"), "a   b   c      d");
	ck_assert_str_eq(member(answer, "fields", "user_code"), "AB-C");
	ck_assert_str_eq(member(answer, "fields", "verification_uri"), "https://example.com");
	ck_assert_ptr_null(member(answer, "fields", "verification_uri_complete"));
	/* Who somebody is stays what the service says, to the byte. */
	ck_assert_str_eq(member(answer, "fields", "subject"),
			 "a\xe2\x80\xae" "b\xe2\x80\x8b" "c\xef\xbb\xbf\xe2\x81\xa6" "d");
	json_object_put(answer);
}
END_TEST

START_TEST(finds_fields)
{
	static const char asked[] = "\"fields\":{"
		"\"access_token\":[\"missing\",\"t\"],"
		"\"expires_in\":[\"n\"],\"success\":[\"b\"],\"code\":[\"e.code\",\"e\"],"
		"\"subject\":[\"header:X-USER\"],\"refresh_token\":[\"cookie:rt\"],"
		"\"token_type\":[\"id_token:typ\"],\"message\":[\"m\"],\"expires_at\":[\"big\"],"
		"\"expires_offset\":[]}";
	struct json_object *answer = answer_to(asked, &(struct reply){
		.header = "content-type: application/json\nX-User:   alice  \nx-user: bob\n"
			"Set-Cookie: rta=no; rt=no\nSet-Cookie: rt = old ; Path=/\n"
			"set-cookie:rt=n=e+w; HttpOnly",
		.body = "{\"t\":\"tok\",\"n\":3600,\"b\":false,\"e\":{\"code\":7},"
			"\"m\":\"a\\r\\nb\\u007f\\u009b2J\\u00a0\",\"big\":9223372036854775}",
	});

	ck_assert_str_eq(member(answer, "fields", "access_token"), "tok");
	ck_assert_str_eq(member(answer, "fields", "expires_in"), "3600");
	ck_assert_str_eq(member(answer, "fields", "success"), "false");
	ck_assert_str_eq(member(answer, "fields", "code"), "7");
	ck_assert_str_eq(member(answer, "fields", "subject"), "alice");
	ck_assert_str_eq(member(answer, "fields", "refresh_token"), "n=e+w");
	ck_assert_str_eq(member(answer, "fields", "message"), "a \nb   2J\xc2\xa0");
	ck_assert_str_eq(member(answer, "fields", "expires_at"), "9223372036854775");
	ck_assert_ptr_null(member(answer, "fields", "token_type"));
	ck_assert_ptr_null(member(answer, "fields", "expires_offset"));
	ck_assert(!json_object_object_get_ex(answer, "jwt", NULL));
	ck_assert(!json_object_object_get_ex(answer, "error", NULL));
	json_object_put(answer);
}
END_TEST

/* A value that could end a line, or be one of two readings, is none; the next path is tried. */
START_TEST(refuses_values)
{
	static const char *const bodies[] = {
		"{\"t\":\"a\\nb\",\"u\":\"good\"}", "{\"t\":\"a\\r\",\"u\":\"good\"}",
		"{\"t\":\"\\u0001\",\"u\":\"good\"}", "{\"t\":\"\\u007f\",\"u\":\"good\"}",
		"{\"t\":\"a\\u0080\",\"u\":\"good\"}", "{\"t\":\"\\u009f\",\"u\":\"good\"}",
		"{\"t\":\"\\t\",\"u\":\"good\"}", "{\"t\":\"\",\"u\":\"good\"}",
		"{\"t\":null,\"u\":\"good\"}", "{\"t\":{},\"u\":\"good\"}",
		"{\"t\":[],\"u\":\"good\"}", "{\"t\":[[\"\"]],\"u\":\"good\"}",
	};
	static const char *const headers[] = {
		"X-T: caf\xe9\nX-U: good", "X-T: a\tb\nX-U: good", "X-T: \nX-U: good",
		"X-T: a\x7f\nX-U: good", "X-Ta: a\nX-U: good", "X-T : a\nX-U: good",
	};
	static const char asked[] = "\"untyped\":\"json\",\"fields\":{"
		"\"access_token\":[\"t\",\"u\"],\"refresh_token\":[\"header:x-t\",\"header:x-u\"]}";

	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct json_object *answer = answer_to(asked,
			&(struct reply){ .header = "", .body = bodies[i] });

		ck_assert_str_eq(member(answer, "fields", "access_token"), "good");
		json_object_put(answer);
	}
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		struct json_object *answer = answer_to(asked,
			&(struct reply){ .header = headers[i], .body = "{}" });

		ck_assert_str_eq(member(answer, "fields", "refresh_token"), "good");
		json_object_put(answer);
	}
}
END_TEST

/* However long values are and however often they are asked for, the answer fits a message. */
START_TEST(bounds_values)
{
	struct ft_buf body = FT_BUF_INIT(FT_RESPONSE_BODY_MAX);
	struct json_object *answer;
	size_t len = 0;

	ft_buf_adds(&body, "{\"long\":\"");
	for (size_t i = 0; i < FT_VALUE_MAX / 2; i++)
		ft_buf_adds(&body, "\\\"\\\\");
	ft_buf_adds(&body, "\",\"longer\":\"x");
	for (size_t i = 0; i < FT_VALUE_MAX / 32; i++)
		ft_buf_adds(&body, "01234567890123456789012345678901");
	ft_buf_adds(&body, "\"}");
	ck_assert_int_eq(body.failed, 0);
	answer = answer_to("\"untyped\":\"json\",\"fields\":{\"access_token\":[\"long\"],"
		"\"refresh_token\":[\"long\"],\"subject\":[\"long\"],\"token_type\":[\"long\"],\"code\":[\"long\"],"
		"\"message\":[\"longer\"]}",
		&(struct reply){ .header = "", .body = body.data, .body_len = body.len });
	ck_assert_uint_eq(strlen(member(answer, "fields", "access_token")), FT_VALUE_MAX);
	ck_assert_uint_eq(strlen(member(answer, "fields", "subject")), FT_VALUE_MAX);
	ck_assert_ptr_null(member(answer, "fields", "code"));
	ck_assert_ptr_null(member(answer, "fields", "message"));
	(void)ft_json_text(answer, &len);
	ck_assert_uint_lt(len, FT_MESSAGE_MAX);
	json_object_put(answer);
	ft_buf_release(&body);
}
END_TEST

/* {"alg":"HS256"}.{"sub":"alice","exp":9223372036854775,"iat":1700000000.9,"aud":["a","b"]} */
#define HEADER "eyJhbGciOiJIUzI1NiJ9"
#define TOKEN HEADER ".eyJzdWIiOiJhbGljZSIsImV4cCI6OTIyMzM3MjAzNjg1NDc3NSwiaWF0IjoxNzAwMDAwMDAw" \
	"LjksImF1ZCI6WyJhIiwiYiJdfQ.c2ln"

START_TEST(reads_claims)
{
	static const char asked[] = "\"untyped\":\"json\",\"jwt\":true,\"fields\":{"
		"\"subject\":[\"claim:sub\"],\"expires_at\":[\"claim:exp\"],"
		"\"code\":[\"claim:aud.1\"],\"message\":[\"claim:nothing\"],"
		"\"access_token\":[\"jwtToken\"]}";
	struct json_object *jwt = NULL, *answer = answer_to(asked,
		&(struct reply){ .header = "", .body = "{\"jwtToken\":\"" TOKEN "\"}" });

	ck_assert_str_eq(member(answer, "fields", "subject"), "alice");
	ck_assert_str_eq(member(answer, "fields", "expires_at"), "9223372036854775");
	ck_assert_str_eq(member(answer, "fields", "code"), "b");
	ck_assert_ptr_null(member(answer, "fields", "message"));
	ck_assert(json_object_object_get_ex(answer, "jwt", &jwt));
	ck_assert_int_eq(ft_json_int(jwt, "exp", -1), 253402300799);
	ck_assert_int_eq(ft_json_int(jwt, "iat", -1), 1700000000);
	json_object_put(answer);
}
END_TEST

START_TEST(says_that_exp_is_unreadable)
{
	static const struct {
		const char *payload;	/* in base64url */
		bool unreadable;
	} table[] = {
		{ "eyJleHAiOiJzb29uIn0", true },	/* {"exp":"soon"} */
		{ "eyJleHAiOnRydWV9", true },		/* {"exp":true} */
		{ "eyJleHAiOm51bGx9", false },		/* {"exp":null} */
		{ "eyJleHAiOjE3MDAwMDAwMDB9", false },	/* {"exp":1700000000} */
		{ "eyJpYXQiOjE3MDAwMDAwMDB9", false },	/* {"iat":1700000000} */
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_buf body = FT_BUF_INIT(1024);
		struct json_object *jwt = NULL;

		ft_buf_addf(&body, "{\"t\":\"" HEADER ".%s.c2ln\"}", table[i].payload);
		struct json_object *answer = answer_to(
			"\"untyped\":\"json\",\"jwt\":true,\"fields\":{\"access_token\":[\"t\"]}",
			&(struct reply){ .header = "", .body = body.data });

		ck_assert(json_object_object_get_ex(answer, "jwt", &jwt));
		ck_assert_msg(ft_json_bool(jwt, "exp_unreadable", false) == table[i].unreadable,
			      "%s", table[i].payload);
		json_object_put(answer);
		ft_buf_release(&body);
	}
}
END_TEST

START_TEST(takes_no_claims_from_what_is_no_jwt)
{
	static const char *const tokens[] = {
		"opaque", "a.b", "a.b.c", "..", HEADER "..c2ln", HEADER ".e30",
		HEADER ".e30.c2ln.x", "e30x.e30.c2ln", HEADER ".W10.c2ln", HEADER ".ImEi.c2ln",
		HEADER ".e30=.c2ln",
		HEADER ".e3 0.c2ln", HEADER ".e.c2ln", "W10.eyJleHAiOjF9.c2ln",
		HEADER ".eyJh.c2ln",
	};
	static const char asked[] = "\"untyped\":\"json\",\"jwt\":true,\"fields\":{"
		"\"access_token\":[\"t\"],\"subject\":[\"claim:sub\",\"claim:exp\"]}";

	for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
		struct ft_buf body = FT_BUF_INIT(1024);
		struct json_object *jwt = NULL;

		ft_buf_addf(&body, "{\"t\":\"%s\"}", tokens[i]);
		struct json_object *answer = answer_to(asked,
			&(struct reply){ .header = "", .body = body.data });

		ck_assert_str_eq(member(answer, "fields", "access_token"), tokens[i]);
		ck_assert_ptr_null(member(answer, "fields", "subject"));
		if (json_object_object_get_ex(answer, "jwt", &jwt))
			ck_assert_msg(json_object_object_length(jwt) == 0, "%s", tokens[i]);
		json_object_put(answer);
		ft_buf_release(&body);
	}
}
END_TEST

START_TEST(clamps_times_of_claims)
{
	static const struct {
		const char *text;
		int64_t want;
	} table[] = {
		{ "0", 0 }, { "1", 1 }, { "1700000000", 1700000000 },
		{ "1700000000.999", 1700000000 }, { "1.7e9", 1700000000 }, { "-1", 0 },
		{ "-1e400", 0 }, { "1e400", 253402300799 },
		{ "253402300799", 253402300799 }, { "253402300800", 253402300799 },
		{ "9223372036854775807", 253402300799 }, { "9223372036854775808", 253402300799 },
		{ "99999999999999999999999999", 253402300799 }, { "\"1700000000\"", 1700000000 },
		{ "1e-400", 0 },
	};
	static const char *const none[] = {
		"null", "true", "{}", "[1]", "\"\"", "\"-\"", "\"soon\"", "\"0x10\"", "\"nan\"",
		"\"inf\"", "\" 1\"", "\"1e3\"",
	};
	int64_t got = -7;

	for (size_t i = 0; i < sizeof table / sizeof *table + sizeof none / sizeof *none; i++) {
		bool good = i < sizeof table / sizeof *table;
		const char *text = good ? table[i].text : none[i - sizeof table / sizeof *table];
		struct json_object *payload = NULL, *value = NULL;

		ck_assert_int_eq(ft_json_parse(text, strlen(text), 2, "it", &value, NULL), 0);
		payload = json_object_new_object();
		ck_assert_int_eq(json_object_object_add(payload, "exp", value), 0);
		got = -7;
		ck_assert_msg(ft_jwt_time(payload, "exp", &got) == good, "%s", text);
		ck_assert_int_eq(got, good ? table[i].want : -7);
		ck_assert(!ft_jwt_time(payload, "iat", &got));
		json_object_put(payload);
	}
}
END_TEST

START_TEST(reads_dates)
{
	static const struct {
		const char *header;
		int64_t date, retry_after;
	} table[] = {
		{ "", -1, -1 },
		{ "Date: Sun, 06 Nov 1994 08:49:37 GMT", 784111777, -1 },
		{ "date: nonsense", -1, -1 },
		/* A cache on the way has kept it since. */
		{ "Date: Sun, 06 Nov 1994 08:49:37 GMT\nAge: 1358", 784113135, -1 },
		{ "Age: 60\nDate: Sun, 06 Nov 1994 08:49:37 GMT\nRetry-After: Sun, 06 Nov 1994 08:51:37 GMT",
		  784111837, 60 },
		{ "Date: Sun, 06 Nov 1994 08:49:37 GMT\nAge: -5", 784111777, -1 },
		{ "Date: Sun, 06 Nov 1994 08:49:37 GMT\nAge: old", 784111777, -1 },
		{ "Date: Sun, 06 Nov 1994 08:49:37 GMT\nAge: 99999999999999999999", 784111777, -1 },
		{ "Age: 60", -1, -1 },
		{ "Retry-After: 0", -1, 0 },
		{ "Retry-After: 120", -1, 120 },
		{ "Retry-After: 99999999999999999999", -1, 2147483647 },
		{ "Retry-After: 4294967296", -1, 2147483647 },
		{ "Retry-After: -1", -1, -1 },
		{ "Retry-After: 1.5", -1, -1 },
		{ "Retry-After: soon", -1, -1 },
		{ "Retry-After: ", -1, -1 },
		/* By the server's clock where it says what that is, else by ours (2023-11-14) */
		{ "Date: Sun, 06 Nov 1994 08:49:37 GMT\nRetry-After: Sun, 06 Nov 1994 08:50:37 GMT",
		  784111777, 60 },
		{ "Date: Sun, 06 Nov 1994 08:49:37 GMT\nRetry-After: Sun, 06 Nov 1994 08:49:00 GMT",
		  784111777, 0 },
		{ "Retry-After: Tue, 14 Nov 2023 22:15:00 GMT", -1, 100 },
		{ "Retry-After: Tue, 14 Nov 2023 22:13:00 GMT", -1, 0 },
		{ "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT", -1, 2147483647 },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct json_object *answer = answer_to("",
			&(struct reply){ .header = table[i].header, .body = "" });

		ck_assert_msg(ft_json_int(answer, "date", -1) == table[i].date, "%s",
			      table[i].header);
		ck_assert_msg(ft_json_int(answer, "retry_after", -1) == table[i].retry_after, "%s",
			      table[i].header);
		json_object_put(answer);
	}
}
END_TEST

START_TEST(reports_metadata)
{
	static const char body[] = "{\"issuer\":\"https://sso.example.com\",\"token_endpoint\":7,"
		"\"revocation_endpoint\":\"https://a\\nb\",\"userinfo_endpoint\":\"\","
		"\"jwks_uri\":\"https://sso.example.com/keys\",\"service_documentation\":\"x\","
		"\"scopes_supported\":[\"openid\",\"a b\",7,\"\",\"offline_access\"],"
		"\"grant_types_supported\":[],\"code_challenge_methods_supported\":\"S256\"}";
	struct json_object *metadata = NULL, *answer = answer_to("\"metadata\":true,"
		"\"fields\":{\"access_token\":[\"issuer\"]}",
		&(struct reply){ .header = "Content-Type: application/json", .body = body });

	ck_assert(json_object_object_get_ex(answer, "metadata", &metadata));
	ck_assert_str_eq(ft_json_text(metadata, NULL), "{\"issuer\":\"https://sso.example.com\","
		"\"jwks_uri\":\"https://sso.example.com/keys\","
		"\"scopes_supported\":\"openid offline_access\"}");
	ck_assert(!json_object_object_get_ex(answer, "fields", NULL));
	json_object_put(answer);

	answer = answer_to("\"metadata\":true", &(struct reply){
		.header = "Content-Type: application/json", .body =
		"{\"id_token_signing_alg_values_supported\":[\"RS256\",\"none\"],"
		"\"token_endpoint_auth_signing_alg_values_supported\":[\"ES256\"],"
		"\"authorization_response_iss_parameter_supported\":true}" });
	ck_assert(json_object_object_get_ex(answer, "metadata", &metadata));
	ck_assert_str_eq(ft_json_text(metadata, NULL),
		"{\"token_endpoint_auth_signing_alg_values_supported\":\"ES256\","
		"\"id_token_signing_alg_values_supported\":\"RS256 none\","
		"\"authorization_response_iss_parameter_supported\":\"true\"}");
	json_object_put(answer);

	answer = answer_to("\"metadata\":true", &(struct reply){
		.header = "Content-Type: application/json", .body =
		"{\"authorization_response_iss_parameter_supported\":false,\"issuer\":true}" });
	ck_assert(json_object_object_get_ex(answer, "metadata", &metadata));
	ck_assert_str_eq(ft_json_text(metadata, NULL),
			 "{\"authorization_response_iss_parameter_supported\":\"false\"}");
	json_object_put(answer);

	answer = answer_to("\"metadata\":true", &(struct reply){
		.header = "Content-Type: application/json", .body =
		"{\"require_pushed_authorization_requests\":true,\"mtls_endpoint_aliases\":{"
		"\"token_endpoint\":\"https://m.example.com/t\",\"revocation_endpoint\":7,"
		"\"introspection_endpoint\":\"\\n\",\"other\":\"x\"}}" });
	ck_assert(json_object_object_get_ex(answer, "metadata", &metadata));
	ck_assert_str_eq(ft_json_text(metadata, NULL),
			 "{\"require_pushed_authorization_requests\":\"true\","
			 "\"mtls_endpoint_aliases.token_endpoint\":\"https://m.example.com/t\"}");
	json_object_put(answer);

	answer = answer_to("\"metadata\":true", &(struct reply){
		.header = "Content-Type: text/html", .body = "<html>" });
	ck_assert(json_object_object_get_ex(answer, "metadata", &metadata));
	ck_assert_int_eq(json_object_object_length(metadata), 0);
	json_object_put(answer);
}
END_TEST

/* Their names, as they were asked for; nothing of a value. */
START_TEST(reports_headers)
{
	struct json_object *seen = NULL, *answer = answer_to(
		"\"metadata\":true,\"headers_seen\":[\"X-Mark\",\"X-Other\",\"X-Empty\"]",
		&(struct reply){ .header = "x-mark: s3cret\r\nX-Empty:\r\nX-Others: b",
				 .body = "{}" });

	ck_assert(json_object_object_get_ex(answer, "headers_seen", &seen));
	ck_assert_str_eq(ft_json_text(seen, NULL), "[\"X-Mark\"]");
	ck_assert_ptr_null(strstr(ft_json_text(answer, NULL), "s3cret"));
	json_object_put(answer);
	answer = answer_to("\"metadata\":true", &(struct reply){ .header = "X-Mark: b", .body = "{}" });
	ck_assert(!json_object_object_get_ex(answer, "headers_seen", NULL));
	json_object_put(answer);
}
END_TEST

/* By the key of RFC 8037's examples, for alice, at NOW. */
#define ID_TOKEN "eyJhbGciOiJFZERTQSIsImtpZCI6ImsxIn0.eyJpc3MiOiJodHRwczovL3Nzby5leGFtcGxlLmNvbSIsImF1ZC" \
	"I6ImNsaWVudCIsInN1YiI6ImFsaWNlIiwiZXhwIjoxNzAwMDAwMzAwLCJpYXQiOjE3MDAwMDAwMDAsImVtYWlsIjoiYWxpY2" \
	"VAZXhhbXBsZS5jb20ifQ.1TShM1ZDANQVtQb_ry5fun2iuS2anlJrrao6bWVXZCVtbp8GqbEYsqZ3kdLdat-sKFa8hjI2VW3" \
	"QsK9MM4SAAw"
#define KEY(kid) "{\"kty\":\"OKP\",\"kid\":\"" kid "\",\"crv\":\"Ed25519\"," \
	"\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"
#define RULES(more) "\"id_token\":{\"issuer\":\"https://sso.example.com\",\"client_id\":\"client\"" more "}"
#define KEYS(kid) ",\"keys\":{\"keys\":[" KEY(kid) "]}"
#define PATHS ",\"fields\":{\"subject\":[\"id_token:sub\"],\"message\":[\"id_token:email\",\"error\"]," \
	"\"access_token\":[\"a\"]}"
#define BODY "{\"a\":\"t\",\"error\":\"e\",\"id_token\":\"" ID_TOKEN "\"}"
#define VERIFIED "\"id_token\":{\"verified\":true}"
#define UNKNOWN(why) "\"id_token\":{\"verified\":false,\"error\":\"" why "\",\"unknown_key\":true," \
	"\"token\":\"" ID_TOKEN "\"}"
#define FAILED(why) "\"id_token\":{\"verified\":false,\"error\":\"" why "\"}"
#define ALICE ",\"fields\":{\"subject\":\"alice\",\"message\":\"alice@example.com\",\"access_token\":\"t\"}"
#define NOBODY ",\"fields\":{\"message\":\"e\",\"access_token\":\"t\"}"

START_TEST(repeats_nothing_that_was_sent)
{
	static const struct {
		const char *asked, *said, *told;
	} table[] = {
		{ "\"body\":\"grant_type=refresh_token&refresh_token=aB1%2FcD2%2BeF3gH4&client_secret=s3cr3t-of-ours\"",
		  "secret s3cr3t-of-ours, or s3cr3t-of, is wrong", "secret **************, or *********, is wrong" },
		{ "\"body\":\"grant_type=refresh_token&refresh_token=aB1%2FcD2%2BeF3gH4\"",
		  "token=aB1/cD2+eF3gH4;", "token=**************;" },
		{ "\"body\":\"grant_type=refresh_token&refresh_token=aB1%2FcD2%2BeF3gH4\"",
		  "token=aB1%2FcD2%2BeF3gH4;", "token=******************;" },
		/* Encoded as we did not */
		{ "\"body\":\"grant_type=refresh_token&refresh_token=aB1%2FcD2%2BeF3gH4\"",
		  "aB1%2fcD2%2beF3gH4", "******************" },
		{ "\"body\":\"grant_type=refresh_token&refresh_token=abcdefghij\"", "refresh_token abcdefg expired",
		  "refresh_token abcdefg expired" },
		{ "\"body\":\"{\\\"password\\\": \\\"correct-horse\\\"}\"", "password correct-horse?",
		  "password *************?" },
		{ "\"body\":\"<a><Password>correct-horse</Password></a>\"", "Password correct-horse?",
		  "Password *************?" },
		/* Written in another way, as databases write an id. */
		{ "\"body\":\"refresh_token=1b4e28ba-2fa1-11d2-883f-0016d3cca427\"",
		  "no 1B4E28BA-2FA1-11D2-883F-0016D3CCA427.", "no ************************************." },
		{ "\"body\":\"refresh_token=1b4e28ba-2fa1-11d2-883f-0016d3cca427\"",
		  "no 1b4e28ba2fa111d2883f0016d3cca427.", "no ********************************." },
		{ "\"body\":\"refresh_token=1b4e28ba2fa111d2883f0016d3cca427\"",
		  "no {1b4e 28ba, 2fa1 11d2 883f 0016 d3cc a427}.", "no {****************************************}." },
		{ "\"body\":\"refresh_token=a.b_c~d\"", "a b c d e f g h i j k l m n", "a b c d e f g h i j k l m n" },
		/* Basic: client-1:s3cr3t-of-ours */
		{ "\"headers\":[\"Authorization: Basic Y2xpZW50LTE6czNjcjN0LW9mLW91cnM=\"]",
		  "Y2xpZW50LTE6czNjcjN0LW9mLW91cnM= is s3cr3t-of-ours",
		  "******************************** is **************" },
		{ "\"url\":\"https://sso.a-long-name.example.com/token/1b4e28ba-2fa1-11d2-883f?t=correct%2Dhorse&a\"",
		  "sso.a-long-name.example.com: 1b4e28ba-2fa1-11d2-883f, correct-horse",
		  "sso.a-long-name.example.com: ***********************, *************" },
		/* The end of one and the beginning of another, which overlap. */
		{ "\"body\":\"a=abcdefgh1234&b=ef.gh.12.34.ijkl.mnop&c=12341234ijkl\"",
		  "abcdefgh1234ijklmnop", "********************" },
		/* What the protocol says tells nothing, encoded or not. */
		{ "\"body\":\"client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
		  "&client_assertion=aaaa.bbbb.cccc\"", "the assertion aaaa.bbbb.cccc has expired",
		  "the assertion ************** has expired" },
		{ "\"headers\":[\"Accept: application/json\"]", "application/json is wanted",
		  "application/json is wanted" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char asked[512], said[256];

		snprintf(asked, sizeof asked, "%s,\"fields\":{\"message\":[\"m\"],\"code\":[\"m\"]}", table[i].asked);
		snprintf(said, sizeof said, "{\"m\":\"%s\"}", table[i].said);
		struct json_object *answer = answer_to(asked, &(struct reply){
			.header = "Content-Type: application/json", .body = said, .status = 400 });

		ck_assert_str_eq(member(answer, "fields", "message"), table[i].told);
		ck_assert_str_eq(member(answer, "fields", "code"), table[i].told);
		json_object_put(answer);
	}
}
END_TEST

/* A service that has issued a token of its choice, and repeats something like it: comparing each
 * place of one with each of the other takes minutes. */
START_TEST(much_that_resembles_what_was_sent)
{
	const size_t len = 60000;
	struct ft_buf asked = FT_BUF_INIT(FT_MESSAGE_MAX), said = FT_BUF_INIT(FT_MESSAGE_MAX);

	ft_buf_adds(&asked, "\"body\":\"refresh_token=");
	ft_buf_adds(&said, "{\"m\":\"");
	for (size_t i = 0; i < len; i++) {
		ft_buf_adds(&asked, "a");
		ft_buf_adds(&said, i % 8 == 4 ? "b" : "a");
	}
	ft_buf_adds(&asked, "\",\"fields\":{\"message\":[\"m\"]}");
	ft_buf_adds(&said, "aaaaaaaa\"}");
	struct json_object *answer = answer_to(asked.data, &(struct reply){
		.header = "Content-Type: application/json", .body = said.data, .status = 400 });
	const char *told = member(answer, "fields", "message");

	ck_assert_uint_eq(strlen(told), len + 8);
	ck_assert_str_eq(told + len - 4, "b***********");
	json_object_put(answer);
	ft_buf_release(&asked);
	ft_buf_release(&said);
}
END_TEST

START_TEST(codes_stay_what_they_are)
{
	struct json_object *answer = answer_to("\"body\":\"client_id=unsupported7\",\"fields\":{\"code\":[\"c\"]}",
		&(struct reply){ .header = "Content-Type: application/json",
				 .body = "{\"c\":\"unsupported_grant_type\"}", .status = 400 });

	ck_assert_str_eq(member(answer, "fields", "code"), "unsupported_grant_type");
	json_object_put(answer);
	/* … unless they are what was sent. */
	answer = answer_to("\"body\":\"client_secret=correcthorse_batterystaple\",\"fields\":{\"code\":[\"c\"]}",
		&(struct reply){ .header = "Content-Type: application/json",
				 .body = "{\"c\":\"no_correcthorse_batterystaple\"}", .status = 400 });
	ck_assert_str_eq(member(answer, "fields", "code"), "no_**************************");
	json_object_put(answer);
}
END_TEST

/* ID_TOKEN's times lie about NOW: which clock counts, and which does not. */
START_TEST(id_tokens_by_the_services_clock)
{
	static const char then[] = "Content-Type: application/json\nDate: Tue, 14 Nov 2023 22:13:20 GMT";
	static const char later[] = "Content-Type: application/json\nDate: Fri, 14 Nov 2053 22:13:20 GMT";
	static const struct {
		const char *asked, *header;
		bool good;
	} table[] = {
		{ RULES(KEYS("k1")), then, true },
		{ RULES(KEYS("k1")), later, true },	/* ours */
		{ RULES(KEYS("k1") ",\"by_date\":true"), then, true },
		{ RULES(KEYS("k1") ",\"by_date\":true"), later, false },
		{ RULES(KEYS("k1") ",\"by_date\":true"), "Content-Type: application/json\nDate: today", true },
		{ RULES(KEYS("k1") ",\"now\":2647289600"), then, false },
		{ RULES(KEYS("k1") ",\"now\":1700000000"), later, true },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct json_object *answer = answer_to(table[i].asked, &(struct reply){
			.header = table[i].header, .body = BODY });
		bool verified = strstr(ft_json_text(answer, NULL), VERIFIED) != NULL;

		ck_assert_msg(verified == table[i].good, "row %zu: %s", i, ft_json_text(answer, NULL));
		json_object_put(answer);
	}
}
END_TEST

START_TEST(id_tokens_and_keys)
{
	static const struct {
		const char *asked, *body, *answer;	/* what follows "parsed":true, */
		int status;
	} table[] = {
		{ RULES(KEYS("k1")) PATHS, BODY, VERIFIED ALICE, 0 },
		/* Not asked, not there, no string */
		{ "\"jwt\":true" PATHS, BODY, "\"fields\":{\"message\":\"e\",\"access_token\":\"t\"}", 0 },
		{ RULES(KEYS("k1")) PATHS, "{\"a\":\"t\"}", "\"fields\":{\"access_token\":\"t\"}", 0 },
		{ RULES(KEYS("k1")) PATHS, "{\"id_token\":7}", "\"fields\":{}", 0 },
		{ RULES(KEYS("k1")) PATHS, "[\"id_token\"]", "\"fields\":{}", 0 },
		/* Refused: nothing of it counts, and the rest does. */
		{ RULES(KEYS("k1") ",\"nonce\":\"n\"") PATHS, BODY, FAILED("it has no nonce") NOBODY, 0 },
		{ RULES(KEYS("k1") ",\"algorithms\":[\"RS256\"]") PATHS, BODY,
		  FAILED("its algorithm \\\"EdDSA\\\" is not allowed (RS256); register the client with "
			 "one of these as id_token_signed_response_alg") NOBODY, 0 },
		{ RULES(KEYS("k1")) ",\"fields\":{}", "{\"id_token\":\"\"}",
		  FAILED("it is not a signed token of three parts") ",\"fields\":{}", 0 },
		/* Only the key is missing. */
		{ RULES(KEYS("k2")) PATHS, BODY,
		  UNKNOWN("none of the issuer's keys has its kid \\\"k1\\\"") NOBODY, 0 },
		{ RULES("") PATHS, BODY, UNKNOWN("there is no key of the issuer to verify it") NOBODY, 0 },
		/* Keys alone; with a token that waited for them; and not from an error. */
		{ "\"jwks\":true,\"fields\":{\"message\":[\"keys.0.kid\"]}", "{\"keys\":[" KEY("k1") ",{}]}",
		  "\"keys\":{\"keys\":[" KEY("k1") "]},\"fields\":{}", 0 },
		{ "\"jwks\":true," RULES(",\"token\":\"" ID_TOKEN "\"") PATHS, "{\"keys\":[" KEY("k1") "]}",
		  "\"keys\":{\"keys\":[" KEY("k1") "]}," VERIFIED ",\"fields\":{\"subject\":\"alice\","
		  "\"message\":\"alice@example.com\"}", 0 },
		{ "\"jwks\":true," RULES(KEYS("k1") ",\"token\":\"" ID_TOKEN "\"") PATHS,
		  "{\"keys\":[" KEY("k2") "]}", "\"keys\":{\"keys\":[" KEY("k2") "]},"
		  UNKNOWN("none of the issuer's keys has its kid \\\"k1\\\"") ",\"fields\":{}", 0 },
		{ "\"jwks\":true," RULES(KEYS("k1")) PATHS, "{\"keys\":[],\"id_token\":\"" ID_TOKEN "\"}",
		  "\"keys\":{\"keys\":[]},\"fields\":{}", 0 },
		{ "\"jwks\":true," RULES(KEYS("k1") ",\"token\":\"" ID_TOKEN "\"") PATHS,
		  "{\"keys\":[" KEY("k1") "]}",
		  UNKNOWN("there is no key of the issuer to verify it") ",\"fields\":{}", 500 },
		{ "\"jwks\":true", "{\"keys\":7}", "\"fields\":{}", 0 },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct json_object *answer = answer_to(table[i].asked, &(struct reply){
			.header = "Content-Type: application/jwk-set+json", .body = table[i].body,
			.status = table[i].status });
		const char *text = strstr(ft_json_text(answer, NULL), "\"parsed\":true,");
		struct ft_facts facts;

		ck_assert_ptr_nonnull(text);
		ck_assert_msg(strncmp(text + 14, table[i].answer, strlen(table[i].answer)) == 0 &&
			      strcmp(text + 14 + strlen(table[i].answer), "}") == 0,
			      "row %zu: %s\nnot %s", i, text + 14, table[i].answer);
		/* The caller's half takes it. */
		text = ft_json_text(answer, NULL);
		ck_assert_int_eq(ft_facts_parse(text, strlen(text), &facts, NULL), 0);
		ck_assert(facts.id_token.verified == (strstr(table[i].answer, VERIFIED) != NULL));
		ck_assert((facts.id_token.token.data != NULL) == facts.id_token.unknown_key);
		ck_assert((facts.keys != NULL) == (strstr(table[i].answer, "\"keys\":{") != NULL));
		ft_facts_release(&facts);
		json_object_put(answer);
	}
}
END_TEST

/* What an issuer says of itself can be cut anywhere, and still the answer is one. */
START_TEST(hostile_texts_in_an_id_token)
{
	static const char header[] = "{\"alg\":\"EdDSA\"}";
	struct ft_buf body = FT_BUF_INIT(4096), payload = FT_BUF_INIT(4096);

	ft_buf_adds(&payload, "{\"iss\":\"\\u001b\\\"x");
	for (int i = 0; i < 100; i++)
		ft_buf_adds(&payload, "\xe2\x82\xac");
	ft_buf_adds(&payload, "\"}");
	ft_buf_adds(&body, "{\"id_token\":\"");
	ft_base64_add(&body, FT_BASE64URL, header, sizeof header - 1);
	ft_buf_adds(&body, ".");
	ft_base64_add(&body, FT_BASE64URL, payload.data, payload.len);
	ft_buf_adds(&body, ".AAAA\"}");
	struct json_object *answer = answer_to(RULES(""), &(struct reply){
		.header = "Content-Type: application/json", .body = body.data });
	const char *error = member(answer, "id_token", "error"), *text = ft_json_text(answer, NULL);
	struct ft_facts facts;

	ck_assert_int_eq(strncmp(error, "its iss is \"?'x???", 18), 0);
	ck_assert_uint_lt(strlen(error), 256);
	ck_assert_int_eq(ft_facts_parse(text, strlen(text), &facts, NULL), 0);
	ck_assert(facts.id_token.present && !facts.id_token.unknown_key);
	ft_facts_release(&facts);
	json_object_put(answer);
	ft_buf_release(&body);
	ft_buf_release(&payload);
}
END_TEST

START_TEST(says_what_failed)
{
	struct ft_exchange exchange = { .tree = NULL };
	struct json_object *answer = NULL;
	struct ft_response response;

	ft_response_init(&response);
	ft_response_set_error(&response, "sso.example.com:443: no\nconnection \xe9", FT_REASON_NONE);
	ck_assert_int_eq(ft_answer_make(&exchange, &response, NOW, &answer, NULL), 0);
	ck_assert_str_eq(ft_json_text(answer, NULL), "{\"version\":1,\"sent\":\"no\",\"error\":"
			 "\"sso.example.com:443: no?connection ?\"}");
	json_object_put(answer);
	response.sent = FT_SENT_MAYBE;
	ck_assert_int_eq(ft_answer_make(&exchange, &response, NOW, &answer, NULL), 0);
	ck_assert_str_eq(ft_json_string(answer, "sent"), "maybe");
	json_object_put(answer);
	/* Before a server was reached: the name of a file, but nothing that turns a line around. */
	struct ft_error err = { .code = FT_UNTRUSTED };
	char *cut = err.text + FT_RESPONSE_TEXT - 2;

	strcpy(err.text, "/caf\xc3\xa9/ca.pem \xe2\x80\xae");
	ft_response_set_unreached(&response, &err);
	ck_assert_str_eq(response.error, "/caf\xc3\xa9/ca.pem ???");
	memset(err.text, 'a', FT_RESPONSE_TEXT);
	memcpy(cut, "\xc3\xa9", sizeof "\xc3\xa9");
	ft_response_set_unreached(&response, &err);
	ck_assert_str_eq(response.error + FT_RESPONSE_TEXT - 3, "a?");
	ft_response_release(&response);
	ft_response_release(NULL);
}
END_TEST

START_TEST(keeps_lines_apart)
{
	struct ft_response response;
	size_t len = 0;

	ft_response_init(&response);
	ck_assert_ptr_null(ft_response_header(&response, "A"));
	ck_assert_ptr_null(ft_response_cookie(&response, "a", &len));
	ft_response_add_line(&response, "A: 1\0B: 2\r\n", 11);
	ft_response_add_line(&response, "\r\n", 2);
	ft_response_add_line(&response, "C: 3\r\n", 6);
	ft_response_add_line(&response, "Set-Cookie: a=; Max-Age=0", 25);
	ck_assert_ptr_null(ft_response_header(&response, "A"));
	ck_assert_ptr_null(ft_response_header(&response, "B"));
	ck_assert_str_eq(ft_response_header(&response, "c"), "3");
	ck_assert_ptr_nonnull(ft_response_cookie(&response, "a", &len));
	ck_assert_uint_eq(len, 0);
	ft_response_release(&response);
}
END_TEST

START_TEST(counts_entries)
{
	static const struct {
		const char *asked, *body;
		int64_t entries;	/* -1: none are reported */
	} table[] = {
		{ "[]", "{}", 1 },
		{ "[]", "[]", 0 },
		{ "[]", "[{},{}]", 2 },
		{ "[]", "7", 7 },
		{ "[]", "\"7\"", -1 },
		{ "[]", "null", -1 },
		{ "[\"r\"]", "{\"r\":[]}", 0 },
		{ "[\"r\"]", "{\"r\":[1,2,3]}", 3 },
		{ "[\"r\"]", "{\"r\":{}}", 1 },
		{ "[\"r\"]", "{\"r\":\"x\"}", -1 },
		{ "[\"r\"]", "{\"r\":null}", -1 },
		{ "[\"r\"]", "{}", -1 },
		{ "[\"r.0\"]", "{\"r\":[[1,2]]}", 2 },
		/* The most counts: of two that are said one is not looked at alone. */
		{ "[\"r\",\"n\"]", "{\"n\":2,\"r\":[1]}", 2 },
		{ "[\"r\",\"n\"]", "{\"n\":0}", 0 },
		{ "[\"r\",\"n\"]", "{\"n\":-5,\"r\":[]}", 0 },
		{ "[\"n\"]", "{\"n\":-5}", -1 },
		{ "[\"n\"]", "{\"n\":1.5}", -1 },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_buf asked = FT_BUF_INIT(256);

		ft_buf_addf(&asked, "\"entries\":%s", table[i].asked);
		struct json_object *answer = answer_to(asked.data, &(struct reply){
			.header = "Content-Type: application/json", .body = table[i].body });

		ck_assert_msg(ft_json_int(answer, "entries", -1) == table[i].entries, "row %zu: %s", i,
			      table[i].body);
		json_object_put(answer);
		ft_buf_release(&asked);
	}
	struct json_object *answer = answer_to("", &(struct reply){
		.header = "Content-Type: application/json", .body = "{}" });

	ck_assert(!json_object_object_get_ex(answer, "entries", NULL));
	json_object_put(answer);
	answer = answer_to("\"entries\":[]", &(struct reply){
		.header = "Content-Type: text/html", .body = "<html>" });
	ck_assert(!json_object_object_get_ex(answer, "entries", NULL));
	json_object_put(answer);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		knows_what_a_body_is, counts_entries, takes_nothing_from_half_a_body, looks_at_what_brings_tokens, shows_what_is_there, finds_fields, refuses_values,
		bounds_values, reads_claims, says_that_exp_is_unreadable,
		takes_no_claims_from_what_is_no_jwt,
		clamps_times_of_claims, reads_dates, reports_metadata, reports_headers,
		id_tokens_and_keys, id_tokens_by_the_services_clock,
		repeats_nothing_that_was_sent, much_that_resembles_what_was_sent,
		codes_stay_what_they_are,
		hostile_texts_in_an_id_token, says_what_failed,
		keeps_lines_apart, NULL
	};

	return unit_run("answer", tests);
}
