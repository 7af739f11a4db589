/* SPDX-License-Identifier: MIT */
/* transport/message.h */
#include "config.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/transport/jose/evp.h"
#include "lib/transport/jose/jwk.h"
#include "lib/transport/message.h"
#include "tests/unit/unit.h"

#define START "{\"version\":1,\"method\":\"POST\",\"url\":\"https://sso.example.com/t\""

static int parse(const char *text, size_t len, struct ft_exchange *ret, struct ft_error *err)
{
	char *copy = malloc(len > 0 ? len : 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, len);
	int r = ft_exchange_parse(copy, len, ret, err);

	free(copy);
	ck_assert_int_eq(r, err->code);
	return r;
}

START_TEST(reads_everything)
{
	static const char text[] = " {\"version\":1,\"method\":\"PATCH\","
		"\"url\":\"https://example.com/\","
		"\"headers\":[\"Accept: application/json\",\"Cookie: a=b\",\"x:a\\tb \xc3\xa9\"],"
		"\"body\":\"a=\\u00e9&b\",\"fields\":{\"access_token\":[\"a.b\",\"header:X\"],"
		"\"subject\":[]},\"metadata\":false,\"jwt\":true,\"untyped\":\"xml\","
		"\"ca_file\":\"/ca\",\"proxy\":\"\",\"no_proxy\":\"*\",\"timeout\":600,"
		"\"sandbox\":true}\n";
	struct ft_exchange exchange;
	struct ft_error err = FT_ERROR_INIT;

	ck_assert_msg(parse(text, sizeof text - 1, &exchange, &err) == 0, "%s", line_of(&err));
	ck_assert_str_eq(exchange.method, "PATCH");
	ck_assert_str_eq(exchange.url, "https://example.com/");
	ck_assert_uint_eq(json_object_array_length(exchange.headers), 3);
	ck_assert_str_eq(exchange.body, "a=\xc3\xa9&b");
	ck_assert_uint_eq(exchange.body_len, 6);
	ck_assert_uint_eq(exchange.n_fields, 2);
	ck_assert_str_eq(exchange.fields[0].name, "access_token");
	ck_assert_uint_eq(exchange.fields[0].n, 2);
	ck_assert_uint_eq(exchange.fields[0].paths[0].n, 2);
	ck_assert_int_eq(exchange.fields[0].paths[1].source, FT_PATH_HEADER);
	ck_assert_uint_eq(exchange.fields[1].n, 0);
	ck_assert(!exchange.metadata);
	ck_assert(exchange.jwt);
	ck_assert(exchange.sandbox);
	ck_assert_int_eq(exchange.untyped, FT_UNTYPED_XML);
	ck_assert_str_eq(exchange.ca_file, "/ca");
	ck_assert_str_eq(exchange.proxy, "");
	ck_assert_str_eq(exchange.no_proxy, "*");
	ck_assert_uint_eq(exchange.timeout, 600);
	ft_exchange_release(&exchange);
	ft_exchange_release(&exchange);
	ft_exchange_release(NULL);
}
END_TEST

START_TEST(has_defaults)
{
	static const char text[] = START "}";
	struct ft_exchange exchange;
	struct ft_error err = FT_ERROR_INIT;

	ck_assert_int_eq(parse(text, sizeof text - 1, &exchange, &err), 0);
	ck_assert_ptr_null(exchange.headers);
	ck_assert_ptr_null(exchange.body);
	ck_assert_uint_eq(exchange.n_fields, 0);
	ck_assert_int_eq(exchange.untyped, FT_UNTYPED_REFUSE);
	ck_assert_ptr_null(exchange.ca_file);
	ck_assert_ptr_null(exchange.proxy);
	ck_assert_uint_eq(exchange.timeout, 60);
	ck_assert(!exchange.metadata && !exchange.jwt && !exchange.sandbox);
	ft_exchange_release(&exchange);
}
END_TEST

#define RULES ",\"id_token\":{\"issuer\":\"i\",\"client_id\":\"c\""
#define ASSERTION ",\"body\":\"\",\"client_assertion\":"

START_TEST(reads_what_is_about_jose)
{
	static const char text[] = START ",\"jwks\":true,\"body\":\"\"" RULES ",\"nonce\":\"\","
		"\"algorithms\":[\"none\",\"ES256\",\"HS512\",\"EdDSA\",\"ES256\"],\"token\":\"t\",\"secret\":\"s\","
		"\"keys\":{\"keys\":[{\"key_ops\":[]}]}},"
		"\"client_assertion\":{\"key\":\"k\",\"client_id\":\"a\",\"audience\":\"b\"},"
		"\"client_tls\":{\"certificate\":\"c\",\"key\":\"p\"},"
		"\"dpop\":{\"key\":\"d\",\"nonce\":\"!~\"}}";
	static const char less[] = START RULES "},\"jwks\":false}";
	static const char none[] = START RULES ",\"algorithms\":[]}}";
	struct ft_exchange exchange;
	struct ft_error err = FT_ERROR_INIT;

	ck_assert_msg(parse(text, sizeof text - 1, &exchange, &err) == 0, "%s", line_of(&err));
	ck_assert(exchange.jwks);
	ck_assert_str_eq(exchange.id_token.issuer, "i");
	ck_assert_str_eq(exchange.id_token.client_id, "c");
	ck_assert_str_eq(exchange.id_token.nonce, "");
	ck_assert_uint_eq(exchange.id_token.algorithms, 1U << FT_ALG_ES256 | 1U << FT_ALG_EDDSA);
	ck_assert_uint_eq(exchange.id_token.hmacs, 1U << FT_HMAC_HS512);
	ck_assert_str_eq(exchange.id_token.secret, "s");
	ck_assert_str_eq(exchange.id_token_text, "t");
	ck_assert_str_eq(ft_json_text(exchange.id_token.keys, NULL),
			 "{\"keys\":[{\"key_ops\":[]}]}");
	ck_assert_str_eq(exchange.dpop.key, "d");
	ck_assert_str_eq(exchange.dpop.nonce, "!~");
	ck_assert_str_eq(exchange.certificate, "c");
	ck_assert_str_eq(exchange.key, "p");
	ck_assert_str_eq(exchange.assertion.key, "k");
	ck_assert_str_eq(exchange.assertion.client_id, "a");
	ck_assert_str_eq(exchange.assertion.audience, "b");
	ft_exchange_release(&exchange);

	ck_assert_int_eq(parse(less, sizeof less - 1, &exchange, &err), 0);
	ck_assert_uint_eq(exchange.id_token.algorithms, (1U << FT_ALG_COUNT) - 1);
	ck_assert(exchange.id_token.hmacs == 0 && exchange.id_token.secret == NULL);
	ck_assert(!exchange.jwks && exchange.id_token.nonce == NULL &&
		  exchange.id_token.keys == NULL && exchange.id_token_text == NULL &&
		  exchange.assertion.key == NULL);
	ft_exchange_release(&exchange);

	ck_assert_int_eq(parse(none, sizeof none - 1, &exchange, &err), 0);
	ck_assert_uint_eq(exchange.id_token.algorithms, 0);
	ft_exchange_release(&exchange);
}
END_TEST

START_TEST(refuses)
{
	static const char *const bad[][2] = {
		{ "", "request is not JSON" },
		{ "[]", "request: is not an object" },
		{ "{}", "request: version: is not 1" },
		{ "{\"version\":2,\"method\":\"GET\",\"url\":\"x\"}",
		  "request: version: is not 1" },
		{ "{\"version\":\"1\",\"method\":\"GET\",\"url\":\"x\"}", NULL },
		{ "{\"version\":1,\"url\":\"x\"}", "request: method: is missing" },
		{ "{\"version\":1,\"method\":\"GET\"}", "request: url: is missing" },
		{ "{\"version\":1,\"method\":\"TRACE\",\"url\":\"x\"}",
		  "request: method: is not one of GET, POST, PUT, PATCH, DELETE" },
		{ "{\"version\":1,\"method\":\"get\",\"url\":\"x\"}", NULL },
		{ "{\"version\":1,\"method\":\"GET\",\"url\":\"x\",\"body\":\"\"}",
		  "request: body: a GET has none" },
		{ START ",\"secret\":1}", "request: unknown member \"secret\"" },
		{ START ",\"url\":\"x\"}", "request has a duplicate key" },
		{ START "} {}", NULL },
		{ START ",\"body\":1}", "request: body: is not a string" },
		{ START ",\"body\":\"\\u0000\"}", NULL },
		{ START ",\"body\":null}", NULL },
		{ START ",\"jwt\":1}", "request: jwt: is neither true nor false" },
		{ START ",\"metadata\":\"true\"}", NULL },
		{ START ",\"sandbox\":null}", NULL },
		{ START ",\"headers_seen\":\"X-A\"}",
		  "request: headers_seen: has to be an array of up to 32 names" },
		{ START ",\"headers_seen\":[7]}",
		  "request: headers_seen: has an item that is no header name" },
		{ START ",\"headers_seen\":[\"X-A: b\"]}",
		  "request: headers_seen: has an item that is no header name" },
		{ START ",\"headers_seen\":[\"\"]}",
		  "request: headers_seen: has an item that is no header name" },
		{ START ",\"timeout\":0}", "request: timeout: is not a number from 1 to 600" },
		{ START ",\"timeout\":601}", NULL },
		{ START ",\"timeout\":-1}", NULL },
		{ START ",\"timeout\":\"60\"}", NULL },
		{ START ",\"timeout\":1.5}", NULL },
		{ START ",\"timeout\":99999999999999999999}", NULL },
		{ START ",\"id\":\"\"}", "request: id: is not 1 to 16 letters and digits" },
		{ START ",\"id\":\"0123456789abcdef0\"}", NULL },
		{ START ",\"id\":\"a\\\"b\"}", NULL },
		{ START ",\"id\":1}", NULL },
		{ START ",\"untyped\":\"html\"}",
		  "request: untyped: is not one of json, xml, ignore, refuse" },
		{ START ",\"ca_file\":[]}", NULL },
		{ START ",\"headers\":{}}", "request: headers: is not an array" },
		{ START ",\"headers\":[1]}", NULL },
		{ START ",\"headers\":[\"A: b\",\"nothing\"]}",
		  "request: headers: item 1 is not a \"Name: value\" that a request may give" },
		{ START ",\"headers\":[\": b\"]}", NULL },
		{ START ",\"headers\":[\"A : b\"]}", NULL },
		{ START ",\"headers\":[\"A;\"]}", NULL },
		{ START ",\"headers\":[\"A: b\\r\\nEvil: c\"]}", NULL },
		{ START ",\"headers\":[\"A: b\\nEvil: c\"]}", NULL },
		{ START ",\"headers\":[\"A\\n: b\"]}", NULL },
		{ START ",\"headers\":[\"A: \\u007f\"]}", NULL },
		{ START ",\"headers\":[\"Host: evil.example\"]}", NULL },
		{ START ",\"headers\":[\"hOST: evil.example\"]}", NULL },
		{ START ",\"headers\":[\"Content-Length: 0\"]}", NULL },
		{ START ",\"headers\":[\"Transfer-Encoding: chunked\"]}", NULL },
		{ START ",\"headers\":[\"Expect: 100-continue\"]}", NULL },
		{ START ",\"headers\":[\"Keep-Alive: 5\"]}", NULL },
		{ START ",\"headers\":[\"Proxy-Authorization: x\"]}", NULL },
		{ START ",\"headers\":[\"Accept-Encoding: gzip\"]}", NULL },
		{ START ",\"fields\":[]}", NULL },
		{ START ",\"fields\":{\"a\":\"b\"}}", NULL },
		{ START ",\"fields\":{\"a\":[1]}}", "request: fields: a path: is not a string" },
		{ START ",\"fields\":{\"a\":[\"b\",\"c..d\"]}}",
		  "request: fields: path \"c..d\": a segment is empty; a name with a dot in it is "
		  "written \"…\"" },
		{ START ",\"fields\":{\"a\":[[\"b\"]]}}", NULL },
		{ START ",\"x\":[[[[[[1]]]]]]}", "request is nested too deeply" },
		{ START ",\"jwks\":1}", "request: jwks: is neither true nor false" },
		{ START ",\"id_token\":true}", "request: id_token: is not an object" },
		{ START ",\"id_token\":{}}", "request: id_token: issuer: is missing" },
		{ START ",\"id_token\":{\"issuer\":\"i\"}}",
		  "request: id_token: client_id: is missing" },
		{ START ",\"id_token\":{\"issuer\":\"\",\"client_id\":\"c\"}}",
		  "request: id_token: issuer: is empty" },
		{ START ",\"id_token\":{\"issuer\":\"i\",\"client_id\":7}}",
		  "request: id_token: client_id: is not a string" },
		{ START RULES ",\"key\":{}}}", "request: id_token: unknown member \"key\"" },
		{ START RULES ",\"keys\":[]}}", "request: id_token: keys: is not a JWK set" },
		{ START RULES ",\"keys\":{\"keys\":{}}}}",
		  "request: id_token: keys: is not a JWK set" },
		{ START RULES ",\"by_date\":1}}",
		  "request: id_token: by_date: is neither true nor false" },
		{ START RULES ",\"now\":\"1\"}}", "request: id_token: now: is no time" },
		{ START RULES ",\"now\":-1}}", "request: id_token: now: is no time" },
		{ START RULES ",\"now\":253402300800}}", "request: id_token: now: is no time" },
		{ START ",\"dpop\":{}}", "request: dpop: key: is missing" },
		{ START ",\"dpop\":{\"key\":\"k\",\"nonce\":\"a b\"}}",
		  "request: dpop: nonce: is no nonce" },
		{ START ",\"dpop\":{\"key\":\"k\",\"nonce\":\"a\\r\\nX: y\"}}",
		  "request: dpop: nonce: is no nonce" },
		{ START ",\"client_tls\":[]}", "request: client_tls: is not an object" },
		{ START ",\"client_tls\":{\"key\":\"k\"}}",
		  "request: client_tls: certificate: is missing" },
		{ START ",\"client_tls\":{\"key\":\"k\",\"certificate\":\"\"}}",
		  "request: client_tls: certificate: is empty" },
		{ START ",\"client_tls\":{\"key\":\"k\",\"certificate\":\"c\",\"a\":\"b\"}}",
		  "request: client_tls: unknown member \"a\"" },
		{ START RULES ",\"secret\":\"\"}}", "request: id_token: secret: is empty" },
		{ START RULES ",\"secret\":7}}", "request: id_token: secret: is not a string" },
		{ START RULES ",\"nonce\":null}}", "request: id_token: nonce: is not a string" },
		{ START RULES ",\"algorithms\":\"RS256\"}}",
		  "request: id_token: algorithms: is not an array of strings" },
		{ START RULES ",\"algorithms\":[7]}}",
		  "request: id_token: algorithms: is not an array of strings" },
		{ START RULES ",\"token\":\"t\"}}",
		  "request: id_token: token: is only for a request with jwks" },
		{ START RULES "},\"metadata\":true}",
		  "request: metadata: cannot be asked for together with jwks or id_token" },
		{ START ",\"jwks\":true,\"metadata\":true}",
		  "request: metadata: cannot be asked for together with jwks or id_token" },
		{ START ASSERTION "\"k\"}", "request: client_assertion: is not an object" },
		{ START ASSERTION "{\"client_id\":\"a\",\"audience\":\"b\"}}",
		  "request: client_assertion: key: is missing" },
		{ START ASSERTION "{\"key\":\"k\",\"client_id\":\"a\"}}",
		  "request: client_assertion: audience: is missing" },
		{ START ASSERTION "{\"key\":\"k\",\"client_id\":\"\",\"audience\":\"b\"}}",
		  "request: client_assertion: client_id: is empty" },
		{ START ASSERTION "{\"key\":{},\"client_id\":\"a\",\"audience\":\"b\"}}",
		  "request: client_assertion: key: is not a string" },
		{ START ASSERTION
		  "{\"key\":\"k\",\"client_id\":\"a\",\"audience\":\"b\",\"alg\":\"x\"}}",
		  "request: client_assertion: unknown member \"alg\"" },
		{ START
		  ",\"client_assertion\":{\"key\":\"k\",\"client_id\":\"a\",\"audience\":\"b\"}}",
		  "request: client_assertion: the request has no body" },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct ft_exchange exchange, before;
		struct ft_error err = FT_ERROR_INIT;

		memset(&exchange, 0x55, sizeof exchange);
		before = exchange;
		ck_assert_msg(parse(bad[i][0], strlen(bad[i][0]), &exchange, &err) == FT_CONFIG,
			      "%s is taken", bad[i][0]);
		ck_assert_mem_eq(&exchange, &before, sizeof exchange);
		if (bad[i][1] != NULL)
			ck_assert_str_eq(line_of(&err), bad[i][1]);
	}
}
END_TEST

START_TEST(bounds_fields_and_paths)
{
	for (int n = 31; n <= 34; n++) {
		struct ft_buf fields = FT_BUF_INIT(4096), paths = FT_BUF_INIT(4096);
		struct ft_exchange exchange;
		struct ft_error err = FT_ERROR_INIT;

		ft_buf_adds(&fields, START ",\"fields\":{");
		ft_buf_adds(&paths, START ",\"fields\":{\"a\":[");
		for (int i = 0; i < n; i++) {
			ft_buf_addf(&fields, "%s\"f%d\":[]", i > 0 ? "," : "", i);
			ft_buf_addf(&paths, "%s\"p%d\"", i > 0 ? "," : "", i);
		}
		ft_buf_adds(&fields, "}}");
		ft_buf_adds(&paths, "]}}");
		ck_assert_int_eq(parse(fields.data, fields.len, &exchange, &err),
				 n <= FT_EXCHANGE_FIELDS ? 0 : FT_CONFIG);
		if (err.code == 0)
			ft_exchange_release(&exchange);
		err.code = 0;
		ck_assert_int_eq(parse(paths.data, paths.len, &exchange, &err),
				 n <= FT_EXCHANGE_PATHS ? 0 : FT_CONFIG);
		if (err.code == 0)
			ft_exchange_release(&exchange);
		ft_buf_release(&fields);
		ft_buf_release(&paths);
	}
}
END_TEST

/* A caller that dies while it writes must not make a request of a part of one. */
START_TEST(refuses_what_was_cut)
{
	static const char text[] = START ",\"headers\":[\"Authorization: Basic eA==\"],"
		"\"body\":\"{}\","
		"\"fields\":{\"access_token\":[\"a\",\"\\\".b\\\"\"]},\"timeout\":60,\"jwt\":true}";

	for (size_t len = 0; len < sizeof text - 1; len++) {
		struct ft_exchange exchange;
		struct ft_error err = FT_ERROR_INIT;

		ck_assert_msg(parse(text, len, &exchange, &err) == FT_CONFIG, "%zu bytes", len);
	}
}
END_TEST

/* What is wrong with a request is said without the request. */
START_TEST(keeps_secrets_out_of_errors)
{
	static const char *const texts[] = {
		START ",\"body\":\"hunter2\",\"headers\":[\"Authorization hunter2\"]}",
		START ",\"body\":\"hunter2\",\"proxy\":7}",
		START ",\"body\":\"hunter2",
		START ",\"body\":[\"hunter2\"]}",
		START ",\"client_assertion\":{\"key\":\"hunter2\"}}",
		START ",\"client_assertion\":{\"key\":[\"hunter2\"]}}",
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct ft_exchange exchange;
		struct ft_error err = FT_ERROR_INIT;

		ck_assert_int_eq(parse(texts[i], strlen(texts[i]), &exchange, &err), FT_CONFIG);
		ck_assert_msg(strstr(line_of(&err), "hunter2") == NULL, "%s", line_of(&err));
	}
}
END_TEST

START_TEST(writes_answers)
{
	char name[] = "/tmp/freshtoken-test-XXXXXX", back[64] = "";
	struct ft_error err = FT_ERROR_INIT;
	int fd = mkstemp(name), pipes[2];
	struct stat st;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(posix_fallocate(fd, 0, 32), 0);
	ck_assert_int_eq(ft_answer_write(fd, "{}\n", 3, &err), 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_size, 3);
	ck_assert_int_eq(pread(fd, back, sizeof back, 0), 3);
	ck_assert_mem_eq(back, "{}\n", 3);
	ck_assert_int_eq(ft_answer_keep(fd, &err), 0);
	ck_assert_int_eq(close(fd), 0);

	/* A regular file that takes bytes but cannot be synchronised shows that this is tried. */
	fd = open("/proc/self/comm", O_WRONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ft_answer_keep(fd, &err), FT_SYSTEM);
	ck_assert_str_eq(line_of(&err), "answer: fsync: Invalid argument");
	ck_assert_int_eq(close(fd), 0);

	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_eq(ft_answer_write(pipes[1], "{}\n", 3, &err), 0);
	ck_assert_int_eq(ft_answer_keep(pipes[1], &err), 0);
	ck_assert_int_eq(read(pipes[0], back, sizeof back), 3);
	ck_assert_int_eq(ft_answer_write(pipes[0], "{}\n", 3, &err), FT_SYSTEM);
	ck_assert_str_eq(line_of(&err), "answer: write: Bad file descriptor");
	ck_assert_int_eq(close(pipes[0]), 0);
	ck_assert_int_eq(close(pipes[1]), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { reads_everything,
				       has_defaults,
				       reads_what_is_about_jose,
				       refuses,
				       bounds_fields_and_paths,
				       refuses_what_was_cut,
				       keeps_secrets_out_of_errors,
				       writes_answers,
				       NULL };

	return unit_run("message", tests);
}
