/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/jose/dpop.h"

#include <string.h>

#include "lib/base/encode.h"
#include "lib/data/json.h"
#include "lib/transport/jose/jws.h"

#define PROOF_MAX (64 * 1024)

bool ft_dpop_is_nonce(const char *text)
{
	const char *c = text;

	while (*c > ' ' && *c < 0x7f && *c != '"' && *c != '\\')
		c++;
	return *c == '\0' && c != text && c - text <= FT_DPOP_NONCE_MAX;
}

static int add_coordinate(struct json_object *jwk, const char *name, const char *bytes)
{
	struct ft_buf text = FT_BUF_INIT(64);

	ft_base64_add(&text, FT_BASE64URL, bytes, FT_EVP_P256_BYTES);
	int r = text.failed ? FT_NO_MEMORY : ft_json_add_string(jwk, name, text.data);

	ft_buf_release(&text);
	return r;
}

/* Adds the public half of the key, in the members of RFC 7517. */
static int make_jwk(const struct ft_buf *secret, struct json_object *jwk)
{
	char point[2 * FT_EVP_P256_BYTES];
	int r = ft_evp_p256_point(secret->data, point);

	if (r == 0)
		r = ft_json_add_string(jwk, "kty", "EC");
	if (r == 0)
		r = ft_json_add_string(jwk, "crv", "P-256");
	if (r == 0)
		r = add_coordinate(jwk, "x", point);
	return r != 0 ? r : add_coordinate(jwk, "y", point + FT_EVP_P256_BYTES);
}

/* Imports the key with its private half. That is added to a copy, because jwk gets into the
 * header. */
static int import(const char *text, struct json_object *jwk, struct ft_evp_key **ret)
{
	struct json_object *whole = NULL;
	int r = json_object_deep_copy(jwk, &whole, NULL) == 0 ? 0 : FT_NO_MEMORY;

	if (r == 0)
		r = ft_json_add_string(whole, "d", text);
	if (r == 0)
		r = ft_evp_import(whole, FT_ALG_ES256, true, ret);
	json_object_put(whole);
	return r;
}

static int make_claims(const struct ft_dpop *dpop, const char *method, const char *url,
		       int64_t now, struct json_object *claims, struct ft_error *err)
{
	struct ft_buf htu = FT_BUF_INIT(PROOF_MAX);
	int r = ft_jws_add_id(claims, err);

	ft_buf_add(&htu, url, strcspn(url, "?#"));
	if (r == 0)
		r = htu.failed ? htu.failed : ft_json_add_string(claims, "htu", htu.data);
	if (r == 0)
		r = ft_json_add_string(claims, "htm", method);
	if (r == 0)
		r = ft_json_add_int(claims, "iat", now);
	if (r == 0 && dpop->nonce != NULL)
		r = ft_json_add_string(claims, "nonce", dpop->nonce);
	ft_buf_release(&htu);
	return r;
}

static int sign(const char *secret, struct json_object *jwk, struct json_object *claims,
		struct ft_buf *ret)
{
	struct json_object *header = json_object_new_object();
	struct ft_evp_key *key = NULL;
	const char *text = NULL;
	size_t len = 0;
	int r = ft_json_add_string(header, "typ", "dpop+jwt");

	if (r == 0)
		r = ft_json_add_string(header, "alg", ft_alg_names[FT_ALG_ES256]);
	if (r == 0)
		r = ft_json_add(header, "jwk", json_object_get(jwk));
	if (r == 0)
		r = import(secret, jwk, &key);
	if (r == 0)
		text = ft_json_text(claims, &len);
	if (r == 0)
		r = text != NULL ? ft_jws_sign_as(header, text, len, key, ret) : FT_NO_MEMORY;
	ft_evp_free(key);
	json_object_put(header);
	return r;
}

int ft_dpop_add(const struct ft_dpop *dpop, const char *method, const char *url, int64_t now,
		struct ft_buf *ret, struct ft_error *err)
{
	struct json_object *jwk = json_object_new_object(), *claims = json_object_new_object();
	struct ft_buf secret = FT_BUF_INIT(64), proof = FT_BUF_INIT(PROOF_MAX);
	int r = jwk == NULL || claims == NULL ? FT_NO_MEMORY : 0;

	if (r == 0 &&
	    (!ft_base64_read(dpop->key, strlen(dpop->key), FT_BASE64URL, &secret) ||
	     secret.len != FT_EVP_P256_BYTES))
		r = secret.failed == FT_NO_MEMORY ? FT_NO_MEMORY : FT_UNTRUSTED;
	if (r == 0)
		r = make_jwk(&secret, jwk);
	if (r == 0)
		r = make_claims(dpop, method, url, now, claims, err);
	if (r == 0)
		r = sign(dpop->key, jwk, claims, &proof);
	if (r == 0) {
		ft_buf_adds(ret, "DPoP: ");
		ft_buf_add(ret, proof.data, proof.len);
		r = ft_buf_check(ret, "the proof", err);
	} else if (r == FT_UNTRUSTED) {
		(void)ft_error_set(err, r, "the DPoP key is not valid");
	} else if (r == FT_NO_MEMORY) {
		(void)ft_error_memory(err);
	}
	ft_buf_release(&secret);
	ft_buf_release(&proof);
	json_object_put(jwk);
	json_object_put(claims);
	return r;
}
