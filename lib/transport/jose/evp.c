/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/jose/evp.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/encode.h"


#define NUMBER_MAX 2048		/* bytes of RSA with 16384 bits, OpenSSL's limit */
#define NUMBERS_MAX 3		/* RSA has the most */
#define COORDINATE_MAX 66	/* of P-521 */
#define ED25519_BYTES 32

/* RFC 7518 section 3, RFC 8037 section 3.1. */
static const struct algorithm {
	const char *type, *group;	/* libcrypto's names */
	const char *digest;	/* NULL: the algorithm has its own hash */
	size_t width;		/* bytes of a coordinate in a key, and of half a signature */
	bool pss;
} algorithms[FT_ALG_COUNT] = {
	[FT_ALG_RS256] = { .type = "RSA", .digest = "SHA256" },
	[FT_ALG_RS384] = { .type = "RSA", .digest = "SHA384" },
	[FT_ALG_RS512] = { .type = "RSA", .digest = "SHA512" },
	[FT_ALG_PS256] = { .type = "RSA", .digest = "SHA256", .pss = true },
	[FT_ALG_PS384] = { .type = "RSA", .digest = "SHA384", .pss = true },
	[FT_ALG_PS512] = { .type = "RSA", .digest = "SHA512", .pss = true },
	[FT_ALG_ES256] = { .type = "EC", .group = "prime256v1", .digest = "SHA256", .width = 32 },
	[FT_ALG_ES384] = { .type = "EC", .group = "secp384r1", .digest = "SHA384", .width = 48 },
	[FT_ALG_ES512] = { .type = "EC",
			   .group = "secp521r1",
			   .digest = "SHA512",
			   .width = COORDINATE_MAX },
	[FT_ALG_EDDSA] = { .type = "ED25519" },
};

struct ft_evp_key {
	EVP_PKEY *pkey;
	const struct algorithm *algorithm;
};

/* --- from a JWK to libcrypto's key ------------------------------------------------ */

/* The parts of a key. libcrypto needs the numbers until the key is made. */
struct parts {
	OSSL_PARAM_BLD *builder;
	BIGNUM *numbers[NUMBERS_MAX];
	size_t n;
};

static int decode(struct json_object *jwk, const char *member, struct ft_buf *ret)
{
	const char *text = ft_json_string(jwk, member);

	return text == NULL ? FT_UNTRUSTED :
	       ft_base64_read(text, strlen(text), FT_BASE64URL, ret) && ret->len > 0 ? 0 :
	       ret->failed == FT_NO_MEMORY ? FT_NO_MEMORY : FT_UNTRUSTED;
}

static int push_number(struct json_object *jwk, const char *member, const char *param,
		       struct parts *parts)
{
	struct ft_buf bytes = FT_BUF_INIT(NUMBER_MAX + 1);	/* some add a zero in front */
	int r = decode(jwk, member, &bytes);

	if (r == 0) {
		/* A number that is wiped when it is freed, also in the key that is made of it. */
		BIGNUM *number = parts->numbers[parts->n++] = BN_secure_new();

		if (number == NULL ||
		    BN_bin2bn((const unsigned char *)bytes.data, (int)bytes.len, number) == NULL ||
		    OSSL_PARAM_BLD_push_BN(parts->builder, param, number) != 1)
			r = FT_NO_MEMORY;
	}
	ft_buf_release(&bytes);
	return r;
}

/* The factors of a private key are left out: they only make it faster. */
static int push_rsa(struct json_object *jwk, bool private, struct parts *parts)
{
	int r = push_number(jwk, "n", OSSL_PKEY_PARAM_RSA_N, parts);

	if (r == 0)
		r = push_number(jwk, "e", OSSL_PKEY_PARAM_RSA_E, parts);
	return r == 0 && private ? push_number(jwk, "d", OSSL_PKEY_PARAM_RSA_D, parts) : r;
}

/* libcrypto takes the point in one piece: 4, x, y (SEC 1 section 2.3.3). It refuses one that is
 * not on the curve. */
static int push_ec(struct json_object *jwk, bool private, const struct algorithm *algorithm,
		   struct parts *parts, struct ft_buf *point)
{
	ft_buf_adds(point, "\4");
	int r = decode(jwk, "x", point);

	if (r == 0)
		r = decode(jwk, "y", point);
	if (r == 0 && point->len != 1 + 2 * algorithm->width)
		r = FT_UNTRUSTED;
	if (r == 0 && (OSSL_PARAM_BLD_push_utf8_string(parts->builder, OSSL_PKEY_PARAM_GROUP_NAME,
						       algorithm->group, 0) != 1 ||
		       OSSL_PARAM_BLD_push_octet_string(parts->builder, OSSL_PKEY_PARAM_PUB_KEY,
							point->data, point->len) != 1))
		r = FT_NO_MEMORY;
	return r == 0 && private ? push_number(jwk, "d", OSSL_PKEY_PARAM_PRIV_KEY, parts) : r;
}

static int build(const struct algorithm *algorithm, bool private, OSSL_PARAM *params,
		 EVP_PKEY **ret)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, algorithm->type, NULL);
	int r = 0;

	if (ctx == NULL || params == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
		r = FT_NO_MEMORY;
	else if (EVP_PKEY_fromdata(ctx, ret, private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
				   params) != 1)
		r = FT_UNTRUSTED;
	EVP_PKEY_CTX_free(ctx);
	return r;
}

static int import_numbers(struct json_object *jwk, const struct algorithm *algorithm, bool private,
			  EVP_PKEY **ret)
{
	struct parts parts = { .builder = OSSL_PARAM_BLD_new() };
	struct ft_buf point = FT_BUF_INIT(1 + 2 * NUMBER_MAX);
	int r = parts.builder == NULL ? FT_NO_MEMORY :
		algorithm->group != NULL ? push_ec(jwk, private, algorithm, &parts, &point) :
		push_rsa(jwk, private, &parts);

	if (r == 0) {
		OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(parts.builder);

		r = build(algorithm, private, params, ret);
		OSSL_PARAM_free(params);
	}
	for (size_t i = 0; i < parts.n; i++)
		BN_clear_free(parts.numbers[i]);
	OSSL_PARAM_BLD_free(parts.builder);
	ft_buf_release(&point);
	return r;
}

static int import_octets(struct json_object *jwk, bool private, EVP_PKEY **ret)
{
	struct ft_buf bytes = FT_BUF_INIT(NUMBER_MAX);
	int r = decode(jwk, private ? "d" : "x", &bytes);
	const unsigned char *octets = (const unsigned char *)bytes.data;

	if (r == 0 && bytes.len != ED25519_BYTES)
		r = FT_UNTRUSTED;
	if (r == 0)
		*ret = private ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, octets,
							      bytes.len) :
				 EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, octets,
							     bytes.len);
	if (r == 0 && *ret == NULL)
		r = FT_NO_MEMORY;
	ft_buf_release(&bytes);
	return r;
}

/* The result owns pkey, which is freed on failure. */
static int wrap(EVP_PKEY *pkey, const struct algorithm *algorithm, struct ft_evp_key **ret)
{
	struct ft_evp_key *key = calloc(1, sizeof *key);

	if (key == NULL) {
		EVP_PKEY_free(pkey);
		return FT_NO_MEMORY;
	}
	*key = (struct ft_evp_key){ pkey, algorithm };
	*ret = key;
	return 0;
}

int ft_evp_import(struct json_object *jwk, enum ft_alg alg, bool private, struct ft_evp_key **ret)
{
	const struct algorithm *algorithm = &algorithms[alg];
	EVP_PKEY *pkey = NULL;
	int r = algorithm->digest == NULL ? import_octets(jwk, private, &pkey) :
		import_numbers(jwk, algorithm, private, &pkey);

	/* libcurl would report a leftover error as one of its own. */
	ERR_clear_error();
	return r == 0 ? wrap(pkey, algorithm, ret) : r;
}

void ft_evp_free(struct ft_evp_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

int ft_evp_p256_point(const char *secret, char ret[2 * FT_EVP_P256_BYTES])
{
	unsigned char bytes[1 + 2 * FT_EVP_P256_BYTES];
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *point = group != NULL ? EC_POINT_new(group) : NULL;
	BIGNUM *number = BN_secure_new();
	int r = point == NULL || number == NULL ||
				BN_bin2bn((const unsigned char *)secret, FT_EVP_P256_BYTES,
					  number) == NULL ?
			FT_NO_MEMORY : 0;

	if (r == 0) {
		BN_set_flags(number, BN_FLG_CONSTTIME);
		if (BN_is_zero(number) || BN_cmp(number, EC_GROUP_get0_order(group)) >= 0)
			r = FT_UNTRUSTED;
	}
	if (r == 0 && (EC_POINT_mul(group, point, number, NULL, NULL, NULL) != 1 ||
		       EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, bytes,
					  sizeof bytes, NULL) != sizeof bytes))
		r = FT_NO_MEMORY;
	if (r == 0)
		memcpy(ret, bytes + 1, sizeof bytes - 1);
	BN_clear_free(number);
	EC_POINT_free(point);
	EC_GROUP_free(group);
	ERR_clear_error();
	return r;
}

/* --- signatures ------------------------------------------------------------------- */

/* RFC 7518 section 3.5: the salt is as long as the hash. */
static bool pad(EVP_PKEY_CTX *ctx, const struct algorithm *algorithm)
{
	return !algorithm->pss ||
	       (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1);
}

/* RFC 7518 section 3.4: r and s, each with the bytes of a coordinate. libcrypto uses DER
 * instead. */
static int der_of(const struct ft_buf *raw, size_t width, unsigned char **ret, size_t *ret_len)
{
	const unsigned char *bytes = (const unsigned char *)raw->data;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(bytes, (int)width, NULL),
	       *s = BN_bin2bn(bytes + width, (int)width, NULL);
	int len = -1;

	if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL;
		len = i2d_ECDSA_SIG(sig, ret);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	if (len <= 0)
		return FT_NO_MEMORY;
	*ret_len = (size_t)len;
	return 0;
}

static int add_raw(const unsigned char *der, size_t len, size_t width, struct ft_buf *ret)
{
	unsigned char raw[2 * COORDINATE_MAX];
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	int r = FT_NO_MEMORY;

	if (sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, (int)width) == (int)width &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + width, (int)width) == (int)width) {
		ft_buf_add(ret, raw, 2 * width);
		r = ret->failed;
	}
	ECDSA_SIG_free(sig);
	return r;
}

static bool verify(const struct ft_evp_key *key, const unsigned char *signature,
		   size_t signature_len, const char *data, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *padding = NULL;
	const bool good = ctx != NULL &&
			  EVP_DigestVerifyInit_ex(ctx, &padding, key->algorithm->digest, NULL, NULL,
						  key->pkey, NULL) == 1 &&
			  pad(padding, key->algorithm) &&
			  EVP_DigestVerify(ctx, signature, signature_len,
					   (const unsigned char *)data, len) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}

int ft_evp_verify(const struct ft_evp_key *key, const struct ft_buf *signature, const char *data,
		  size_t len)
{
	const unsigned char *bytes = (const unsigned char *)signature->data;
	const size_t width = key->algorithm->width;
	size_t bytes_len = signature->len;
	unsigned char *der = NULL;
	int r = 0;

	/* A signature has a fixed length, which libcrypto does not always check. */
	if (bytes_len != (width > 0 ? 2 * width : (size_t)EVP_PKEY_get_size(key->pkey)))
		return FT_UNTRUSTED;
	if (width > 0) {
		r = der_of(signature, width, &der, &bytes_len);
		bytes = der;
	}
	if (r == 0 && !verify(key, bytes, bytes_len, data, len))
		r = FT_UNTRUSTED;
	OPENSSL_free(der);
	ERR_clear_error();
	return r;
}

int ft_evp_sign(const struct ft_evp_key *key, const char *data, size_t len, struct ft_buf *ret)
{
	unsigned char signature[NUMBER_MAX];
	size_t signature_len = sizeof signature;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *padding = NULL;
	int r = 0;

	if (ctx == NULL ||
	    EVP_DigestSignInit_ex(ctx, &padding, key->algorithm->digest, NULL, NULL, key->pkey,
				  NULL) != 1 ||
	    !pad(padding, key->algorithm))
		r = FT_NO_MEMORY;
	else if (EVP_DigestSign(ctx, signature, &signature_len, (const unsigned char *)data, len) !=
		 1)
		r = FT_UNTRUSTED;
	if (r == 0 && key->algorithm->width > 0) {
		r = add_raw(signature, signature_len, key->algorithm->width, ret);
	} else if (r == 0) {
		ft_buf_add(ret, signature, signature_len);
		r = ret->failed;
	}
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return r;
}

/* --- keys in PEM ---------------------------------------------------------------------- */

/* Refuses encrypted keys: nobody can enter a passphrase here. */
static int on_passphrase(char *buf, int size, int writing, void *user)
{
	bool *encrypted = user;

	(void)buf, (void)size, (void)writing;
	*encrypted = true;
	return -1;
}

static int find_algorithm(const EVP_PKEY *pkey, enum ft_alg *ret, struct ft_error *err)
{
	const char *type = EVP_PKEY_get0_type_name(pkey);
	char group[64] = "";

	switch (EVP_PKEY_get_base_id(pkey)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		*ret = EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA ? FT_ALG_RS256 : FT_ALG_PS256;
		if (ft_jwk_check_bits((size_t)EVP_PKEY_get_bits(pkey), *ret, err) == 0)
			return 0;
		ft_error_prefix(err, "the key");
		return FT_UNTRUSTED;
	case EVP_PKEY_ED25519:
		*ret = FT_ALG_EDDSA;
		return 0;
	case EVP_PKEY_EC:
		(void)EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group,
						     sizeof group, NULL);
		for (int i = 0; i < FT_ALG_COUNT; i++)
			if (algorithms[i].group != NULL &&
			    strcmp(group, algorithms[i].group) == 0) {
				*ret = (enum ft_alg)i;
				return 0;
			}
		return ft_error_set(
			err, FT_UNTRUSTED,
			"the key is on the curve %s; of EC P-256, P-384 and P-521 are supported",
			group[0] != '\0' ? group : "of its own parameters");
	default:
		return ft_error_set(err, FT_UNTRUSTED,
				    "the key is of the type %s; RSA, EC and Ed25519 are supported",
				    type != NULL ? type : "unknown");
	}
}

/* Finds the certificate in the same PEM text; "": there is none. */
static int find_thumbprint(const char *pem, const EVP_PKEY *key, char ret[FT_EVP_THUMBPRINT],
			   struct ft_error *err)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x509 = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
	struct ft_buf text = FT_BUF_INIT(FT_EVP_THUMBPRINT);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	int r = bio == NULL ? ft_error_memory(err) : 0;

	ret[0] = '\0';
	if (x509 != NULL && X509_check_private_key(x509, key) != 1) {
		r = ft_error_set(err, FT_UNTRUSTED,
				 "the key: the certificate in the same file belongs to another "
				 "key");
	} else if (x509 != NULL) {
		if (X509_digest(x509, EVP_sha256(), digest, &len) == 1)
			ft_base64_add(&text, FT_BASE64URL, digest, len);
		r = text.len > 0 && !text.failed ? 0 : ft_error_memory(err);
		if (r == 0)
			memcpy(ret, text.data, text.len + 1);
	}
	ft_buf_release(&text);
	X509_free(x509);
	(void)BIO_free(bio);
	return r;
}

int ft_evp_read_pem(const char *pem, enum ft_alg *ret_alg, struct ft_evp_key **ret,
		    char ret_thumbprint[FT_EVP_THUMBPRINT], struct ft_error *err)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	bool encrypted = false;
	EVP_PKEY *pkey =
		bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, on_passphrase, &encrypted);
	enum ft_alg alg = FT_ALG_COUNT;
	char thumbprint[FT_EVP_THUMBPRINT];
	int r;

	if (bio == NULL)
		r = ft_error_memory(err);
	else if (encrypted)
		r = ft_error_set(err, FT_UNTRUSTED,
				 "the key is encrypted; freshtoken needs it without a passphrase");
	else if (pkey == NULL)
		r = ft_error_set(
			err, FT_UNTRUSTED,
			"the key is neither a private key in PEM (PKCS#8, PKCS#1 or SEC1) nor a "
			"JWK");
	else
		r = find_algorithm(pkey, &alg, err);
	if (r == 0)
		r = find_thumbprint(pem, pkey, thumbprint, err);
	ERR_clear_error();
	(void)BIO_free(bio);
	if (r != 0) {
		EVP_PKEY_free(pkey);
		return r;
	}
	if (thumbprint[0] != '\0' && alg == FT_ALG_RS256)
		alg = FT_ALG_PS256;
	memcpy(ret_thumbprint, thumbprint, sizeof thumbprint);
	*ret_alg = alg;
	return wrap(pkey, &algorithms[alg], ret) == 0 ? 0 : ft_error_memory(err);
}

/* --- a client's certificate ------------------------------------------------------------ */

static int check_pair(X509 *certificate, EVP_PKEY *key, bool encrypted, int64_t now,
		      struct ft_error *err)
{
	time_t at = (time_t)now;

	if (certificate == NULL)
		return ft_error_set(err, FT_UNTRUSTED,
				    "client_cert_file: there is no certificate in PEM in it");
	if (encrypted)
		return ft_error_set(err, FT_UNTRUSTED, "client_key_file: the key is encrypted;"
				    " freshtoken needs it without a passphrase");
	if (key == NULL)
		return ft_error_set(err, FT_UNTRUSTED, "client_key_file: there is no private key in"
				    " PEM in it (PKCS#8, PKCS#1 or SEC1)");
	if (X509_check_private_key(certificate, key) != 1)
		return ft_error_set(err, FT_UNTRUSTED, "client_key_file: it is not the key of the"
				    " certificate in client_cert_file");
	if (X509_cmp_time(X509_get0_notAfter(certificate), &at) < 0)
		return ft_error_set(err, FT_UNTRUSTED,
				    "client_cert_file: the certificate has expired");
	return 0;
}

int ft_evp_check_pair(const char *certificate, const char *key, int64_t now, struct ft_error *err)
{
	BIO *first = BIO_new_mem_buf(certificate, -1), *second = BIO_new_mem_buf(key, -1);
	X509 *x509 = first == NULL ? NULL : PEM_read_bio_X509(first, NULL, NULL, NULL);
	bool encrypted = false;
	EVP_PKEY *pkey = second == NULL ? NULL :
			 PEM_read_bio_PrivateKey(second, NULL, on_passphrase, &encrypted);
	int r = first == NULL || second == NULL ? ft_error_memory(err) :
		check_pair(x509, pkey, encrypted, now, err);

	ERR_clear_error();
	X509_free(x509);
	EVP_PKEY_free(pkey);
	(void)BIO_free(first);
	(void)BIO_free(second);
	return r;
}

/* --- a shared secret ------------------------------------------------------------------ */

static const struct {
	const char *name;
	size_t size;
	const EVP_MD *(*digest)(void);
} hmacs[FT_HMAC_COUNT] = {
	[FT_HMAC_HS256] = { "HS256", 32, EVP_sha256 },
	[FT_HMAC_HS384] = { "HS384", 48, EVP_sha384 },
	[FT_HMAC_HS512] = { "HS512", 64, EVP_sha512 },
};

enum ft_hmac ft_hmac_find(const char *name)
{
	int i = 0;

	while (i < FT_HMAC_COUNT && strcmp(hmacs[i].name, name) != 0)
		i++;
	return (enum ft_hmac)i;
}

size_t ft_hmac_size(enum ft_hmac hmac)
{
	return hmacs[hmac].size;
}

bool ft_hmac_verify(enum ft_hmac hmac, const char *secret, const struct ft_buf *signature,
		    const char *data, size_t len)
{
	unsigned char made[EVP_MAX_MD_SIZE];
	unsigned made_len = 0;
	const bool good =
		HMAC(hmacs[hmac].digest(), secret, (int)strlen(secret),
		     (const unsigned char *)data, len, made, &made_len) != NULL &&
		made_len == hmacs[hmac].size && signature->len == made_len &&
		CRYPTO_memcmp(signature->data, made, made_len) == 0;

	OPENSSL_cleanse(made, sizeof made);
	ERR_clear_error();
	return good;
}
