/* SPDX-License-Identifier: MIT */
/* transport/jose/jwk.h */
#include "config.h"

#include "lib/transport/jose/jwk.h"
#include "tests/unit/alloc.h"
#include "tests/unit/transport/jose.h"
#include "tests/unit/unit.h"

START_TEST(algorithms_by_name)
{
	ck_assert_int_eq(ft_alg_find("RS256"), FT_ALG_RS256);
	ck_assert_int_eq(ft_alg_find("PS256"), FT_ALG_PS256);
	ck_assert_int_eq(ft_alg_find("ES256"), FT_ALG_ES256);
	ck_assert_int_eq(ft_alg_find("EdDSA"), FT_ALG_EDDSA);
	ck_assert_int_eq(ft_alg_find("RS384"), FT_ALG_RS384);
	ck_assert_int_eq(ft_alg_find("PS512"), FT_ALG_PS512);
	ck_assert_int_eq(ft_alg_find("ES512"), FT_ALG_ES512);
	static const char *const none[] = { "",	      "none",	"HS256", "rs256",
					    "RS256 ", "ES256K", "eddsa", "RS1" };

	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		ck_assert_int_eq(ft_alg_find(none[i]), FT_ALG_COUNT);
}
END_TEST

/* An RSA key of so many bits, with so many zeros in front. */
static char *rsa_of(size_t bits, size_t zeros, const char *e)
{
	unsigned char n[4096] = { 0 };
	struct ft_buf out = FT_BUF_INIT(8192);
	size_t len = (bits + 7) / 8;

	n[zeros] = (unsigned char)(1 << (bits + 7) % 8);
	n[zeros + len - 1] |= 1;
	ft_buf_adds(&out, "{\"kty\":\"RSA\"");
	jose_add_bytes(&out, "n", n, zeros + len);
	ft_buf_addf(&out, ",\"e\":\"%s\"}", e);
	return out.data;
}

START_TEST(sizes_of_rsa)
{
	static const struct {
		size_t bits, zeros;
		const char *e, *message;
	} table[] = {
		{ 2048, 0, "AQAB", "" },
		{ 2048, 1, "AQAB", "" },
		{ 16384, 0, "AQAB", "" },
		{ 16384, 1, "AQAB", "" },
		{ 2047, 0, "AQAB", "it has 2047 bits, and RS256 needs 2048 to 16384" },
		{ 2047, 9, "AQAB", "it has 2047 bits, and RS256 needs 2048 to 16384" },
		{ 512, 0, "AQAB", "it has 512 bits, and RS256 needs 2048 to 16384" },
		{ 16385, 0, "AQAB", "it has 16385 bits, and RS256 needs 2048 to 16384" },
		{ 16400, 0, "AQAB", "its n is too long" },
		{ 2048, 0, "Aw", "" },
		{ 2048, 0, "AQ", "its e is not a valid exponent" },
		{ 2048, 0, "", "its e is not a valid exponent" },
		{ 2048, 0, "AA", "its e is not a valid exponent" },
		{ 2048, 0, "AAAB", "its e is not a valid exponent" },
		{ 2048, 0, "AQAA", "its e is not a valid exponent" },
		{ 2048, 0, "AQAB=", "its e is no base64url" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char *text = rsa_of(table[i].bits, table[i].zeros, table[i].e);
		struct json_object *jwk = jose_parse(text);
		struct ft_error err = FT_ERROR_INIT;
		int r = ft_jwk_check(jwk, FT_ALG_RS256, false, &err);

		ck_assert_msg(r == (table[i].message[0] != '\0' ? FT_UNTRUSTED : 0) &&
			      strcmp(line_of(&err), table[i].message) == 0, "row %zu: %s", i, line_of(&err));
		json_object_put(jwk);
		free(text);
	}
}
END_TEST

START_TEST(for_signing_or_for_verifying)
{
	char *public = jose_jwk(JOSE_EC, false, ""), *private = jose_jwk(JOSE_EC, true, "");
	char *verifies = jose_jwk(JOSE_EC, true, ",\"key_ops\":[\"verify\"]");
	char *signs = jose_jwk(JOSE_EC, true, ",\"key_ops\":[\"x\",\"sign\"]");
	const struct {
		const char *jwk;
		bool sign;
		const char *message;
	} table[] = {
		{ public, false, "" },
		{ private, true, "" },
		{ signs, true, "" },
		{ private, false, "it is a private key, but published" },
		{ public, true, "it is a public key, without d" },
		{ verifies, true, "its key_ops do not have sign" },
		{ signs, false, "its key_ops do not have verify" },
		{ "[]", true, "it is no object" },
		{ "{}", true, "it has no kty" },
		{ "{\"kty\":\"EC\"}", true, "it has no crv" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":null}", true, "it has no x" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":{}}", false, "its kid is no string" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct json_object *jwk = jose_parse(table[i].jwk);
		struct ft_error err = FT_ERROR_INIT;
		int r = ft_jwk_check(jwk, FT_ALG_ES256, table[i].sign, &err);

		ck_assert_msg(r == (table[i].message[0] != '\0' ? FT_UNTRUSTED : 0) &&
			      strcmp(line_of(&err), table[i].message) == 0, "row %zu: %s", i, line_of(&err));
		json_object_put(jwk);
	}
	free(public);
	free(private);
	free(verifies);
	free(signs);
}
END_TEST

/* What is left of a set. */
static char *clean(const char *text)
{
	struct json_object *set = jose_parse(text), *kept = NULL;

	ck_assert_int_eq(ft_jwks_clean(set, &kept), 0);
	char *copy = strdup(ft_json_text(kept, NULL));

	json_object_put(set);
	json_object_put(kept);
	return copy;
}

/* The names of a kept key's members; each has the value it had. */
static char *members_of(struct json_object *kept, const char *original)
{
	struct json_object *source = jose_parse(original);
	struct ft_buf names = FT_BUF_INIT(256);

	json_object_object_foreach(kept, name, value) {
		ft_buf_addf(&names, "%s ", name);
		if (json_object_is_type(value, json_type_string))
			ck_assert_str_eq(json_object_get_string(value),
					 ft_json_string(source, name));
		else
			ck_assert_str_eq(json_object_get_string(value), "[ \"verify\" ]");
	}
	json_object_put(source);
	return names.data;
}

START_TEST(only_public_keys_for_signatures_are_kept)
{
	const struct {
		char *jwk;
		const char *members;	/* NULL: it is dropped */
	} keys[] = {
		{ jose_jwk(JOSE_RSA, true, ""), NULL },
		{ jose_jwk(JOSE_EC, true, ""), NULL },
		{ jose_jwk(JOSE_ED, true, ""), NULL },
		{ jose_jwk(JOSE_RSA, false,
			   ",\"key_ops\":[\"verify\",\"sign\",7],\"alg\":\"PS256\",\"x5c\":["
			   "\"MIIB\"],\"x5t\":\"x\",\"use\":\"sig\",\"exp\":7,\"kid\":\"a\",\"p\":"
			   "\"AQAB\",\"k\":\"AQAB\""),
		  "kty kid use alg n e key_ops " },
		{ jose_jwk(JOSE_RSA, false, ",\"use\":\"enc\""), NULL },
		{ jose_jwk(JOSE_RSA, false, ",\"alg\":\"RSA-OAEP\""), NULL },
		{ jose_jwk(JOSE_RSA, false, ",\"alg\":\"HS256\""), NULL },
		{ jose_jwk(JOSE_EC, false, ",\"kid\":\"b\""), "kty kid crv x y " },
		{ jose_jwk(JOSE_EC, false, ",\"more\":7,\"kid\":\"b\""), NULL }, /* again */
		{ jose_jwk(JOSE_EC_2, false, ",\"kid\":\"b\""), "kty kid crv x y " },
		{ jose_jwk(JOSE_RSA_1024, false, ""), NULL },
		{ jose_jwk(JOSE_P384, false, ""), "kty crv x y " },
		{ jose_jwk(JOSE_K1, false, ""), NULL },
		{ jose_jwk(JOSE_ED448, false, ""), NULL },
		{ jose_jwk(JOSE_ED, false, ""), "kty crv x " },
	};
	struct ft_buf set = FT_BUF_INIT(65536);
	size_t n = 0;

	ft_buf_adds(&set, "{\"more\":{},\"keys\":[null,1,\"x\",[],{},{\"kty\":7},"
		    "{\"kty\":\"oct\",\"k\":\"AQAB\"}");
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		ft_buf_addf(&set, ",%s", keys[i].jwk);
	ft_buf_adds(&set, "]}");
	char *kept = clean(set.data), *twice = clean(kept);
	struct json_object *object = jose_parse(kept);

	ck_assert_str_eq(twice, kept);
	ck_assert_int_eq(json_object_object_length(object), 1);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		if (keys[i].members != NULL) {
			char *names = members_of(
				json_object_array_get_idx(ft_jwks_list(object), n++), keys[i].jwk);

			ck_assert_str_eq(names, keys[i].members);
			free(names);
		}
		free(keys[i].jwk);
	}
	ck_assert_uint_eq(json_object_array_length(ft_jwks_list(object)), n);
	json_object_put(object);
	free(kept);
	free(twice);
	ft_buf_release(&set);
}
END_TEST

START_TEST(what_is_no_set)
{
	static const char *const wrong[] = {
		"null",
		"7",
		"\"keys\"",
		"[]",
		"{}",
		"{\"keys\":null}",
		"{\"keys\":{}}",
		"{\"Keys\":[]}",
		"{\"keys\":\"[]\"}",
		"{\"kty\":\"RSA\"}",
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct json_object *set = jose_parse(wrong[i]), *kept = NULL;

		ck_assert_ptr_null(ft_jwks_list(set));
		ck_assert_int_eq(ft_jwks_clean(set, &kept), FT_UNTRUSTED);
		ck_assert_ptr_null(kept);
		json_object_put(set);
	}
	char *none = clean("{\"keys\":[]}");

	ck_assert_str_eq(none, "{\"keys\":[]}");
	free(none);
}
END_TEST

START_TEST(sets_that_are_too_large)
{
	struct ft_buf set = FT_BUF_INIT(4 << 20);
	char *key = jose_jwk(JOSE_ED, false, ""), *large = rsa_of(16384, 0, "AQAB");

	/* Each with a name of its own, and each as often as the others. */
	for (int copies = 0; copies < 2; copies++) {
		ft_buf_clear(&set);
		ft_buf_adds(&set, "{\"keys\":[");
		for (int i = 0; i < 10000; i++)
			ft_buf_addf(&set, "%.*s,\"kid\":\"%d\"},", (int)strlen(key) - 1, key,
				    copies ? i % 10 : i);
		ft_buf_adds(&set, "7]}");
		ck_assert_int_eq(set.failed, 0);
		char *kept = clean(set.data);
		struct json_object *object = jose_parse(kept);

		ck_assert_uint_eq(json_object_array_length(ft_jwks_list(object)),
				  copies ? 10 : FT_JWKS_KEYS_MAX);
		json_object_put(object);
		free(kept);
	}
	/* Few, but large; after them there is still room for a small one. */
	ft_buf_clear(&set);
	ft_buf_adds(&set, "{\"keys\":[");
	for (int i = 0; i < 60; i++)
		ft_buf_addf(&set, "%.*s,\"kid\":\"%d\"},", (int)strlen(large) - 1, large, i);
	ft_buf_addf(&set, "%s]}", key);
	char *kept = clean(set.data);

	ck_assert_uint_le(strlen(kept), FT_JWKS_TEXT_MAX);
	ck_assert_uint_gt(strlen(kept), FT_JWKS_TEXT_MAX - 3000);
	ck_assert_ptr_nonnull(strstr(kept, "Ed25519"));
	free(kept);
	free(key);
	free(large);
	ft_buf_release(&set);
}
END_TEST

START_TEST(without_memory)
{
	char *rsa = jose_jwk(JOSE_RSA, false, ",\"kid\":\"a\",\"key_ops\":[\"verify\"]");
	char *ec = jose_jwk(JOSE_EC, false, ",\"kid\":\"b\"");
	struct ft_buf text = FT_BUF_INIT(8192);

	ft_buf_addf(&text, "{\"keys\":[%s,%s,%s]}", rsa, ec, ec);
	struct json_object *set = jose_parse(text.data);
	bool whole = true;
	unsigned n = 1;
	int r;

	do {
		struct json_object *kept = NULL;

		alloc_fail(n++);
		r = ft_jwks_clean(set, &kept);
		whole = whole && (r != 0 || json_object_array_length(ft_jwks_list(kept)) == 2);
		json_object_put(kept);
	} while (alloc_failed(r));
	ck_assert_int_eq(r, 0);
	ck_assert(whole);
	json_object_put(set);
	free(rsa);
	free(ec);
	ft_buf_release(&text);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		algorithms_by_name, sizes_of_rsa, for_signing_or_for_verifying,
		only_public_keys_for_signatures_are_kept, what_is_no_set, sets_that_are_too_large,
		without_memory, NULL
	};

	jose_make_keys();
	int status = unit_run("jwk", tests);

	jose_free_keys();
	return status;
}
