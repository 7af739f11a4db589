/* SPDX-License-Identifier: MIT */
/* jwt.c - ${jwt}: makes the claims of a profile's [jwt], which freshtoken-transport signs */
#include "config.h"
#include "lib/exchange/parts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/escape.h"
#include "lib/data/json.h"
#include "lib/exchange/facts.h"

#define CLAIM_MAX ((size_t)16 * 1024)

/* 0 also if an unset ${x?} drops the claim. */
static int add_claim(const struct ft_request_work *w, struct json_object *claims, const char *name,
		     const char *key, const char *template, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(CLAIM_MAX);
	int r = template == NULL ? FT_TEMPLATE_DROP :
		ft_template_expand(template, &w->scope, ft_escape_nothing, ft_escape_nothing,
				   &text, err);

	if (r == 0)
		r = ft_buf_check(&text, "the claim", err);
	if (r < 0)
		ft_error_prefix(err, "provider profile %s: [jwt] %s", w->profile->name, key);
	if (r == 0 && ft_json_add_string(claims, name, text.data) != 0)
		r = ft_error_memory(err);
	ft_buf_release(&text);
	return r == FT_TEMPLATE_DROP ? 0 : r;
}

static int add_times(struct json_object *claims, const struct ft_jwt_template *jwt, int64_t now,
		     struct ft_error *err)
{
	int64_t life = jwt->lifetime > 0 ? jwt->lifetime : FT_JWT_LIFETIME;

	return ft_json_add_int(claims, "iat", now - jwt->backdate) == 0 &&
			       ft_json_add_int(claims, "exp", now + life) == 0 ?
		       0 : ft_error_memory(err);
}

static int add_claims(const struct ft_request_work *w, int64_t now, struct json_object *claims,
		      struct ft_error *err)
{
	const struct ft_jwt_template *jwt = ft_profile_jwt(w->profile);
	const char *sent_to = ft_request_assertion_audience(w, FT_REQUEST_GRANT);
	int r = add_claim(w, claims, "iss", "issuer", jwt->issuer, err);

	if (r == 0)
		r = add_claim(w, claims, "sub", "subject", jwt->subject, err);
	if (r == 0 && jwt->audience != NULL)
		r = add_claim(w, claims, "aud", "audience", jwt->audience, err);
	else if (r == 0 && ft_json_add_string(claims, "aud", sent_to) != 0)
		r = ft_error_memory(err);
	return r != 0 ? r : add_times(claims, jwt, now, err);
}

static int make_message(const struct ft_request_work *w, int64_t now, const struct ft_secret *key,
			struct ft_buf *out, struct ft_error *err)
{
	struct json_object *message = json_object_new_object(), *sign = json_object_new_object(),
			   *claims = json_object_new_object();
	int r = ft_json_add_int(message, "version", 1);

	/* ft_json_add takes over its value, also on failure. */
	if (ft_json_add(message, "sign", sign) != 0 || ft_json_add(sign, "claims", claims) != 0)
		r = FT_NO_MEMORY;
	if (r == 0)
		r = ft_json_add_string(sign, "key", key->data);
	if (r != 0)
		r = ft_error_memory(err);
	if (r == 0)
		r = add_claims(w, now, claims, err);
	if (r == 0) {
		const char *text = ft_json_text(message, NULL);

		ft_buf_adds(out, text != NULL ? text : "");
		r = text == NULL ? ft_error_memory(err) : ft_buf_check(out, "the message", err);
	}
	json_object_put(message);
	return r;
}

int ft_request_check_key(const struct ft_account *account, struct ft_error *err)
{
	if (account->client_secret_file != NULL)
		return 0;
	bool bearer = strcmp(ft_account_grant(account), "jwt_bearer") == 0;

	return ft_error_set(err, FT_CONFIG,
			    "${jwt}: there is no key to sign with" FT_REMEDY
			    "set client_secret_file to a private key in [account %s], %s:%u%s",
			    account->name,
			    account->file != NULL ? account->file : "freshtoken.conf",
			    account->line, bearer ? ", or set from to a source of a JWT" : "");
}

static int read_key(const struct ft_account *account, struct ft_secret *ret, struct ft_error *err)
{
	int r = ft_request_check_key(account, err);

	return r == 0 ? ft_request_read_proof("client_secret_file", account->client_secret_file,
					      ret, err) : r;
}

int ft_request_jwt(const struct ft_recipient *to, const struct ft_variables *variables,
		   int64_t now, struct ft_buf *ret_message, struct ft_error *err)
{
	static char none[] = "-";
	struct ft_variables all = *variables;	/* a shallow copy: not released */
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	struct ft_request_work w = FT_REQUEST_WORK_INIT(to);
	struct ft_secret key = { NULL, 0 };

	/* Prepared with a placeholder, only for its URL; the caller renders the request again with
	 * the signed JWT. */
	all.jwt = (struct ft_secret){ none, sizeof none - 1 };
	int r = ft_request_prepare(&w, FT_REQUEST_GRANT, &all, err);

	if (r == 0)
		r = read_key(to->account, &key, err);
	if (r == 0)
		r = make_message(&w, now, &key, &message, err);
	ft_request_hand_over(r, &message, ret_message);
	ft_secret_release(&key);
	ft_request_work_release(&w);
	return r;
}
