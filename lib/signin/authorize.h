/* SPDX-License-Identifier: MIT */
/*
 * authorize.h - signing in with a browser: RFC 6749 section 4.1 with PKCE (RFC 7636, S256)
 * and the issuer in the answer (RFC 9207), as RFC 8252 requires of native apps; the
 * parameters are pushed (RFC 9126) if the service offers it
 *
 * Three steps: make the URL for the browser; take the answer that comes to the
 * redirect URI; exchange the code. The caller listens at the redirect URI.
 */
#ifndef FT_AUTHORIZE_H
#define FT_AUTHORIZE_H

#include "lib/signin/signin.h"

struct ft_authorize {
	/* state, nonce, code_verifier, code_challenge, redirect_uri; then code */
	struct ft_variables variables;
	struct ft_buf url;
};
#define FT_AUTHORIZE_INIT { .url = FT_BUF_INIT(8192) }

/* consent: makes the service ask the person for consent again. FT_CONFIG: the service does not
 * offer a browser sign-in, or not with PKCE; FT_LOGIN_NEEDED: it refuses the pushed parameters;
 * FT_UNTRUSTED: the page is not https; FT_TEMPORARY, FT_SYSTEM, FT_NO_MEMORY. */
int ft_authorize_begin(struct ft_service *service, const char *redirect_uri, bool consent,
		       struct ft_authorize *ret, struct ft_error *err);

/*
 * Whether a refresh token was asked for and did not come. Some services issue one only with consent
 * in the same request (OpenID Connect Core section 11). Consent is not always asked for, because
 * with other services people would then have to ask their administrators.
 */
bool ft_authorize_wants_consent(const struct ft_service *service,
				const struct ft_authorize *authorize,
				const struct ft_signin *signin);

/*
 * Takes the query of a request to the redirect URI ("code=…&state=…", still encoded).
 * 0: ft_authorize_finish comes next. FT_NOT_FOUND: not an answer to this sign-in (a wrong or
 * missing state): go on listening, since anybody on this machine can send one.
 * FT_LOGIN_NEEDED: refused at the service. FT_UNTRUSTED: another issuer's answer, or one that is
 * not well-formed. FT_NO_MEMORY.
 */
int ft_authorize_answer(const struct ft_service *service, struct ft_authorize *authorize,
			const char *query, struct ft_error *err);

/* Errors as ft_signin_exchange. A code can be exchanged once. */
int ft_authorize_finish(struct ft_service *service, struct ft_authorize *authorize,
			struct ft_signin *ret, struct ft_error *err);
void ft_authorize_release(struct ft_authorize *authorize);

#endif
