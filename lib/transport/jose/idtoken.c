/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/jose/idtoken.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/date.h"
#include "lib/base/encode.h"
#include "lib/base/url.h"
#include "lib/transport/jose/jwk.h"
#include "lib/transport/jose/jws.h"
#include "lib/transport/jose/jwt.h"

#define DEPTH 8
#define SUBJECT_MAX 255	/* OpenID Connect Core section 2 */

static int refuse(struct ft_error *err, const char *what)
{
	return ft_error_set(err, FT_UNTRUSTED, "%s", what);
}

static int decode(const char *text, size_t len, const char *what, struct ft_buf *ret,
		  struct ft_error *err)
{
	if (ft_base64_read(text, len, FT_BASE64URL, ret))
		return 0;
	return ret->failed ? ft_error_memory(err) :
		ft_error_set(err, FT_UNTRUSTED, "%s is no base64url", what);
}

/* Decodes one part of the token, which must be a JSON object. */
static int decode_object(const char *text, size_t len, const char *what, struct json_object **ret,
		       struct ft_error *err)
{
	struct ft_buf plain = FT_BUF_INIT(len);
	struct json_object *object = NULL;
	int r = decode(text, len, what, &plain, err);

	if (r == 0)
		r = ft_json_parse(plain.len > 0 ? plain.data : "", plain.len, DEPTH, what, &object,
				  err);
	if (r == 0 && !json_object_is_type(object, json_type_object))
		r = ft_error_set(err, FT_UNTRUSTED, "%s is no JSON object", what);
	ft_buf_release(&plain);
	if (r != 0)
		json_object_put(object);
	else
		*ret = object;
	return r;
}

/* --- the header --------------------------------------------------------------- */

static int refuse_algorithm(const char *name, unsigned allowed, bool access_token,
			    struct ft_error *err)
{
	char names[128] = "", quoted[FT_ERROR_QUOTED];
	size_t len = 0;

	name = ft_error_quoted(name, 20, quoted);

	for (int i = 0; i < FT_ALG_COUNT; i++)
		if ((allowed & 1U << i) != 0)
			len += (size_t)snprintf(names + len, sizeof names - len, "%s%s",
						len > 0 ? ", " : "", ft_alg_names[i]);
	if (names[0] == '\0')
		return ft_error_set(err, FT_UNTRUSTED, "its algorithm \"%s\" is not allowed (the"
				    " issuer lists none that freshtoken supports)", name);
	/* An ID token's algorithm is set where the client is registered; an access token's is the
	 * service's choice. */
	return ft_error_set(err, FT_UNTRUSTED, "its algorithm \"%s\" is not allowed (%s)%s", name,
			    names,
			    access_token ? ""
					 : "; register the client with one of these"
					   " as id_token_signed_response_alg");
}

/* RFC 7518 section 3.2: a shorter secret could be guessed from a token. */
static int check_secret(const char *name, enum ft_hmac hmac, const char *secret,
			struct ft_error *err)
{
	const size_t least = ft_hmac_size(hmac), len = strlen(secret);

	return len >= least ? 0 :
	       ft_error_set(err, FT_UNTRUSTED,
			    "its algorithm %s needs a client secret of %zu bytes or more, and "
			    "client_secret_file has %zu; have the service make a longer one, or "
			    "register the client with RS256, PS256, ES256 or EdDSA as"
			    " id_token_signed_response_alg", name, least, len);
}

static const char *const types[] = { "JWT", "application/jwt", NULL };
/* RFC 9068 section 2.1. */
static const char *const access_types[] = { "at+jwt", "application/at+jwt", NULL };
/* What issuers write into the claims of their access tokens; no standard names them. */
static const char *const access_uses[] = {
	"access", "access_token", "at+jwt", "jwt", "bearer", "dpop", NULL
};

static bool is_one_of(const char *text, const char *const list[])
{
	for (; text != NULL && *list != NULL; list++)
		if (strcasecmp(text, *list) == 0)
			return true;
	return false;
}

/* The token's algorithm. Signatures by the issuer's keys and by the client's secret are separated
 * before any key is used. */
struct algorithm {
	enum ft_alg alg;	/* FT_ALG_COUNT: signed with the client's secret */
	enum ft_hmac hmac;
};

static int check_algorithm(const char *name, const struct ft_idtoken_rules *rules,
			   struct algorithm *ret, struct ft_error *err)
{
	*ret = (struct algorithm){ ft_alg_find(name), ft_hmac_find(name) };
	if (ret->alg != FT_ALG_COUNT && (rules->algorithms & 1U << ret->alg) != 0)
		return 0;
	if (ret->hmac != FT_HMAC_COUNT && (rules->hmacs & 1U << ret->hmac) != 0 &&
	    rules->secret != NULL && !rules->access_token)
		return check_secret(name, ret->hmac, rules->secret, err);
	return refuse_algorithm(name, rules->algorithms, rules->access_token, err);
}

static int check_header(struct json_object *header, const struct ft_idtoken_rules *rules,
			struct algorithm *ret, struct ft_error *err)
{
	const char *alg = ft_json_string(header, "alg"), *type = ft_json_string(header, "typ");
	char quoted[FT_ERROR_QUOTED];

	if (alg == NULL)
		return refuse(err, "its header names no algorithm");
	int r = check_algorithm(alg, rules, ret, err);

	if (r != 0)
		return r;
	/* These are extensions that the reader must know, and this program knows none. */
	if (json_object_object_get_ex(header, "crit", NULL))
		return refuse(err, "it demands extensions of its format (crit)");
	/* With another type it is a token for another purpose (RFC 8725 section 3.11). */
	if (json_object_object_get_ex(header, "typ", NULL) &&
	    !(rules->access_token && is_one_of(type, access_types)) && !is_one_of(type, types))
		return ft_error_set(err, FT_UNTRUSTED, "its type is \"%s\", not JWT",
				    ft_error_quoted(type != NULL ? type : "", 40, quoted));
	if (json_object_object_get_ex(header, "kid", NULL) && ft_json_string(header, "kid") == NULL)
		return refuse(err, "its kid is no string");
	return 0;
}

/* --- the claims --------------------------------------------------------------- */

/* Checks that a claim is the given text. show: the message may contain the claim. */
static int check_equal(struct json_object *claims, const char *name, const char *expected,
		       bool show, struct ft_error *err)
{
	const char *text = ft_json_string(claims, name);
	char quoted[FT_ERROR_QUOTED];

	if (!json_object_object_get_ex(claims, name, NULL))
		return ft_error_set(err, FT_UNTRUSTED, "it has no %s", name);
	if (text == NULL)
		return ft_error_set(err, FT_UNTRUSTED, "its %s is no string", name);
	if (strcmp(text, expected) == 0)
		return 0;
	if (!show)
		return ft_error_set(err, FT_UNTRUSTED, "its %s is not the one that was sent", name);
	return ft_error_set(err, FT_UNTRUSTED, "its %s is \"%s\", not \"%.80s\"", name,
			    ft_error_quoted(text, 80, quoted), expected);
}

/* The metadata of an issuer with many tenants has FT_TENANT in place of the tenant, which each
 * token names in tid; the keys are the same. */
static int check_issuer(struct json_object *claims, const char *issuer, struct ft_error *err)
{
	const char *at = strstr(issuer, FT_TENANT), *tenant;
	char expected[1024];

	if (at == NULL)
		return check_equal(claims, "iss", issuer, true, err);
	tenant = ft_json_string(claims, "tid");
	if (tenant == NULL || tenant[0] == '\0' ||
	    tenant[strspn(tenant, "0123456789abcdefABCDEF-")] != '\0')
		return refuse(err, "its issuer has tenants, but it names none (tid)");
	int len = snprintf(expected, sizeof expected, "%.*s%s%s", (int)(at - issuer), issuer,
			   tenant, at + sizeof FT_TENANT - 1);

	if (len < 0 || (size_t)len >= sizeof expected)
		return refuse(err, "its tid is too long");
	return check_equal(claims, "iss", expected, true, err);
}

static int check_audience(struct json_object *claims, const char *client_id, struct ft_error *err)
{
	struct json_object *audience = NULL;
	bool several = false, found = false;

	(void)json_object_object_get_ex(claims, "aud", &audience);
	if (!json_object_is_type(audience, json_type_array)) {
		int r = check_equal(claims, "aud", client_id, true, err);

		if (r != 0)
			return r;
	} else {
		size_t n = json_object_array_length(audience);

		for (size_t i = 0; i < n; i++) {
			struct json_object *item = json_object_array_get_idx(audience, i);

			if (!json_object_is_type(item, json_type_string))
				return refuse(err, "its aud has an item that is no string");
			found = found || strcmp(json_object_get_string(item), client_id) == 0;
		}
		if (!found)
			return ft_error_set(err, FT_UNTRUSTED, "its aud does not have \"%.80s\"",
					    client_id);
		several = n > 1;
	}
	if (json_object_object_get_ex(claims, "azp", NULL))
		return check_equal(claims, "azp", client_id, true, err);
	return several ? refuse(err, "it has several audiences and no azp") : 0;
}

/* A token for logging in must have no other audience: another service that also gets it could use
 * it to log in. */
static int check_only_audience(struct json_object *claims, const char *audience,
			       struct ft_error *err)
{
	static const char *const names[] = { "token_use", "typ" };
	struct json_object *list = NULL, *item;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (json_object_object_get_ex(claims, names[i], NULL) &&
		    !is_one_of(ft_json_string(claims, names[i]), access_uses))
			return ft_error_set(err, FT_UNTRUSTED,
					    "its %s says that it is no access token", names[i]);
	(void)json_object_object_get_ex(claims, "aud", &list);
	if (!json_object_is_type(list, json_type_array))
		return check_equal(claims, "aud", audience, true, err);
	item = json_object_array_length(list) == 1 ? json_object_array_get_idx(list, 0) : NULL;
	return json_object_is_type(item, json_type_string) &&
	       strcmp(json_object_get_string(item), audience) == 0 ? 0 :
	       ft_error_set(err, FT_UNTRUSTED, "its aud is not \"%.80s\" alone", audience);
}

static int check_subject(struct json_object *claims, struct ft_error *err)
{
	const char *subject = ft_json_string(claims, "sub");

	if (!json_object_object_get_ex(claims, "sub", NULL))
		return refuse(err, "it has no sub");
	if (subject == NULL)
		return refuse(err, "its sub is no string");
	if (subject[0] == '\0')
		return refuse(err, "its sub is empty");
	for (const char *c = subject; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return refuse(err, "its sub has a control byte");
	return strlen(subject) > SUBJECT_MAX ? refuse(err, "its sub is longer than 255 bytes") : 0;
}

/* Reads a NumericDate (RFC 7519 section 2) in whole seconds; -1: there is none. */
static int read_time(struct json_object *claims, const char *name, bool required, int64_t *ret,
		     struct ft_error *err)
{
	struct json_object *value = NULL;
	double seconds;

	*ret = -1;
	if (!json_object_object_get_ex(claims, name, &value))
		return required ? ft_error_set(err, FT_UNTRUSTED, "it has no %s", name) : 0;
	seconds = json_object_is_type(value, json_type_int) ||
		json_object_is_type(value, json_type_double) ? json_object_get_double(value) : -1;
	if (!(seconds >= 0 && seconds <= (double)FT_JWT_TIME_MAX))
		return ft_error_set(err, FT_UNTRUSTED, "its %s is no time", name);
	*ret = (int64_t)seconds;
	return 0;
}

static int refuse_time(struct ft_error *err, const char *what, int64_t seconds, int64_t now)
{
	char then_text[32], now_text[32];

	ft_date_format(seconds * 1000, then_text);
	ft_date_format(now * 1000, now_text);
	return ft_error_set(err, FT_UNTRUSTED, "it %s %s, and now is %s", what, then_text,
			    now_text);
}

static int check_times(struct json_object *claims, int64_t now, struct ft_error *err)
{
	int64_t expires, not_before, issued;
	int r = read_time(claims, "exp", true, &expires, err);

	if (r == 0)
		r = read_time(claims, "nbf", false, &not_before, err);
	if (r == 0)
		r = read_time(claims, "iat", true, &issued, err);
	if (r != 0)
		return r;
	if (now >= expires + FT_IDTOKEN_LEEWAY)
		return refuse_time(err, "expired at", expires, now);
	if (now < not_before - FT_IDTOKEN_LEEWAY)
		return refuse_time(err, "is not valid before", not_before, now);
	/* The time of issue is only a hint: no reason to refuse the token. */
	return 0;
}

static int check_claims(struct json_object *claims, const struct ft_idtoken_rules *rules,
			int64_t now, struct ft_error *err)
{
	int r = check_issuer(claims, rules->issuer, err);

	if (r == 0)
		r = rules->access_token ? check_only_audience(claims, rules->client_id, err) :
		    check_audience(claims, rules->client_id, err);
	if (r == 0)
		r = check_subject(claims, err);
	if (r == 0)
		r = check_times(claims, now, err);
	if (r == 0 && rules->nonce != NULL)
		r = check_equal(claims, "nonce", rules->nonce, false, err);
	return r;
}

/* --- the signature ------------------------------------------------------------- */

struct candidates {
	struct json_object *keys[FT_JWKS_KEYS_MAX];
	size_t n;
	bool named;	/* the keys have the token's kid */
};

static bool has_kid(struct json_object *jwk, const char *kid)
{
	const char *own = ft_json_string(jwk, "kid");

	return kid == NULL ? own == NULL : own != NULL && strcmp(own, kid) == 0;
}

/* Finds the keys to try. *misfit: the error of a key that has the token's kid and cannot be
 * used. */
static int find_keys(struct json_object *set, const char *kid, enum ft_alg alg,
		     struct candidates *ret, struct ft_error *misfit)
{
	struct json_object *list = ft_jwks_list(set), *nameless = NULL;
	size_t n = list != NULL ? json_object_array_length(list) : 0, n_nameless = 0;

	for (size_t i = 0; i < n && ret->n < FT_JWKS_KEYS_MAX; i++) {
		struct json_object *jwk = json_object_array_get_idx(list, i);
		struct ft_error err = FT_ERROR_INIT;
		bool named = kid != NULL && has_kid(jwk, kid);
		int r = ft_jwk_check(jwk, alg, false, &err);

		if (r == FT_NO_MEMORY)
			return r;
		ret->named = ret->named || named;
		if (r == 0 && (kid == NULL || named)) {
			ret->keys[ret->n++] = jwk;
		} else if (r == 0 && has_kid(jwk, NULL)) {
			nameless = jwk;
			n_nameless++;
		} else if (named && misfit->code == 0) {
			*misfit = err;
		}
	}
	/* If no key has the token's kid, a single key without a kid is tried. */
	if (!ret->named && n_nameless == 1)
		ret->keys[ret->n++] = nameless;
	return 0;
}

static int check_signature(const char *token, size_t len, struct json_object *header,
			   enum ft_alg alg, struct json_object *keys, struct ft_error *err)
{
	const char *kid = ft_json_string(header, "kid");
	struct candidates candidates = { .n = 0 };
	struct ft_error misfit = FT_ERROR_INIT;
	char quoted[FT_ERROR_QUOTED];
	int r = find_keys(keys, kid, alg, &candidates, &misfit);

	if (r != 0)
		return ft_error_memory(err);
	for (size_t i = 0; i < candidates.n; i++) {
		r = ft_jws_verify(token, len, alg, candidates.keys[i]);
		if (r != FT_UNTRUSTED)
			return r == 0 ? 0 : ft_error_memory(err);
	}
	if (kid != NULL)
		kid = ft_error_quoted(kid, 40, quoted);
	/* Some issuers replace a key without changing its kid. */
	if (candidates.named && candidates.n > 0)
		return ft_error_set(err, FT_NOT_FOUND, "its signature was not made with the "
				    "issuer's key \"%s\"", kid);
	if (candidates.named)
		return ft_error_set(err, FT_UNTRUSTED, "the issuer's key \"%s\": %s", kid,
				    misfit.text);
	/* A key without a kid may have been replaced. */
	if (candidates.n > 0)
		return ft_error_set(err, FT_NOT_FOUND, "its signature was not made with any of the"
				    " issuer's keys for %s", ft_alg_names[alg]);
	if (ft_jwks_list(keys) == NULL)
		return ft_error_set(err, FT_NOT_FOUND, "there is no key of the issuer to verify"
				    " it");
	if (kid != NULL)
		return ft_error_set(err, FT_NOT_FOUND, "none of the issuer's keys has its kid"
				    " \"%s\"", kid);
	return ft_error_set(err, FT_NOT_FOUND, "none of the issuer's keys is for %s",
			    ft_alg_names[alg]);
}

/* The claims are checked before the signature, because FT_NOT_FOUND makes the caller fetch newer
 * keys, which is useless if the token is refused anyway. */
int ft_idtoken_verify(const char *token, size_t len, const struct ft_idtoken_rules *rules,
		      int64_t now, struct json_object **ret_claims, struct ft_error *err)
{
	struct json_object *header = NULL, *claims = NULL;
	struct ft_buf signature = FT_BUF_INIT(len);
	struct algorithm algorithm = { FT_ALG_COUNT, FT_HMAC_COUNT };
	const char *dot[2] = { NULL, NULL };
	size_t n = 0;
	int r;

	if (len > FT_IDTOKEN_MAX)
		return refuse(err, "it is longer than 32 KiB");
	for (size_t i = 0; i < len; i++)
		if (token[i] == '.' && n++ < 2)
			dot[n - 1] = token + i;
	if (n == 4)
		return refuse(err, "it is encrypted, and only a signed one can be read");
	if (n != 2)
		return refuse(err, "it is not a signed token of three parts");
	r = decode_object(token, (size_t)(dot[0] - token), "its header", &header, err);
	if (r == 0)
		r = check_header(header, rules, &algorithm, err);
	if (r == 0)
		r = decode_object(dot[0] + 1, (size_t)(dot[1] - dot[0] - 1), "its payload", &claims,
				err);
	if (r == 0)
		r = check_claims(claims, rules, now, err);
	if (r == 0)
		r = decode(dot[1] + 1, len - (size_t)(dot[1] + 1 - token), "its signature",
			   &signature, err);
	if (r == 0 && signature.len == 0)
		r = refuse(err, "it has no signature");
	if (r == 0 && algorithm.alg != FT_ALG_COUNT)
		r = check_signature(token, len, header, algorithm.alg, rules->keys, err);
	else if (r == 0 && !ft_hmac_verify(algorithm.hmac, rules->secret, &signature, token,
					   (size_t)(dot[1] - token)))
		r = refuse(err, "its signature was not made with the client's secret; check"
				" client_secret_file");
	ft_buf_release(&signature);
	json_object_put(header);
	if (r != 0)
		json_object_put(claims);
	else
		*ret_claims = claims;
	return r;
}
