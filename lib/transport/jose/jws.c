/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/jose/jws.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/encode.h"


#define SIGNATURE_MAX 4096	/* bytes of a signature, in any algorithm */

static int verify(const struct ft_evp_key *key, const char *token, size_t len)
{
	const char *dot = memrchr(token, '.', len);
	struct ft_buf signature = FT_BUF_INIT(len);
	int r = FT_UNTRUSTED;

	if (dot != NULL &&
	    ft_base64_read(dot + 1, len - (size_t)(dot + 1 - token), FT_BASE64URL, &signature))
		r = ft_evp_verify(key, &signature, token, (size_t)(dot - token));
	else if (signature.failed == FT_NO_MEMORY)
		r = FT_NO_MEMORY;
	ft_buf_release(&signature);
	return r;
}

int ft_jws_verify(const char *token, size_t len, enum ft_alg alg, struct json_object *jwk)
{
	struct ft_evp_key *key = NULL;
	int r = ft_evp_import(jwk, alg, false, &key);

	if (r == 0)
		r = verify(key, token, len);
	ft_evp_free(key);
	return r;
}

static int make_header(enum ft_alg alg, const struct ft_jws_names *names,
		       struct json_object *header)
{
	int r = ft_json_add_string(header, "alg", ft_alg_names[alg]);

	if (r == 0)
		r = ft_json_add_string(header, "typ", "JWT");
	if (r == 0 && names->kid != NULL)
		r = ft_json_add_string(header, "kid", names->kid);
	return r == 0 && names->thumbprint != NULL ?
		       ft_json_add_string(header, "x5t#S256", names->thumbprint) : r;
}

int ft_jws_sign(const char *payload, size_t len, enum ft_alg alg, const struct ft_evp_key *key,
		const struct ft_jws_names *names, struct ft_buf *ret)
{
	struct json_object *header = json_object_new_object();
	int r = make_header(alg, names, header);

	if (r == 0)
		r = ft_jws_sign_as(header, payload, len, key, ret);
	json_object_put(header);
	return r;
}

int ft_jws_sign_as(struct json_object *header, const char *payload, size_t len,
		   const struct ft_evp_key *key, struct ft_buf *ret)
{
	struct ft_buf signature = FT_BUF_INIT(SIGNATURE_MAX);
	size_t header_len = 0;
	const char *text = ft_json_text(header, &header_len);
	int r = text != NULL ? 0 : FT_NO_MEMORY;

	if (r == 0) {
		ft_base64_add(ret, FT_BASE64URL, text, header_len);
		ft_buf_adds(ret, ".");
		ft_base64_add(ret, FT_BASE64URL, payload, len);
		r = ret->failed;
	}
	if (r == 0)
		r = ft_evp_sign(key, ret->data, ret->len, &signature);
	if (r == 0) {
		ft_buf_adds(ret, ".");
		ft_base64_add(ret, FT_BASE64URL, signature.data, signature.len);
		r = ret->failed;
	}
	ft_buf_release(&signature);
	return r != 0 ? r : verify(key, ret->data, ret->len);
}

int ft_jws_add_id(struct json_object *claims, struct ft_error *err)
{
	unsigned char bytes[16];
	struct ft_buf text = FT_BUF_INIT(32);
	int r;

	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return ft_error_errno(err, FT_SYSTEM, errno, "random bytes");
	ft_base64_add(&text, FT_BASE64URL, bytes, sizeof bytes);
	r = text.failed ? text.failed : ft_json_add_string(claims, "jti", text.data);
	ft_buf_release(&text);
	return r;
}
