/* SPDX-License-Identifier: MIT */
/* transport/jose/assertion.h, and through it evp.h and the signing half of jws.h */
#include "config.h"

#include "lib/base/encode.h"
#include "lib/transport/jose/assertion.h"
#include "lib/transport/jose/jwk.h"
#include "lib/transport/jose/jws.h"
#include "lib/transport/message.h"
#include "tests/unit/transport/jose.h"
#include "tests/unit/unit.h"

#define NOW INT64_C(1700000000)
#define TYPE                                                                                       \
	"client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"   \
	"&client_assertion="

enum form { PKCS8, TRADITIONAL, ENCRYPTED };

static char *pem(enum jose_key which, enum form form)
{
	BIO *bio = BIO_new(BIO_s_mem());
	EVP_PKEY *key = jose_keys[which];
	char *data = NULL, *copy;

	switch (form) {
	case PKCS8:
		ck_assert_int_eq(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
		break;
	case TRADITIONAL:
		ck_assert_int_eq(PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL,
								      NULL), 1);
		break;
	case ENCRYPTED:
		ck_assert_int_eq(PEM_write_bio_PrivateKey(bio, key, EVP_aes_128_cbc(), NULL, 0,
							  NULL, (void *)(uintptr_t) "passphrase"),
				 1);
		break;
	}
	long len = BIO_get_mem_data(bio, &data);

	copy = strndup(data, (size_t)len);
	BIO_free(bio);
	return copy;
}

static int add(const char *key, struct ft_buf *form, struct ft_error *err)
{
	const struct ft_assertion assertion = { key, "client", "https://sso.example.com", 0 };

	*err = (struct ft_error)FT_ERROR_INIT;
	int r = ft_assertion_add(&assertion, NOW, form, err);

	ck_assert_int_eq(r, err->code);
	return r;
}

static struct json_object *part(const char *text, size_t len)
{
	struct ft_buf plain = FT_BUF_INIT(65536);

	ck_assert(ft_base64_read(text, len, FT_BASE64URL, &plain));
	struct json_object *object = jose_parse(plain.data);

	ft_buf_release(&plain);
	return object;
}

static bool verifies(enum jose_key which, const char *alg, const char *token)
{
	const char *dot = strrchr(token, '.');
	struct ft_buf signature = FT_BUF_INIT(1024);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *options = NULL;
	unsigned char *der = NULL;

	ck_assert(ft_base64_read(dot + 1, strlen(dot + 1), FT_BASE64URL, &signature));
	int len = (int)signature.len;

	if (EVP_PKEY_get_base_id(jose_keys[which]) == EVP_PKEY_EC) {
		const int width = (EVP_PKEY_get_bits(jose_keys[which]) + 7) / 8;
		ECDSA_SIG *both = ECDSA_SIG_new();
		const unsigned char *raw = (unsigned char *)signature.data;

		ck_assert_int_eq(len, 2 * width);
		ck_assert_int_eq(ECDSA_SIG_set0(both, BN_bin2bn(raw, width, NULL),
						BN_bin2bn(raw + width, width, NULL)), 1);
		len = i2d_ECDSA_SIG(both, &der);
		ECDSA_SIG_free(both);
	}
	ck_assert_int_eq(EVP_DigestVerifyInit(ctx, &options,
					      which == JOSE_ED ? NULL : jose_digest(alg), NULL,
					      jose_keys[which]),
			 1);
	if (alg[0] == 'P')
		ck_assert(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
			  EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1);
	bool good = EVP_DigestVerify(ctx, der != NULL ? der : (unsigned char *)signature.data,
				     (size_t)len, (const unsigned char *)token,
				     (size_t)(dot - token)) == 1;

	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	ft_buf_release(&signature);
	return good;
}

/* A key, and a certificate that it or another one has signed. */
static char *pem_certified(enum jose_key which, enum jose_key owner, char ret_thumbprint[64])
{
	BIO *bio = BIO_new(BIO_s_mem());
	X509 *x509 = X509_new();
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct ft_buf text = FT_BUF_INIT(64);
	char *data = NULL, *copy;
	unsigned int n = 0;

	ck_assert_int_eq(PEM_write_bio_PrivateKey(bio, jose_keys[which], NULL, NULL, 0, NULL, NULL),
			 1);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
	X509_gmtime_adj(X509_getm_notBefore(x509), 0);
	X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
	ck_assert_int_eq(X509_set_pubkey(x509, jose_keys[owner]), 1);
	ck_assert_int_gt(X509_sign(x509, jose_keys[owner], owner == JOSE_ED ? NULL : EVP_sha256()),
			 0);
	ck_assert_int_eq(PEM_write_bio_X509(bio, x509), 1);
	ck_assert_int_eq(X509_digest(x509, EVP_sha256(), digest, &n), 1);
	ft_base64_add(&text, FT_BASE64URL, digest, n);
	strcpy(ret_thumbprint, text.data);
	long len = BIO_get_mem_data(bio, &data);

	copy = strndup(data, (size_t)len);
	ft_buf_release(&text);
	X509_free(x509);
	BIO_free(bio);
	return copy;
}

/* Microsoft Entra ID wants to know which certificate it is, and PS256. */
START_TEST(a_certificate_is_named)
{
	static const struct {
		enum jose_key which;
		const char *alg;
	} table[] = { { JOSE_RSA, "PS256" }, { JOSE_EC, "ES256" }, { JOSE_ED, "EdDSA" } };
	char thumbprint[64];
	struct ft_error err;

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char *key = pem_certified(table[i].which, table[i].which, thumbprint);
		struct ft_buf form = FT_BUF_INIT(65536);

		ck_assert_msg(add(key, &form, &err) == 0, "%s", line_of(&err));
		const char *token = form.data + strlen(TYPE);
		struct json_object *header = part(token, strcspn(token, "."));

		ck_assert_str_eq(ft_json_string(header, "alg"), table[i].alg);
		ck_assert_str_eq(ft_json_string(header, "x5t#S256"), thumbprint);
		ck_assert_int_eq(json_object_object_length(header), 3);
		ck_assert(verifies(table[i].which, table[i].alg, token));
		json_object_put(header);
		ft_buf_release(&form);
		free(key);
	}
	char *other = pem_certified(JOSE_EC, JOSE_EC_2, thumbprint);
	char *jwk = jose_jwk(JOSE_RSA, true, ",\"alg\":\"PS256\",\"x5t#S256\":\"abc\"");
	struct ft_buf form = FT_BUF_INIT(65536);

	ck_assert_int_eq(add(other, &form, &err), FT_UNTRUSTED);
	ck_assert_str_eq(line_of(&err), "client assertion: the key: the certificate in the same "
			 "file belongs to another key");
	ck_assert_uint_eq(form.len, 0);
	ck_assert_int_eq(add(jwk, &form, &err), 0);
	struct json_object *header = part(form.data + strlen(TYPE),
					  strcspn(form.data + strlen(TYPE), "."));

	ck_assert_str_eq(ft_json_string(header, "x5t#S256"), "abc");
	json_object_put(header);
	ft_buf_release(&form);
	free(other);
	free(jwk);
}
END_TEST

START_TEST(every_kind_of_key)
{
	const struct {
		enum jose_key which;
		char *key;
		const char *alg, *kid;
	} table[] = {
		{ JOSE_RSA, pem(JOSE_RSA, PKCS8), "RS256", NULL },
		{ JOSE_RSA, pem(JOSE_RSA, TRADITIONAL), "RS256", NULL },
		{ JOSE_RSA, jose_jwk(JOSE_RSA, true, ""), "RS256", NULL },
		{ JOSE_RSA,
		  jose_jwk(JOSE_RSA, true, ",\"alg\":\"RS256\",\"kid\":\"r\\u00e9\\\"1\""), "RS256",
		  "r\xc3\xa9\"1" },
		{ JOSE_RSA, jose_jwk(JOSE_RSA, true, ",\"alg\":\"PS256\""), "PS256", NULL },
		{ JOSE_RSA, jose_jwk(JOSE_RSA, true, ",\"alg\":\"RS512\""), "RS512", NULL },
		{ JOSE_RSA, jose_jwk(JOSE_RSA, true, ",\"alg\":\"PS384\""), "PS384", NULL },
		{ JOSE_P384, pem(JOSE_P384, PKCS8), "ES384", NULL },
		{ JOSE_P384, jose_jwk(JOSE_P384, true, ""), "ES384", NULL },
		{ JOSE_P521, pem(JOSE_P521, TRADITIONAL), "ES512", NULL },
		{ JOSE_P521, jose_jwk(JOSE_P521, true, ",\"alg\":\"ES512\""), "ES512", NULL },
		{ JOSE_EC, pem(JOSE_EC, PKCS8), "ES256", NULL },
		{ JOSE_EC, pem(JOSE_EC, TRADITIONAL), "ES256", NULL },
		{ JOSE_EC,
		  jose_jwk(JOSE_EC, true, ",\"kid\":\"e\",\"use\":\"sig\",\"x5c\":[\"x\"]"),
		  "ES256", "e" },
		{ JOSE_ED, pem(JOSE_ED, PKCS8), "EdDSA", NULL },
		{ JOSE_ED, jose_jwk(JOSE_ED, true, ",\"kid\":\"o\",\"key_ops\":[\"sign\"]"),
		  "EdDSA", "o" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_buf form = FT_BUF_INIT(65536);
		struct ft_error err;

		ft_buf_adds(&form, "grant_type=refresh_token");
		ck_assert_msg(add(table[i].key, &form, &err) == 0, "row %zu: %s", i, line_of(&err));
		const char *start = "grant_type=refresh_token&" TYPE;

		ck_assert_msg(strncmp(form.data, start, strlen(start)) == 0, "%s", form.data);
		const char *token = form.data + strlen(start);
		size_t dot = strcspn(token, "."), second = dot + 1 + strcspn(token + dot + 1, ".");

		ck_assert_uint_eq(
			strspn(token,
			       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."),
			strlen(token));
		struct json_object *header = part(token, dot);
		struct json_object *claims = part(token + dot + 1, second - dot - 1);

		ck_assert_str_eq(ft_json_string(header, "alg"), table[i].alg);
		ck_assert_str_eq(ft_json_string(header, "typ"), "JWT");
		ck_assert_pstr_eq(ft_json_string(header, "kid"), table[i].kid);
		ck_assert_int_eq(json_object_object_length(header), table[i].kid != NULL ? 3 : 2);
		ck_assert_str_eq(ft_json_string(claims, "iss"), "client");
		ck_assert_str_eq(ft_json_string(claims, "sub"), "client");
		ck_assert_str_eq(ft_json_string(claims, "aud"), "https://sso.example.com");
		ck_assert_int_eq(ft_json_int(claims, "iat", 0), NOW);
		ck_assert_int_eq(ft_json_int(claims, "exp", 0), NOW + 60);
		ck_assert_uint_eq(strlen(ft_json_string(claims, "jti")), 22);
		ck_assert_int_eq(json_object_object_length(claims), 6);
		ck_assert_msg(verifies(table[i].which, table[i].alg, token),
			      "row %zu", i);
		ck_assert(
			!verifies(table[i].which == JOSE_RSA ? JOSE_ED : JOSE_RSA, "RS256", token));
		json_object_put(header);
		json_object_put(claims);
		ft_buf_release(&form);
		free(table[i].key);
	}
}
END_TEST

START_TEST(an_empty_form_and_another_id_each_time)
{
	char *key = jose_jwk(JOSE_ED, true, "");
	struct ft_buf a = FT_BUF_INIT(65536), b = FT_BUF_INIT(65536);
	struct ft_error err;

	ck_assert_int_eq(add(key, &a, &err), 0);
	ck_assert_int_eq(add(key, &b, &err), 0);
	ck_assert_int_eq(strncmp(a.data, TYPE, strlen(TYPE)), 0);
	ck_assert_str_ne(a.data, b.data);
	ft_buf_release(&a);
	ft_buf_release(&b);
	free(key);
}
END_TEST

/* r and s are often shorter than 32 bytes, and have to be filled up. */
START_TEST(many_signatures_of_es256)
{
	char *text = jose_jwk(JOSE_EC, true, "");
	struct json_object *jwk = jose_parse(text);
	struct ft_evp_key *key = NULL;

	ck_assert_int_eq(ft_evp_import(jwk, FT_ALG_ES256, true, &key), 0);
	for (int i = 0; i < 600; i++) {
		struct ft_buf token = FT_BUF_INIT(4096);

		ck_assert_int_eq(ft_jws_sign("{}", 2, FT_ALG_ES256, key,
					     &(struct ft_jws_names){ .thumbprint = NULL }, &token), 0);
		ck_assert(verifies(JOSE_EC, "ES256", token.data));
		ft_buf_release(&token);
	}
	ft_evp_free(key);
	json_object_put(jwk);
	free(text);
}
END_TEST

#define KIND "its kty and crv are none of RSA, EC (P-256, P-384, P-521), OKP (Ed25519)"

START_TEST(keys_that_cannot_be_used)
{
	static const char no_pem[] = "client assertion: the key is neither a private key in PEM "
				     "(PKCS#8, PKCS#1 or SEC1) nor a JWK";
	BIO *public = BIO_new(BIO_s_mem()), *unrelated = BIO_new(BIO_s_mem());
	char *public_pem = NULL, *other_x = jose_jwk(JOSE_EC_2, false, "");

	ck_assert_int_eq(PEM_write_bio_PUBKEY(public, jose_keys[JOSE_RSA]), 1);
	ck_assert_int_eq(BIO_write(public, "", 1), 1);
	ck_assert_int_gt(BIO_get_mem_data(public, &public_pem), 1);
	/* The private half of one key with the public one of another. */
	char *mixed = jose_jwk(JOSE_EC, true, ""), *end = strstr(mixed, ",\"d\"");
	struct ft_buf both = FT_BUF_INIT(4096);

	ft_buf_addf(&both, "%.*s%s", (int)strlen(other_x) - 1, other_x, end);
	const struct {
		char *key;	/* NULL: the text */
		const char *text, *message;
	} table[] = {
		{ NULL, "", no_pem },
		{ NULL, "s3cret", no_pem },
		{ NULL, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", no_pem },
		{ NULL, "-----BEGIN PRIVATE KEY-----\n", no_pem },
		{ NULL, public_pem, no_pem },
		{ pem(JOSE_RSA, ENCRYPTED), NULL,
		  "client assertion: the key is encrypted; freshtoken needs it without a "
		  "passphrase" },
		{ pem(JOSE_RSA_1024, PKCS8), NULL,
		  "client assertion: the key: it has 1024 bits, and RS256 needs 2048 to 16384" },
		{ pem(JOSE_PSS_1024, PKCS8), NULL,
		  "client assertion: the key: it has 1024 bits, and PS256 needs 2048 to 16384" },
		{ pem(JOSE_K1, PKCS8), NULL,
		  "client assertion: the key is on the curve secp256k1; of EC P-256, P-384 and "
		  "P-521 are supported" },
		{ pem(JOSE_ED448, PKCS8), NULL,
		  "client assertion: the key is of the type ED448; RSA, EC and Ed25519 are "
		  "supported" },
		{ NULL, "{s3cret", "client assertion: the key is not JSON" },
		{ NULL, " {}", "client assertion: the key: " KIND },
		{ NULL, "{\"kty\":\"oct\",\"k\":\"s3cret\"}", "client assertion: the key: " KIND },
		{ NULL, "{\"kty\":\"RSA\",\"kty\":\"s3cret\"}",
		  "client assertion: the key has a duplicate key" },
		{ NULL, "{\"keys\":[]}", "client assertion: the key: " KIND },
		{ jose_jwk(JOSE_RSA, false, ""), NULL,
		  "client assertion: the key: it is a public key, without d" },
		{ jose_jwk(JOSE_RSA, true, ",\"alg\":\"RSA-OAEP\""), NULL,
		  "client assertion: the key: its alg is \"RSA-OAEP\", not RS256" },
		{ jose_jwk(JOSE_EC, true, ",\"alg\":\"ES512\""), NULL,
		  "client assertion: the key: its alg is \"ES512\", not ES256" },
		{ NULL, "{\"kty\":\"EC\",\"crv\":\"Ed25519\"}",
		  "client assertion: the key: its kty is \"EC\", and EdDSA needs OKP" },
		{ jose_jwk(JOSE_RSA, true, ",\"use\":\"enc\""), NULL,
		  "client assertion: the key: its use is \"enc\", not sig" },
		{ jose_jwk(JOSE_EC, true, ",\"key_ops\":[\"verify\"]"), NULL,
		  "client assertion: the key: its key_ops do not have sign" },
		{ jose_jwk(JOSE_K1, true, ""), NULL, "client assertion: the key: " KIND },
		{ jose_jwk(JOSE_ED448, true, ""), NULL, "client assertion: the key: " KIND },
		{ NULL, both.data, "client assertion: the key: its parts do not belong together" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_buf form = FT_BUF_INIT(65536);
		struct ft_error err;
		int r = add(table[i].key != NULL ? table[i].key : table[i].text, &form, &err);

		ck_assert_msg(r == FT_UNTRUSTED && strcmp(line_of(&err), table[i].message) == 0,
			      "row %zu: %s", i, line_of(&err));
		ck_assert_uint_eq(form.len, 0);
		ck_assert_ptr_null(strstr(line_of(&err), "s3cret"));
		ft_buf_release(&form);
		free(table[i].key);
	}
	free(mixed);
	free(other_x);
	ft_buf_release(&both);
	BIO_free(public);
	BIO_free(unrelated);
}
END_TEST

/* A private key with a part that is missing, or is another: it signs well, or not at all. */
START_TEST(parts_of_a_private_key)
{
	static const char *const parts[] = { "n", "e", "d", "p", "q", "dp", "dq", "qi", "x", "y" };
	static const enum jose_key keys[] = { JOSE_RSA, JOSE_EC, JOSE_ED };
	static const char *const values[] = { NULL, "", "AA", "AQ", "AQAB", "+", "AQAB=" };

	for (size_t k = 0; k < 3; k++) {
		char *text = jose_jwk(keys[k], true, "");
		unsigned good = 0, refused = 0;

		for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
			for (size_t j = 0; j < sizeof values / sizeof *values; j++) {
				struct json_object *jwk = jose_parse(text);
				struct ft_buf form = FT_BUF_INIT(65536);
				struct ft_error err;

				if (ft_json_string(jwk, parts[i]) != NULL && values[j] == NULL)
					json_object_object_del(jwk, parts[i]);
				else if (ft_json_string(jwk, parts[i]) != NULL)
					(void)ft_json_add_string(jwk, parts[i], values[j]);
				int r = add(ft_json_text(jwk, NULL), &form, &err);

				ck_assert(r == 0 || r == FT_UNTRUSTED);
				if (r == 0)
					ck_assert(verifies(keys[k], "RS256",
							   form.data + strlen(TYPE)));
				good += r == 0;
				refused += r != 0;
				ft_buf_release(&form);
				json_object_put(jwk);
			}
		}
		ck_assert_uint_gt(good, 0);
		ck_assert_uint_gt(refused, 0);
		free(text);
	}
}
END_TEST

START_TEST(a_request_is_signed)
{
	static const char start[] =
		"{\"version\":1,\"method\":\"POST\",\"url\":\"x\",\"body\":\"%s\"";
	char *key = jose_jwk(JOSE_ED, true, "");
	struct json_object *text = json_object_new_string(key);
	static const char *const bodies[] = { "", "a=b" };

	for (size_t i = 0; i < 3; i++) {
		struct ft_buf message = FT_BUF_INIT(8192);
		struct ft_exchange exchange;
		struct ft_error err = FT_ERROR_INIT;

		ft_buf_addf(&message, start, i < 2 ? bodies[i] : "a=b");
		if (i < 2)
			ft_buf_addf(&message,
				    ",\"client_assertion\":{\"key\":%s,\"client_id\":\"c\","
				    "\"audience\":\"a\"}",
				    json_object_to_json_string(text));
		ft_buf_adds(&message, "}");
		ck_assert_msg(ft_exchange_parse(message.data, message.len, &exchange, &err) == 0,
			      "%s", line_of(&err));
		ck_assert_int_eq(ft_exchange_sign(&exchange, NOW, &err), 0);
		ck_assert_uint_eq(exchange.body_len, strlen(exchange.body));
		if (i == 0)
			ck_assert_int_eq(strncmp(exchange.body, TYPE, strlen(TYPE)), 0);
		else if (i == 1)
			ck_assert_int_eq(strncmp(exchange.body, "a=b&" TYPE, strlen(TYPE) + 4), 0);
		else
			ck_assert_str_eq(exchange.body, "a=b");
		ft_exchange_release(&exchange);
		ft_buf_release(&message);
	}
	json_object_put(text);
	free(key);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_certificate_is_named, every_kind_of_key, an_empty_form_and_another_id_each_time,
		many_signatures_of_es256, keys_that_cannot_be_used, parts_of_a_private_key, a_request_is_signed, NULL
	};

	jose_make_keys();
	int status = unit_run("assertion", tests);

	jose_free_keys();
	return status;
}
