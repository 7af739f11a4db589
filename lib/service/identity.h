/* SPDX-License-Identifier: MIT */
/*
 * identity.h - the subject and the audience of an access token
 *
 * Asks the service: by introspection (RFC 7662), else by UserInfo (OpenID Connect
 * Core section 5.3). What an ID token or a vendor's answer said when the token was
 * issued is in struct ft_signin.
 */
#ifndef FT_IDENTITY_H
#define FT_IDENTITY_H

#include "lib/service/service.h"

struct ft_identity {
	char *name;		/* what the account's `identity` names, else the subject */
	int64_t expires_at;	/* seconds since the epoch; -1: not said */
};
#define FT_IDENTITY_INIT { .expires_at = -1 }

/* Whether the service has introspection; after ft_service_discover. */
bool ft_identity_can_introspect(const struct ft_service *service);

/*
 * Finds the subject. FT_LOGIN_NEEDED: the token is not active; FT_NOT_FOUND: the service does not
 * give a subject (it has neither endpoint, or not for this client); FT_TEMPORARY, FT_CONFIG,
 * FT_SYSTEM, FT_NO_MEMORY.
 */
int ft_identity_of_token(struct ft_service *service, const struct ft_secret *access_token,
			 struct ft_identity *ret, struct ft_error *err);
/* By introspection alone: whether the token is active. name may stay NULL. Errors as above. */
int ft_identity_introspect(struct ft_service *service, const struct ft_secret *access_token,
			   struct ft_identity *ret, struct ft_error *err);
/*
 * Whether this is an access token issued for logging in: its only audience must be the account's
 * login_audience. Asks by introspection; if the service offers none, verifies the token's
 * signature. FT_LOGIN_NEEDED: it is not; FT_NOT_FOUND: the service has neither; others as above.
 */
int ft_identity_for_login(struct ft_service *service, const struct ft_secret *access_token,
			  struct ft_identity *ret, struct ft_error *err);
/* By UserInfo alone: whether it accepts the token. Errors as above. A refusal (FT_LOGIN_NEEDED)
 * proves little about a token for another audience. */
int ft_identity_userinfo(struct ft_service *service, const struct ft_secret *access_token,
			 struct ft_identity *ret, struct ft_error *err);
/* Whether a refresh token is active, without spending it. Errors as above. A service also says "not
 * active" of tokens that this client may not ask about (RFC 7662 section 2.2). */
int ft_identity_refresh_active(struct ft_service *service, const struct ft_secret *refresh_token,
			       struct ft_error *err);
void ft_identity_release(struct ft_identity *identity);

#endif
