#include "config.h"
#include "jws.h"

#include <cjose/header.h>
#include <cjose/jwk.h>
#include <cjose/jws.h>
#include <string.h>

#include "base64url.h"
#include "evp.h"

#define ES256_SIGNATURE 64

/* Adds the members that are there; all: either all of them or none. */
static int copy_members(struct json_object *jwk, const char *const members[], bool all,
			struct json_object *copy)
{
	int r = copy != NULL ? 0 : FT_NO_MEMORY;

	for (size_t i = 0; all && members[i] != NULL; i++) {
		const char *text = ft_json_string(jwk, members[i]);

		if (text == NULL || text[0] == '\0')
			return r;
	}
	for (size_t i = 0; r == 0 && members[i] != NULL; i++) {
		const char *text = ft_json_string(jwk, members[i]);

		if (text != NULL)
			r = ft_json_add_string(copy, members[i], text);
	}
	return r;
}

/*
 * What cjose needs, and nothing else of what came. Of the factors of an RSA key,
 * which only speed it up, it forgets to free some where not all are there. Its
 * error codes are not worth reading: a point off the curve is "no memory".
 */
static int import_key(struct json_object *jwk, bool private, cjose_jwk_t **ret)
{
	static const char *const public_parts[] = { "kty", "crv", "n", "e", "x", "y", NULL };
	static const char *const private_part[] = { "d", NULL };
	static const char *const factors[] = { "p", "q", "dp", "dq", "qi", NULL };
	struct json_object *copy = json_object_new_object();
	size_t len = 0;
	int r = copy_members(jwk, public_parts, false, copy);

	if (r == 0 && private)
		r = copy_members(jwk, private_part, false, copy);
	if (r == 0 && private)
		r = copy_members(jwk, factors, true, copy);
	if (r == 0) {
		const char *text = ft_json_text(copy, &len);

		*ret = text != NULL ? cjose_jwk_import(text, len, NULL) : NULL;
		if (*ret == NULL)
			r = text != NULL ? FT_UNTRUSTED : FT_NO_MEMORY;
	}
	json_object_put(copy);
	return r;
}

static size_t signature_size(const cjose_jwk_t *key, enum ft_alg alg)
{
	return alg == FT_ALG_ES256 ? ES256_SIGNATURE : cjose_jwk_get_keysize(key, NULL) / 8;
}

/* cjose takes the algorithm from the header: it has to read there what we did. */
static int verify_with_cjose(const char *token, size_t len, enum ft_alg alg,
			     const cjose_jwk_t *key)
{
	cjose_jws_t *jws = cjose_jws_import(token, len, NULL);
	const char *name = jws == NULL ? NULL :
		cjose_header_get(cjose_jws_get_protected(jws), CJOSE_HDR_ALG, NULL);
	bool good = name != NULL && strcmp(name, ft_alg_names[alg]) == 0 &&
		cjose_jws_verify(jws, key, NULL);

	cjose_jws_release(jws);
	return good ? 0 : FT_UNTRUSTED;
}

static int decode_octets(struct json_object *jwk, const char *member, struct ft_buf *ret)
{
	const char *text = ft_json_string(jwk, member);

	return ft_base64url_decode(text, strlen(text), ret) ? 0 :
		ret->failed == FT_NO_MEMORY ? FT_NO_MEMORY : FT_UNTRUSTED;
}

static int verify_ed25519(const char *token, size_t len, const struct ft_buf *signature,
			  struct json_object *jwk)
{
	struct ft_buf key = FT_BUF_INIT(FT_ED25519_KEY);
	int r = decode_octets(jwk, "x", &key);

	if (r == 0 && (signature->len != FT_ED25519_SIGNATURE ||
		       !ft_ed25519_verify((const unsigned char *)key.data,
					  (const unsigned char *)signature->data, token, len)))
		r = FT_UNTRUSTED;
	ft_buf_release(&key);
	return r;
}

int ft_jws_verify(const char *token, size_t len, enum ft_alg alg, struct json_object *jwk)
{
	const char *dot = memrchr(token, '.', len);
	struct ft_buf signature = FT_BUF_INIT(len);
	cjose_jwk_t *key = NULL;
	int r = 0;

	if (dot == NULL)
		return FT_UNTRUSTED;
	if (!ft_base64url_decode(dot + 1, len - (size_t)(dot + 1 - token), &signature))
		r = signature.failed == FT_NO_MEMORY ? FT_NO_MEMORY : FT_UNTRUSTED;
	if (r == 0 && alg == FT_ALG_EDDSA) {
		r = verify_ed25519(token, (size_t)(dot - token), &signature, jwk);
	} else if (r == 0) {
		r = import_key(jwk, false, &key);
		/* cjose would halve whatever there is, or take a number that is shorter. */
		if (r == 0 && signature.len != signature_size(key, alg))
			r = FT_UNTRUSTED;
		if (r == 0)
			r = verify_with_cjose(token, len, alg, key);
	}
	(void)cjose_jwk_release(key);
	ft_buf_release(&signature);
	return r;
}

static int sign_with_cjose(const char *payload, size_t len, enum ft_alg alg,
			   struct json_object *jwk, struct ft_buf *ret)
{
	const char *kid = ft_json_string(jwk, "kid"), *text = NULL;
	cjose_header_t *header = cjose_header_new(NULL);
	cjose_jws_t *jws = NULL;
	cjose_jwk_t *key = NULL;
	int r = import_key(jwk, true, &key);

	if (r == 0 && (header == NULL ||
		       !cjose_header_set(header, CJOSE_HDR_ALG, ft_alg_names[alg], NULL) ||
		       !cjose_header_set(header, "typ", "JWT", NULL) ||
		       (kid != NULL && !cjose_header_set(header, CJOSE_HDR_KID, kid, NULL))))
		r = FT_NO_MEMORY;
	if (r == 0) {
		jws = cjose_jws_sign(key, header, (const uint8_t *)payload, len, NULL);
		if (jws == NULL || !cjose_jws_export(jws, &text, NULL))
			r = FT_UNTRUSTED;
	}
	if (r == 0) {
		ft_buf_adds(ret, text);
		r = ret->failed;
	}
	cjose_jws_release(jws);
	cjose_header_release(header);
	(void)cjose_jwk_release(key);
	return r;
}

static int add_header(struct json_object *jwk, struct ft_buf *ret)
{
	const char *kid = ft_json_string(jwk, "kid");
	struct json_object *header = json_object_new_object();
	size_t len = 0;
	int r = ft_json_add_string(header, "alg", ft_alg_names[FT_ALG_EDDSA]);

	if (r == 0)
		r = ft_json_add_string(header, "typ", "JWT");
	if (r == 0 && kid != NULL)
		r = ft_json_add_string(header, "kid", kid);
	const char *text = r == 0 ? ft_json_text(header, &len) : NULL;

	if (text != NULL)
		ft_base64url_add(ret, text, len);
	json_object_put(header);
	return text != NULL ? 0 : FT_NO_MEMORY;
}

static int sign_ed25519(const char *payload, size_t len, struct json_object *jwk,
			struct ft_buf *ret)
{
	struct ft_buf key = FT_BUF_INIT(FT_ED25519_KEY);
	unsigned char signature[FT_ED25519_SIGNATURE];
	int r = decode_octets(jwk, "d", &key);

	if (r == 0)
		r = add_header(jwk, ret);
	ft_buf_adds(ret, ".");
	ft_base64url_add(ret, payload, len);
	if (r == 0)
		r = ret->failed;
	if (r == 0 && !ft_ed25519_sign((const unsigned char *)key.data, ret->data, ret->len,
				       signature))
		r = FT_NO_MEMORY;
	if (r == 0) {
		ft_buf_adds(ret, ".");
		ft_base64url_add(ret, signature, sizeof signature);
		r = ret->failed;
	}
	ft_buf_release(&key);
	return r;
}

int ft_jws_sign(const char *payload, size_t len, enum ft_alg alg, struct json_object *jwk,
		struct ft_buf *ret)
{
	int r = alg == FT_ALG_EDDSA ? sign_ed25519(payload, len, jwk, ret) :
		sign_with_cjose(payload, len, alg, jwk, ret);

	return r != 0 ? r : ft_jws_verify(ret->data, ret->len, alg, jwk);
}
