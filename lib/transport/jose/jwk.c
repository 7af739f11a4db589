/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/jose/jwk.h"

#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/encode.h"

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 16384	/* OpenSSL's limit */
#define RSA_BYTES_MAX (RSA_BITS_MAX / 8 + 1)	/* some services add a zero in front */

const char *const ft_alg_names[FT_ALG_COUNT] = {
	[FT_ALG_RS256] = "RS256", [FT_ALG_PS256] = "PS256", [FT_ALG_ES256] = "ES256",
	[FT_ALG_EDDSA] = "EdDSA", [FT_ALG_RS384] = "RS384", [FT_ALG_RS512] = "RS512",
	[FT_ALG_PS384] = "PS384", [FT_ALG_PS512] = "PS512", [FT_ALG_ES384] = "ES384",
	[FT_ALG_ES512] = "ES512",
};

/* RFC 7518 section 6, RFC 8037 section 2. */
static const struct {
	const char *kty, *crv;
	size_t bytes;		/* of each part; 0: of any length */
} kinds[FT_ALG_COUNT] = {
	[FT_ALG_RS256] = { "RSA", NULL, 0 }, [FT_ALG_PS256] = { "RSA", NULL, 0 },
	[FT_ALG_RS384] = { "RSA", NULL, 0 }, [FT_ALG_PS384] = { "RSA", NULL, 0 },
	[FT_ALG_RS512] = { "RSA", NULL, 0 }, [FT_ALG_PS512] = { "RSA", NULL, 0 },
	[FT_ALG_ES256] = { "EC", "P-256", 32 }, [FT_ALG_ES384] = { "EC", "P-384", 48 },
	[FT_ALG_ES512] = { "EC", "P-521", 66 }, [FT_ALG_EDDSA] = { "OKP", "Ed25519", 32 },
};

enum ft_alg ft_alg_find(const char *name)
{
	int i = 0;

	while (i < FT_ALG_COUNT && strcmp(ft_alg_names[i], name) != 0)
		i++;
	return (enum ft_alg)i;
}

static enum ft_alg find_curve(const char *crv)
{
	int i = 0;

	while (i < FT_ALG_COUNT && (kinds[i].crv == NULL || strcmp(kinds[i].crv, crv) != 0))
		i++;
	return (enum ft_alg)i;
}

enum ft_alg ft_jwk_algorithm(struct json_object *jwk)
{
	const char *kty = ft_json_string(jwk, "kty"), *crv = ft_json_string(jwk, "crv");
	const char *own = ft_json_string(jwk, "alg");
	enum ft_alg alg = FT_ALG_COUNT;

	if (kty == NULL)
		return alg;
	if (strcmp(kty, "RSA") != 0)
		return crv != NULL ? find_curve(crv) : alg;
	if (own != NULL)
		alg = ft_alg_find(own);
	return alg != FT_ALG_COUNT && strcmp(kinds[alg].kty, "RSA") == 0 ? alg : FT_ALG_RS256;
}

/* Checks that a member is the given text. */
static int check_text(struct json_object *jwk, const char *member, const char *expected,
		      enum ft_alg alg, struct ft_error *err)
{
	const char *text = ft_json_string(jwk, member);
	char quoted[FT_ERROR_QUOTED];

	if (text == NULL)
		return ft_error_set(err, FT_UNTRUSTED, "it has no %s", member);
	if (strcmp(text, expected) != 0)
		return ft_error_set(err, FT_UNTRUSTED, "its %s is \"%s\", and %s needs %s",
				    member, ft_error_quoted(text, 20, quoted), ft_alg_names[alg],
				    expected);
	return 0;
}

/* Checks use, alg and key_ops, if the key has them. */
static int check_purpose(struct json_object *jwk, enum ft_alg alg, bool sign, struct ft_error *err)
{
	static const char *const optional[] = { "kid", "use", "alg" };
	const char *use = ft_json_string(jwk, "use"), *own = ft_json_string(jwk, "alg");
	const char *wanted = sign ? "sign" : "verify";
	struct json_object *ops = NULL;
	char quoted[FT_ERROR_QUOTED];

	for (size_t i = 0; i < sizeof optional / sizeof *optional; i++)
		if (json_object_object_get_ex(jwk, optional[i], NULL) &&
		    ft_json_string(jwk, optional[i]) == NULL)
			return ft_error_set(err, FT_UNTRUSTED, "its %s is no string", optional[i]);
	if (use != NULL && strcmp(use, "sig") != 0)
		return ft_error_set(err, FT_UNTRUSTED, "its use is \"%s\", not sig",
				    ft_error_quoted(use, 20, quoted));
	if (own != NULL && strcmp(own, ft_alg_names[alg]) != 0)
		return ft_error_set(err, FT_UNTRUSTED, "its alg is \"%s\", not %s",
				    ft_error_quoted(own, 20, quoted), ft_alg_names[alg]);
	if (!json_object_object_get_ex(jwk, "key_ops", &ops))
		return 0;
	size_t n = json_object_is_type(ops, json_type_array) ? json_object_array_length(ops) : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *op = json_object_array_get_idx(ops, i);

		if (json_object_is_type(op, json_type_string) &&
		    strcmp(json_object_get_string(op), wanted) == 0)
			return 0;
	}
	return ft_error_set(err, FT_UNTRUSTED, "its key_ops do not have %s", wanted);
}

/* Decodes a part; leading zeros of a number of variable length are removed. */
static int decode_part(struct json_object *jwk, const char *member, bool number,
		       struct ft_buf *ret, struct ft_error *err)
{
	const char *text = ft_json_string(jwk, member);

	if (text == NULL)
		return ft_error_set(err, FT_UNTRUSTED, "it has no %s", member);
	if (!ft_base64_read(text, strlen(text), FT_BASE64URL, ret)) {
		if (ret->failed == FT_NO_MEMORY)
			return ft_error_memory(err);
		return ft_error_set(err, FT_UNTRUSTED, ret->failed ? "its %s is too long" :
				    "its %s is no base64url", member);
	}
	size_t zeros = 0;

	while (number && zeros < ret->len && ret->data[zeros] == 0)
		zeros++;
	if (zeros > 0)
		memmove(ret->data, ret->data + zeros, ret->len -= zeros);
	return 0;
}

static size_t bits_of(const struct ft_buf *number)
{
	unsigned first = number->len > 0 ? (unsigned char)number->data[0] : 0;
	size_t bits = number->len * 8;

	for (unsigned bit = 0x80; bit > 0 && (first & bit) == 0 && bits > 0; bit >>= 1)
		bits--;
	return bits;
}

int ft_jwk_check_bits(size_t bits, enum ft_alg alg, struct ft_error *err)
{
	return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX ? 0 :
	       ft_error_set(err, FT_UNTRUSTED, "it has %zu bits, and %s needs %d to %d", bits,
			    ft_alg_names[alg], RSA_BITS_MIN, RSA_BITS_MAX);
}

static int check_rsa(struct json_object *jwk, enum ft_alg alg, struct ft_error *err)
{
	struct ft_buf n = FT_BUF_INIT(RSA_BYTES_MAX), e = FT_BUF_INIT(RSA_BYTES_MAX);
	int r = decode_part(jwk, "n", true, &n, err);

	if (r == 0)
		r = decode_part(jwk, "e", true, &e, err);
	if (r == 0)
		r = ft_jwk_check_bits(bits_of(&n), alg, err);
	/* With exponent 1 each message would be its own signature. */
	if (r == 0 && (bits_of(&e) < 2 || (e.data[e.len - 1] & 1) == 0))
		r = ft_error_set(err, FT_UNTRUSTED, "its e is not a valid exponent");
	ft_buf_release(&n);
	ft_buf_release(&e);
	return r;
}

static int check_octets(struct json_object *jwk, const char *member, size_t len,
			struct ft_error *err)
{
	struct ft_buf bytes = FT_BUF_INIT(1024);
	int r = decode_part(jwk, member, false, &bytes, err);

	if (r == 0 && bytes.len != len)
		r = ft_error_set(err, FT_UNTRUSTED, "its %s is not of %zu bytes", member, len);
	ft_buf_release(&bytes);
	return r;
}

int ft_jwk_check(struct json_object *jwk, enum ft_alg alg, bool sign, struct ft_error *err)
{
	bool private = json_object_object_get_ex(jwk, "d", NULL);
	int r;

	if (!json_object_is_type(jwk, json_type_object))
		return ft_error_set(err, FT_UNTRUSTED, "it is no object");
	r = check_text(jwk, "kty", kinds[alg].kty, alg, err);
	if (r == 0 && kinds[alg].crv != NULL)
		r = check_text(jwk, "crv", kinds[alg].crv, alg, err);
	if (r == 0)
		r = check_purpose(jwk, alg, sign, err);
	/* An issuer that publishes a private key lets anybody sign as the issuer. */
	if (r == 0 && private != sign)
		r = ft_error_set(err, FT_UNTRUSTED, private ? "it is a private key, but published" :
				 "it is a public key, without d");
	if (r == 0 && kinds[alg].crv == NULL)
		return check_rsa(jwk, alg, err);
	if (r == 0)
		r = check_octets(jwk, "x", kinds[alg].bytes, err);
	if (r == 0 && alg != FT_ALG_EDDSA)
		r = check_octets(jwk, "y", kinds[alg].bytes, err);
	if (r == 0 && sign)
		r = check_octets(jwk, "d", kinds[alg].bytes, err);
	return r;
}

struct json_object *ft_jwks_list(struct json_object *set)
{
	struct json_object *list = NULL;

	return json_object_is_type(set, json_type_object) &&
		json_object_object_get_ex(set, "keys", &list) &&
		json_object_is_type(list, json_type_array) ? list : NULL;
}

/* 0: the key is good for at least one algorithm. */
static int check_any(struct json_object *jwk)
{
	int r = FT_UNTRUSTED;

	for (int alg = 0; r == FT_UNTRUSTED && alg < FT_ALG_COUNT; alg++)
		r = ft_jwk_check(jwk, (enum ft_alg)alg, false, NULL);
	return r;
}

/* Copies the public part of a key that was checked. */
static int copy_key(struct json_object *jwk, struct json_object **ret)
{
	static const char *const members[] = {
		"kty", "kid", "use", "alg", "n", "e", "crv", "x", "y",
	};
	struct json_object *copy = json_object_new_object(), *ops = NULL;
	int r = copy != NULL ? 0 : FT_NO_MEMORY;

	for (size_t i = 0; r == 0 && i < sizeof members / sizeof *members; i++) {
		const char *text = ft_json_string(jwk, members[i]);

		if (text != NULL)
			r = ft_json_add_string(copy, members[i], text);
	}
	/* Of key_ops only "verify" is needed. */
	if (r == 0 && json_object_object_get_ex(jwk, "key_ops", NULL)) {
		ops = json_object_new_array();
		r = ft_json_add(copy, "key_ops", ops);
	}
	if (r == 0 && ops != NULL) {
		struct json_object *verify = json_object_new_string("verify");

		if (verify == NULL || json_object_array_add(ops, verify) != 0) {
			json_object_put(verify);
			r = FT_NO_MEMORY;
		}
	}
	if (r == 0)
		*ret = copy;
	else
		json_object_put(copy);
	return r;
}

static bool has_key(struct json_object *list, struct json_object *jwk)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (json_object_equal(json_object_array_get_idx(list, i), jwk))
			return true;
	return false;
}

/* Adds the public part of a key that can verify, unless it is in the list already or there is no
 * room. */
static int add_key(struct json_object *list, struct json_object *jwk, size_t *room)
{
	struct json_object *copy = NULL;
	size_t len = 0;
	int r = check_any(jwk);

	if (r == 0)
		r = copy_key(jwk, &copy);
	if (r != 0)
		return r == FT_UNTRUSTED ? 0 : r;
	if (ft_json_text(copy, &len) == NULL) {
		r = FT_NO_MEMORY;
	} else if (len < *room && !has_key(list, copy)) {
		*room -= len + 1;	/* and a comma */
		r = json_object_array_add(list, copy) == 0 ? 0 : FT_NO_MEMORY;
		if (r == 0)
			return 0;
	}
	json_object_put(copy);
	return r;
}

int ft_jwks_clean(struct json_object *set, struct json_object **ret)
{
	struct json_object *keys = ft_jwks_list(set), *clean, *list;
	size_t room = FT_JWKS_TEXT_MAX - sizeof "{\"keys\":[]}";
	int r;

	if (keys == NULL)
		return FT_UNTRUSTED;
	clean = json_object_new_object();
	list = json_object_new_array();
	r = ft_json_add(clean, "keys", list);
	for (size_t i = 0; r == 0 && i < json_object_array_length(keys) &&
	     json_object_array_length(list) < FT_JWKS_KEYS_MAX; i++)
		r = add_key(list, json_object_array_get_idx(keys, i), &room);
	if (r == 0)
		*ret = clean;
	else
		json_object_put(clean);
	return r;
}
