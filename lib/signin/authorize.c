/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/signin/authorize.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "lib/base/digest.h"
#include "lib/base/encode.h"
#include "lib/base/url.h"
#include "lib/base/utf8.h"

#define CODE_MAX 8192
#define VALUE_MAX 8192
#define WORDS_MAX 200		/* bytes of the service's sentence that is shown */

static int set_base64url(struct ft_secret *ret, const void *data, size_t len)
{
	struct ft_buf text = FT_BUF_INIT(256);

	ft_base64_add(&text, FT_BASE64URL, data, len);
	int r = text.failed != 0 ? FT_NO_MEMORY : ft_secret_set(ret, text.data, text.len);

	ft_buf_release(&text);
	return r;
}

/* Sets 256 random bits. */
static int set_random(struct ft_secret *ret, struct ft_error *err)
{
	uint8_t bytes[32];
	ssize_t n;

	while ((n = getrandom(bytes, sizeof bytes, 0)) < 0 && errno == EINTR)
		continue;
	if (n != (ssize_t)sizeof bytes)
		return ft_error_errno(err, FT_SYSTEM, errno, "getrandom");
	int r = set_base64url(ret, bytes, sizeof bytes);

	ft_wipe(bytes, sizeof bytes);
	return r != 0 ? ft_error_memory(err) : 0;
}

bool ft_authorize_wants_consent(const struct ft_service *service,
				const struct ft_authorize *authorize,
				const struct ft_signin *signin)
{
	const char *scope = service->account->scope != NULL ? service->account->scope :
			    ft_service_endpoint(service, "scopes_supported");

	return authorize->variables.prompt.data == NULL &&
	       signin->judgement.refresh_token.data == NULL &&
	       ft_request_lists(scope, "offline_access");
}

static bool is_true(const struct ft_service *service, const char *name)
{
	const char *value = ft_service_endpoint(service, name);

	return value != NULL && strcmp(value, "true") == 0;
}

/* 0: *ret is the request_uri; FT_NOT_FOUND: there is none, and err says why; FT_LOGIN_NEEDED: the
 * service refused. */
static int read_pushed(struct ft_facts *facts, struct ft_secret *ret, struct ft_error *err)
{
	struct ft_secret *code = &facts->fields[FT_FIELD_CODE];
	const char *meaning = code->data != NULL ? ft_signin_explain(code->data) : NULL;

	if (facts->status >= 200 && facts->status <= 299 &&
	    facts->fields[FT_FIELD_REQUEST_URI].data != NULL) {
		ft_secret_move(ret, &facts->fields[FT_FIELD_REQUEST_URI]);
		return 0;
	}
	if (facts->status >= 200 && facts->status <= 299)
		return ft_error_set(err, FT_NOT_FOUND, "its answer has no request_uri");
	ft_judge_words(facts, err);
	ft_error_add(err, meaning);
	/* Only an error code shows that the service itself refused; otherwise it may be a
	 * gateway. */
	return err->code = code->data != NULL && facts->status < 500 && facts->status != 429 ?
				   FT_LOGIN_NEEDED :
				   FT_NOT_FOUND;
}

/*
 * RFC 9126: sends the parameters to the service directly, so that nobody can change or read them on
 * their way through the browser. *ret stays unset if the service does not offer that, or if it
 * fails and is not required.
 */
static int push(struct ft_service *service, const struct ft_variables *variables,
		struct ft_secret *ret, struct ft_error *err)
{
	const bool required = is_true(service, "require_pushed_authorization_requests");
	struct ft_facts facts = FT_FACTS_INIT;
	struct ft_error cause = FT_ERROR_INIT;

	if (ft_service_endpoint(service, "pushed_authorization_request_endpoint") == NULL)
		return !required ? 0 :
		       ft_error_set(err, FT_CONFIG,
				    "%s requires a pushed request (RFC 9126) for the browser, "
				    "but names no pushed_authorization_request_endpoint",
				    service->server);
	int r = ft_service_request(service, FT_REQUEST_PUSH, variables, &facts, &cause);

	if (r == 0)
		r = read_pushed(&facts, ret, &cause);
	ft_facts_release(&facts);
	if (r == 0)
		return 0;
	if (!required && r != FT_NO_MEMORY && r != FT_CONFIG && r != FT_LOGIN_NEEDED)
		return 0;
	r = ft_error_copy(err, r == FT_NOT_FOUND ? FT_TEMPORARY : r, &cause);
	if (required && r != FT_NO_MEMORY && r != FT_CONFIG && r != FT_LOGIN_NEEDED)
		ft_error_prefix(err, "the request for the browser must be pushed first (RFC 9126), "
				     "and that failed");
	if (r != FT_NO_MEMORY && r != FT_CONFIG)
		ft_error_prefix(err, "%s", service->server);
	return r;
}

int ft_authorize_begin(struct ft_service *service, const char *redirect_uri, bool consent,
		       struct ft_authorize *ret, struct ft_error *err)
{
	struct ft_authorize new = FT_AUTHORIZE_INIT;
	struct ft_variables *v = &new.variables;
	struct ft_secret request_uri = { NULL, 0 };
	uint8_t digest[FT_DIGEST_SIZE];
	char quoted[FT_ERROR_QUOTED];
	const struct ft_recipient to = ft_service_recipient(service);
	int r = ft_service_discover(service, NULL, err);
	const char *methods =
		r == 0 ? ft_service_endpoint(service, "code_challenge_methods_supported") : NULL;

	if (r == 0 && !ft_service_offers(service, FT_REQUEST_AUTHORIZE))
		r = ft_error_set(err, FT_CONFIG,
				 "%s does not offer signing in with a browser (it names no "
				 "authorization_endpoint)",
				 service->server);
	if (r == 0)
		r = ft_signin_check_client(service, FT_REQUEST_AUTHORIZE, err);
	/* If the service does not say, PKCE is used: a service without it ignores it. */
	if (r == 0 && methods != NULL && !ft_request_lists(methods, "S256"))
		r = ft_error_set(
			err, FT_CONFIG,
			"%s offers PKCE by \"%s\" alone; without S256 a code can be stolen "
			"on this machine" FT_REMEDY "sign in with --device or --token",
			service->server, ft_error_quoted(methods, 40, quoted));
	if (r == 0)
		r = set_random(&v->state, err);
	if (r == 0)
		r = set_random(&v->code_verifier, err);
	if (r == 0 && consent && ft_secret_set(&v->prompt, "consent", strlen("consent")) != 0)
		r = ft_error_memory(err);
	if (r == 0 && ft_request_wants_id_token(service->account, &service->profile))
		r = set_random(&v->nonce, err);
	if (r == 0) {
		ft_digest(v->code_verifier.data, v->code_verifier.len, digest);
		if (set_base64url(&v->code_challenge, digest, sizeof digest) != 0 ||
		    ft_secret_set(&v->redirect_uri, redirect_uri, strlen(redirect_uri)) != 0)
			r = ft_error_memory(err);
	}
	if (r == 0)
		r = push(service, v, &request_uri, err);
	if (r == 0)
		r = ft_request_authorize_url(&to, v, request_uri.data != NULL ? &request_uri : NULL,
					     &new.url, err);
	/* The URL becomes the argument of a program, which could take it for an option or a
	 * file. */
	if (r == 0 && strncasecmp(new.url.data, "https://", 8) != 0 &&
	    strncasecmp(new.url.data, "http://", 7) != 0)
		r = ft_error_set(err, FT_UNTRUSTED, "%s: the page to sign in at is not https",
				 service->server);
	ft_secret_release(&request_uri);
	if (r != 0) {
		ft_authorize_release(&new);
	} else {
		ft_service_prepare_keys(service);
		*ret = new;
	}
	return r;
}

/* Decodes one value of application/x-www-form-urlencoded; false: malformed, or it has a NUL. */
static bool decode(const char *text, size_t len, struct ft_buf *out)
{
	for (size_t i = 0; i < len; i++) {
		int byte = text[i] == '%' ? ft_percent_read(text + i, len - i) :
			   text[i] == '+' ? ' ' : text[i];

		if (text[i] == '%') {
			if (byte <= 0)
				return false;
			i += 2;
		}
		ft_buf_add(out, &(char){ (char)byte }, 1);
	}
	return !out->failed;
}

/* Decodes the value of a parameter. 1: found; 0: absent; -1: malformed, or there twice. */
static int find(const char *query, const char *name, struct ft_buf *ret)
{
	size_t name_len = strlen(name);
	int found = 0;

	while (*query != '\0') {
		size_t len = strcspn(query, "&");

		if (len > name_len && memcmp(query, name, name_len) == 0 &&
		    query[name_len] == '=') {
			if (found++ || !decode(query + name_len + 1, len - name_len - 1, ret))
				return -1;
		}
		query += len;
		query += *query == '&';
	}
	return found;
}

/* RFC 9207 section 2.4 */
static int check_issuer(const struct ft_service *service, int found, const char *iss,
			struct ft_error *err)
{
	const char *issuer = ft_service_endpoint(service, "issuer");
	char quoted[FT_ERROR_QUOTED];
	bool same = issuer != NULL &&
		    (strcmp(iss, issuer) == 0 ||
		     (strstr(issuer, FT_TENANT) != NULL && ft_url_is_issuer(issuer, iss)));

	if (found > 0 && issuer != NULL && !same)
		return ft_error_set(err, FT_UNTRUSTED,
				    "the browser brought an answer of another issuer (\"%s\"), not "
				    "of %s; somebody may have mixed up two sign-ins",
				    ft_error_quoted(iss, 100, quoted), issuer);
	if (found == 0 && is_true(service, "authorization_response_iss_parameter_supported"))
		return ft_error_set(err, FT_UNTRUSTED,
				    "the browser brought an answer without its issuer (iss), which "
				    "%s always adds",
				    service->server);
	return 0;
}

/* words: the service's description (RFC 6749 section 4.1.2.1), or NULL. It comes through the
 * browser, and is shown only if it is short valid UTF-8. */
static int refused(const struct ft_service *service, const char *code, const char *words,
		   struct ft_error *err)
{
	const char *meaning = ft_signin_explain(code);
	const bool named = ft_judge_is_code(code);
	char foreign[FT_ERROR_FOREIGN];

	if (words != NULL && (*words == '\0' || strlen(words) > WORDS_MAX ||
			      !ft_utf8_valid(words, strlen(words))))
		words = NULL;
	(void)ft_error_set(err, FT_LOGIN_NEEDED, "%s: %s", service->server,
			   named ? code : "the service refused");
	(void)snprintf(foreign, sizeof foreign, "%s%s%s", named ? "" : code,
		       !named && words != NULL ? ": " : "", words != NULL ? words : "");
	ft_error_foreign(err, foreign[0] != '\0' ? foreign : NULL);
	ft_error_add(err, meaning);
	return FT_LOGIN_NEEDED;
}

int ft_authorize_answer(const struct ft_service *service, struct ft_authorize *authorize,
			const char *query, struct ft_error *err)
{
	struct ft_buf state = FT_BUF_INIT(VALUE_MAX), iss = FT_BUF_INIT(VALUE_MAX),
		      code = FT_BUF_INIT(CODE_MAX), error = FT_BUF_INIT(VALUE_MAX),
		      words = FT_BUF_INIT(VALUE_MAX);
	struct ft_secret *expected = &authorize->variables.state;
	int has_state = find(query, "state", &state), has_iss = find(query, "iss", &iss);
	int has_code = find(query, "code", &code), has_error = find(query, "error", &error);
	int r = 0;

	if (has_state != 1 || !ft_secret_equal(expected, state.data, state.len))
		r = ft_error_set(err, FT_NOT_FOUND,
				 "a request with %s state came to the redirect URI and was ignored",
				 has_state == 0 ? "no" : "another");
	else if (has_iss < 0 || has_code < 0 || has_error < 0 || has_code + has_error != 1)
		r = ft_error_set(err, FT_UNTRUSTED,
				 "what the browser brought from %s has to have one code or one "
				 "error",
				 service->server);
	else
		r = check_issuer(service, has_iss, iss.data, err);
	if (r == 0 && has_error)
		r = refused(service, error.data,
			    find(query, "error_description", &words) == 1 ? words.data : NULL, err);
	if (r == 0 && code.len == 0)
		r = ft_error_set(err, FT_UNTRUSTED, "the code that the browser brought is empty");
	if (r == 0 && ft_secret_set(&authorize->variables.code, code.data, code.len) != 0)
		r = ft_error_memory(err);
	ft_buf_release(&state);
	ft_buf_release(&iss);
	ft_buf_release(&code);
	ft_buf_release(&error);
	ft_buf_release(&words);
	return r;
}

int ft_authorize_finish(struct ft_service *service, struct ft_authorize *authorize,
			struct ft_signin *ret, struct ft_error *err)
{
	return ft_signin_exchange(service, FT_REQUEST_CODE, &authorize->variables, ret, err);
}

void ft_authorize_release(struct ft_authorize *authorize)
{
	if (authorize == NULL)
		return;
	ft_variables_release(&authorize->variables);
	ft_buf_release(&authorize->url);
}
