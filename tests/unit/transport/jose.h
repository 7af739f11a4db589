/* SPDX-License-Identifier: MIT */
/*
 * jose.h - keys and signatures with libcrypto only, for tests of lib/transport
 *
 * jose_make_keys in main creates the keys once, for all tests of the program. The caller frees char
 * * that are returned.
 */
#ifndef FT_JOSE_H
#define FT_JOSE_H

#include <check.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/encode.h"
#include "lib/data/json.h"
#include "tests/unit/unit.h"

enum jose_key {
	JOSE_RSA,
	JOSE_RSA_1024,
	JOSE_PSS_1024,
	JOSE_EC,
	JOSE_EC_2,
	JOSE_P384,
	JOSE_P521,
	JOSE_K1,
	JOSE_ED,
	JOSE_ED448,
	JOSE_KEYS
};
static EVP_PKEY *jose_keys[JOSE_KEYS];

static inline EVP_PKEY *jose_pss(int bits)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA_PSS, NULL);
	EVP_PKEY *key = NULL;

	if (EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits) != 1 ||
	    EVP_PKEY_keygen(ctx, &key) != 1)
		abort();
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static inline void jose_make_keys(void)
{
	jose_keys[JOSE_RSA] = EVP_RSA_gen(2048);
	jose_keys[JOSE_RSA_1024] = EVP_RSA_gen(1024);
	jose_keys[JOSE_PSS_1024] = jose_pss(1024);
	jose_keys[JOSE_EC] = EVP_EC_gen("P-256");
	jose_keys[JOSE_EC_2] = EVP_EC_gen("P-256");
	jose_keys[JOSE_P384] = EVP_EC_gen("P-384");
	jose_keys[JOSE_P521] = EVP_EC_gen("P-521");
	jose_keys[JOSE_K1] = EVP_EC_gen("secp256k1");
	jose_keys[JOSE_ED] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	jose_keys[JOSE_ED448] = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	for (int i = 0; i < JOSE_KEYS; i++)
		if (jose_keys[i] == NULL)
			abort();
}

static inline void jose_free_keys(void)
{
	for (int i = 0; i < JOSE_KEYS; i++)
		EVP_PKEY_free(jose_keys[i]);
}

static inline void jose_add_bytes(struct ft_buf *out, const char *name, const unsigned char *bytes,
				  size_t len)
{
	ft_buf_addf(out, ",\"%s\":\"", name);
	ft_base64_add(out, FT_BASE64URL, bytes, len);
	ft_buf_adds(out, "\"");
}

static inline void jose_add_number(struct ft_buf *out, const EVP_PKEY *key, const char *name,
				   const char *param, int width)
{
	unsigned char bytes[512];
	BIGNUM *number = NULL;

	ck_assert_int_eq(EVP_PKEY_get_bn_param(key, param, &number), 1);
	int len = width > 0 ? width : BN_num_bytes(number);

	ck_assert_int_eq(BN_bn2binpad(number, bytes, len), len);
	jose_add_bytes(out, name, bytes, (size_t)len);
	BN_clear_free(number);
}

/* A key as a JWK, with more members (",\"kid\":\"k1\"") after its own. */
static inline char *jose_jwk(enum jose_key which, bool private, const char *more)
{
	static const char *const rsa[][2] = {
		{ "n", "n" }, { "e", "e" }, { "d", "d" }, { "p", "rsa-factor1" },
		{ "q", "rsa-factor2" }, { "dp", "rsa-exponent1" }, { "dq", "rsa-exponent2" },
		{ "qi", "rsa-coefficient1" },
	};
	const EVP_PKEY *key = jose_keys[which];
	struct ft_buf out = FT_BUF_INIT(8192);
	unsigned char bytes[64];
	size_t len = sizeof bytes;
	int width = which == JOSE_P384 ? 48 : which == JOSE_P521 ? 66 : 32;

	switch (which) {
	case JOSE_RSA:
	case JOSE_RSA_1024:
	case JOSE_PSS_1024:
		ft_buf_adds(&out, "{\"kty\":\"RSA\"");
		for (size_t i = 0; i < (private ? 8 : 2); i++)
			jose_add_number(&out, key, rsa[i][0], rsa[i][1], 0);
		break;
	case JOSE_EC:
	case JOSE_EC_2:
	case JOSE_P384:
	case JOSE_P521:
	case JOSE_K1:
		ft_buf_addf(&out, "{\"kty\":\"EC\",\"crv\":\"%s\"", which == JOSE_K1 ? "secp256k1" :
			    width == 66 ? "P-521" : width == 48 ? "P-384" : "P-256");
		jose_add_number(&out, key, "x", "qx", width);
		jose_add_number(&out, key, "y", "qy", width);
		if (private)
			jose_add_number(&out, key, "d", "priv", width);
		break;
	case JOSE_ED:
	case JOSE_ED448:
	case JOSE_KEYS:
		ft_buf_addf(&out, "{\"kty\":\"OKP\",\"crv\":\"%s\"",
			    which == JOSE_ED ? "Ed25519" : "Ed448");
		ck_assert_int_eq(EVP_PKEY_get_raw_public_key(key, bytes, &len), 1);
		jose_add_bytes(&out, "x", bytes, len);
		len = sizeof bytes;
		ck_assert_int_eq(EVP_PKEY_get_raw_private_key(key, bytes, &len), 1);
		if (private)
			jose_add_bytes(&out, "d", bytes, len);
		break;
	}
	ft_buf_addf(&out, "%s}", more);
	ck_assert_int_eq(out.failed, 0);
	return out.data;
}

/* r and s side by side, as RFC 7518 section 3.4 has them, from what libcrypto makes. */
static inline size_t jose_raw(unsigned char *signature, size_t len, int width)
{
	const unsigned char *from = signature;
	ECDSA_SIG *both = d2i_ECDSA_SIG(NULL, &from, (long)len);

	ck_assert_ptr_nonnull(both);
	ck_assert_int_eq(BN_bn2binpad(ECDSA_SIG_get0_r(both), signature, width), width);
	ck_assert_int_eq(BN_bn2binpad(ECDSA_SIG_get0_s(both), signature + width, width), width);
	ECDSA_SIG_free(both);
	return (size_t)width * 2;
}

static inline const EVP_MD *jose_digest(const char *alg)
{
	return strstr(alg, "512") != NULL ? EVP_sha512() :
	       strstr(alg, "384") != NULL ? EVP_sha384() :
					    EVP_sha256();
}

/* alg: has an algorithm's name in it, for the digest and for PS…; the rest is by the key's type. */
static inline size_t jose_signature(EVP_PKEY *key, const char *alg, const char *data, size_t len,
				    unsigned char signature[1024])
{
	bool ed = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ||
		EVP_PKEY_get_base_id(key) == EVP_PKEY_ED448;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *options = NULL;
	size_t size = 1024;

	ck_assert_int_eq(EVP_DigestSignInit(ctx, &options, ed ? NULL : jose_digest(alg), NULL, key),
			 1);
	if (strstr(alg, "\"PS") != NULL)
		ck_assert(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
			  EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1);
	ck_assert_int_eq(EVP_DigestSign(ctx, signature, &size, (const unsigned char *)data, len),
			 1);
	EVP_MD_CTX_free(ctx);
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC)
		size = jose_raw(signature, size, (EVP_PKEY_get_bits(key) + 7) / 8);
	return size;
}

/* HEADER.PAYLOAD of two texts. */
static inline void jose_begin(struct ft_buf *out, const char *header, const char *payload)
{
	ft_base64_add(out, FT_BASE64URL, header, strlen(header));
	ft_buf_adds(out, ".");
	ft_base64_add(out, FT_BASE64URL, payload, strlen(payload));
}

static inline char *jose_token(enum jose_key which, const char *header, const char *payload)
{
	struct ft_buf out = FT_BUF_INIT(1 << 20);
	unsigned char signature[1024];

	jose_begin(&out, header, payload);
	size_t len = jose_signature(jose_keys[which], header, out.data, out.len, signature);

	ft_buf_adds(&out, ".");
	ft_base64_add(&out, FT_BASE64URL, signature, len);
	ck_assert_int_eq(out.failed, 0);
	return out.data;
}

static inline struct json_object *jose_parse(const char *text)
{
	struct json_object *object = NULL;
	struct ft_error err = FT_ERROR_INIT;

	ck_assert_msg(ft_json_parse(text, strlen(text), 8, "test", &object, &err) == 0, "%s: %s",
		      line_of(&err), text);
	return object;
}

#endif
