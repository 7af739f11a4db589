/* SPDX-License-Identifier: MIT */
/* transport/jose/dpop.h and transport/nonce.h; a client's certificate and its key (evp.h) */
#include "config.h"

#include "lib/base/encode.h"
#include "lib/transport/jose/dpop.h"
#include "lib/transport/jose/jwk.h"
#include "lib/transport/jose/jws.h"
#include "lib/transport/nonce.h"
#include "tests/unit/transport/jose.h"
#include "tests/unit/unit.h"

#include <openssl/x509.h>

#define NOW INT64_C(1700000000)
/* RFC 6979 appendix A.2.5, whose public half is known. */
#define KEY "ya-p2EW6dRZrXCFXZ7HWk05Qw9s26JsSe4piKxIPZyE"
#define KEY_X "YP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Y"
#define KEY_Y "eQP-EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk"

static struct json_object *part(const char *token, size_t index)
{
	struct ft_buf text = FT_BUF_INIT(4096);

	for (; index > 0; index--)
		token = strchr(token, '.') + 1;
	ck_assert(ft_base64_read(token, strcspn(token, "."), FT_BASE64URL, &text));
	struct json_object *object = jose_parse(text.data);

	ft_buf_release(&text);
	return object;
}

static char *proof(const char *url, const char *nonce)
{
	const struct ft_dpop dpop = { KEY, nonce };
	struct ft_buf line = FT_BUF_INIT(8192);
	struct ft_error err = FT_ERROR_INIT;

	ck_assert_msg(ft_dpop_add(&dpop, "POST", url, NOW, &line, &err) == 0, "%s", err.text);
	ck_assert_int_eq(strncmp(line.data, "DPoP: ", 6), 0);
	char *token = strdup(line.data + 6);

	ft_buf_release(&line);
	return token;
}

START_TEST(what_a_proof_says)
{
	static const char *const urls[][2] = {
		{ "https://sso.example.com/token", "https://sso.example.com/token" },
		{ "https://sso.example.com/token?a=b#c", "https://sso.example.com/token" },
		{ "https://sso.example.com?a", "https://sso.example.com" },
	};
	char *ids[4] = { NULL };

	for (size_t i = 0; i < 4; i++) {
		char *token = proof(urls[i % 3][0], i == 3 ? "n-1" : NULL);
		struct json_object *header = part(token, 0), *claims = part(token, 1);
		struct json_object *jwk = NULL;

		ck_assert(json_object_object_get_ex(header, "jwk", &jwk));
		ck_assert_str_eq(ft_json_text(header, NULL),
				 "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\","
				 "\"crv\":\"P-256\",\"x\":\"" KEY_X "\",\"y\":\"" KEY_Y "\"}}");
		ck_assert_int_eq(ft_jws_verify(token, strlen(token), FT_ALG_ES256, jwk), 0);
		ck_assert_str_eq(ft_json_string(claims, "htm"), "POST");
		ck_assert_str_eq(ft_json_string(claims, "htu"), urls[i % 3][1]);
		ck_assert_int_eq(ft_json_int(claims, "iat", 0), NOW);
		ck_assert(i == 3 ? strcmp(ft_json_string(claims, "nonce"), "n-1") == 0 :
				   !json_object_object_get_ex(claims, "nonce", NULL));
		ids[i] = strdup(ft_json_string(claims, "jti"));
		ck_assert_uint_eq(strlen(ids[i]), 22);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(ids[i], ids[k]);
		json_object_put(header);
		json_object_put(claims);
		free(token);
	}
	for (size_t i = 0; i < 4; i++)
		free(ids[i]);
}
END_TEST

START_TEST(keys_that_are_none)
{
	static const char *const keys[] = {
		"", "AQAB", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		/* The order of the curve, and more */
		"_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE",
		"__________________________________________8",
		KEY "AA", KEY "\n", "ya-p2EW6dRZrXCFXZ7HWk05Qw9s26JsSe4piKxIPZy*",
	};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const struct ft_dpop dpop = { keys[i], NULL };
		struct ft_buf line = FT_BUF_INIT(8192);
		struct ft_error err = FT_ERROR_INIT;

		ck_assert_int_eq(ft_dpop_add(&dpop, "POST", "https://a", NOW, &line, &err),
				 FT_UNTRUSTED);
		ck_assert_str_eq(err.text, "the DPoP key is not valid");
		ck_assert_uint_eq(line.len, 0);
		ft_buf_release(&line);
	}
}
END_TEST

/* Whether an answer is worth another try, and with what; NULL: it is not. */
static const char *wanted(const char *key, int status, bool whole, const char *nonce,
			  const char *body)
{
	static char text[300];
	const struct ft_exchange exchange = { .dpop.key = key };
	struct ft_response response;
	char line[400];

	ft_response_init(&response);
	response.sent = FT_SENT_YES;
	response.status = status;
	response.whole = whole;
	(void)snprintf(line, sizeof line, "DPoP-Nonce: %s\r\n", nonce != NULL ? nonce : "");
	if (nonce != NULL)
		ft_response_add_line(&response, line, strlen(line));
	ft_buf_adds(&response.body, body);
	bool again = ft_nonce_wanted(&exchange, &response);

	(void)snprintf(text, sizeof text, "%s", again ? ft_nonce_of(&response) : "");
	ft_response_release(&response);
	return again ? text : NULL;
}

START_TEST(nonces_that_are_asked_for)
{
#define WANTED "{\"error\":\"use_dpop_nonce\",\"error_description\":\"x\"}"
	char longest[FT_DPOP_NONCE_MAX + 2];

	memset(longest, 'n', sizeof longest);
	longest[FT_DPOP_NONCE_MAX + 1] = '\0';
	ck_assert_str_eq(wanted(KEY, 400, true, "a-!~", WANTED), "a-!~");
	ck_assert_str_eq(wanted(KEY, 401, true, "a", WANTED), "a");
	ck_assert_str_eq(wanted(KEY, 400, true, longest + 1, WANTED), longest + 1);
	ck_assert_ptr_null(wanted(KEY, 400, true, longest, WANTED));
	ck_assert_ptr_null(wanted(NULL, 400, true, "a", WANTED));
	ck_assert_ptr_null(wanted(KEY, 200, true, "a", WANTED));
	ck_assert_ptr_null(wanted(KEY, 500, true, "a", WANTED));
	ck_assert_ptr_null(wanted(KEY, 400, false, "a", WANTED));
	ck_assert_ptr_null(wanted(KEY, 400, true, NULL, WANTED));
	ck_assert_ptr_null(wanted(KEY, 400, true, "", WANTED));
	ck_assert_ptr_null(wanted(KEY, 400, true, "a b", WANTED));
	ck_assert_ptr_null(wanted(KEY, 400, true, "a\"", WANTED));
	ck_assert_ptr_null(wanted(KEY, 400, true, "a\\", WANTED));
	ck_assert_ptr_null(wanted(KEY, 400, true, "\xc3\xa9", WANTED));
	ck_assert_ptr_null(wanted(KEY, 400, true, "a", ""));
	ck_assert_ptr_null(wanted(KEY, 400, true, "a", "[]"));
	ck_assert_ptr_null(wanted(KEY, 400, true, "a", "use_dpop_nonce"));
	ck_assert_ptr_null(wanted(KEY, 400, true, "a", "{\"error\":[\"use_dpop_nonce\"]}"));
	ck_assert_ptr_null(wanted(KEY, 400, true, "a", "{\"error\":\"invalid_grant\"}"));
}
END_TEST

static char *certificate(enum jose_key which, long from, long until)
{
	X509 *x509 = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;

	ck_assert_int_eq(X509_set_pubkey(x509, jose_keys[which]), 1);
	ck_assert_ptr_nonnull(ASN1_TIME_set(X509_getm_notBefore(x509), from));
	ck_assert_ptr_nonnull(ASN1_TIME_set(X509_getm_notAfter(x509), until));
	ck_assert_int_gt(X509_sign(x509, jose_keys[which], EVP_sha256()), 0);
	ck_assert_int_eq(PEM_write_bio_X509(bio, x509), 1);
	long len = BIO_get_mem_data(bio, &data);
	char *text = strndup(data, (size_t)len);

	BIO_free(bio);
	X509_free(x509);
	return text;
}

static char *private_key(enum jose_key which, const EVP_CIPHER *cipher)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;

	ck_assert_int_eq(PEM_write_bio_PrivateKey(bio, jose_keys[which], cipher,
						  (const unsigned char *)"x", cipher != NULL, NULL,
						  NULL), 1);
	long len = BIO_get_mem_data(bio, &data);
	char *text = strndup(data, (size_t)len);

	BIO_free(bio);
	return text;
}

static void pair_is(const char *shown, const char *key, const char *expected)
{
	struct ft_error err = FT_ERROR_INIT;
	int r = ft_evp_check_pair(shown, key, NOW, &err);

	ck_assert_int_eq(r, expected == NULL ? 0 : FT_UNTRUSTED);
	if (expected != NULL)
		ck_assert_str_eq(err.text, expected);
}

START_TEST(certificates_and_keys)
{
	char *good = certificate(JOSE_EC, NOW - 10, NOW + 10);
	char *late = certificate(JOSE_EC, NOW - 10, NOW - 1);
	char *key = private_key(JOSE_EC, NULL), *other = private_key(JOSE_EC_2, NULL);
	char *locked = private_key(JOSE_EC, EVP_aes_128_cbc());

	pair_is(good, key, NULL);
	pair_is(key, key, "client_cert_file: there is no certificate in PEM in it");
	pair_is("", key, "client_cert_file: there is no certificate in PEM in it");
	pair_is(good, good, "client_key_file: there is no private key in PEM in it (PKCS#8, PKCS#1"
			    " or SEC1)");
	pair_is(good, locked, "client_key_file: the key is encrypted; freshtoken needs it without "
			      "a passphrase");
	pair_is(good, other, "client_key_file: it is not the key of the certificate in "
			     "client_cert_file");
	pair_is(late, key, "client_cert_file: the certificate has expired");
	free(good);
	free(late);
	free(key);
	free(other);
	free(locked);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { what_a_proof_says, keys_that_are_none,
				       nonces_that_are_asked_for, certificates_and_keys, NULL };

	jose_make_keys();
	int status = unit_run("dpop", tests);

	jose_free_keys();
	return status;
}
