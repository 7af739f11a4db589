/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/jose/assertion.h"

#include <string.h>

#include "lib/data/json.h"
#include "lib/transport/jose/jwk.h"
#include "lib/transport/jose/jws.h"

#define TOKEN_MAX (4 * 1024 * 1024)	/* longer than a request can make it */
#define PARAMETERS "client_assertion_type=" \
	"urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion="

static int find_algorithm(struct json_object *jwk, enum ft_alg *ret, struct ft_error *err)
{
	*ret = ft_jwk_algorithm(jwk);
	if (*ret == FT_ALG_COUNT)
		return ft_error_set(err, FT_UNTRUSTED,
				    "the key: its kty and crv are none of RSA, EC (P-256, "
				    "P-384, P-521), OKP (Ed25519)");
	int r = ft_jwk_check(jwk, *ret, true, err);

	if (r == FT_UNTRUSTED)
		ft_error_prefix(err, "the key");
	return r;
}

static int mismatch(int r, struct ft_error *err)
{
	if (r == FT_UNTRUSTED)
		(void)ft_error_set(err, r, "the key: its parts do not belong together");
	return r;
}

struct signer {
	struct json_object *jwk;	/* that the key is from; NULL: it is from PEM */
	char thumbprint[FT_EVP_THUMBPRINT];
	enum ft_alg alg;
	struct ft_evp_key *key;
};

static int read_jwk(const char *text, struct signer *ret, struct ft_error *err)
{
	int r = ft_json_parse(text, strlen(text), 4, "the key", &ret->jwk, err);

	if (r == 0)
		r = find_algorithm(ret->jwk, &ret->alg, err);
	return r != 0 ? r : mismatch(ft_evp_import(ret->jwk, ret->alg, true, &ret->key), err);
}

static int read_key(const char *text, struct signer *ret, struct ft_error *err)
{
	return text[strspn(text, " \t\r\n")] == '{' ?
		       read_jwk(text, ret, err) :
		       ft_evp_read_pem(text, &ret->alg, &ret->key, ret->thumbprint, err);
}

static struct ft_jws_names names_of(const struct signer *signer)
{
	return (struct ft_jws_names){
		.kid = ft_json_string(signer->jwk, "kid"),
		.thumbprint = signer->thumbprint[0] != '\0' ?
				      signer->thumbprint :
				      ft_json_string(signer->jwk, "x5t#S256"),
	};
}

int ft_assertion_sign(const struct ft_signing *signing, struct ft_buf *ret, struct ft_error *err)
{
	struct signer signer = { .alg = FT_ALG_COUNT };
	int r = read_key(signing->key, &signer, err);

	if (r == 0)
		r = ft_jws_add_id(signing->claims, err);
	if (r == 0) {
		const struct ft_jws_names names = names_of(&signer);
		size_t len = 0;
		const char *text = ft_json_text(signing->claims, &len);

		r = text == NULL ? FT_NO_MEMORY :
		    mismatch(ft_jws_sign(text, len, signer.alg, signer.key, &names, ret), err);
	}
	if (r == FT_NO_MEMORY)
		(void)ft_error_memory(err);
	ft_evp_free(signer.key);
	json_object_put(signer.jwk);
	return r;
}

static int add_claims(const struct ft_assertion *assertion, int64_t now, struct json_object *claims)
{
	const int64_t most = FT_ASSERTION_SECONDS, asked = assertion->seconds;
	const int64_t seconds = asked > 0 && asked < most ? asked : most;
	int r = ft_json_add_string(claims, "iss", assertion->client_id);

	if (r == 0)
		r = ft_json_add_string(claims, "sub", assertion->client_id);
	if (r == 0)
		r = ft_json_add_string(claims, "aud", assertion->audience);
	if (r == 0)
		r = ft_json_add_int(claims, "iat", now);
	return r != 0 ? r : ft_json_add_int(claims, "exp", now + seconds);
}

int ft_assertion_add(const struct ft_assertion *assertion, int64_t now, struct ft_buf *form,
		     struct ft_error *err)
{
	struct ft_buf token = FT_BUF_INIT(TOKEN_MAX);
	const struct ft_signing signing = { assertion->key, json_object_new_object() };
	int r = add_claims(assertion, now, signing.claims);

	if (r == 0 && (r = ft_assertion_sign(&signing, &token, err)) != 0)
		(void)ft_error_reason(err, r, FT_REASON_OUR_KEY);
	if (r == 0) {
		ft_buf_adds(form, form->len > 0 ? "&" PARAMETERS : PARAMETERS);
		ft_buf_add(form, token.data, token.len);
		r = ft_buf_check(form, "the body", err);
	}
	if (r == FT_NO_MEMORY)
		(void)ft_error_memory(err);
	else if (r != 0)
		ft_error_prefix(err, "client assertion");
	json_object_put(signing.claims);
	ft_buf_release(&token);
	return r;
}
