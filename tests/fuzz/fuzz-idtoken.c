/* SPDX-License-Identifier: MIT */
/* A header, a payload, a signature and a JWK set, a line each; and all of it as a token: a verified
 * token has all required claims. */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "lib/base/encode.h"
#include "lib/transport/jose/evp.h"
#include "lib/transport/jose/idtoken.h"
#include "lib/transport/jose/jwk.h"
#include "lib/transport/jose/jwt.h"

#define NOW INT64_C(1700000000)
#define SECRET "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void verify(const char *token, size_t len, struct json_object *keys, const char *secret)
{
	const struct ft_idtoken_rules rules = {
		.issuer = "https://sso.example.com", .client_id = "client", .keys = keys,
		.algorithms = (1U << FT_ALG_COUNT) - 1, .secret = secret,
		.hmacs = (1U << FT_HMAC_COUNT) - 1,
	};
	struct json_object *claims = NULL;
	struct ft_error err = FT_ERROR_INIT;
	int r = ft_idtoken_verify(token, len, &rules, NOW, &claims, &err);

	MUST(r == 0 || r == FT_UNTRUSTED || r == FT_NOT_FOUND);
	MUST(r == err.code && (r == 0) == (claims != NULL) && (r == 0) == (err.text[0] == '\0'));
	if (r == 0) {
		int64_t expires = 0;

		MUST((keys != NULL || secret != NULL) && ft_jwt_time(claims, "exp", &expires));
		MUST(expires > NOW - FT_IDTOKEN_LEEWAY);
		MUST(strcmp(ft_json_string(claims, "iss"), rules.issuer) == 0);
		MUST(strcmp(ft_json_string(claims, "sub"), "alice") == 0);
	}
	json_object_put(claims);
}

static void clean(struct json_object *keys)
{
	struct json_object *kept = NULL;
	size_t len = 0;

	if (ft_jwks_clean(keys, &kept) != 0)
		return;
	const char *text = ft_json_text(kept, &len);

	MUST(len <= FT_JWKS_TEXT_MAX && strstr(text, "\"d\":") == NULL);
	MUST(json_object_array_length(ft_jwks_list(kept)) <= FT_JWKS_KEYS_MAX);
	json_object_put(kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data, *end = line + size;
	struct ft_buf token = FT_BUF_INIT(1 << 22);
	struct json_object *keys = NULL;

	verify(line, size, NULL, NULL);
	for (int i = 0; i < 3; i++) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));

		if (stop == NULL)
			stop = end;
		if (i > 0)
			ft_buf_adds(&token, ".");
		if (i < 2)
			ft_base64_add(&token, FT_BASE64URL, line, (size_t)(stop - line));
		else
			ft_buf_add(&token, line, (size_t)(stop - line));
		line = stop < end ? stop + 1 : end;
	}
	if (ft_json_parse(line, (size_t)(end - line), 8, "keys", &keys, NULL) == 0)
		clean(keys);
	if (!token.failed) {
		verify(token.data, token.len, keys, NULL);
		verify(token.data, token.len, keys, SECRET);
	}
	json_object_put(keys);
	ft_buf_release(&token);
	return 0;
}
