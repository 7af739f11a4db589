/* SPDX-License-Identifier: MIT */
/* transport/jose/idtoken.h, and through it jwk.h and jws.h: every defect in RFC 8725 and OpenID
 * Connect Core, each with the message about it */
#include "config.h"

#include "lib/base/encode.h"
#include "lib/transport/jose/evp.h"
#include "lib/transport/jose/idtoken.h"
#include "lib/transport/jose/jwk.h"
#include "lib/transport/jose/jws.h"
#include "tests/unit/transport/jose-examples.h"
#include "tests/unit/transport/jose.h"
#include "tests/unit/unit.h"

#define NOW INT64_C(1700000000)	/* 2023-11-14T22:13:20Z */
#define ALL ((1U << FT_ALG_COUNT) - 1)

static const char claims[] = "{\"iss\":\"https://"
			     "sso.example.com\",\"aud\":\"client\",\"sub\":\"alice\",\"exp\":"
			     "1700000300,\"iat\":1700000000,\"nonce\":\"n1\"}";
static const char rs256[] = "{\"alg\":\"RS256\",\"kid\":\"rsa\"}";
static char *keys_text;	/* one of each kind, by its name; and what can verify nothing */

static void make_set(void)
{
	static const struct {
		enum jose_key key;
		const char *more;
	} all[] = {
		{ JOSE_RSA, ",\"kid\":\"rsa\"" },
		{ JOSE_EC,
		  ",\"kid\":\"ec\",\"use\":\"sig\",\"alg\":\"ES256\",\"key_ops\":[\"verify\"]" },
		{ JOSE_ED, ",\"kid\":\"ed\"" },
		{ JOSE_RSA_1024, ",\"kid\":\"rsa1024\"" },
		{ JOSE_P384, ",\"kid\":\"p384\"" },
		{ JOSE_P521, ",\"kid\":\"p521\"" },
		{ JOSE_K1, ",\"kid\":\"k1\"" },
		{ JOSE_ED448, ",\"kid\":\"ed448\"" },
		{ JOSE_RSA, ",\"kid\":\"enc\",\"use\":\"enc\"" },
		{ JOSE_RSA, ",\"kid\":\"wrap\",\"key_ops\":[\"wrapKey\",1]" },
		{ JOSE_RSA, ",\"kid\":\"ops\",\"key_ops\":\"verify\"" },
		{ JOSE_RSA, ",\"kid\":\"ps\",\"alg\":\"PS256\"" },
		{ JOSE_RSA, ",\"kid\":\"oaep\",\"alg\":\"RSA-OAEP\"" },
		{ JOSE_RSA, ",\"kid\":\"number\",\"alg\":7" },
		{ JOSE_RSA, ",\"kid\":\"private\",\"d\":\"AQAB\"" },
		{ JOSE_EC_2, ",\"kid\":\"rsa-too\",\"use\":\"sig\"" },
		{ JOSE_EC_2, ",\"kid\":7" },
	};
	struct ft_buf out = FT_BUF_INIT(65536);

	ft_buf_adds(
		&out,
		"{\"keys\":[null,7,\"key\",[],{},{\"kty\":\"oct\",\"k\":\"AQAB\",\"kid\":\"rsa\"}");
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		char *jwk = jose_jwk(all[i].key, false, all[i].more);

		ft_buf_addf(&out, ",%s", jwk);
		free(jwk);
	}
	ft_buf_adds(&out,
		    ",{\"kty\":\"RSA\",\"kid\":\"empty\"},{\"kty\":\"RSA\",\"kid\":\"no-base64\","
		    "\"n\":\"A+/"
		    "=\",\"e\":\"AQAB\"},{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"short\",\"x\":"
		    "\"AQAB\",\"y\":\"AQAB\"},{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"off-"
		    "curve\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\",\"y\":"
		    "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}]}");
	keys_text = out.data;
}

static void free_set(void)
{
	free(keys_text);
}

/* The claims, but for what a patch says: null takes a member away. */
static char *patched(const char *base, const char *patch)
{
	struct json_object *object = jose_parse(base), *changes = jose_parse(patch);

	json_object_object_foreach(changes, name, value) {
		if (value == NULL)
			json_object_object_del(object, name);
		else
			(void)json_object_object_add(object, name, json_object_get(value));
	}
	char *text = strdup(ft_json_text(object, NULL));

	json_object_put(object);
	json_object_put(changes);
	return text;
}

/* keys: NULL: those above; "": none. */
static int verify(const char *token, const char *keys, const struct ft_idtoken_rules *given,
		  struct json_object **ret, struct ft_error *err)
{
	struct ft_idtoken_rules rules = {
		.issuer = "https://sso.example.com", .client_id = "client", .algorithms = ALL,
	};
	const char *text = keys != NULL ? keys : keys_text;

	if (given != NULL)
		rules = *given;
	rules.keys = text[0] != '\0' ? jose_parse(text) : NULL;
	*err = (struct ft_error)FT_ERROR_INIT;
	*ret = NULL;
	int r = ft_idtoken_verify(token, strlen(token), &rules, NOW, ret, err);

	ck_assert_int_eq(r, err->code);
	ck_assert((r == 0) == (*ret != NULL));
	ck_assert((r == 0) == (err->text[0] == '\0'));
	json_object_put(rules.keys);
	return r;
}

/* expected NULL: it is good. */
static void expect(const char *token, const char *keys, const struct ft_idtoken_rules *rules,
		   int code, const char *expected)
{
	struct json_object *found = NULL;
	struct ft_error err;
	int r = verify(token, keys, rules, &found, &err);

	ck_assert_msg(r == code && (expected == NULL || strcmp(line_of(&err), expected) == 0),
		      "%d \"%s\", not %d \"%s\": %s", r, line_of(&err), code,
		      expected != NULL ? expected : "", token);
	if (r == 0)
		ck_assert_str_ne(ft_json_string(found, "sub"), "");
	json_object_put(found);
}

START_TEST(the_standards_own_examples)
{
	for (size_t i = 0; i < JOSE_EXAMPLES; i++) {
		const struct jose_example *example = &jose_examples[i];
		struct json_object *jwk = jose_parse(example->jwk);
		size_t len = strlen(example->token);

		ck_assert_int_eq(ft_jwk_check(jwk, example->alg, false, NULL), 0);
		ck_assert_msg(ft_jws_verify(example->token, len, example->alg, jwk) == 0, "row %zu",
			      i);
		ck_assert_int_eq(ft_jws_verify(example->token, len - 3, example->alg, jwk),
				 FT_UNTRUSTED);
		json_object_put(jwk);
	}
}
END_TEST

START_TEST(good_tokens)
{
	static const struct {
		enum jose_key key;
		const char *header, *patch;
	} table[] = {
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"rsa\"}", "{}" },
		{ JOSE_RSA, "{\"alg\":\"PS256\",\"kid\":\"rsa\"}", "{}" },
		{ JOSE_EC, "{\"alg\":\"ES256\",\"kid\":\"ec\"}", "{}" },
		{ JOSE_ED, "{\"alg\":\"EdDSA\",\"kid\":\"ed\"}", "{}" },
		{ JOSE_RSA, "{\"alg\":\"RS384\",\"kid\":\"rsa\"}", "{}" },
		{ JOSE_RSA, "{\"alg\":\"RS512\",\"kid\":\"rsa\"}", "{}" },
		{ JOSE_RSA, "{\"alg\":\"PS384\",\"kid\":\"rsa\"}", "{}" },
		{ JOSE_RSA, "{\"alg\":\"PS512\",\"kid\":\"rsa\"}", "{}" },
		{ JOSE_P384, "{\"alg\":\"ES384\",\"kid\":\"p384\"}", "{}" },
		{ JOSE_P521, "{\"alg\":\"ES512\",\"kid\":\"p521\"}", "{}" },
		{ JOSE_RSA, "{\"kid\":\"rsa\",\"typ\":\"JWT\",\"alg\":\"RS256\"}", "{}" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"jwt\",\"cty\":\"x\"}",
		  "{}" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"application/JWT\"}",
		  "{}" },
		/* No kid: each that fits is tried. */
		{ JOSE_RSA, "{\"alg\":\"RS256\"}", "{}" },
		{ JOSE_EC_2, "{\"alg\":\"ES256\"}", "{}" },
		{ JOSE_ED, "{\"alg\":\"EdDSA\"}", "{}" },
		/* A key that the token brings is not looked at, neither for good nor for bad. */
		{ JOSE_RSA,
		  "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"jku\":\"https://evil.example/\","
		  "\"jwk\":{\"kty\":\"oct\"},\"x5u\":\"x\",\"x5c\":[\"x\"]}",
		  "{}" },
		/* Claims */
		{ JOSE_RSA, rs256, "{\"aud\":[\"client\"]}" },
		{ JOSE_RSA, rs256, "{\"aud\":[\"other\",\"client\"],\"azp\":\"client\"}" },
		{ JOSE_RSA, rs256, "{\"azp\":\"client\"}" },
		{ JOSE_RSA, rs256, "{\"exp\":1699999941}" },
		{ JOSE_RSA, rs256, "{\"exp\":1700000000.5,\"nbf\":1.7e9}" },
		{ JOSE_RSA, rs256, "{\"exp\":253402300799}" },
		{ JOSE_RSA, rs256, "{\"nbf\":1700000060,\"iat\":1700000060}" },
		/* Issued in the future: a hint, and no more. */
		{ JOSE_RSA, rs256, "{\"iat\":1700000070}" },
		{ JOSE_RSA, rs256, "{\"iat\":1700000061}" },
		{ JOSE_RSA, rs256, "{\"iat\":0,\"nonce\":null}" },
		{ JOSE_RSA, rs256, "{\"nonce\":7,\"acr\":null,\"deep\":[[[[[[1]]]]]]}" },
		{ JOSE_RSA, rs256, "{\"sub\":\"\xc3\xa9\"}" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char *payload = patched(claims, table[i].patch);
		char *token = jose_token(table[i].key, table[i].header, payload);

		expect(token, NULL, NULL, 0, NULL);
		free(token);
		free(payload);
	}
}
END_TEST

START_TEST(claims_come_out_as_they_went_in)
{
	char *token = jose_token(JOSE_ED, "{\"alg\":\"EdDSA\",\"kid\":\"ed\"}", claims);
	struct json_object *found = NULL;
	struct ft_error err;

	ck_assert_int_eq(verify(token, NULL, NULL, &found, &err), 0);
	ck_assert_str_eq(ft_json_text(found, NULL), claims);
	json_object_put(found);
	free(token);
}
END_TEST

#define REMEDY "; register the client with one of these as id_token_signed_response_alg"
#define U FT_UNTRUSTED
#define N FT_NOT_FOUND

START_TEST(headers_that_are_refused)
{
	static const char all[] =
		"RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA";
	static const struct {
		enum jose_key key;
		const char *header;
		int code;
		const char *message;
	} table[] = {
		/* Algorithms */
		{ JOSE_RSA, "{\"alg\":\"none\"}", U, "its algorithm \"none\" is not allowed (%s)" },
		{ JOSE_RSA, "{\"alg\":\"None\",\"kid\":\"rsa\"}", U,
		  "its algorithm \"None\" is not allowed (%s)" },
		{ JOSE_RSA, "{\"alg\":\"rs256\",\"kid\":\"rsa\"}", U,
		  "its algorithm \"rs256\" is not allowed (%s)" },
		{ JOSE_RSA, "{\"alg\":\"HS256\",\"kid\":\"rsa\"}", U,
		  "its algorithm \"HS256\" is not allowed (%s)" },
		{ JOSE_RSA, "{\"alg\":\"HS512\",\"kid\":\"rsa\"}", U,
		  "its algorithm \"HS512\" is not allowed (%s)" },
		{ JOSE_K1, "{\"alg\":\"ES256K\",\"kid\":\"k1\"}", U,
		  "its algorithm \"ES256K\" is not allowed (%s)" },
		{ JOSE_RSA, "{\"alg\":\"\",\"kid\":\"rsa\"}", U,
		  "its algorithm \"\" is not allowed (%s)" },
		{ JOSE_RSA, "{\"alg\":[\"RS256\"]}", U, "its header names no algorithm" },
		{ JOSE_RSA, "{\"kid\":\"rsa\"}", U, "its header names no algorithm" },
		/* A key of another kind */
		{ JOSE_EC, "{\"alg\":\"RS256\",\"kid\":\"ec\"}", U,
		  "the issuer's key \"ec\": its kty is \"EC\", and RS256 needs RSA" },
		{ JOSE_RSA, "{\"alg\":\"ES256\",\"kid\":\"rsa\"}", U,
		  "the issuer's key \"rsa\": its kty is \"oct\", and ES256 needs EC" },
		{ JOSE_EC, "{\"alg\":\"EdDSA\",\"kid\":\"ec\"}", U,
		  "the issuer's key \"ec\": its kty is \"EC\", and EdDSA needs OKP" },
		{ JOSE_K1, "{\"alg\":\"ES256\",\"kid\":\"k1\"}", U,
		  "the issuer's key \"k1\": its crv is \"secp256k1\", and ES256 needs P-256" },
		{ JOSE_EC, "{\"alg\":\"ES512\",\"kid\":\"p384\"}", U,
		  "the issuer's key \"p384\": its crv is \"P-384\", and ES512 needs P-521" },
		/* The header's word against what was signed with: another digest, another curve */
		{ JOSE_RSA, "{\"x\":\"RS512\",\"alg\":\"RS256\",\"kid\":\"rsa\"}", N,
		  "its signature was not made with the issuer's key \"rsa\"" },
		{ JOSE_EC, "{\"alg\":\"ES384\",\"kid\":\"p384\"}", N,
		  "its signature was not made with the issuer's key \"p384\"" },
		{ JOSE_P384, "{\"alg\":\"ES256\",\"kid\":\"p384\"}", U,
		  "the issuer's key \"p384\": its crv is \"P-384\", and ES256 needs P-256" },
		{ JOSE_ED448, "{\"alg\":\"EdDSA\",\"kid\":\"ed448\"}", U,
		  "the issuer's key \"ed448\": its crv is \"Ed448\", and EdDSA needs Ed25519" },
		{ JOSE_RSA_1024, "{\"alg\":\"RS256\",\"kid\":\"rsa1024\"}", U,
		  "the issuer's key \"rsa1024\": it has 1024 bits, and RS256 needs 2048 to 16384" },
		/* A key for something else */
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"enc\"}", U,
		  "the issuer's key \"enc\": its use is \"enc\", not sig" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"wrap\"}", U,
		  "the issuer's key \"wrap\": its key_ops do not have verify" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"ops\"}", U,
		  "the issuer's key \"ops\": its key_ops do not have verify" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"ps\"}", U,
		  "the issuer's key \"ps\": its alg is \"PS256\", not RS256" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"oaep\"}", U,
		  "the issuer's key \"oaep\": its alg is \"RSA-OAEP\", not RS256" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"number\"}", U,
		  "the issuer's key \"number\": its alg is no string" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"private\"}", U,
		  "the issuer's key \"private\": it is a private key, but published" },
		/* A key that is none */
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"empty\"}", U,
		  "the issuer's key \"empty\": it has no n" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"no-base64\"}", U,
		  "the issuer's key \"no-base64\": its n is no base64url" },
		{ JOSE_EC, "{\"alg\":\"ES256\",\"kid\":\"short\"}", U,
		  "the issuer's key \"short\": its x is not of 32 bytes" },
		{ JOSE_EC, "{\"alg\":\"ES256\",\"kid\":\"off-curve\"}", N,
		  "its signature was not made with the issuer's key \"off-curve\"" },
		/* Which key */
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"other\"}", N,
		  "none of the issuer's keys has its kid \"other\"" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"RSA\"}", N,
		  "none of the issuer's keys has its kid \"RSA\"" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"\"}", N,
		  "none of the issuer's keys has its kid \"\"" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":7}", U, "its kid is no string" },
		{ JOSE_EC_2, "{\"alg\":\"ES256\",\"kid\":\"ec\"}", N,
		  "its signature was not made with the issuer's key \"ec\"" },
		{ JOSE_EC, "{\"alg\":\"ES256\",\"kid\":\"rsa-too\"}", N,
		  "its signature was not made with the issuer's key \"rsa-too\"" },
		/* RS256 is not PS256, with the same key. */
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"x\":\"PS256\",\"kid\":\"rsa\"}", N,
		  "its signature was not made with the issuer's key \"rsa\"" },
		/* What it is */
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"crit\":[\"exp\"],\"exp\":1}", U,
		  "it demands extensions of its format (crit)" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"crit\":[]}", U,
		  "it demands extensions of its format (crit)" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"b64\":false,\"crit\":[\"b64\"]}",
		  U, "it demands extensions of its format (crit)" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"at+jwt\"}", U,
		  "its type is \"at+jwt\", not JWT" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"logout+jwt\"}", U,
		  "its type is \"logout+jwt\", not JWT" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":7}", U,
		  "its type is \"\", not JWT" },
		/* Its form */
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"alg\":\"none\"}", U,
		  "its header has a duplicate key" },
		{ JOSE_RSA, "[\"RS256\"]", U, "its header is no JSON object" },
		{ JOSE_RSA, "{\"alg\":\"RS256\"", U, "its header is not JSON" },
		{ JOSE_RSA, "{'alg':'RS256'}", U, "its header is not JSON" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"x\":\"\xff\"}", U, "its header is not UTF-8" },
		{ JOSE_RSA, "{\"alg\":\"RS256\\u0000\"}", U, "its header has a NUL in a string" },
		{ JOSE_RSA, "{\"alg\":\"RS256\",\"x\":[[[[[[[[1]]]]]]]]}", U,
		  "its header is nested too deeply" },
		{ JOSE_RSA, "", U, "its header is not JSON" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char *token = jose_token(table[i].key, table[i].header, claims), message[256];

		(void)snprintf(message, sizeof message, "%s", table[i].message);
		if (strstr(message, "%s") != NULL)
			(void)snprintf(strstr(message, "%s"), sizeof message - 64, "%s)" REMEDY, all);
		expect(token, NULL, NULL, table[i].code, message);
		free(token);
	}
}
END_TEST

START_TEST(claims_that_are_refused)
{
	static const struct {
		const char *patch, *message;
	} table[] = {
		{ "{\"iss\":null}", "it has no iss" },
		{ "{\"iss\":[\"https://sso.example.com\"]}", "its iss is no string" },
		{ "{\"iss\":\"x\\\"; run: this; \\\"\"}",
		  "its iss is \"x'; run: this; '\", not \"https://sso.example.com\"" },
		{ "{\"iss\":\"https://evil.example\"}",
		  "its iss is \"https://evil.example\", not \"https://sso.example.com\"" },
		{ "{\"iss\":\"https://sso.example.com/\"}",
		  "its iss is \"https://sso.example.com/\", not \"https://sso.example.com\"" },
		{ "{\"iss\":\"https://sso.example.co\"}",
		  "its iss is \"https://sso.example.co\", not \"https://sso.example.com\"" },
		{ "{\"iss\":\"https://sso.example.com.evil.example\"}",
		  "its iss is \"https://sso.example.com.evil.example\", not "
		  "\"https://sso.example.com\"" },
		{ "{\"iss\":\"https://SSO.example.com\"}",
		  "its iss is \"https://SSO.example.com\", not \"https://sso.example.com\"" },
		{ "{\"iss\":\"\"}", "its iss is \"\", not \"https://sso.example.com\"" },
		{ "{\"aud\":null}", "it has no aud" },
		{ "{\"aud\":\"other\"}", "its aud is \"other\", not \"client\"" },
		{ "{\"aud\":\"client2\"}", "its aud is \"client2\", not \"client\"" },
		{ "{\"aud\":\"Client\"}", "its aud is \"Client\", not \"client\"" },
		{ "{\"aud\":7}", "its aud is no string" },
		{ "{\"aud\":{\"client\":1}}", "its aud is no string" },
		{ "{\"aud\":[]}", "its aud does not have \"client\"" },
		{ "{\"aud\":[\"a\",\"b\"],\"azp\":\"client\"}",
		  "its aud does not have \"client\"" },
		{ "{\"aud\":[\"client\",7],\"azp\":\"client\"}",
		  "its aud has an item that is no string" },
		{ "{\"aud\":[[\"client\"]]}", "its aud has an item that is no string" },
		{ "{\"aud\":[\"client\",\"other\"]}", "it has several audiences and no azp" },
		{ "{\"aud\":[\"client\",\"client\"]}", "it has several audiences and no azp" },
		{ "{\"aud\":[\"client\",\"other\"],\"azp\":\"other\"}",
		  "its azp is \"other\", not \"client\"" },
		{ "{\"azp\":\"other\"}", "its azp is \"other\", not \"client\"" },
		{ "{\"azp\":7}", "its azp is no string" },
		{ "{\"sub\":null}", "it has no sub" },
		{ "{\"sub\":\"\"}", "its sub is empty" },
		{ "{\"sub\":\"alice\\u001b\"}", "its sub has a control byte" },
		{ "{\"sub\":\"\\nalice\"}", "its sub has a control byte" },
		{ "{\"sub\":\"al\\u007fice\"}", "its sub has a control byte" },
		{ "{\"sub\":1000}", "its sub is no string" },
		{ "{\"exp\":null}", "it has no exp" },
		{ "{\"exp\":1699999940}",
		  "it expired at 2023-11-14T22:12:20Z, and now is 2023-11-14T22:13:20Z" },
		{ "{\"exp\":0}",
		  "it expired at 1970-01-01T00:00:00Z, and now is 2023-11-14T22:13:20Z" },
		{ "{\"exp\":\"1700000300\"}", "its exp is no time" },
		{ "{\"exp\":-1}", "its exp is no time" },
		{ "{\"exp\":true}", "its exp is no time" },
		{ "{\"exp\":253402300800}", "its exp is no time" },
		{ "{\"exp\":9223372036854775807}", "its exp is no time" },
		{ "{\"exp\":99999999999999999999}", "its exp is no time" },
		{ "{\"exp\":1e400}", "its exp is no time" },
		{ "{\"nbf\":1700000061}",
		  "it is not valid before 2023-11-14T22:14:21Z, and now is 2023-11-14T22:13:20Z" },
		{ "{\"nbf\":\"soon\"}", "its nbf is no time" },
		{ "{\"iat\":null}", "it has no iat" },
		{ "{\"iat\":\"1700000000\"}", "its iat is no time" },
		{ "{\"nonce\":null}", "it has no nonce" },
		{ "{\"nonce\":\"n2\"}", "its nonce is not the one that was sent" },
		{ "{\"nonce\":\"\"}", "its nonce is not the one that was sent" },
		{ "{\"nonce\":7}", "its nonce is no string" },
	};
	const struct ft_idtoken_rules rules = {
		.issuer = "https://sso.example.com", .client_id = "client", .nonce = "n1",
		.algorithms = ALL,
	};
	char *good = jose_token(JOSE_ED, "{\"alg\":\"EdDSA\",\"kid\":\"ed\"}", claims);

	expect(good, NULL, &rules, 0, NULL);
	free(good);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char *payload = patched(claims, table[i].patch);
		char *token = jose_token(JOSE_ED, "{\"alg\":\"EdDSA\",\"kid\":\"ed\"}", payload);

		expect(token, NULL, &rules, U, table[i].message);
		/* Also where keys are missing: no new key would help. */
		expect(token, "", &rules, U, table[i].message);
		free(token);
		free(payload);
	}
}
END_TEST

START_TEST(payloads_that_are_refused)
{
	static const char *const table[][2] = {
		{ "{\"iss\":\"https://sso.example.com\",\"iss\":\"https://evil.example\"}",
		  "its payload has a duplicate key" },
		{ "{\"a\":[[[[[[[[1]]]]]]]]}", "its payload is nested too deeply" },
		{ "\"alice\"", "its payload is no JSON object" },
		{ "null", "its payload is no JSON object" },
		{ "{\"iss\":NaN}", "its payload is not JSON" },
		{ "{} {}", "its payload is not JSON" },
		{ "{\"sub\":\"\\u0000\"}", "its payload has a NUL in a string" },
		{ "", "its payload is not JSON" },
	};
	char subject[400] = "";

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char *token = jose_token(JOSE_RSA, rs256, table[i][0]);

		expect(token, NULL, NULL, U, table[i][1]);
		free(token);
	}
	for (size_t len = 255; len <= 256; len++) {
		(void)snprintf(subject, sizeof subject, "{\"sub\":\"%0*d\"}", (int)len, 0);
		char *payload = patched(claims, subject);
		char *token = jose_token(JOSE_RSA, rs256, payload);

		expect(token, NULL, NULL, len > 255 ? U : 0,
		       len > 255 ? "its sub is longer than 255 bytes" : NULL);
		free(token);
		free(payload);
	}
}
END_TEST

START_TEST(nothing_else_may_be_changed)
{
	char *token = jose_token(JOSE_EC, "{\"alg\":\"ES256\",\"kid\":\"ec\"}", claims);
	char *other = patched(claims, "{\"sub\":\"mallory\"}");
	char *signature = strrchr(token, '.') + 1;
	struct ft_buf changed = FT_BUF_INIT(8192);
	static const char ec[] = "its signature was not made with the issuer's key \"ec\"";

	/* The payload, under the same signature. */
	jose_begin(&changed, "{\"alg\":\"ES256\",\"kid\":\"ec\"}", other);
	ft_buf_addf(&changed, ".%s", signature);
	expect(changed.data, NULL, NULL, N, ec);

	/* The header, by a blank. */
	ft_buf_clear(&changed);
	jose_begin(&changed, "{\"alg\":\"ES256\",\"kid\":\"ec\" }", claims);
	ft_buf_addf(&changed, ".%s", signature);
	expect(changed.data, NULL, NULL, N, ec);

	/* Each character of the signature: it is wrong, or not just how it is written. */
	for (char *c = signature; *c != '\0'; c++) {
		char old = *c;

		*c = old == 'A' ? 'B' : 'A';
		struct json_object *found = NULL;
		struct ft_error err;

		int r = verify(token, NULL, NULL, &found, &err);

		ck_assert(r == U || (r == N && strcmp(line_of(&err), ec) == 0));
		*c = old;
	}
	expect(token, NULL, NULL, 0, NULL);

	/* A signature of zeros, which some have taken; one that is longer; half of one. */
	ft_buf_clear(&changed);
	ft_buf_add(&changed, token, (size_t)(signature - token));
	for (int i = 0; i < 86; i++)
		ft_buf_adds(&changed, "A");
	expect(changed.data, NULL, NULL, N, ec);
	ft_buf_clear(&changed);
	ft_buf_addf(&changed, "%sAAAA", token);
	expect(changed.data, NULL, NULL, N, ec);
	ft_buf_adds(&changed, ":");
	expect(changed.data, NULL, NULL, U, "its signature is no base64url");
	ft_buf_clear(&changed);
	ft_buf_add(&changed, token, strlen(token) - 46);
	expect(changed.data, NULL, NULL, N, ec);

	/* None. */
	ft_buf_clear(&changed);
	ft_buf_add(&changed, token, (size_t)(signature - token));
	expect(changed.data, NULL, NULL, U, "it has no signature");
	ft_buf_release(&changed);
	free(other);
	free(token);
}
END_TEST

START_TEST(texts_that_are_no_token)
{
	static const char *const table[][2] = {
		{ "", "it is not a signed token of three parts" },
		{ "eyJhbGciOiJSUzI1NiJ9", "it is not a signed token of three parts" },
		{ "eyJhbGciOiJSUzI1NiJ9.e30", "it is not a signed token of three parts" },
		{ "eyJhbGciOiJSUzI1NiJ9.e30.AQAB.AQAB", "it is not a signed token of three parts" },
		{ "eyJhbGciOiJSUzI1NiJ9.e30.a.b.c",
		  "it is encrypted, and only a signed one can be read" },
		{ "......", "it is not a signed token of three parts" },
		{ "..", "its header is not JSON" },
		{ "eyJhbGciOiJSUzI1NiJ9\n.e30.AQAB", "its header is no base64url" },
		{ "eyJhbGciOiJSUzI1NiJ9=.e30.AQAB", "its header is no base64url" },
		{ "eyJhbGciOiJSUzI1NiJ+.e30.AQAB", "its header is no base64url" },
		{ " eyJhbGciOiJSUzI1NiJ9.e30.AQAB", "its header is no base64url" },
		{ "eyJhbGciOiJSUzI1NiJ9.e3.AQAB", "its payload is no base64url" },
		{ "eyJhbGciOiJSUzI1NiJ9.e.AQAB", "its payload is no base64url" },
		{ "eyJhbGciOiJSUzI1NiJ9.e31.AQAB", "its payload is no base64url" },
		{ "eyJhbGciOiJSUzI1NiJ9..AQAB", "its payload is not JSON" },
		{ "{\"alg\":\"RS256\"}", "it is not a signed token of three parts" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		expect(table[i][0], NULL, NULL, U, table[i][1]);
	for (size_t more = 0; more < 2; more++) {
		size_t len = FT_IDTOKEN_MAX + more;
		char *text = calloc(1, len + 1);

		memset(text, 'A', len);
		expect(text, NULL, NULL, U, more ? "it is longer than 32 KiB" :
		       "it is not a signed token of three parts");
		free(text);
	}
}
END_TEST

#define SECRET "0123456789abcdef0123456789abcdef"	/* as long as SHA-256 */
#define BY_ANOTHER "its signature was not made with the client's secret; check client_secret_file"
static const struct ft_idtoken_rules with_secret = {
	.issuer = "https://sso.example.com",
	.client_id = "client",
	.algorithms = ALL,
	.secret = SECRET,
	.hmacs = 1U << FT_HMAC_HS256,
};

static char *hmac_token(const char *header, const EVP_MD *digest, const char *secret,
			const char *payload)
{
	struct ft_buf token = FT_BUF_INIT(8192);
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	jose_begin(&token, header, payload);
	ck_assert_ptr_nonnull(HMAC(digest, secret, (int)strlen(secret),
				   (unsigned char *)token.data, token.len, mac, &len));
	ft_buf_adds(&token, ".");
	ft_base64_add(&token, FT_BASE64URL, mac, len);
	return token.data;
}

/* HS256, HS384 and HS512: by the client's own secret, where it is long enough, and by nothing
 * else. */
START_TEST(an_hmac_with_the_clients_secret)
{
	static const struct {
		const char *header, *digest, *secret, *given;
		unsigned hmacs;
		const char *message;	/* NULL: it is good */
	} table[] = {
		{ "{\"alg\":\"HS256\"}", "SHA256", SECRET, SECRET, 1, NULL },
		/* A kid names no key of the set: there is one, and it is of another kind. */
		{ "{\"alg\":\"HS256\",\"kid\":\"rsa\"}", "SHA256", SECRET, SECRET, 1, NULL },
		{ "{\"alg\":\"HS384\"}", "SHA384", SECRET SECRET, SECRET SECRET, 7, NULL },
		{ "{\"alg\":\"HS512\"}", "SHA512", SECRET SECRET, SECRET SECRET, 7, NULL },
		{ "{\"alg\":\"HS256\"}", "SHA256", SECRET "x", SECRET, 1, BY_ANOTHER },
		{ "{\"alg\":\"HS256\"}", "SHA512", SECRET, SECRET, 1, BY_ANOTHER },
		{ "{\"alg\":\"HS512\"}", "SHA256", SECRET SECRET, SECRET SECRET, 7, BY_ANOTHER },
		/* An "oct" key of the set, which has the kid. */
		{ "{\"alg\":\"HS256\",\"kid\":\"rsa\"}", "SHA256", "\1\0\1", SECRET, 1,
		  BY_ANOTHER },
		{ "{\"alg\":\"HS256\"}", "SHA256", "0123456789abcdef0123456789abcde",
		  "0123456789abcdef0123456789abcde", 1,
		  "its algorithm HS256 needs a client secret of 32 bytes or more, and "
		  "client_secret_file has 31; have the service make a longer one, or register the "
		  "client with RS256, PS256, ES256 or EdDSA as id_token_signed_response_alg" },
		{ "{\"alg\":\"HS512\"}", "SHA512", SECRET, SECRET, 7,
		  "its algorithm HS512 needs a client secret of 64 bytes or more, and "
		  "client_secret_file has 32; have the service make a longer one, or register the "
		  "client with RS256, PS256, ES256 or EdDSA as id_token_signed_response_alg" },
		/* Not listed by the issuer; no secret. */
		{ "{\"alg\":\"HS256\"}", "SHA256", SECRET, SECRET, 6,
		  "its algorithm \"HS256\" is not allowed (RS256)" REMEDY },
		{ "{\"alg\":\"HS256\"}", "SHA256", SECRET, NULL, 7,
		  "its algorithm \"HS256\" is not allowed (RS256)" REMEDY },
		{ "{\"alg\":\"hs256\"}", "SHA256", SECRET, SECRET, 7,
		  "its algorithm \"hs256\" is not allowed (RS256)" REMEDY },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_idtoken_rules rules = with_secret;
		char *token = hmac_token(table[i].header, EVP_get_digestbyname(table[i].digest),
					 table[i].secret, claims);

		rules.algorithms = 1U << FT_ALG_RS256;
		rules.secret = table[i].given;
		rules.hmacs = table[i].hmacs;
		for (int keys = 0; keys < 2; keys++)
			expect(token, keys ? NULL : "", &rules, table[i].message != NULL ? U : 0,
			       table[i].message);
		/* An access token is for others too, who do not have the secret. */
		rules.access_token = true;
		if (table[i].message == NULL)
			expect(token, NULL, &rules, U,
			       i < 2 ? "its algorithm \"HS256\" is not allowed (RS256)" :
			       i < 3 ? "its algorithm \"HS384\" is not allowed (RS256)" :
				       "its algorithm \"HS512\" is not allowed (RS256)");
		free(token);
	}
	char *late = patched(claims, "{\"exp\":1699999940}");
	char *token = hmac_token("{\"alg\":\"HS256\"}", EVP_sha256(), SECRET, late);
	size_t len;

	expect(token, "", &with_secret, U,
	       "it expired at 2023-11-14T22:12:20Z, and now is 2023-11-14T22:13:20Z");
	free(token);
	free(late);
	token = hmac_token("{\"alg\":\"HS256\"}", EVP_sha256(), SECRET, claims);
	len = strlen(token);
	token[len - 5] = token[len - 5] == 'A' ? 'B' : 'A';
	expect(token, NULL, &with_secret, U, BY_ANOTHER);
	free(token);
}
END_TEST

/* With the public key, which everybody has, as the secret of an HMAC. */
START_TEST(an_hmac_with_the_public_key)
{
	static const char message[] = "its algorithm \"HS256\" is not allowed (RS256, RS384, "
				      "RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA)"
				      REMEDY;
	BIO *pem = BIO_new(BIO_s_mem()), *der = BIO_new(BIO_s_mem());
	char *jwk = jose_jwk(JOSE_RSA, false, "");
	struct {
		char *data;
		size_t len;
	} secrets[3] = { { NULL, 0 }, { NULL, 0 }, { jwk, strlen(jwk) } };

	ck_assert_int_eq(PEM_write_bio_PUBKEY(pem, jose_keys[JOSE_RSA]), 1);
	ck_assert_int_eq(i2d_PUBKEY_bio(der, jose_keys[JOSE_RSA]), 1);
	secrets[0].len = (size_t)BIO_get_mem_data(pem, &secrets[0].data);
	secrets[1].len = (size_t)BIO_get_mem_data(der, &secrets[1].data);
	for (size_t i = 0; i < 3; i++) {
		struct ft_buf token = FT_BUF_INIT(8192);
		unsigned char mac[EVP_MAX_MD_SIZE];
		unsigned len = 0;

		jose_begin(&token, "{\"alg\":\"HS256\",\"kid\":\"rsa\"}", claims);
		ck_assert_ptr_nonnull(HMAC(EVP_sha256(), secrets[i].data, (int)secrets[i].len,
					   (unsigned char *)token.data, token.len, mac, &len));
		ft_buf_adds(&token, ".");
		ft_base64_add(&token, FT_BASE64URL, mac, len);
		expect(token.data, NULL, NULL, U, message);
		/* Nor where secrets count: what is published is none. */
		expect(token.data, NULL, &with_secret, U, BY_ANOTHER);
		ft_buf_release(&token);
	}
	free(jwk);
	BIO_free(pem);
	BIO_free(der);
}
END_TEST

/* A key of the attacker's own, in the header or where that points to. */
START_TEST(a_key_that_the_token_brings)
{
	char *mine = jose_jwk(JOSE_EC_2, false, ",\"kid\":\"ec\"");
	static const char *const ways[] = {
		"\"jwk\":%s",
		"\"jku\":\"data:application/json,%s\"",
		"\"x5u\":\"https://evil.example/\"",
		"\"x5c\":[\"MIIB\"]",
	};

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct ft_buf header = FT_BUF_INIT(4096);
		const char *hole = strstr(ways[i], "%s");

		ft_buf_adds(&header, "{\"alg\":\"ES256\",\"kid\":\"ec\",");
		ft_buf_add(&header, ways[i],
			   hole != NULL ? (size_t)(hole - ways[i]) : strlen(ways[i]));
		if (hole != NULL && i == 0)
			ft_buf_adds(&header, mine);
		ft_buf_addf(&header, "%s}", hole != NULL ? hole + 2 : "");
		char *token = jose_token(JOSE_EC_2, header.data, claims);

		expect(token, NULL, NULL, N, "its signature was not made with the issuer's key \"ec\"");
		expect(token, "", NULL, N, "there is no key of the issuer to verify it");
		free(token);
		ft_buf_release(&header);
	}
	free(mine);
}
END_TEST

START_TEST(which_algorithms_are_allowed)
{
	struct ft_idtoken_rules rules = { .issuer = "https://sso.example.com",
					  .client_id = "client" };
	char *rsa = jose_token(JOSE_RSA, rs256, claims);
	char *ed = jose_token(JOSE_ED, "{\"alg\":\"EdDSA\",\"kid\":\"ed\"}", claims);

	rules.algorithms = 1U << FT_ALG_EDDSA | 1U << FT_ALG_ES256;
	expect(rsa, NULL, &rules, U, "its algorithm \"RS256\" is not allowed (ES256, EdDSA)" REMEDY);
	expect(ed, NULL, &rules, 0, NULL);
	rules.algorithms = 1U << FT_ALG_PS256;
	expect(rsa, NULL, &rules, U, "its algorithm \"RS256\" is not allowed (PS256)" REMEDY);
	rules.algorithms = 0;
	expect(ed, NULL, &rules, U,
	       "its algorithm \"EdDSA\" is not allowed (the issuer lists none that freshtoken supports)");
	free(rsa);
	free(ed);
}
END_TEST

START_TEST(which_keys_are_tried)
{
	static const struct {
		enum jose_key a, b;
		const char *a_more, *b_more, *header;
		int code;
		const char *message;
	} table[] = {
		/* No kid anywhere: the second one fits. */
		{ JOSE_EC_2, JOSE_EC, "", "", "{\"alg\":\"ES256\"}", 0, NULL },
		{ JOSE_EC_2, JOSE_EC, ",\"kid\":\"a\"", ",\"kid\":\"b\"", "{\"alg\":\"ES256\"}", 0,
		  NULL },
		{ JOSE_EC_2, JOSE_EC, ",\"kid\":\"a\"", ",\"kid\":\"a\"",
		  "{\"alg\":\"ES256\",\"kid\":\"a\"}", 0, NULL },
		/* A kid that no key has: the only one without. */
		{ JOSE_EC_2, JOSE_EC, ",\"kid\":\"a\"", "", "{\"alg\":\"ES256\",\"kid\":\"x\"}", 0,
		  NULL },
		{ JOSE_RSA, JOSE_EC, "", "", "{\"alg\":\"ES256\",\"kid\":\"x\"}", 0, NULL },
		{ JOSE_EC_2, JOSE_EC, "", "", "{\"alg\":\"ES256\",\"kid\":\"x\"}", N,
		  "none of the issuer's keys has its kid \"x\"" },
		{ JOSE_EC, JOSE_EC, ",\"kid\":\"a\"", ",\"kid\":\"b\"",
		  "{\"alg\":\"ES256\",\"kid\":\"x\"}", N,
		  "none of the issuer's keys has its kid \"x\"" },
		{ JOSE_EC_2, JOSE_RSA, "", "", "{\"alg\":\"ES256\",\"kid\":\"x\"}", N,
		  "its signature was not made with any of the issuer's keys for ES256" },
		/* A key of that kid there is, and no other is taken for it. */
		{ JOSE_EC_2, JOSE_EC, ",\"kid\":\"a\"", "", "{\"alg\":\"ES256\",\"kid\":\"a\"}", N,
		  "its signature was not made with the issuer's key \"a\"" },
		{ JOSE_RSA, JOSE_EC, ",\"kid\":\"a\"", "", "{\"alg\":\"ES256\",\"kid\":\"a\"}", U,
		  "the issuer's key \"a\": its kty is \"RSA\", and ES256 needs EC" },
		{ JOSE_RSA, JOSE_EC, ",\"kid\":\"a\"", ",\"kid\":\"a\"",
		  "{\"alg\":\"ES256\",\"kid\":\"a\"}", 0, NULL },
		/* None that fits. */
		{ JOSE_EC_2, JOSE_EC_2, "", "", "{\"alg\":\"ES256\"}", N,
		  "its signature was not made with any of the issuer's keys for ES256" },
		{ JOSE_RSA, JOSE_ED, "", "", "{\"alg\":\"ES256\"}", N,
		  "none of the issuer's keys is for ES256" },
	};
	char keys[4096];

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char *a = jose_jwk(table[i].a, false, table[i].a_more);
		char *b = jose_jwk(table[i].b, false, table[i].b_more);
		char *token = jose_token(JOSE_EC, table[i].header, claims);

		(void)snprintf(keys, sizeof keys, "{\"keys\":[%s,%s]}", a, b);
		expect(token, keys, NULL, table[i].code, table[i].message);
		free(a);
		free(b);
		free(token);
	}
	char *token = jose_token(JOSE_EC, "{\"alg\":\"ES256\"}", claims);

	expect(token, "", NULL, N, "there is no key of the issuer to verify it");
	expect(token, "{}", NULL, N, "there is no key of the issuer to verify it");
	expect(token, "{\"keys\":{}}", NULL, N, "there is no key of the issuer to verify it");
	expect(token, "[]", NULL, N, "there is no key of the issuer to verify it");
	expect(token, "{\"keys\":[]}", NULL, N, "none of the issuer's keys is for ES256");
	free(token);
}
END_TEST

START_TEST(no_more_than_64_keys_are_tried)
{
	char *other = jose_jwk(JOSE_EC_2, false, ""), *own = jose_jwk(JOSE_EC, false, "");
	char *token = jose_token(JOSE_EC, "{\"alg\":\"ES256\"}", claims);

	for (int others = 63; others <= 64; others++) {
		struct ft_buf keys = FT_BUF_INIT(65536);

		ft_buf_adds(&keys, "{\"keys\":[");
		for (int i = 0; i < others; i++)
			ft_buf_addf(&keys, "%s,", other);
		ft_buf_addf(&keys, "%s]}", own);
		expect(token, keys.data, NULL, others < 64 ? 0 : N, others < 64 ? NULL :
		       "its signature was not made with any of the issuer's keys for ES256");
		ft_buf_release(&keys);
	}
	free(other);
	free(own);
	free(token);
}
END_TEST

/* What is quoted can be cut anywhere, and cannot break the line. */
START_TEST(hostile_texts_in_messages)
{
	static const char *const patches[] = {
		"{\"iss\":\"\\n\\u001b[31m\\u007f\"}", "{\"aud\":\"\xc3\xa9\xc3\xa9\"}",
	};
	char long_issuer[1024];

	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(long_issuer, sizeof long_issuer, "{\"iss\":\"%0500d\"}", 7);
		char *payload = patched(claims, i < 2 ? patches[i] : long_issuer);
		char *token = jose_token(JOSE_ED, "{\"alg\":\"EdDSA\"}", payload);
		struct json_object *found = NULL;
		struct ft_error err;

		ck_assert_int_eq(verify(token, NULL, NULL, &found, &err), U);
		ck_assert_uint_lt(strlen(line_of(&err)), 256);
		for (const char *c = line_of(&err); *c != '\0'; c++)
			ck_assert((unsigned char)*c >= 0x20 && *c != 0x7f);
		free(token);
		free(payload);
	}
}
END_TEST

/* RFC 9068, and what a login wants beyond it: the audience alone. expected NULL: it is good. */
START_TEST(access_tokens)
{
	static const struct {
		const char *header, *patch, *expected;
	} table[] = {
		{ rs256, "{}", NULL },
		{ "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"at+jwt\"}", "{}", NULL },
		{ "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"application/at+JWT\"}",
		  "{\"azp\":\"other\"}", NULL },
		{ rs256, "{\"aud\":[\"client\"]}", NULL },
		{ rs256, "{\"typ\":\"Bearer\",\"token_use\":\"access\"}", NULL },
		{ rs256, "{\"aud\":[\"client\",\"other\"],\"azp\":\"client\"}",
		  "its aud is not \"client\" alone" },
		{ rs256, "{\"aud\":[\"other\",\"client\"],\"azp\":\"client\"}",
		  "its aud is not \"client\" alone" },
		{ rs256, "{\"aud\":[\"client\",\"client\"]}", "its aud is not \"client\" alone" },
		{ rs256, "{\"aud\":[\"client\",7]}", "its aud is not \"client\" alone" },
		{ rs256, "{\"aud\":[[\"client\"]]}", "its aud is not \"client\" alone" },
		{ rs256, "{\"aud\":[]}", "its aud is not \"client\" alone" },
		{ rs256, "{\"aud\":\"client/\"}", "its aud is \"client/\", not \"client\"" },
		{ rs256, "{\"aud\":\"client other\"}",
		  "its aud is \"client other\", not \"client\"" },
		{ rs256, "{\"aud\":null}", "it has no aud" },
		{ rs256, "{\"typ\":\"Refresh\"}", "its typ says that it is no access token" },
		{ rs256, "{\"typ\":\"ID\"}", "its typ says that it is no access token" },
		{ rs256, "{\"typ\":7}", "its typ says that it is no access token" },
		{ rs256, "{\"token_use\":\"id\"}",
		  "its token_use says that it is no access token" },
		{ rs256, "{\"sub\":null}", "it has no sub" },
		{ "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"logout+jwt\"}", "{}",
		  "its type is \"logout+jwt\", not JWT" },
	};
	const struct ft_idtoken_rules rules = {
		.issuer = "https://sso.example.com",
		.client_id = "client",
		.access_token = true,
		.algorithms = ALL,
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char *payload = patched(claims, table[i].patch);
		char *token = jose_token(JOSE_RSA, table[i].header, payload);

		expect(token, NULL, &rules, table[i].expected == NULL ? 0 : FT_UNTRUSTED,
		       table[i].expected);
		free(token);
		free(payload);
	}
	/* The type of an access token is no ID token's. */
	char *token = jose_token(JOSE_RSA, "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"at+jwt\"}",
				 claims);

	expect(token, NULL, NULL, FT_UNTRUSTED, "its type is \"at+jwt\", not JWT");
	free(token);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_standards_own_examples, good_tokens, claims_come_out_as_they_went_in,
		headers_that_are_refused, claims_that_are_refused, payloads_that_are_refused,
		nothing_else_may_be_changed, texts_that_are_no_token, an_hmac_with_the_public_key,
		an_hmac_with_the_clients_secret,
		a_key_that_the_token_brings, which_algorithms_are_allowed, which_keys_are_tried,
		no_more_than_64_keys_are_tried, access_tokens, hostile_texts_in_messages, NULL
	};

	jose_make_keys();
	int status = unit_run_with("idtoken", tests, make_set, free_set);

	jose_free_keys();
	return status;
}
