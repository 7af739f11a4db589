#include "config.h"
#include "evp.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "base64url.h"
#include "secret.h"

#define NUMBER_MAX 2048		/* bytes: RSA of 16384 bits, which is where OpenSSL ends */
#define P256_BYTES 32

bool ft_ed25519_verify(const unsigned char key[FT_ED25519_KEY],
		       const unsigned char signature[FT_ED25519_SIGNATURE],
		       const char *data, size_t len)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, FT_ED25519_KEY);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = pkey != NULL && ctx != NULL &&
		EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
		EVP_DigestVerify(ctx, signature, FT_ED25519_SIGNATURE,
				 (const unsigned char *)data, len) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good;
}

bool ft_ed25519_sign(const unsigned char private_key[FT_ED25519_KEY], const char *data, size_t len,
		     unsigned char ret_signature[FT_ED25519_SIGNATURE])
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, private_key,
						      FT_ED25519_KEY);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t size = FT_ED25519_SIGNATURE;
	bool good = pkey != NULL && ctx != NULL &&
		EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
		EVP_DigestSign(ctx, ret_signature, &size, (const unsigned char *)data, len) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good;
}

static int unusable(struct ft_error *err)
{
	return ft_error_set(err, FT_UNTRUSTED, "the key lacks a part or is too large");
}

static int add_bytes(struct json_object *jwk, const char *member, const unsigned char *bytes,
		     size_t len)
{
	struct ft_buf text = FT_BUF_INIT(2 * NUMBER_MAX);

	ft_base64url_add(&text, bytes, len);
	int r = text.failed != 0 ? FT_NO_MEMORY : ft_json_add_string(jwk, member, text.data);

	ft_buf_release(&text);
	return r;
}

struct number {
	const char *member, *param;
};

/* Each in `width` bytes; 0: in as many as it needs. */
static int add_numbers(struct json_object *jwk, const EVP_PKEY *pkey, const struct number *numbers,
		       size_t n, size_t width, struct ft_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		unsigned char bytes[NUMBER_MAX];
		BIGNUM *number = NULL;
		int len = -1;

		if (EVP_PKEY_get_bn_param(pkey, numbers[i].param, &number) == 1)
			len = width > 0 ? (int)width : BN_num_bytes(number);
		if (len <= 0 || len > NUMBER_MAX || BN_bn2binpad(number, bytes, len) != len)
			r = unusable(err);
		else
			r = add_bytes(jwk, numbers[i].member, bytes, (size_t)len);
		ft_wipe(bytes, sizeof bytes);
		BN_clear_free(number);
	}
	return r;
}

static int add_rsa(struct json_object *jwk, const EVP_PKEY *pkey, struct ft_error *err)
{
	static const struct number numbers[] = {
		{ "n", OSSL_PKEY_PARAM_RSA_N }, { "e", OSSL_PKEY_PARAM_RSA_E },
		{ "d", OSSL_PKEY_PARAM_RSA_D }, { "p", OSSL_PKEY_PARAM_RSA_FACTOR1 },
		{ "q", OSSL_PKEY_PARAM_RSA_FACTOR2 }, { "dp", OSSL_PKEY_PARAM_RSA_EXPONENT1 },
		{ "dq", OSSL_PKEY_PARAM_RSA_EXPONENT2 },
		{ "qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1 },
	};
	int r = ft_json_add_string(jwk, "kty", "RSA");

	return r != 0 ? r :
		add_numbers(jwk, pkey, numbers, sizeof numbers / sizeof *numbers, 0, err);
}

static int add_ec(struct json_object *jwk, const EVP_PKEY *pkey, struct ft_error *err)
{
	static const struct number numbers[] = {
		{ "x", OSSL_PKEY_PARAM_EC_PUB_X }, { "y", OSSL_PKEY_PARAM_EC_PUB_Y },
		{ "d", OSSL_PKEY_PARAM_PRIV_KEY },
	};
	char group[64] = "";

	if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group,
					   NULL) != 1 || strcmp(group, "prime256v1") != 0)
		return ft_error_set(err, FT_UNTRUSTED, "the key is on the curve %s; of EC only"
				    " P-256 (prime256v1) is supported",
				    group[0] != '\0' ? group : "of its own parameters");
	int r = ft_json_add_string(jwk, "kty", "EC");

	if (r == 0)
		r = ft_json_add_string(jwk, "crv", "P-256");
	return r != 0 ? r :
		add_numbers(jwk, pkey, numbers, sizeof numbers / sizeof *numbers, P256_BYTES, err);
}

static int add_ed25519(struct json_object *jwk, const EVP_PKEY *pkey, struct ft_error *err)
{
	unsigned char private_key[FT_ED25519_KEY], public_key[FT_ED25519_KEY];
	size_t private_len = sizeof private_key, public_len = sizeof public_key;
	int r = ft_json_add_string(jwk, "kty", "OKP");

	if (r == 0)
		r = ft_json_add_string(jwk, "crv", "Ed25519");
	if (r == 0 && (EVP_PKEY_get_raw_private_key(pkey, private_key, &private_len) != 1 ||
		       EVP_PKEY_get_raw_public_key(pkey, public_key, &public_len) != 1))
		r = unusable(err);
	if (r == 0)
		r = add_bytes(jwk, "x", public_key, public_len);
	if (r == 0)
		r = add_bytes(jwk, "d", private_key, private_len);
	ft_wipe(private_key, sizeof private_key);
	return r;
}

/* Whoever encrypted the key has a passphrase that nobody is here to enter. */
static int on_passphrase(char *buf, int size, int writing, void *user)
{
	bool *encrypted = user;

	(void)buf, (void)size, (void)writing;
	*encrypted = true;
	return -1;
}

static int read_key(const EVP_PKEY *pkey, struct json_object *jwk, struct ft_error *err)
{
	const char *type = EVP_PKEY_get0_type_name(pkey);

	switch (EVP_PKEY_get_base_id(pkey)) {
	case EVP_PKEY_RSA:
		return add_rsa(jwk, pkey, err);
	case EVP_PKEY_EC:
		return add_ec(jwk, pkey, err);
	case EVP_PKEY_ED25519:
		return add_ed25519(jwk, pkey, err);
	default:
		return ft_error_set(err, FT_UNTRUSTED, "the key is of the type %s; RSA, EC P-256"
				    " and Ed25519 are supported", type != NULL ? type : "unknown");
	}
}

int ft_pem_read(const char *pem, struct json_object **ret, struct ft_error *err)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	struct json_object *jwk = json_object_new_object();
	bool encrypted = false;
	EVP_PKEY *pkey = bio == NULL ? NULL :
		PEM_read_bio_PrivateKey(bio, NULL, on_passphrase, &encrypted);
	int r;

	if (bio == NULL || jwk == NULL)
		r = FT_NO_MEMORY;
	else if (encrypted)
		r = ft_error_set(err, FT_UNTRUSTED, "the key is encrypted; freshtoken needs it"
				 " without a passphrase");
	else if (pkey == NULL)
		r = ft_error_set(err, FT_UNTRUSTED, "the key is no private key in PEM (PKCS#8,"
				 " PKCS#1 or SEC1) and no JWK");
	else
		r = read_key(pkey, jwk, err);
	if (r == FT_NO_MEMORY)
		(void)ft_error_memory(err);
	/* libcurl takes what lies there for its own. */
	ERR_clear_error();
	EVP_PKEY_free(pkey);
	(void)BIO_free(bio);
	if (r != 0)
		json_object_put(jwk);
	else
		*ret = jwk;
	return r;
}
